//! The command line: data on stdout, messages on stderr, exit codes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::{CliHome, PASSWORD, exists, run_to_end};
use crate::support::direct_writes::{insert_tokens, record_use};

fn looks_like_a_secret(line: &str) -> bool {
    let alnum = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_alphanumeric());
    matches!(line.split('_').collect::<Vec<_>>()[..], ["jtn", id, rest] if alnum(id, 8) && alnum(rest, 38))
}

#[test]
fn commands_manage_a_token_from_creation_to_restoration() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops"]).assert_success().assert_says(&["jeton.db", "ops"]).assert_silent();

    let created = home.as_ops(&["token", "create", "ci-deploy", "--expires", "30d", "--quiet"]).assert_success();
    assert_eq!(created.err, "");
    let secret = created.out.strip_suffix('\n').unwrap();
    assert!(looks_like_a_secret(secret), "{secret}");

    let list = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    assert_eq!(list["tokens"][0]["name"], "ci-deploy");
    assert_eq!(list["tokens"][0]["status"], "active");

    assert_eq!(home.verify(secret), 0);
    let done = home.as_ops(&["token", "disable", "ci-deploy"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"✓ ops/ci-deploy disabled");
    assert_eq!(home.verify(secret), 4);
    home.as_ops(&["token", "enable", "ci-deploy"]).assert_success().assert_silent();
    assert_eq!(home.verify(secret), 0);
    let new = home.as_ops(&["token", "regenerate", "ci-deploy", "--quiet"]).assert_success().out;
    assert!(looks_like_a_secret(new.trim_end()));
    assert_eq!(home.verify(secret), 4);
    assert_eq!(home.verify(new.trim_end()), 0);

    let refused = home.as_ops(&["token", "delete", "ci-deploy", "--confirm", "ci-deplo"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"error: the confirmation does not match; nothing was revoked: expected the token's name: ci-deploy");
    assert_eq!(home.verify(new.trim_end()), 0, "a wrong confirmation changes nothing");
    home.as_ops(&["token", "delete", "ci-deploy", "--confirm", "ci-deploy"]).assert_success().assert_silent();
    assert_eq!(home.verify(new.trim_end()), 4);

    home.as_ops(&["token", "restore", "ci-deploy"])
        .assert_success()
        .assert_says(&["disabled", "token enable ops/ci-deploy"]);
    assert_eq!(home.verify(new.trim_end()), 4, "restored is still disabled");
    home.as_ops(&["token", "enable", "ci-deploy"]).assert_success();
    assert_eq!(home.verify(new.trim_end()), 0);
}

#[test]
fn create_beyond_the_limit_of_active_tokens_is_a_conflict() {
    let home = CliHome::set_up();
    for n in 1..=10 {
        home.create(&[&format!("t-{n}")]);
    }
    let refused = home.as_ops(&["token", "create", "t-11"]).assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the account would have 11 active tokens: at most 10 can be active (policy.active_tokens)
      Disable or revoke a token that is no longer needed
    ");
    home.as_ops(&["token", "disable", "t-1", "t-2"]).assert_success();
    home.create(&["t-11"]);
    home.create(&["t-12"]);
    let refused = home.as_ops(&["token", "enable", "t-1"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the account would have 11 active tokens: at most 10 can be active (policy.active_tokens)
      Disable or revoke a token that is no longer needed
    ");
}

#[test]
fn expiry_is_checked_before_the_password() {
    let home = CliHome::set_up();
    let past = home.command(&["token", "create", "x", "--expires", "31-12-2020", "--no-input"]);
    let mut in_kolkata = past;
    in_kolkata.env("TZ", "Asia/Kolkata");
    run_to_end(in_kolkata, b"").assert_error(Kind::Usage).assert_says(&["+05:30"]).assert_silent();
    for odd in ["soon", "30", "-1d", "0d", "99999y", "30-02-2027", ""] {
        home.run(&["token", "create", "x", &format!("--expires={odd}"), "--no-input"], "")
            .assert_error(Kind::Usage)
            .assert_silent();
    }
}

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
fn password_from_stdin_authenticates_the_account() {
    let home = CliHome::set_up();
    home.run(&["whoami", "--no-input"], "").assert_code(4).assert_says(&["--password-stdin"]).assert_silent();
    let refused = home.run(&["whoami", "--password-stdin"], "").assert_error(Kind::Denied);
    insta::assert_snapshot!(refused.message(), @"error: the password was not given: stdin is empty");
    let refused = home
        .run(&["whoami", "--password-stdin"], "wrong horse battery\n")
        .assert_error(Kind::Unauthenticated)
        .assert_silent();
    insta::assert_snapshot!(refused.message(), @"error: wrong username or password: the account may also be unknown or disabled");
    home.run(&["whoami", "--password-stdin", "--user", "nobody"], format!("{PASSWORD}\n")).assert_code(4);
    for right in
        [format!("{PASSWORD}\n"), format!("{PASSWORD}\r\n"), PASSWORD.to_owned(), format!("{PASSWORD}\nmore\n")]
    {
        let me = home.run(&["whoami", "--password-stdin", "--json"], right).assert_success().json();
        assert_eq!(me["account"]["username"], "ops");
        assert_eq!(me["account"]["role"], "owner");
        assert_eq!(me["active_tokens_limit"], 10);
    }
    home.run(&["whoami", "--password-stdin"], format!("{PASSWORD} \n")).assert_code(4);
    let refused = home.run(&["whoami", "--password-stdin"], vec![b'x'; 10 << 20]).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"error: the password can't be read from stdin: its first line is longer than 4096 bytes");
    home.run(&["whoami", "--password-stdin"], b"\xff\xff\n").assert_error(Kind::Usage).assert_says(&["UTF-8"]);
    home.run(&["whoami", "--password-stdin", "--password-file", "x"], "").assert_error(Kind::Usage);
    let quiet = home.as_ops(&["whoami", "--quiet"]).assert_success();
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("ops\n", ""));
}

#[test]
fn password_file_must_be_private() {
    let home = CliHome::set_up();
    let with = |path: &str| home.run(&["whoami", "--quiet", "--password-file", path], "");
    let line = format!("{PASSWORD}\n");
    for mode in [0o600, 0o400] {
        home.file("good", &line, mode);
        with("good").assert_success();
        std::fs::remove_file(home.path("good")).unwrap();
    }
    for mode in [0o640, 0o604, 0o644, 0o660] {
        home.file("open", &line, mode);
        with("open").assert_error(Kind::Failure).assert_says(&[&format!("{mode:04o}"), "0600"]).assert_silent();
    }
    home.file("empty", "", 0o600);
    with("empty").assert_code(4);
    with("gone").assert_error(Kind::Failure).assert_says(&["gone"]);
    let refused = with(".").assert_error(Kind::Failure);
    insta::assert_snapshot!(refused.message(), @"error: the password can't be read from .: it is a folder");
}

#[test]
fn init_creates_one_store_only() {
    let home = CliHome::new();
    let refused = home.run(&["whoami", "--no-input"], "").assert_error(Kind::NotFound);
    insta::assert_snapshot!(refused.message(), @"
    error: no store at [folder]/.local/share/jeton/jeton.db
      Create one with: jeton init. Or check the path
    ");
    home.run(&["verify"], "x\n").assert_error(Kind::NotFound);
    assert!(!exists(&home.store()), "looking makes nothing");
    home.run(&["init", "--no-input"], "").assert_code(4).assert_says(&["--username"]);
    home.run(&["init", "--username", "ops", "--no-input"], "").assert_code(4);
    let refused = home.run(&["init", "--username", "ops", "--password-stdin"], "short\n").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: the password is too short: use 12 to 1024 bytes; this password has 5
      Three or four words with spaces are easy to type and hard to guess
    ");
    let refused = home.as_ops(&["init", "--username", "Ops"]).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @r#"
    error: "Ops" is not a username: use 1-32 characters: a-z 0-9 . _ -, the first a letter or digit
      Try "ops"
    "#);
    home.as_ops(&["init", "--username", "ops", "--prefix", "J_"]).assert_error(Kind::Usage);
    home.as_ops(&["init", "--username", "ops", "--catalogue", "nothing"])
        .assert_error(Kind::NotFound)
        .assert_says(&["cloud-platform"]);
    assert!(!exists(home.store().parent().unwrap()), "refused set-ups make nothing");

    let args = ["init", "--username", "ops", "--prefix", "acme", "--catalogue", "cloud-platform", "--json"];
    let made = home.as_ops(&args).assert_success().json();
    assert_eq!(made["account"]["username"], "ops");
    assert_eq!(made["store"], home.store().display().to_string());
    assert_eq!(std::fs::metadata(home.store()).unwrap().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(home.store().parent().unwrap()).unwrap().mode() & 0o777, 0o700);
    let refused = home.as_ops(&["init", "--username", "two"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the store [folder]/.local/share/jeton/jeton.db is already set up
      Sign in with jeton, or choose another store with --store
    ");

    let secret = home.create(&["ide", "--set", "IDE Plugins"]);
    assert!(secret.starts_with("acme_"));
}

#[test]
fn verify_decides_for_methods() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let secret = home.create(&["stop", "--method", "environment.control.StopEnv"]);
    let verify = |method: &str, input: String| home.run(&["verify", "--method", method], input);
    let allowed = verify("environment.control.StopEnv", format!("{secret}\n")).assert_success();
    assert_eq!(allowed.out, format!("ops/stop  {}\n", &secret[..12]));
    let refused = verify("environment.control.StartEnv", secret.clone()).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"error: denied: the token may not call that method");
    verify("no.such.Method", secret.clone()).assert_error(Kind::NotFound).assert_says(&["no.such.Method"]);
    verify("no.such.Method", "jtn_x".to_owned()).assert_code(4);
    verify("a/b", secret.clone()).assert_error(Kind::Usage);
    let as_json = home.run(&["verify", "--json"], secret.clone()).assert_success().json();
    assert_eq!(as_json["allowed"], true);
    assert_eq!(as_json["token"]["name"], "stop");

    for (input, reason) in [
        (format!("{secret} \n"), "malformed"),
        (format!(" {secret}\n"), "malformed"),
        (format!("\n{secret}\n"), "malformed"),
        (secret.to_uppercase(), "malformed"),
        (format!("{}{}", &secret[..50], if secret.ends_with('x') { 'y' } else { 'x' }), "checksum"),
        (String::new(), "malformed"),
        ("\0\r\n".to_owned(), "malformed"),
        ("x".repeat(10 << 20), "malformed"),
        ("jtn_00000000_00000000000000000000000000000000000000".to_owned(), "checksum"),
    ] {
        let denied = home.run(&["verify", "--json"], &input).assert_code(4);
        assert_eq!(denied.json()["reason"], reason);
        assert!(!denied.err.contains(&secret[13..]), "no part of the secret is repeated");
    }
    home.run(&["verify"], b"\xff\xfe\n").assert_code(4);
    assert_eq!(home.run(&["verify", "--quiet"], format!("{secret}\r\n")).assert_success().out, "");

    let shown = home.as_ops(&["token", "show", "stop", "--json"]).assert_success().json();
    assert_eq!(shown["usage"]["today"], 3);
    assert_eq!(shown["usage"]["origins"], json!([{"address": "local", "client": "jeton verify", "uses": 3}]));
    assert_eq!(shown["usage"]["methods"], json!([{"method": "environment.control.StopEnv", "uses": 1}]));
    assert_eq!(shown["usage"]["denied_week"], 1);
}

#[test]
fn json_has_the_documented_shape() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let args =
        ["token", "create", "a", "--description", "Fürs Büro", "--expires", "never", "--set", "Marketplace", "--json"];
    let created = home.as_ops(&args).assert_success();
    assert_eq!(created.err, "", "the data says it all");
    let created = created.json();
    assert!(looks_like_a_secret(created["secret"].as_str().unwrap()));
    let mut token = created["token"].clone();
    assert!(token["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(token["hint"], created["secret"].as_str().unwrap()[..12]);
    token["created_at"] = json!("then");
    token["hint"] = json!("hint");
    let expected = json!({
        "id": "t:1", "name": "a", "account": "ops", "description": "Fürs Büro", "kind": "api", "status": "active",
        "enabled": true, "account_enabled": true,
        "selection": {"inherit": false, "sets": ["Marketplace"], "methods": []},
        "hint": "hint", "created_at": "then", "expires_at": null, "last_seen_at": null, "deleted_at": null,
        "role": "owner", "issued_role": "owner", "account_role": "owner", "made_by": null, "regenerated_by": null, "previous": null,
    });
    assert_eq!(token, expected);
    home.create(&["b", "--inherit"]);

    let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let list = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    assert_eq!(keys(&list), ["schema", "tokens", "unreadable"]);
    assert_eq!(list["schema"], 1);
    assert_eq!(list["tokens"][1]["selection"]["inherit"], true);
    let show = home.as_ops(&["token", "show", "ops/a", "--json"]).assert_success().json();
    assert_eq!(keys(&show), ["lineage", "rights", "schema", "token", "usage"]);
    assert_eq!(
        keys(&home.as_ops(&["token", "regenerate", "a", "--json"]).json()),
        ["schema", "secret", "service", "token"]
    );
    assert_eq!(keys(&home.as_ops(&["token", "disable", "a", "--json"]).json()), ["schema", "service", "token"]);
    assert_eq!(keys(&home.as_ops(&["token", "enable", "a", "b", "--json"]).json()), ["schema", "tokens"]);
    let refused = home.as_ops(&["token", "show", "nobody", "--json"]).assert_error(Kind::NotFound).assert_silent();
    let error: serde_json::Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!(keys(&error), ["error", "schema"]);
    assert_eq!(keys(&error["error"]), ["exit_code", "kind", "next", "what", "why"]);
    assert_eq!((&error["error"]["kind"], &error["error"]["exit_code"]), (&json!("not-found"), &json!(3)));
}

#[test]
fn list_prints_a_table_or_names() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let done = home.as_ops(&["token", "list"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"No tokens yet. Create one with: jeton token create NAME");
    home.create(&["deploy-bot", "--set", "IDE Plugins", "--expires", "12h"]);
    home.create(&["x", "--expires", "never"]);
    home.as_ops(&["token", "disable", "x"]).assert_success();
    let list = home.as_ops(&["tokens", "ls"]).assert_success();
    insta::assert_snapshot!(list.text(), @"
    NAME        STATUS      ACCOUNT  API          EXPIRES  LAST SEEN  HINT
    deploy-bot  ● active    ops      IDE Plugins  in 12 h  never      jtn_xxxxxxxx
    x           ○ disabled  ops      no access    never    never      jtn_xxxxxxxx
    ");
    insta::assert_snapshot!(list.message(), @"2 tokens");
    let some = |args: &[&str]| {
        let all: Vec<&str> = ["token", "list", "--quiet"].iter().chain(args).copied().collect();
        home.as_ops(&all).assert_success().out
    };
    assert_eq!(some(&[]), "ops/deploy-bot\nops/x\n");
    assert_eq!(some(&["ops"]), "ops/deploy-bot\nops/x\n");
    assert_eq!(some(&["--status", "disabled"]), "ops/x\n");
    assert_eq!(some(&["--filter", "DEP"]), "ops/deploy-bot\n");
    home.as_ops(&["token", "list", "--status", "lost"]).assert_error(Kind::Usage);
    home.as_ops(&["token", "list", "nobody"]).assert_error(Kind::NotFound);
    let done = home.as_ops(&["token", "list", "--filter", "nothing"]).assert_success();
    insta::assert_snapshot!(done.message(), @"0 of 2 tokens");
    let refused = home.as_ops(&["token", "list", "--filter", "nme:foo"]).assert_error(Kind::Usage).assert_silent();
    insta::assert_snapshot!(refused.message(), @r#"
    error: unknown filter field "nme": known are status:, account:, method:, seen:, is:
      To search for text with a colon, start with the colon: ":foo"
    "#);
    let done = home.as_ops(&["token", "list", "--filter", "10.0.0.1:80"]).assert_success();
    insta::assert_snapshot!(done.message(), @"0 of 2 tokens");
    home.as_ops(&["token", "rm", "x", "--confirm", "x"]).assert_success();
    assert_eq!(some(&[]), "ops/deploy-bot\n");
    assert_eq!(some(&["--trash"]), "ops/x\n");
    assert_eq!(some(&["--status", "deleted"]), "ops/x\n");
    insta::assert_snapshot!(home.as_ops(&["token", "list", "--trash"]).assert_success().text(), @"
    NAME  STATUS     ACCOUNT  API        DELETED   LAST SEEN  HINT
    x     † deleted  ops      no access  just now  never      jtn_xxxxxxxx
    ");
    let shown = home.as_ops(&["token", "show", "deploy-bot"]).assert_success().out;
    for part in ["ops/deploy-bot", "active", "owner", "IDE Plugins", "12 h"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn revoke_takes_aliases_and_several_tokens() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c", "d"] {
        home.create(&[name]);
    }
    let refused = home.as_ops(&["token", "rm", "a", "b"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the revocation was not confirmed: there is no terminal to ask on, or --no-input forbids asking
      Use --confirm NAME, or for several tokens --confirm N with their number
    ");
    let refused = home.as_ops(&["tokens", "remove", "a", "b", "--confirm", "a"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"error: the confirmation does not match; nothing was revoked: expected the number of tokens: 2");
    home.as_ops(&["tokens", "remove", "a", "nobody", "--confirm", "2"]).assert_error(Kind::NotFound);
    home.as_ops(&["tokens", "remove", "a", "b", "--confirm", "2"]).assert_success();
    home.as_ops(&["token", "destroy", "c", "--confirm", "c", "--no-input"]).assert_success();
    home.as_ops(&["token", "ls", "--quiet"]).assert_success();
    home.create(&["a"]);
    home.as_ops(&["token", "restore", "a"]).assert_error(Kind::Conflict);
    home.as_ops(&["token", "restore", "a", "--as", "a-again"]).assert_success().assert_says(&["ops/a-again"]);
    assert_eq!(home.as_ops(&["token", "ls", "--quiet"]).out, "ops/a\nops/a-again\nops/d\n");
}

#[test]
fn out_writes_a_secret_to_a_new_file_only() {
    let home = CliHome::set_up();
    let saved = home
        .as_ops(&["token", "create", "a", "--out", "secret"])
        .assert_success()
        .assert_silent()
        .assert_says(&["secret"]);
    let text = std::fs::read_to_string(home.path("secret")).unwrap();
    assert!(looks_like_a_secret(text.trim_end()) && !saved.err.contains(text.trim_end()));
    assert_eq!(std::fs::metadata(home.path("secret")).unwrap().mode() & 0o777, 0o600);
    assert_eq!(home.verify(text.trim_end()), 0);

    std::os::unix::fs::symlink(home.path("elsewhere"), home.path("link")).unwrap();
    std::fs::create_dir(home.path("folder")).unwrap();
    for out in ["secret", "link", "folder", "no/such/folder", "/dev/null"] {
        home.as_ops(&["token", "create", "b", "--out", out])
            .assert_error(Kind::Failure)
            .assert_silent()
            .assert_says(&[out]);
        home.as_ops(&["token", "regenerate", "a", "--out", out]).assert_error(Kind::Failure).assert_silent();
    }
    assert!(!exists(&home.path("elsewhere")));
    assert_eq!(std::fs::read_to_string(home.path("secret")).unwrap(), text);
    assert_eq!(home.verify(text.trim_end()), 0, "a regeneration that could not be handed over did not happen");
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
    let json = home.as_ops(&["token", "create", "c", "--out", "other", "--json"]).assert_success().json();
    assert_eq!(json["secret"], json!(null));
    assert_eq!(json["saved_to"], home.path("other").canonicalize().unwrap().display().to_string());
}

#[test]
fn create_explains_the_secret() {
    let home = CliHome::set_up();
    let created = home.as_ops(&["token", "create", "a"]).assert_success();
    assert!(looks_like_a_secret(created.out.strip_suffix('\n').unwrap()));
    insta::assert_snapshot!(created.message(), @r#"
    ✓ ops/a is ready; it works until [time], in 3 mo
      The secret is shown only now. Use it (secret in $T):
      printf 'Authorization: Bearer %s\n' "$T" | curl -H @- URL
    ! ops/a: it may not call anything: its selection is empty
    "#);
    assert!(!created.err.contains(created.out.trim_end()));
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
      For commands run: jeton --help
    ");
    let refused = home.run(&["demo"], "").assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: the screens need a terminal: stdin or stdout is not a terminal
      For commands run: jeton --help
    ");
    home.run(&["demo", "--store", "x"], "").assert_error(Kind::Usage);
    home.run(&["token"], "").assert_error(Kind::Usage);
    home.run(&["nonsense"], "").assert_error(Kind::Usage);
    assert!(!exists(&home.path(".local")), "none of this makes a store");
}

#[test]
fn store_path_comes_from_options_environment_and_configuration() {
    let home = CliHome::new();
    let elsewhere = home.path("elsewhere/x.db").display().to_string();
    home.as_ops(&["init", "--username", "ops", "--store", &elsewhere]).assert_success();
    assert!(exists(&home.path("elsewhere/x.db")) && !exists(&home.store()));
    let quiet = |key: &str, value: &str| {
        let mut command = home.command(&["whoami", "--quiet", "--password-stdin"]);
        command.env(key, value);
        run_to_end(command, format!("{PASSWORD}\n").as_bytes())
    };
    quiet("JETON_STORE", &elsewhere).assert_success();
    quiet("JETON_STORE", "").assert_error(Kind::NotFound);
    home.file("c.toml", &format!("store = {elsewhere:?}\nusername = \"ops\"\n"), 0o644);
    quiet("JETON_CONFIG", "c.toml").assert_success();
    home.file("c.toml", "\n\ncolour = \"\\u001b[2J\"\n", 0o644);
    quiet("JETON_CONFIG", "c.toml").assert_error(Kind::Usage).assert_says(&["c.toml", "line 3", "colour"]);
    home.file("c.toml", "\"\\u001b[2J\" = 1\n", 0o644);
    quiet("JETON_CONFIG", "c.toml").assert_error(Kind::Usage);
    std::fs::create_dir_all(home.path(".config/jeton")).unwrap();
    home.file(".config/jeton/config.toml", &format!("store = {elsewhere:?}\n"), 0o600);
    home.as_ops(&["whoami"]).assert_success();
}

#[test]
fn list_prints_every_page_of_a_long_list() {
    let home = CliHome::set_up();
    let names: Vec<String> = (0..1201).map(|n| format!("t-{n:04}")).collect();
    insert_tokens(&home.store(), names.iter().cloned());
    let quiet = home.as_ops(&["token", "list", "--quiet"]).assert_success().out;
    let expected: Vec<String> = names.iter().map(|n| format!("ops/{n}")).collect();
    assert_eq!(quiet.lines().collect::<Vec<_>>(), expected);
    let table = home.as_ops(&["token", "list", "--filter", "t-1"]).assert_success().assert_says(&["201", "1201"]).out;
    assert_eq!(table.lines().count(), 202);
    let list = home.as_ops(&["token", "list", "--json"]).assert_success().json();
    let listed: Vec<&str> = list["tokens"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
    let done = home.as_ops(&["token", "list", "--trash"]).assert_success();
    insta::assert_snapshot!(done.message(), @"The trash is empty.");
}

#[test]
fn client_names_are_escaped_on_a_terminal() {
    let home = CliHome::set_up();
    let secret = home.create(&["a"]);
    let nasty = "\u{1b}]52;c;aGk=\u{7}\u{9b}2J\r\n\u{202e}\u{200b}\u{e0001}";
    record_use(&home.store(), &secret, nasty, nasty);
    let text = home.as_ops(&["token", "show", "a"]).assert_success().out;
    assert!(text.contains("\\u{1b}]52;c;aGk=\\u{7}"), "{text}");
    let shown = home.as_ops(&["token", "show", "a", "--json"]).assert_success().json();
    assert_eq!(shown["usage"]["origins"][0]["client"], nasty, "JSON gives it back as it was");
}

#[test]
fn commands_respect_the_role_of_each_account() {
    let home = CliHome::new();
    let store = home.path("many.db");
    jeton::demo::create_at(&store, &jeton::platform::adapters()).unwrap();
    let store = store.display().to_string();
    let run = |user: &[&str], args: &[&str]| {
        let global = ["--store", &store, "--password-stdin"];
        let args: Vec<&str> = args.iter().chain(&global).chain(user).copied().collect();
        home.run(&args, format!("{}\n", jeton::demo::PASSWORD))
    };
    let refused = run(&[], &["whoami"]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the account is missing: this store has several accounts
      Use --user NAME, or once: jeton login NAME
    ");
    let metrics = ["--user", "metrics"];
    assert_eq!(run(&metrics, &["whoami", "--json"]).assert_success().json()["account"]["role"], "viewer");
    let own = run(&metrics, &["token", "list", "--quiet"]).assert_success().out;
    assert!(own.lines().count() == 9 && own.lines().all(|l| l.starts_with("metrics/")), "{own}");
    // A token of another account gets the same message as a token that doesn't exist.
    let hidden = |name: &str| run(&metrics, &["token", "show", name]).assert_code(4).assert_silent().err;
    assert_eq!(hidden("demo/deploy-bot"), hidden("demo/nothing"));
    let all = run(&metrics, &["token", "list", "--all", "--quiet"]).assert_success().out;
    assert_eq!(all, own, "a viewer sees no others");
    run(&metrics, &["token", "list", "demo"]).assert_code(4);
    run(&metrics, &["token", "list", "nobody"]).assert_code(4);
    run(&metrics, &["token", "disable", "ci/build-main"]).assert_code(4);
    run(&metrics, &["token", "create", "x", "--account", "ci"]).assert_code(4).assert_silent();
    run(&metrics, &["token", "show", "nothing"]).assert_error(Kind::NotFound);
    let demo = ["--user", "demo"];
    let mine = run(&demo, &["token", "list", "--quiet"]).assert_success().out;
    assert!(mine.lines().count() == 12 && mine.lines().all(|l| l.starts_with("demo/")), "{mine}");
    assert_eq!(run(&demo, &["token", "list", "--all", "--quiet"]).assert_success().out.lines().count(), 35);
    assert_eq!(run(&demo, &["token", "list", "metrics", "--quiet"]).assert_success().out, own);
    run(&demo, &["token", "list", "metrics", "--all"]).assert_error(Kind::Usage);
    run(&demo, &["token", "disable", "ci/build-main", "metrics/status-page"]).assert_success();
    run(&demo, &["token", "create", "x", "--account", "metrics", "--quiet"]).assert_success();
    let refused = run(&demo, &["token", "enable", "contractor-anna"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: contractor-anna can't be enabled: it expired at [time]
      Set a new expiry: jeton token edit demo/contractor-anna --expires 30d
    ");
    let refused = run(&demo, &["token", "regenerate", "contractor-anna"]).assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: contractor-anna needs a new expiry: it expired at [time]
      Add an expiry, e.g. --expires 30d
    ");
    run(&demo, &["token", "regenerate", "contractor-anna", "--expires", "30d", "--quiet"]).assert_success();
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
