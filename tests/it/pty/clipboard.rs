//! Copying a secret in a real pseudo-terminal: the transport used, and the question before leaving the secret.

use std::path::Path;

use crate::pty::home_with_a_token;
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::prompt_texts::screens;
use crate::support::pty::{End, Terminal, program};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");

/// Opens the screens with a new secret, started with `env`.
fn revealing(home: &CliHome, env: &[(&str, &str)]) -> Terminal {
    let mut t = Terminal::start(program(JETON, &[] as &[&str], &home.path(""), env));
    t.shows(screens::SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows("▶   a");
    super::regenerate(&mut t);
    t
}

/// Closes the secret, confirms the question, and ends the program.
fn leaves(mut t: Terminal) {
    t.types("\x1b");
    t.shows(screens::ONLY_SENT);
    t.types("\x1b");
    t.lacks(screens::ONLY_SENT);
    t.shows(screens::SECRET_READY);
    t.types("\x1b");
    t.shows(screens::ONLY_SENT);
    t.types("l");
    t.lacks(screens::SECRET_READY);
    t.types("q");
    t.ends_restored(End::Code(0));
}

/// Creates a folder with a `tmux` that runs `script`.
fn fake_tmux(home: &CliHome, script: &str) -> String {
    std::fs::create_dir(home.path("bin")).unwrap();
    home.file("bin/tmux", &format!("#!/bin/sh\n{script}\n"), 0o755);
    format!("{}:/usr/bin:/bin", home.path("bin").display())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn leaving_a_secret_sent_by_escape_sequence_asks_first() {
    let home = home_with_a_token();
    let mut t = revealing(&home, &[]);
    t.types("y");
    t.shows(screens::COPIED_BY_TERMINAL);
    assert!(!String::from_utf8_lossy(&t.written()).contains("Ptmux;"));
    leaves(t);
}

#[test]
fn tmux_gets_the_secret_on_its_stdin() {
    let home = home_with_a_token();
    let path = fake_tmux(&home, "echo \"$@\" > \"$HOME/args\"; cat > \"$HOME/buffer\"");
    let mut t = revealing(&home, &[("TMUX", "/tmp/x,1,0"), ("TERM", "tmux-256color"), ("PATH", &path)]);
    t.types("y");
    t.shows(screens::COPIED_BY_TMUX);
    assert_eq!(read(&home.path("args")), "load-buffer -w -\n");
    assert_eq!(home.verify(&read(&home.path("buffer"))), 0);
    assert!(!String::from_utf8_lossy(&t.written()).contains("]52;"));
    leaves(t);
}

#[test]
fn refusing_tmux_gets_both_escape_sequences() {
    for env in [("TMUX", "/tmp/x,1,0"), ("SSH_TTY", "/dev/pts/9")] {
        let home = home_with_a_token();
        let path = fake_tmux(&home, "exit 1");
        let mut t = revealing(&home, &[env, ("TERM", "tmux-256color"), ("PATH", &path)]);
        t.types("y");
        t.shows("allow-passthrough");
        let written = String::from_utf8_lossy(&t.written()).into_owned();
        assert!(written.contains("\x1bPtmux;\x1b\x1b]52;c;"));
        assert_eq!(written.matches("\x1b]52;c;").count(), 2, "plain, and wrapped");
        leaves(t);
    }
}

#[test]
fn screen_gets_both_escape_sequences() {
    let home = home_with_a_token();
    let mut t = revealing(&home, &[("STY", "1.x"), ("TERM", "screen.xterm-256color")]);
    t.types("y");
    t.shows(screens::COPIED_BY_TERMINAL);
    let written = String::from_utf8_lossy(&t.written()).into_owned();
    assert!(written.contains("\x07\x1bP\x1b]52;c;") && !written.contains("Ptmux;"));
    leaves(t);
}
