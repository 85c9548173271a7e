//! Output of the commands, failed output, and messages about unusual input.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::{CliHome, PASSWORD, run_to_end};

/// Runs the program with its stdout on a full disk. Returns the exit code and stderr.
fn onto_full_disk(home: &CliHome, args: &[&str]) -> (Option<i32>, String) {
    use std::io::Write;
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = home.command(args).stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let _ = writeln!(child.stdin.take().unwrap(), "{PASSWORD}");
    let ended = child.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn undelivered_secret_never_works() {
    let home = CliHome::set_up();
    let secret = home.create(&["a"]);
    let mut messages = BTreeSet::new();
    for form in [&["--quiet"][..], &["--json"], &[]] {
        let mut run = |args: &[&str]| {
            let args: Vec<&str> = args.iter().chain(form).copied().chain(["--password-stdin"]).collect();
            let (code, err) = onto_full_disk(&home, &args);
            assert_eq!(code, Some(1), "{args:?}: {err}");
            messages.insert(err);
        };
        run(&["token", "create", "b"]);
        run(&["token", "create", "b", "c"]);
        run(&["token", "copy", "a", "b"]);
        run(&["token", "regenerate", "a"]);
        run(&["token", "regenerate", "a", "--grace", "2h"]);
    }
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
    insta::assert_snapshot!(messages.into_iter().collect::<String>(), @r#"
    error: the secret could not be printed; nothing was changed: No space left on device
      Check where stdout goes, or save the secret to a file: --out FILE
    error: the secrets could not be printed; nothing was changed: No space left on device
      Check where stdout goes, or save the secrets to files: --out-dir DIR
    {"schema":1,"error":{"kind":"failure","exit_code":1,"what":"the secret could not be printed; nothing was changed","why":"No space left on device","next":"Check where stdout goes, or save the secret to a file: --out FILE"}}
    {"schema":1,"error":{"kind":"failure","exit_code":1,"what":"the secrets could not be printed; nothing was changed","why":"No space left on device","next":"Check where stdout goes, or save the secrets to files: --out-dir DIR"}}
    "#);
    assert_eq!(home.verify(&secret), 0, "the previous secret still works");
    // With stdout closed, the secret can't be delivered either.
    let program = env!("CARGO_BIN_EXE_jeton");
    let mut closed = Command::new("sh");
    closed.env_clear().env("HOME", home.path("")).current_dir(home.path(""));
    closed.args(["-c", "exec \"$0\" token create b --quiet --password-stdin >&-", program]);
    assert_eq!(run_to_end(closed, format!("{PASSWORD}\n").as_bytes()).code, 1);
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
    // A secret saved to a file stays there, even if later output fails.
    let (code, _) = onto_full_disk(&home, &["token", "create", "s", "--out", "s", "--json", "--password-stdin"]);
    assert_eq!(code, Some(1));
    assert_eq!(home.verify(std::fs::read_to_string(home.path("s")).unwrap().trim_end()), 0);
}

#[test]
fn error_after_a_change_reports_that_the_change_was_made() {
    let home = CliHome::set_up();
    home.create(&["a"]);
    for args in [
        &["token", "disable", "a"][..],
        &["token", "edit", "a", "--description", "x"],
        &["policy", "set", "policy.active_tokens", "12"],
        &["token", "delete", "a", "--confirm", "a"],
    ] {
        let (code, err) = onto_full_disk(&home, &[args, &["--json", "--password-stdin"]].concat());
        assert_eq!(code, Some(1), "{args:?}: {err}");
        insta::allow_duplicates! { insta::assert_snapshot!(err.lines().last().unwrap(), @r#"{"schema":1,"error":{"kind":"failure","exit_code":1,"what":"the change was made, but the output can't be written","why":"No space left on device","next":"Check where stdout goes. Don't run the command again, because the change was made"}}"#) };
    }
    let (_, err) = onto_full_disk(&home, &["token", "list", "--json", "--password-stdin"]);
    insta::assert_snapshot!(err, @r#"{"schema":1,"error":{"kind":"failure","exit_code":1,"what":"the output can't be written","why":"No space left on device","next":"Check where stdout goes, then run the command again"}}"#);
}

#[test]
fn commands_fail_if_stdout_is_full() {
    let home = CliHome::set_up();
    home.create(&["a"]);
    for args in [
        &["token", "list"][..],
        &["token", "list", "--json"],
        &["token", "show", "a"],
        &["account", "list"],
        &["policy", "list"],
        &["audit"],
        &["ledger", "denied", "--json"],
        &["whoami"],
        &["config", "list"],
        &["--help"],
        &["--version"],
    ] {
        let args: Vec<&str> = args.iter().copied().chain(["--password-stdin"]).collect();
        let (code, err) = onto_full_disk(&home, &args);
        assert_eq!(code, Some(1), "{args:?}: {err}");
    }
    for args in [&["catalogue", "list"], &["audit", "verify"], &["guide", "curl"]] {
        let (code, err) = onto_full_disk(&home, args);
        assert_eq!(code, Some(1), "{args:?}: {err}");
    }
}

#[test]
fn regenerate_prints_complete_json() {
    let home = CliHome::set_up();
    home.create(&["a"]);
    let answer = home.as_ops(&["token", "regenerate", "a", "--json"]).assert_success().json();
    assert_eq!(home.verify(answer["secret"].as_str().unwrap()), 0);
    assert_eq!((&answer["schema"], &answer["service"]), (&json!(1), &json!(null)));
    let saved = home.as_ops(&["token", "regenerate", "a", "--json", "--out", "f"]).assert_success().json();
    assert_eq!(saved["secret"], json!(null));
}

/// The secret is printed before the change, which fails here for lack of space. The output on stdout is still JSON.
#[test]
fn failed_regenerate_prints_complete_json() {
    let home = CliHome::set_up();
    let before = home.create(&["a"]);
    let acting = home.create(&["acting", "--method", "jeton.tokens.write", "--method", "jeton.tokens.read"]);
    // While the store is open here, its WAL only grows. The dry run needs some space and the change needs more. Between
    // the two is a limit where the secret is printed and the change fails.
    let open = jeton::store::sqlite::SqliteStore::open(&home.store(), jeton::store::OpenMode::Existing).unwrap();
    home.as_ops(&["token", "disable", "a"]).assert_success();
    home.as_ops(&["token", "enable", "a"]).assert_success();
    let log = home.store().with_file_name("jeton.db-wal");
    let within = |blocks: u64| {
        let mut limited = Command::new("sh");
        limited.env_clear().env("HOME", home.path("")).env("JETON_TOKEN", &acting).current_dir(home.path(""));
        let script = format!("ulimit -f {blocks}; exec \"$0\" token regenerate a --json");
        limited.args(["-c", &script, env!("CARGO_BIN_EXE_jeton")]);
        run_to_end(limited, b"").assert_error(Kind::Failure)
    };
    let room = |extra: u64| std::fs::metadata(&log).unwrap().len() / 512 + extra;
    let ran = (1..40).map(|step| within(room(step * 16))).find(|ran| !ran.out.is_empty()).unwrap();
    insta::assert_snapshot!(ran.error()["what"].as_str().unwrap(), @"nothing was changed: the secret printed to stdout is not valid");
    let answer = ran.json();
    assert_eq!(answer["service"], json!(null));
    assert_ne!(home.verify(answer["secret"].as_str().unwrap()), 0);
    drop(open);
    assert_eq!(home.verify(&before), 0);
}

#[test]
fn errors_never_advise_chmod_on_foreign_files() {
    let home = CliHome::set_up();
    let letter = home.file("letter", "Dear reader\n", 0o644);
    let letter = letter.to_str().unwrap();
    let mut runs = vec![
        home.run(&["token", "list", "--store", letter], ""),
        home.run(&["token", "list", "--store", "/etc/passwd"], ""),
        home.run(&["token", "list", "--user", "ops", "--password-file", letter], ""),
        home.run(&["audit", "verify", "--anchor", letter], ""),
        home.run(&["audit", "anchor", letter], ""),
        home.as_ops(&["token", "create", "a", "--out", letter]),
    ];
    let mut list = home.command(&["token", "list"]);
    list.env("JETON_TOKEN_FILE", letter);
    runs.push(run_to_end(list, b""));
    for run in runs {
        assert_ne!(run.code, 0);
        assert!(!run.err.contains("chmod"), "{run:?}");
    }
    assert_eq!(std::fs::read_to_string(letter).unwrap(), "Dear reader\n");
}

#[test]
fn foreign_schema_is_reported_without_sql() {
    let home = CliHome::set_up();
    let db = rusqlite::Connection::open(home.store()).unwrap();
    db.execute_batch("ALTER TABLE accounts RENAME COLUMN role TO rank").unwrap();
    drop(db);
    let refused = home.as_ops(&["token", "list"]).assert_error(Kind::Failure);
    insta::assert_snapshot!(refused.message(), @"
    error: the store does not have the schema that this version of jeton expects: no such column: role
      If another version of jeton wrote the store, use that version. Otherwise restore a backup, on the machine of the store: jeton restore FILE
    ");
}

#[test]
fn full_pipe_blocks_no_other_command() {
    use std::io::{Read, Write};
    let home = CliHome::set_up();
    let leaked = home.create(&["leaked"]);
    home.as_ops(&["policy", "set", "active_tokens", "0"]).assert_success();
    // More than a pipe holds: after the first byte the program waits for a reader, however fast the program is.
    let names: Vec<String> = (0..600).map(|n| format!("new{n}")).collect();
    let args: Vec<&str> = ["token", "create", "--json", "--password-stdin"].into_iter().collect();
    let args: Vec<&str> = args.into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut child = home
        .command(&args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut answer = vec![0];
    out.read_exact(&mut answer).unwrap();
    home.as_ops(&["token", "disable", "leaked"]).assert_success();
    assert_eq!(home.verify(&leaked), 4);
    assert!(child.try_wait().unwrap().is_none(), "it has waited for a reader all the time");
    out.read_to_end(&mut answer).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["created"].as_array().unwrap().len(), 600);
    assert_eq!(home.verify(answer["created"][599]["secret"].as_str().unwrap()), 0);
}

#[test]
fn word_after_two_dashes_does_not_make_errors_json() {
    let home = CliHome::set_up();
    for args in [&["token", "show", "--password-stdin", "--", "--json"][..], &["token", "nonsense", "--", "--json"]] {
        let err = home.run(args, format!("{PASSWORD}\n")).err.clone();
        assert!(!err.is_empty() && !err.starts_with('{'), "{err}");
    }
    let err = home.as_ops(&["token", "show", "absent", "--json"]).err.clone();
    assert!(err.starts_with('{'), "{err}");
}

#[test]
fn interrupted_saving_leaves_no_file_behind() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::Write;
    let home = CliHome::set_up();
    home.as_ops(&["policy", "set", "policy.active_tokens", "0"]).assert_success();
    let names: Vec<String> = (0..900).map(|n| format!("m-{n}")).collect();
    for (folder, signal) in [("int", Signal::INT), ("term", Signal::TERM), ("hup", Signal::HUP)] {
        std::fs::create_dir(home.path(folder)).unwrap();
        let args: Vec<&str> = ["token", "create", "--out-dir", folder, "--password-stdin"]
            .into_iter()
            .chain(names.iter().map(String::as_str))
            .collect();
        let mut child = home.command(&args).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        let count = || std::fs::read_dir(home.path(folder)).unwrap().count();
        while count() == 0 {
            assert_eq!(child.try_wait().unwrap(), None);
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), count()), (Some(130), 0), "{said}");
        insta::allow_duplicates! { insta::assert_snapshot!(said, @"error: cancelled; nothing was changed") };
    }
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "");
    home.file("left", "x", 0o600);
    home.as_ops(&["token", "create", "a", "--out", "left"]).assert_error(Kind::Failure).assert_says(&["token whose"]);
}

#[test]
fn closed_stdout_fails_without_a_message() {
    let home = CliHome::set_up();
    home.create(&["a"]);
    let closed = |args: &[&str]| {
        let mut child =
            home.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        use std::io::Write;
        writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        let ended = child.wait_with_output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    };
    for args in [&["token", "list", "--quiet"][..], &["token", "show", "a"], &["token", "list", "--json"], &["--help"]]
    {
        let args: Vec<&str> = args.iter().copied().chain(["--password-stdin"]).collect();
        assert_eq!(closed(&args), (Some(1), String::new()), "{args:?}");
    }
}
