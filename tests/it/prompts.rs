//! Terminal prompts of the commands.

mod accessible;
mod impact;

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::cli_program::{CliHome, PASSWORD, exists};
use crate::support::direct_writes::record_use_in_past;
use crate::support::prompt_texts::{
    CONFIRM_CHANGE, CONFIRM_FOR_GOOD, CONFIRM_REVOCATION, ERROR, NOT_THE_SAME, OWNER_NAME, REPEAT_PASSWORD, TOO_SHORT,
    new_password_of, password_of,
};

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
    /// The lines between the last two waits.
    between: String,
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
        Terminal {
            master: pair.master,
            _slave: pair.slave,
            child,
            input,
            output,
            seen: String::new(),
            read_to: 0,
            between: String::new(),
        }
    }

    /// Waits until `text` appears after the text of the last wait.
    #[track_caller]
    fn waits_for(&mut self, text: &str) -> &mut Self {
        loop {
            if let Some(at) = self.seen[self.read_to..].find(text) {
                self.between = self.seen[self.read_to..][..at].replace('\r', "").trim_start_matches(": \n").to_owned();
                self.read_to += at + text.len();
                return self;
            }
            match self.output.recv_timeout(TIMEOUT) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8(bytes).unwrap()),
                Err(_) => panic!("no {text:?} in {:?}", self.seen),
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
fn init_asks_for_the_name_and_twice_for_the_password() {
    let home = CliHome::new();
    let mut left = Terminal::start(&home, &["init"]);
    left.waits_for(OWNER_NAME).types("ops\n").types_hidden(&new_password_of("ops"), "\u{3}");
    assert_eq!(left.ends(), 130);
    assert!(!exists(&home.path(".local")), "leaving a first run leaves nothing behind");

    let mut init = Terminal::start(&home, &["init"]);
    init.waits_for(OWNER_NAME).types("ops\n");
    init.types_hidden(&new_password_of("ops"), "short\n").waits_for(TOO_SHORT);
    init.types_hidden(&new_password_of("ops"), RIGHT).types_hidden(REPEAT_PASSWORD, WRONG).waits_for(NOT_THE_SAME);
    init.types_hidden(&new_password_of("ops"), RIGHT).types_hidden(REPEAT_PASSWORD, RIGHT).waits_for("✓");
    assert_eq!(init.ends(), 0);
    home.as_ops(&["whoami"]).assert_success();
}

#[test]
fn passwd_asks_for_the_own_password_first() {
    let home = CliHome::set_up();
    let mut create = Terminal::start(&home, &["account", "create", "ci", "--role", "viewer"]);
    create.types_hidden(&password_of("ops"), WRONG).types_hidden(&password_of("ops"), RIGHT);
    create.types_hidden(&new_password_of("ci"), "short\n").waits_for(TOO_SHORT);
    create.types_hidden(&new_password_of("ci"), WRONG).types_hidden(REPEAT_PASSWORD, RIGHT).waits_for(NOT_THE_SAME);
    create.types_hidden(&new_password_of("ci"), WRONG).types_hidden(REPEAT_PASSWORD, WRONG).waits_for("✓ ci");
    assert_eq!(create.ends(), 0);

    let mut left = Terminal::start(&home, &["account", "passwd", "ci", "--user", "ops"]);
    left.types_hidden(&password_of("ops"), RIGHT).types_hidden(&new_password_of("ci"), "\u{3}");
    assert_eq!(left.ends(), 130);
    let mut own = Terminal::start(&home, &["account", "passwd", "--user", "ci"]);
    own.types_hidden(&password_of("ci"), WRONG);
    own.types_hidden(&new_password_of("ci"), RIGHT).types_hidden(REPEAT_PASSWORD, RIGHT).waits_for("✓");
    assert_eq!(own.ends(), 0);

    let mut differs = Terminal::start(&home, &["account", "delete", "ci", "--user", "ops"]);
    differs.types_hidden(&password_of("ops"), RIGHT).waits_for(CONFIRM_FOR_GOOD);
    insta::assert_snapshot!(differs.between, @"
    ci (role viewer), never seen; active tokens: 0 of 0
    Type the account's name to delete the account
    ");
    differs.types("c\n");
    assert_eq!(differs.ends(), 5);
    let mut unseen = Terminal::start(&home, &["account", "delete", "ci", "--user", "ops"]);
    unseen.types_hidden(&password_of("ops"), RIGHT).waits_for(CONFIRM_FOR_GOOD);
    home.as_ops(&["token", "create", "t", "--account", "ci", "--user", "ops"]).assert_success();
    home.as_ops(&["token", "disable", "ci/t", "--user", "ops"]).assert_success();
    unseen.types("ci\n");
    assert_eq!(unseen.ends(), 5, "{}", unseen.seen);
    let mut delete = Terminal::start(&home, &["account", "delete", "ci", "--user", "ops"]);
    delete.types_hidden(&password_of("ops"), RIGHT).waits_for(CONFIRM_FOR_GOOD).types("ci\n").waits_for("✓ ci");
    assert_eq!(delete.ends(), 0);
}

#[test]
fn new_password_is_asked_for_only_if_the_actor_may_set_it() {
    let home = CliHome::set_up();
    let create = ["account", "create", "ci", "--password-stdin"];
    home.run(&create, format!("{PASSWORD}\nanother horse battery\n")).assert_success();
    let own = ["account", "passwd", "--user", "ci", "--password-stdin"];
    home.run(&own, format!("another horse battery\n{PASSWORD}\n")).assert_success();
    for refused in [["account", "create", "x", "--user", "ci"], ["account", "passwd", "ops", "--user", "ci"]] {
        let mut refused = Terminal::start(&home, &refused);
        refused.types_hidden(&password_of("ci"), RIGHT).waits_for(ERROR);
        assert_eq!(refused.ends(), 4);
    }
}

#[test]
fn password_prompt_allows_three_attempts() {
    let home = CliHome::set_up();
    let mut create = Terminal::start(&home, &["token", "create", "a"]);
    create.types_hidden(&password_of("ops"), WRONG).types_hidden(&password_of("ops"), RIGHT).waits_for("jtn_");
    assert_eq!(create.ends(), 0);
    let mut wrong = Terminal::start(&home, &["token", "create", "b"]);
    wrong
        .types_hidden(&password_of("ops"), WRONG)
        .types_hidden(&password_of("ops"), WRONG)
        .types_hidden(&password_of("ops"), WRONG)
        .waits_for(ERROR);
    assert_eq!(wrong.ends(), 4);
    for leaving in ["\u{3}", "\u{4}"] {
        let mut left = Terminal::start(&home, &["token", "create", "b"]);
        left.types_hidden(&password_of("ops"), leaving);
        assert_eq!(left.ends(), 130);
    }
    let mut forbidden = Terminal::start(&home, &["token", "create", "b", "--no-input"]);
    assert_eq!(forbidden.ends(), 4);
    assert!(!forbidden.seen.contains(&password_of("ops")), "{}", forbidden.seen);
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
}

#[test]
fn revoke_shows_recent_use_and_asks_for_the_name() {
    let home = CliHome::set_up();
    let secret = home.create(&["a"]);
    home.create(&["b"]);
    record_use_in_past(&home.store(), &secret, "");
    let revoke = |args: &[&str], typed: &str| {
        let mut revoke = Terminal::start(&home, args);
        revoke.types_hidden(&password_of("ops"), RIGHT);
        revoke.waits_for(CONFIRM_REVOCATION).types(typed);
        let preview = revoke.between.replace(&secret[..12], "[hint]");
        (revoke.ends(), preview)
    };
    let (code, preview) = revoke(&["token", "delete", "a"], "b\n");
    assert_eq!(code, 5);
    insta::assert_snapshot!(preview, @"
    ! ops/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
    Type the token's name
    ");
    home.as_ops(&["token", "regenerate", "a", "--grace", "2h"]).assert_success();
    let (code, preview) = revoke(&["token", "delete", "a"], "\u{4}");
    assert_eq!(code, 130);
    insta::assert_snapshot!(preview, @"
    ! ops/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        the change affects the old secret too: [hint] (ends in 2 h), last seen 2 days ago
    Type the token's name
    ");
    let (code, preview) = revoke(&["token", "delete", "b", "a"], "a\n");
    assert_eq!(code, 5);
    // Tokens in use come first.
    insta::assert_snapshot!(preview, @"
    Used in the last 7 days:
    ! ops/a: last seen 2 days ago; calls: 0 today, 1 in the last 7 days
        from local  jeton verify  1 call
        the change affects the old secret too: [hint] (ends in 2 h), last seen 2 days ago
    Not used in the last 7 days:
    ops/b: never used
    Type 2, the number of tokens,
    ");
    assert_eq!(home.verify(&secret), 0, "none of these deleted it");
    assert_eq!(revoke(&["token", "delete", "a", "b"], "2\n").0, 0);
    assert_eq!(home.verify(&secret), 4);
}

#[test]
fn catalogue_apply_shows_a_preview_before_it_asks_for_the_password() {
    let home = CliHome::set_up();
    let mut apply = Terminal::start(&home, &["catalogue", "apply", "cloud-platform"]);
    apply.types_hidden(&password_of("ops"), RIGHT);
    let preview: Vec<&str> = apply.between.lines().filter(|line| !line.starts_with(' ')).collect();
    insta::assert_snapshot!(preview.join("\n"), @"");
    assert_eq!(apply.ends(), 0, "{}", apply.seen);
    home.run(&["catalogue", "show", "Maven Plugin"], "").assert_success();
}

#[test]
fn edit_shows_the_change_before_it_asks() {
    let home = CliHome::set_up();
    home.create(&["a", "--expires", "never"]);
    let edit = |answer: &str| {
        let mut edit = Terminal::start(&home, &["token", "edit", "a", "--description", "nightly"]);
        edit.types_hidden(&password_of("ops"), RIGHT).waits_for("\"nightly\"").waits_for(CONFIRM_CHANGE).types(answer);
        edit.ends()
    };
    let described = || home.as_ops(&["token", "show", "a", "--json"]).json()["token"]["description"].clone();
    for no in ["no\n", "\n", "\u{4}", "\u{3}"] {
        assert_eq!(edit(no), 130);
    }
    assert_eq!(described(), "");
    // Only the shown state may be changed: here another process changes the token first.
    let mut late = Terminal::start(&home, &["token", "edit", "a", "--description", "mine"]);
    late.types_hidden(&password_of("ops"), RIGHT).waits_for(CONFIRM_CHANGE);
    assert_eq!(edit("yes\n"), 0);
    late.types("yes\n").waits_for(ERROR);
    assert_eq!(late.ends(), 5);
    insta::assert_snapshot!(late.seen[late.read_to..].replace('\r', ""), @r#"
    another program or session changed the token a; your change was not
      made: description was none and is now "nightly" (you chose "mine")
      Check the token's current values, then make your change again
    "#);
    assert_eq!(described(), "nightly");
}

#[test]
fn purge_lists_the_tokens_and_asks_for_their_number() {
    let home = CliHome::set_up();
    home.create(&["a"]);
    home.create(&["b"]);
    home.as_ops(&["token", "delete", "a", "b", "--confirm", "2"]).assert_success();
    let purge = |typed: &str| {
        let mut purge = Terminal::start(&home, &["token", "purge", "--trashed"]);
        purge
            .types_hidden(&password_of("ops"), RIGHT)
            .waits_for("ops/a")
            .waits_for("ops/b")
            .waits_for(CONFIRM_FOR_GOOD)
            .types(typed);
        purge.ends()
    };
    for (typed, code) in [("1\n", 5), ("two\n", 5), ("\u{4}", 130)] {
        assert_eq!(purge(typed), code, "{typed:?}");
    }
    assert_eq!(purge("2\n"), 0);
    assert_eq!(home.as_ops(&["token", "list", "--trash", "--quiet"]).out, "");
}

#[test]
fn input_typed_before_a_password_prompt_is_never_shown() {
    let home = CliHome::set_up();
    let mut list = Terminal::start(&home, &["token", "list"]);
    list.types_hidden(&password_of("ops"), WRONG)
        .types_hidden(&password_of("ops"), WRONG)
        .waits_for(&password_of("ops"));
    // The next attempt is delayed because of the failed ones. Meanwhile the person types on.
    list.types(WRONG).types("typed-ahead-and-unseen\n");
    list.waits_for(ERROR);
    assert_eq!(list.ends(), 4);
    assert!(!list.seen.contains("typed-ahead"), "{}", list.seen);
    // A command ended by a signal leaves the echo on too.
    let mut left = Terminal::start(&home, &["token", "list"]);
    left.waits_for(&password_of("ops"));
    assert!(!left.echoes());
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(left.child.process_id().unwrap().cast_signed()).unwrap(),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    left.child.wait().unwrap();
    assert!(left.echoes());
}
