//! A store on a read-only mount, through the real program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::program::Home;

/// A folder that is mounted read-only for as long as this lives.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn mount(at: &Path) -> Option<ReadOnly> {
        let run = |args: &[&str]| Command::new("mount").args(args).arg(at).output();
        let bound = run(&["--bind", at.to_str().unwrap()]).is_ok_and(|done| done.status.success());
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
    let home = Home::set_up();
    let secret = home.create(&["bot"]);
    let folder = home.store().parent().unwrap().to_owned();
    let Some(_mounted) = ReadOnly::mount(&folder) else {
        println!("skipped: nothing can be mounted here");
        return;
    };
    let listed = home.as_ops(&["token", "list", "--json"]).succeeds().json();
    assert_eq!(listed["tokens"][0]["name"], "bot");
    for words in [&["token", "show", "bot"][..], &["account", "list"], &["audit"], &["audit", "verify"], &["whoami"]] {
        home.as_ops(words).succeeds();
    }
    home.run(&["token", "whose"], &secret).succeeds();
    let other = ["token", "list", "--user", "ops", "--password-stdin", "--no-input"];
    home.run(&other, "wrong wrong wrong\n").ends(4).silent();
    home.as_ops(&["token", "disable", "bot"]).ends(1).silent();
    // It would be recorded as a use.
    home.run(&["verify"], &secret).ends(1);
    home.run(&["serve"], "").ends(1);
    let again = home.as_ops(&["token", "list", "--json"]).succeeds().json();
    assert_eq!(again, listed);
}
