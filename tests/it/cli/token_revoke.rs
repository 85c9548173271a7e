//! Commands that disable, revoke and restore tokens.

use jeton::error::Kind;

use super::looks_like_a_secret;
use crate::support::cli_program::{CliHome, PASSWORD};

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
fn revoke_takes_aliases_and_several_tokens() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c", "d"] {
        home.create(&[name]);
    }
    let refused = home.as_ops(&["token", "rm", "a", "b"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the revocation was not confirmed: jeton can't ask, because there is no terminal or --no-input was given
      Confirm one token with its name: --confirm NAME. Confirm several tokens with their number: --confirm N
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
fn revoke_takes_account_and_name_as_two_words() {
    let home = CliHome::set_up();
    let as_ops = |args: &[&str]| home.as_ops(&[args, &["--user", "ops"]].concat());
    for account in ["ana", "ci"] {
        let input = format!("{PASSWORD}\nanother horse battery\n");
        home.run(&["account", "create", account, "--role", "member", "--user", "ops", "--password-stdin"], input)
            .assert_success();
    }
    for (account, name) in [("ana", "bot"), ("ana", "x"), ("ci", "x"), ("ops", "ci"), ("ops", "x")] {
        as_ops(&["token", "create", name, "--account", account]).assert_success();
    }
    let listed = || as_ops(&["token", "list", "--all", "--quiet"]).assert_success().out;
    as_ops(&["tokens", "destroy", "ana", "bot", "--confirm", "bot"]).assert_success();
    assert!(!listed().contains("ana/bot"));
    // `ci x` can mean the token ci/x, or two tokens of ops.
    as_ops(&["token", "rm", "ci", "x", "--confirm", "2"]).assert_error(Kind::Conflict).assert_says(&["ci/x"]);
    as_ops(&["token", "rm", "ci", "x", "--confirm", "x"]).assert_error(Kind::Conflict);
    assert!(listed().contains("ci/x") && listed().contains("ops/ci"));
    as_ops(&["token", "rm", "ops/ci", "ops/x", "--confirm", "2"]).assert_success();
    as_ops(&["token", "remove", "ci", "x", "--confirm", "x"]).assert_success();
    as_ops(&["token", "delete", "ana", "gone", "--confirm", "gone"])
        .assert_error(Kind::NotFound)
        .assert_says(&["ana/gone"]);
    assert_eq!(listed(), "ana/x\n");
    as_ops(&["tokens", "create", "ana", "new"]).assert_error(Kind::Conflict).assert_says(&["new --account ana"]);
    as_ops(&["tokens", "create", "new", "ana", "--json"]).assert_success();
    assert_eq!(as_ops(&["tokens", "list", "ana", "--quiet"]).assert_success().out, "ana/x\n");
}
