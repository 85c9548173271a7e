//! Signals while a scan reads from git. Scripts take the place of git.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use super::*;

/// Starts a scan with this script as git. It has begun when this returns.
fn start(home: &CliHome, before: &str, after: &str) -> Child {
    for folder in ["tree/.git/objects", "tree/.git/refs", "bin"] {
        fs::create_dir_all(home.path(folder)).unwrap();
    }
    home.file("tree/.git/HEAD", "ref: refs/heads/main\n", 0o600);
    let started = home.path("started");
    make_pipe(&started);
    home.file("bin/git", &format!("#!/bin/sh\n{before}\necho > {}\n{after}\n", started.display()), 0o700);
    let mut command = home.command(&["scan", "tree"]);
    command.env("PATH", home.path("bin"));
    let child = command.spawn().unwrap();
    fs::read(&started).unwrap();
    child
}

/// A read of a slow disk doesn't notice the first signal. A git that closes its output and goes on takes its place.
#[test]
fn second_signal_ends_a_scan_at_once() {
    let home = CliHome::set_up();
    let released = home.path("released");
    make_pipe(&released);
    let mut child = start(&home, "exec >&-", &format!("read line < {}", released.display()));
    for signal in [Signal::INT, Signal::TERM] {
        kill_process(Pid::from_child(&child), signal).unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // The script still waits for this line.
    fs::write(&released, "\n").unwrap();
}

/// A large object keeps the output of git busy.
#[test]
fn signal_stops_a_scan_while_git_sends() {
    let home = CliHome::set_up();
    let ended = home.path("ended");
    let text = "x".repeat(4000);
    let send = format!("n=0; while [ $n -lt 300000 ]; do echo {text}; n=$((n+1)); done; echo > {}", ended.display());
    let mut child = start(&home, "echo 1 blob 1000000000000", &send);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!ended.exists(), "the scan read all");
}
