//! `jeton backup` and `jeton restore`: complete copies of a store in use, and back.

mod altered_schema;
mod anchors;
mod copies;
mod ended_access;
mod replacement;
mod restore;
mod under_writers;

use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use crate::support::fakes::TestInstall;

/// Copies the store of `install` to a new file next to it.
fn copy_store(install: &TestInstall, name: &str) -> PathBuf {
    let path = install.temp_store.folder().join(name);
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    install.store().copy_to(&path, &mut |_, _| ControlFlow::Continue(())).unwrap();
    path
}

/// Looks again until there is something. Fails after 10 s.
fn wait_until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let (_nobody, never) = std::sync::mpsc::channel::<()>();
    for _ in 0..400 {
        if let Some(found) = look() {
            return found;
        }
        let _ = never.recv_timeout(std::time::Duration::from_millis(25));
    }
    panic!("it doesn't come")
}
