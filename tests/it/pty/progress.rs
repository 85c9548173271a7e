//! Progress bars of commands on a real terminal.

use std::fs::OpenOptions;

use rustix::fs::{CWD, FileType, Mode};
use rustix::process::Signal;

use super::JETON;
use crate::support::cli_program::{CliHome, PASSWORD, exists};
use crate::support::prompt_texts::{CONFIRM_CHANGE, password_of};
use crate::support::pty::{End, Terminal, program};

/// More tokens than any machine creates before a test can interrupt it.
const MANY: &str = "9000000";
const FILES: [&str; 4] = ["big.db", "big.db-wal", "big.db.token", "secrets.txt"];

fn creating_many(home: &CliHome, options: &[&str]) -> Terminal {
    let args = ["demo", "--tokens", MANY, "--store", "big.db", "--no-open", "--secrets", "secrets.txt"];
    let terminal = Terminal::start(program(JETON, &[&args, options].concat(), &home.path(""), &[]));
    terminal.shows(&format!("of {MANY} tokens created"));
    assert!(terminal.text().contains(" 0 %"), "{}", terminal.text());
    terminal
}

#[test]
fn interrupted_work_clears_its_bar_and_leaves_no_file() {
    for (signal, options) in [(None, &[][..]), (Some(Signal::TERM), &["--json"])] {
        let home = CliHome::new();
        let mut terminal = creating_many(&home, options);
        assert!(exists(&home.path("big.db")));
        match signal {
            None => terminal.types("\x03"),
            Some(signal) => terminal.signal(signal),
        }
        assert_eq!(terminal.ends(), End::Code(130));
        let text = terminal.text();
        assert!(!text.contains("tokens created") && !text.contains('─'), "{text}");
        assert_eq!(FILES.iter().find(|file| exists(&home.path(file))), None);
    }
}

/// The pipe is full and nobody reads it, so the list can't end before it is interrupted.
#[test]
fn list_to_a_pipe_shows_a_bar_and_ends_on_interrupt() {
    let home = CliHome::new();
    let made = home.run(&["demo", "--tokens", "3000", "--store", "big.db", "--no-open"], "");
    made.assert_success();
    rustix::fs::mknodat(CWD, home.path("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    // Both ways, so that the other end need not be open yet.
    let _reader = OpenOptions::new().read(true).write(true).open(home.path("pipe")).unwrap();
    let env = [("JETON_TOKEN_FILE", "big.db.token"), ("JETON_STORE", "big.db"), ("JETON", JETON)];
    for (list, done) in [("token list --all --json", "tokens"), ("token list --all", "tokens"), ("check --json", " s")]
    {
        let command = format!("exec \"$JETON\" {list} > pipe");
        let mut terminal = Terminal::start(program("/bin/sh", &["-c", &command], &home.path(""), &env));
        terminal.shows(done);
        terminal.types("\x03");
        assert_eq!(terminal.ends(), End::Code(130), "{list}");
        assert!(!terminal.text().contains(done), "{list}: {}", terminal.text());
    }
}

/// After a bar, Ctrl-C has its usual meaning.
#[test]
fn question_after_a_progress_bar_can_be_interrupted() {
    let home = CliHome::set_up();
    home.as_ops(&["catalogue", "apply", "cloud-platform"]).assert_success();
    let secret = home.create(&["ci", "--method", "environment.control.StopEnv"]);
    home.run(&["verify", "--method", "environment.control.StopEnv"], format!("{secret}\n")).assert_success();
    let fewer = "schema = 1\nname = \"cloud-platform\"\ntitle = \"r\"\n[[group]]\nid = \"r\"\ntitle = \"r\"\n";
    home.file("fewer.toml", fewer, 0o600);
    let args = ["catalogue", "apply", "fewer.toml", "--user", "ops"];
    let mut terminal = Terminal::start(program(JETON, &args, &home.path(""), &[]));
    terminal.shows(&password_of("ops"));
    terminal.types(&format!("{PASSWORD}\r"));
    terminal.shows(CONFIRM_CHANGE);
    terminal.types("\x03");
    assert_eq!(terminal.ends(), End::Signal(2));
}
