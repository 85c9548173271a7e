//! The store's file: refused paths, created files, and busy, damaged or changed stores.

mod audit_chain;
mod audit_required;
mod concurrent_open;
mod concurrent_writers;
mod damaged_bytes;
mod damaged_rows;
pub mod migration;
mod purge_soak;
mod read_only_mount;
mod store_files;

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Environment variable with the store that a child of this test binary works on.
const CHILD_STORE: &str = "JETON_STORAGE_STORE";

/// Returns the command that runs the test `name` of this binary as a separate program on `store`.
fn child_command(name: &str, store: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD_STORE, store)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Returns the store if this process runs as such a child.
fn child_store() -> Option<std::path::PathBuf> {
    std::env::var_os(CHILD_STORE).map(Into::into)
}

fn wait_for_output(child: Child) -> String {
    let out = child.wait_with_output().unwrap();
    let output_text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{output_text}");
    output_text
}
