//! Arguments of the commands: hostile text, help, words that are secrets.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::{CliHome, exists};

#[test]
fn hostile_arguments_are_usage_errors_without_raw_bytes() {
    let home = CliHome::set_up();
    let names = [
        "a:b",
        "x\u{1b}[2J",
        "x\u{1b}]52;c;aGk=\u{7}",
        "\u{9b}2J",
        "a\nerror: forged",
        "a\rb",
        "\u{202e}evil",
        "\u{2066}",
        "\u{200b}",
        "\u{feff}",
        "%n{}'\";--",
        "=cmd|",
        "\u{430}bc",
        "",
        " ",
        "a b",
        "../x",
        &"x".repeat(65),
        &"y".repeat(100_000),
    ];
    for name in names {
        home.as_ops(&["token", "create", name]).assert_error(Kind::Usage).assert_silent();
        // The same safe quoting when clap itself quotes unknown input.
        home.run(&["token", &format!("x{name}")], "").assert_error(Kind::Usage).assert_silent();
        home.run(&[format!("--x{name}")], "").assert_error(Kind::Usage).assert_silent();
        home.run(&["whoami", "--no-input", &format!("--user={name}")], "").assert_error(Kind::Usage).assert_silent();
    }
    home.as_ops(&["token", "create", "-x"]).assert_error(Kind::Usage);
    home.as_ops(&["token", "create", "ok", "--description", "two\u{1b}[2Jlines"])
        .assert_error(Kind::Usage)
        .assert_says(&["\\u{1b}"]);
    home.run(&["token", "create", "a\nerror: forged"], "").assert_error(Kind::Usage);
    let forged = home.run(&["token", "lisst\nerror: forged"], "").assert_error(Kind::Usage);
    assert!(!forged.err.lines().any(|l| l.starts_with("error: forged")), "{}", forged.err);
    for bytes in [&b"\xff\xfe"[..], b"caf\xe9", b"\x9b2J"] {
        let ran = home
            .run(&[OsStr::new("token"), OsStr::new("create"), OsStr::from_bytes(bytes)], "")
            .assert_error(Kind::Usage)
            .assert_silent();
        assert!(ran.err.contains("argument 3"), "{}", ran.err);
    }
    let none = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    assert_eq!(none, json!({"schema": 1, "tokens": [], "unreadable": []}));
}

#[test]
fn help_and_version_need_no_store_or_terminal() {
    let home = CliHome::new();
    let help = home.run(&["--help"], "").assert_success();
    for word in ["init", "token", "verify", "whoami", "demo", "--password-stdin", "Exit codes"] {
        assert!(help.out.contains(word), "{word}");
    }
    for command in ["create", "list", "show", "disable", "enable", "regenerate", "delete", "restore"] {
        home.run(&["token", command, "--help"], "").assert_success();
    }
    assert!(home.run(&["--version"], "").assert_success().out.starts_with("jeton "));
    let refused = home.run(&[] as &[&str], "").assert_error(Kind::Usage).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the screens need a terminal: stdin or stdout is not a terminal
      To see the commands, run: jeton --help
    ");
    let refused = home.run(&["demo"], "").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: the screens need a terminal: stdin or stdout is not a terminal
      To see the commands, run: jeton --help
    ");
    home.run(&["demo", "--store", "x"], "").assert_error(Kind::Usage);
    home.run(&["token"], "").assert_error(Kind::Usage);
    home.run(&["nonsense"], "").assert_error(Kind::Usage);
    assert!(!exists(&home.path(".local")), "none of this makes a store");
}

#[test]
fn secret_given_as_a_name_is_not_repeated() {
    let home = CliHome::set_up();
    let secret = home.create(&["a"]);
    let mistyped = format!("{}{}", &secret[..50], if secret.ends_with('0') { '1' } else { '0' });
    for text in [&secret, &mistyped] {
        for args in
            [&["token", "show", text][..], &["token", "rm", text, "--confirm", "a"], &["token", "disable", text]]
        {
            let refused = home.as_ops(args).assert_error(Kind::Usage).assert_silent();
            assert!(!refused.err.contains(&secret[13..50]), "{}", refused.err);
        }
    }
    assert!(
        home.as_ops(&["token", "show", &secret[..12]]).assert_success().out.contains("ops/a"),
        "the hint is enough"
    );
    home.as_ops(&["token", "rm", "a", "t:1", "ops/a", "--confirm", "a"]).assert_success();
}

/// An option that says who asks is never ignored.
#[test]
fn command_that_only_needs_the_store_refuses_an_identity() {
    let home = CliHome::set_up();
    home.file("password", "wrong horse battery\n", 0o600);
    let commands: [&[&str]; 12] = [
        &["check"],
        &["verify"],
        &["token", "whose"],
        &["token", "revoke", "--stdin"],
        &["audit", "verify"],
        &["audit", "anchor", "anchor"],
        &["guide", "nginx"],
        &["catalogue", "list"],
        &["catalogue", "show", "jeton"],
        &["catalogue", "check", "shop.toml"],
        &["catalogue", "export", "jeton"],
        &["serve"],
    ];
    for command in commands {
        for identity in [&["--user", "nobody"][..], &["--password-file", "password"], &["--password-stdin"]] {
            let refused = home.run(&[command, identity].concat(), "").assert_error(Kind::Usage).assert_silent();
            refused.assert_says(&[identity[0]]);
        }
    }
    home.run(&["check"], "").assert_success();
    home.run(&["--json", "check", "--user", "ops"], "").assert_code(2).error();
}

#[test]
fn serve_reports_its_usage_errors_in_json() {
    let home = CliHome::set_up();
    for args in [["--verify", "nonsense"], ["--log", "silly"]] {
        let refused = home.run(&[&["--json", "serve"], &args[..]].concat(), "").assert_code(2).assert_silent();
        assert_eq!(refused.error()["exit_code"], 2, "{args:?}");
    }
}
