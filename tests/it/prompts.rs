//! Terminal prompts of the commands.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::cli_program::{CliHome, PASSWORD, exists};

/// Long enough for a busy machine. Nothing waits this long unless a test fails.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The program on a terminal of its own.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that output is not lost when the program ends.
    _slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    seen: String,
    read_to: usize,
}

impl Terminal {
    fn start(home: &CliHome, args: &[&str]) -> Self {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_jeton"));
        command.env_clear();
        command.env("HOME", home.path(""));
        command.env("TERM", "xterm-256color");
        command.cwd(home.path(""));
        command.args(args);
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let input = pair.master.take_writer().unwrap();
        Terminal { master: pair.master, _slave: pair.slave, child, input, output, seen: String::new(), read_to: 0 }
    }

    /// Waits until `text` appears after the text of the last wait.
    #[track_caller]
    fn waits_for(&mut self, text: &str) -> &mut Self {
        loop {
            if let Some(at) = self.seen[self.read_to..].find(text) {
                self.read_to += at + text.len();
                return self;
            }
            match self.output.recv_timeout(TIMEOUT) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8(bytes).unwrap()),
                Err(_) => panic!("{text:?} did not come; there was {:?}", self.seen),
            }
        }
    }

    /// Answers a hidden prompt, once the echo is off: until then the terminal itself would echo.
    #[track_caller]
    fn types_hidden(&mut self, prompt: &str, text: &str) -> &mut Self {
        self.waits_for(prompt);
        while self.echoes() {
            std::thread::yield_now();
        }
        self.types(text)
    }

    fn types(&mut self, text: &str) -> &mut Self {
        self.input.write_all(text.as_bytes()).unwrap();
        self
    }

    fn echoes(&self) -> bool {
        let path: PathBuf = self.master.tty_name().unwrap();
        let no_controlling_terminal = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
        let tty = std::fs::OpenOptions::new().read(true).custom_flags(no_controlling_terminal).open(path).unwrap();
        tcgetattr(&tty).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Waits for the end and returns the exit code. 130 for Ctrl-C, as a signal or as an exit code.
    fn ends(&mut self) -> u32 {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
            self.seen.push_str(&String::from_utf8(bytes).unwrap());
        }
        assert!(self.echoes(), "the terminal is left as it was found");
        for secret in [PASSWORD, "wrong horse battery"] {
            assert!(!self.seen.contains(secret), "{}", self.seen);
        }
        if status.signal().is_some() { 130 } else { status.exit_code() }
    }
}

const RIGHT: &str = "correct horse battery\n";
const WRONG: &str = "wrong horse battery\n";

#[test]
fn a_first_owner_is_asked_for_name_and_password_twice() {
    let home = CliHome::new();
    let mut left = Terminal::start(&home, &["init"]);
    left.waits_for("owner: ").types("ops\n").types_hidden("New password of ops: ", "\u{3}");
    assert_eq!(left.ends(), 130);
    assert!(!exists(&home.path(".local")), "leaving a first run leaves nothing behind");

    let mut init = Terminal::start(&home, &["init"]);
    init.waits_for("owner: ").types("ops\n");
    init.types_hidden("New password of ops: ", "short\n").waits_for("too short");
    init.types_hidden("New password of ops: ", RIGHT).types_hidden("again: ", WRONG).waits_for("differ");
    init.types_hidden("New password of ops: ", RIGHT).types_hidden("again: ", RIGHT).waits_for("✓");
    assert_eq!(init.ends(), 0);
    home.as_ops(&["whoami"]).assert_success();
}

#[test]
fn the_password_of_another_is_asked_for_after_ones_own() {
    let home = CliHome::set_up();
    let mut create = Terminal::start(&home, &["account", "create", "ci", "--role", "viewer"]);
    create.types_hidden("Password of ops: ", WRONG).types_hidden("Password of ops: ", RIGHT);
    create.types_hidden("New password of ci: ", "short\n").waits_for("too short");
    create.types_hidden("New password of ci: ", WRONG).types_hidden("again: ", RIGHT).waits_for("differ");
    create.types_hidden("New password of ci: ", WRONG).types_hidden("again: ", WRONG).waits_for("✓ ci is a new viewer");
    assert_eq!(create.ends(), 0);

    let mut left = Terminal::start(&home, &["account", "passwd", "ci", "--user", "ops"]);
    left.types_hidden("Password of ops: ", RIGHT).types_hidden("New password of ci: ", "\u{3}");
    assert_eq!(left.ends(), 130);
    let mut own = Terminal::start(&home, &["account", "passwd", "--user", "ci"]);
    own.types_hidden("Password of ci: ", WRONG);
    own.types_hidden("New password of ci: ", RIGHT).types_hidden("again: ", RIGHT).waits_for("✓");
    assert_eq!(own.ends(), 0);

    let mut differs = Terminal::start(&home, &["account", "delete", "ci", "--user", "ops"]);
    differs.types_hidden("Password of ops: ", RIGHT).waits_for("ci, viewer: 0 active of 0 tokens, never seen");
    differs.waits_for("delete it for good: ").types("c\n").waits_for("nothing was deleted");
    assert_eq!(differs.ends(), 5);
    let mut delete = Terminal::start(&home, &["account", "delete", "ci", "--user", "ops"]);
    delete.types_hidden("Password of ops: ", RIGHT).waits_for("for good: ").types("ci\n").waits_for("✓ ci deleted");
    assert_eq!(delete.ends(), 0);
}

#[test]
fn a_password_is_asked_for_three_times() {
    let home = CliHome::set_up();
    let mut create = Terminal::start(&home, &["token", "create", "a"]);
    create.types_hidden("ops: ", WRONG).types_hidden("ops: ", RIGHT).waits_for("jtn_").waits_for("only time");
    assert_eq!(create.ends(), 0);
    let mut wrong = Terminal::start(&home, &["token", "create", "b"]);
    wrong.types_hidden("ops: ", WRONG).types_hidden("ops: ", WRONG).types_hidden("ops: ", WRONG).waits_for("error: ");
    assert_eq!(wrong.ends(), 4);
    for leaving in ["\u{3}", "\u{4}"] {
        let mut left = Terminal::start(&home, &["token", "create", "b"]);
        left.types_hidden("ops: ", leaving);
        assert_eq!(left.ends(), 130);
    }
    let mut forbidden = Terminal::start(&home, &["token", "create", "b", "--no-input"]);
    forbidden.waits_for("no password was given");
    assert_eq!(forbidden.ends(), 4);
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
}

#[test]
fn a_revocation_shows_what_would_break_and_asks_for_the_name() {
    let home = CliHome::set_up();
    let secret = home.create(&["a"]);
    home.create(&["b"]);
    assert_eq!(home.verify(&secret), 0);
    let revoke = |args: &[&str], typed: &str| {
        let mut revoke = Terminal::start(&home, args);
        revoke.types_hidden("ops: ", RIGHT);
        revoke.waits_for("to delete").types(typed);
        for name in &args[2..] {
            assert!(revoke.seen.contains(&format!("ops/{name}: ")), "{}", revoke.seen);
        }
        (revoke.ends(), revoke.seen.clone())
    };
    let (code, seen) = revoke(&["token", "delete", "a"], "b\n");
    assert_eq!(code, 5);
    assert!(seen.contains("1 today, 1 in 7 days") && seen.contains("from local  jeton verify  1"), "{seen}");
    home.as_ops(&["token", "regenerate", "a", "--grace", "2h"]).assert_success();
    let (code, seen) = revoke(&["token", "delete", "a"], "\u{4}");
    assert_eq!(code, 130);
    let overlap = format!("an overlap is in progress, both secrets go: {} dies in 2 h", &secret[..12]);
    assert!(seen.contains(&overlap) && seen.contains("1 call today"), "{seen}");
    let (code, seen) = revoke(&["token", "delete", "b", "a"], "a\n");
    assert_eq!(code, 5);
    let place = |text: &str| seen.find(text).unwrap_or_else(|| panic!("no {text:?} in {seen}"));
    assert!(place("Used in the last 7 days:") < place("! ops/a: last seen"), "{seen}");
    assert!(place("ops/a: ") < place("Not used in the last 7 days:"), "in use first: {seen}");
    assert!(place("Not used in the last 7 days:") < place("ops/b: never used"), "{seen}");
    assert_eq!(home.verify(&secret), 0, "none of these deleted it");
    assert_eq!(revoke(&["token", "delete", "a", "b"], "2\n").0, 0);
    assert_eq!(home.verify(&secret), 4);
}

#[test]
fn a_catalogue_is_previewed_before_the_password_is_asked_for() {
    let home = CliHome::set_up();
    let mut apply = Terminal::start(&home, &["catalogue", "apply", "cloud-platform"]);
    apply.waits_for("cloud-platform, a new catalogue").waits_for("No token gains methods.");
    apply.types_hidden("ops: ", RIGHT);
    assert_eq!(apply.ends(), 0, "{}", apply.seen);
    assert!(home.run(&["catalogue", "show", "Maven Plugin"], "").assert_success().out.contains("12 methods"));
}

#[test]
fn an_edit_is_shown_before_it_is_made() {
    let home = CliHome::set_up();
    home.create(&["a", "--expires", "never"]);
    let edit = |answer: &str| {
        let mut edit = Terminal::start(&home, &["token", "edit", "a", "--description", "nightly"]);
        edit.types_hidden("ops: ", RIGHT).waits_for("description: none → \"nightly\"").waits_for("yes").types(answer);
        edit.ends()
    };
    let described = || home.as_ops(&["token", "show", "a", "--json"]).json()["token"]["description"].clone();
    for no in ["no\n", "\n", "\u{4}", "\u{3}"] {
        assert_eq!(edit(no), 130);
    }
    assert_eq!(described(), "");
    // Only the shown state may be changed: here another process changes the token first.
    let mut late = Terminal::start(&home, &["token", "edit", "a", "--description", "mine"]);
    late.types_hidden("ops: ", RIGHT).waits_for("yes");
    assert_eq!(edit("yes\n"), 0);
    late.types("yes\n").waits_for("description was none, stored now \"nightly\", yours \"mine\"");
    assert_eq!(late.ends(), 5);
    assert_eq!(described(), "nightly");
}

#[test]
fn a_purge_names_what_goes_and_asks_for_the_number() {
    let home = CliHome::set_up();
    home.create(&["a"]);
    home.create(&["b"]);
    home.as_ops(&["token", "delete", "a", "b", "--confirm", "2"]).assert_success();
    let purge = |typed: &str| {
        let mut purge = Terminal::start(&home, &["token", "purge", "--trashed"]);
        purge.types_hidden("ops: ", RIGHT).waits_for("ops/a").waits_for("ops/b").waits_for("good: ").types(typed);
        purge.ends()
    };
    for (typed, code) in [("1\n", 5), ("two\n", 5), ("\u{4}", 130)] {
        assert_eq!(purge(typed), code, "{typed:?}");
    }
    assert_eq!(purge("2\n"), 0);
    assert_eq!(home.as_ops(&["token", "list", "--trash", "--quiet"]).out, "");
}

#[test]
fn what_is_typed_ahead_of_a_password_is_never_shown() {
    let home = CliHome::set_up();
    let mut list = Terminal::start(&home, &["token", "list"]);
    list.types_hidden("ops: ", WRONG).types_hidden("ops: ", WRONG).waits_for("ops: ");
    // The next attempt is delayed because of the failed ones. Meanwhile the person types on.
    list.types(WRONG).types("typed-ahead-and-unseen\n");
    list.waits_for("error: ");
    assert_eq!(list.ends(), 4);
    assert!(!list.seen.contains("typed-ahead"), "{}", list.seen);
    // A command ended by a signal leaves the echo on too.
    let mut left = Terminal::start(&home, &["token", "list"]);
    left.waits_for("ops: ");
    assert!(!left.echoes());
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(left.child.process_id().unwrap().cast_signed()).unwrap(),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    left.child.wait().unwrap();
    assert!(left.echoes());
}
