//! `notify`: the program that gets the messages, and what happens if it fails.

use jeton::error::Kind;
use serde_json::{Value, json};

use crate::support::cli_program::{CliHome, CliOutput};
use crate::support::direct_writes::set_expiry;

/// Returns a home with a token that expires in 5 days.
fn home() -> CliHome {
    let home = CliHome::set_up();
    home.create(&["ci", "--expires", "5d"]);
    set_expiry(&home.store(), "ci", 5);
    home
}

/// Runs notify with a folder for programs in PATH.
fn notify(home: &CliHome, args: &[&str]) -> CliOutput {
    std::fs::create_dir_all(home.path("bin")).unwrap();
    let mut command = home.command(&[&["notify"], args].concat());
    command.env("PATH", format!("{}:/usr/bin:/bin", home.path("bin").display())).env("SECRET_VARIABLE", "x");
    crate::support::cli_program::run_to_end(command, b"")
}

/// Writes a program that saves its input, arguments and environment in `name.input`, `name.args` and `name.env`.
fn program(home: &CliHome, name: &str, end: &str) -> String {
    let path = home.path(name).display().to_string();
    let script = format!("#!/bin/sh\ncat >> {path}.input\necho \"$@\" >> {path}.args\nenv > {path}.env\n{end}\n");
    home.file(name, &script, 0o700).display().to_string()
}

fn read(home: &CliHome, name: &str) -> String {
    std::fs::read_to_string(home.path(name)).unwrap_or_default()
}

#[test]
fn sendmail_gets_a_mail_once() {
    let home = home();
    home.as_ops(&["account", "contact", "ops", "ops@example.com"]).assert_success();
    std::fs::create_dir(home.path("bin")).unwrap();
    program(&home, "bin/sendmail", "");
    let output = notify(&home, &["--from", "jeton@example.com"]).assert_success();
    insta::assert_snapshot!(output.text(), @"sent to ops@example.com: jeton: a notice about a token of ops");
    assert_eq!(read(&home, "bin/sendmail.args"), "-t\n");
    let mails = read(&home, "bin/sendmail.input");
    let headers: Vec<&str> = mails.lines().filter(|line| line.starts_with("To:") || line.starts_with("From")).collect();
    assert_eq!(headers, ["From: jeton <jeton@example.com>", "To: ops@example.com"]);
    assert!(mails.contains("ops/ci expires"), "{mails}");
    assert!(!read(&home, "bin/sendmail.env").contains("SECRET_VARIABLE"));
    notify(&home, &[]).assert_success().assert_silent();
    assert_eq!(read(&home, "bin/sendmail.args"), "-t\n");
}

#[test]
fn program_gets_json_and_is_tried_again_if_it_fails() {
    let home = home();
    let fails = program(&home, "fails", "echo 'no \u{1b}[2J route' >&2; exit 75");
    let refused = notify(&home, &["--run", &fails]).assert_error(Kind::Failure).assert_silent();
    insta::assert_snapshot!(refused.message(), @r"
    ! not delivered: [folder]/fails failed (exit status: 75): no \u{1b}[2J route
    error: jeton could not deliver 1 of 1 message
      Correct the cause. Then run the command again to send these messages
    ");
    notify(&home, &["--run", "/nonexistent", "--json"]).assert_error(Kind::Failure);

    let works = program(&home, "works", "");
    // No account has a contact: the program knows where the digest goes.
    let sent = notify(&home, &["--run", &works, "--json"]).assert_success().json();
    let input: Value = serde_json::from_str(&read(&home, "works.input")).unwrap();
    let mut message = input["message"].clone();
    message["delivered"] = json!(true);
    assert_eq!(sent, json!({"schema": 1, "messages": [message]}));
    assert_eq!((&input["schema"], &message["to"], &message["account"]), (&json!(1), &json!([]), &Value::Null));
    let notice = &message["notices"][0];
    assert_eq!((&notice["kind"], &notice["threshold_days"]), (&json!("expiring"), &json!(7)));
    assert_eq!(notice["token"]["name"], "ci");
    assert_eq!(read(&home, "works.args"), "\n");
    let again = notify(&home, &["--run", &works, "--json"]).assert_success().json();
    assert_eq!(again, json!({"schema": 1, "messages": []}));
}

#[test]
fn dry_run_shows_what_would_be_sent() {
    let home = home();
    for _ in 0..2 {
        home.as_ops(&["account", "contact", "ops", "ops@example.com"]).assert_success();
        let shown = notify(&home, &["--dry-run"]).assert_success();
        insta::allow_duplicates! { insta::assert_snapshot!(shown.text(), @"
        to ops@example.com: jeton: a notice about a token of ops
          Notices about tokens of the account ops:

          - ops/ci expires in 5 days ([time])

          To show a token, run: jeton token show TOKEN
        "); }
    }
    let shown = notify(&home, &["--dry-run", "--json"]).assert_success().json();
    assert_eq!(shown["messages"][0]["delivered"], false);
}

#[test]
fn notify_says_what_is_missing() {
    let home = home();
    let works = program(&home, "works", "");
    std::fs::create_dir(home.path("bin")).unwrap();
    program(&home, "bin/sendmail", "");
    let nobody = notify(&home, &[]).assert_error(Kind::Failure).assert_silent();
    insta::assert_snapshot!(nobody.message(), @"
    error: 1 notice has no recipient: the account of the token has no contact, and no enabled owner has a contact
      Give an enabled owner a contact: jeton account contact OWNER EMAIL
    ");
    notify(&home, &["--user", "ops"]).assert_error(Kind::Usage);
    notify(&home, &["--sendmail", "--run", &works]).assert_error(Kind::Usage);
    notify(&home, &["--from", "a@b\nBcc: c@d"]).assert_error(Kind::Usage);
    let server = home.server();
    notify(&home, &["--server", &server]).assert_error(Kind::Usage);
    assert_eq!(read(&home, "works.input"), "");
}

#[test]
fn second_run_at_the_same_time_is_refused() {
    let home = home();
    home.as_ops(&["account", "contact", "ops", "ops@example.com"]).assert_success();
    // The first run waits until the test writes to the pipe.
    let pipe = home.path("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let slow = program(&home, "slow", &format!("echo started > {0}; read line < {0}", pipe.display()));
    let mut first = home.command(&["notify", "--run", &slow]).stdout(std::process::Stdio::null()).spawn().unwrap();
    assert_eq!(std::fs::read_to_string(&pipe).unwrap(), "started\n");
    let works = program(&home, "works", "");
    notify(&home, &["--run", &works]).assert_error(Kind::Conflict);
    notify(&home, &["--dry-run"]).assert_success();
    std::fs::write(&pipe, "go\n").unwrap();
    assert!(first.wait().unwrap().success());
    notify(&home, &["--run", &works]).assert_success().assert_silent();
    assert_eq!((read(&home, "works.input"), read(&home, "slow.args")), (String::new(), "\n".to_owned()));
}

/// A signal waits for the message that is being delivered, and nobody gets that message twice.
#[test]
fn signal_ends_the_run_after_the_message_is_recorded() {
    let home = home();
    let slow = program(&home, "slow", "kill -TERM $PPID");
    let ended = notify(&home, &["--run", &slow]);
    // The program may end before the signal is noticed.
    assert!([0, 130].contains(&ended.code), "{}", ended.message());
    let works = program(&home, "works", "");
    notify(&home, &["--run", &works]).assert_success().assert_silent();
    assert_eq!(read(&home, "works.input"), "");
}
