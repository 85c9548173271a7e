//! A store on a read-only mount, through the real program.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use jeton::domain::token::TokenId;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Store;

use crate::support::cli_program::CliHome;

/// A folder that is mounted read-only until dropped.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn mount(at: &Path) -> Option<ReadOnly> {
        Self::mount_at(at, at)
    }

    /// Mounts `folder` at `at`. If the two differ, the folder itself stays writable.
    fn mount_at(folder: &Path, at: &Path) -> Option<ReadOnly> {
        let run = |args: &[&str]| Command::new("mount").args(args).arg(at).output();
        let bound = run(&["--bind", folder.to_str().unwrap()]).is_ok_and(|done| done.status.success());
        let mounted = bound.then(|| ReadOnly(at.to_owned()))?;
        run(&["-o", "remount,ro,bind"]).is_ok_and(|done| done.status.success()).then_some(mounted)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn store_on_a_read_only_mount_is_listed_and_verified_and_never_changed() {
    let home = CliHome::set_up();
    let secret = home.create(&["bot"]);
    let folder = home.store().parent().unwrap().to_owned();
    let Some(_mounted) = ReadOnly::mount(&folder) else {
        println!("skipped: nothing can be mounted here");
        return;
    };
    let listed = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    assert_eq!(listed["tokens"][0]["name"], "bot");
    for words in [&["token", "show", "bot"][..], &["account", "list"], &["audit"], &["whoami"]] {
        home.as_ops(words).assert_success();
    }
    home.run(&["audit", "verify"], "").assert_success();
    home.run(&["token", "whose"], &secret).assert_success();
    let other = ["token", "list", "--user", "ops", "--password-stdin", "--no-input"];
    home.run(&other, "wrong wrong wrong\n").assert_code(4).assert_silent();
    home.as_ops(&["token", "disable", "bot"]).assert_code(1).assert_silent();
    // Fails because a use would have to be recorded.
    home.run(&["verify"], &secret).assert_code(1);
    home.run(&["serve"], "").assert_code(1);
    let again = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    assert_eq!(again, listed);
}

/// A folder mounted read-only while others write to it: a reader sees the current state or reports a change, never an
/// old state.
#[test]
fn change_through_another_mount_is_seen() {
    let home = CliHome::set_up();
    home.create(&["bot"]);
    let folder = home.store().parent().unwrap().to_owned();
    let at = folder.with_file_name("mounted");
    DirBuilder::new().mode(0o700).create(&at).unwrap();
    let Some(_mounted) = ReadOnly::mount_at(&folder, &at) else {
        println!("skipped: nothing can be mounted here");
        return;
    };
    let path = at.join(home.store().file_name().unwrap());
    let is_enabled = |store: &SqliteStore| store.read(|s| Ok(s.token(TokenId(1))?.unwrap().enabled));
    // No writer: only the file itself is read.
    let alone = SqliteStore::open(&path, OpenMode::Existing).unwrap();
    assert!(alone.is_read_only() && is_enabled(&alone).unwrap());
    home.as_ops(&["token", "disable", "bot"]).assert_success();
    assert!(is_enabled(&alone).is_err(), "it reads what was");
    assert!(!is_enabled(&SqliteStore::open(&path, OpenMode::Existing).unwrap()).unwrap());
    // A writer has the store open: its changes that are only in the WAL are visible, then and later.
    let writer = SqliteStore::open(&home.store(), OpenMode::Existing).unwrap();
    home.as_ops(&["token", "enable", "bot"]).assert_success();
    let shared = SqliteStore::open(&path, OpenMode::Existing).unwrap();
    assert!(shared.is_read_only() && is_enabled(&shared).unwrap());
    home.as_ops(&["token", "disable", "bot"]).assert_success();
    assert!(!is_enabled(&shared).unwrap());
    drop(writer);
}
