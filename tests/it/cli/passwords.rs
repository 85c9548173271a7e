//! Actions that need a person, and temporary passwords, through the real program. A borrowed token destroys nothing,
//! and the person who set a password gains nothing when its account is promoted.

use std::process::Command;

use jeton::error::Kind;
use serde_json::Value;

use crate::support::cli_program::{CliHome, CliOutput, run_to_end};

/// Runs a command authenticated by a token.
fn by_token(home: &CliHome, secret: &str, args: &[&str]) -> CliOutput {
    let mut command: Command = home.command(args);
    command.env("JETON_TOKEN", secret);
    run_to_end(command, b"")
}

/// Runs a command as the owner, by password.
fn by_ops(home: &CliHome, args: &[&str]) -> CliOutput {
    home.as_ops(&[args, &["--user", "ops"]].concat())
}

/// Returns the owner's view of tokens in and outside the trash, of accounts, and the length of the audit log. The
/// tokens' last use is left out, because the acting token is used.
fn state(home: &CliHome) -> (Vec<Value>, Value, usize) {
    let tokens = |args: &[&str]| by_ops(home, &[&["token", "list", "--all", "--json"], args].concat()).json();
    let mut all: Vec<Value> = [tokens(&[]), tokens(&["--trash"])]
        .iter()
        .flat_map(|list| list["tokens"].as_array().unwrap().clone())
        .collect();
    all.iter_mut().for_each(|t| drop(t.as_object_mut().unwrap().remove("last_seen_at")));
    let accounts = by_ops(home, &["account", "list", "--json"]).json()["accounts"].clone();
    let rows = by_ops(home, &["audit", "--json"]).json()["entries"].as_array().unwrap().len();
    (all, accounts, rows)
}

/// An owner's token with every jeton method may put stronger tokens into the trash, which can be undone. It can't purge
/// anything or delete an account.
#[test]
fn token_can_not_purge_or_delete_accounts() {
    let home = CliHome::set_up();
    let methods = [
        "jeton.tokens.read",
        "jeton.tokens.write",
        "jeton.tokens.read-all",
        "jeton.tokens.write-all",
        "jeton.accounts.read",
        "jeton.accounts.write",
    ];
    let picked: Vec<&str> = methods.iter().flat_map(|m| ["--method", m]).collect();
    let borrowed = home.create(&[&["borrowed", "--expires", "30d"], &picked[..]].concat());
    let weak = home.create(&["weak", "--method", "jeton.tokens.write", "--expires", "30d"]);
    home.create(&["strong", "--inherit"]);
    home.create(&["stronger", "--inherit"]);
    let owners = format!("{}\nseven brown foxes\n", crate::support::cli_program::PASSWORD);
    home.run(&["account", "create", "second", "--role", "owner", "--user", "ops", "--password-stdin"], owners)
        .assert_success();

    for (secret, name) in [(&borrowed, "strong"), (&weak, "stronger")] {
        by_token(&home, secret, &["token", "disable", name, "--user", "ops", "--no-input"]).assert_code(4);
        by_token(&home, secret, &["token", "disable", name]).assert_success();
        by_token(&home, secret, &["token", "delete", name, "--confirm", name]).assert_success();
    }
    let before = state(&home);
    for secret in [&borrowed, &weak] {
        for args in [
            &["token", "purge", "--trashed", "--confirm", "2"][..],
            &["token", "purge", "--trashed", "--confirm", "7"],
            &["token", "purge", "--trashed"],
            &["token", "purge", "--expired", "--confirm", "0"],
            &["token", "restore", "strong"],
            &["token", "restore", "stronger", "--as", "weak"],
            &["account", "delete", "second", "--confirm", "second"],
            &["account", "delete", "second", "--confirm", "other"],
            &["account", "delete", "second"],
            &["account", "delete", "nobody", "--confirm", "nobody"],
            &["account", "enable", "second"],
        ] {
            by_token(&home, secret, args).assert_code(4).assert_silent();
        }
    }
    assert_eq!(state(&home), before, "nothing has changed");
    by_ops(&home, &["token", "restore", "ops/strong", "ops/stronger"]).assert_success();
    by_ops(&home, &["token", "enable", "ops/strong", "ops/stronger"]).assert_success();
}

/// Runs a command as `user`, with `lines` on stdin: the password, then further input.
fn asking(home: &CliHome, user: &str, args: &[&str], lines: &[&str]) -> CliOutput {
    let args: Vec<&str> = args.iter().copied().chain(["--user", user, "--password-stdin"]).collect();
    home.run(&args, lines.iter().map(|l| format!("{l}\n")).collect::<String>())
}

const OPS: &str = crate::support::cli_program::PASSWORD;
const BOSS: &str = "seven brown foxes";
const KNOWN: &str = "known to the boss";
const OWN: &str = "known to carol alone";

/// Returns a home with the owner `ops`, and `boss`, an admin with a password of its own.
fn with_boss() -> CliHome {
    let home = CliHome::set_up();
    asking(&home, "ops", &["account", "create", "boss", "--role", "admin"], &[OPS, "for the boss to replace"])
        .assert_success();
    asking(&home, "boss", &["account", "passwd"], &["for the boss to replace", BOSS]).assert_success();
    home
}

fn role_of(home: &CliHome, name: &str) -> String {
    let shown = asking(home, "ops", &["account", "show", name, "--json"], &[OPS]).assert_success().json();
    shown["account"]["role"].as_str().unwrap().to_owned()
}

/// An admin creates an account and keeps its password; the owner promotes the account. The admin doesn't become an
/// owner by it.
#[test]
fn account_with_a_temporary_password_is_not_promoted() {
    let home = with_boss();
    let promote = |role: &str| asking(&home, "ops", &["account", "role", "carol", role], &[OPS]);
    asking(&home, "boss", &["account", "create", "carol"], &[BOSS, KNOWN]).assert_success();
    let refused = |role: &str| {
        let refused = promote(role).assert_error(Kind::Denied).assert_silent();
        insta::allow_duplicates! { insta::assert_snapshot!(refused.message(), @"
        error: carol can't get a higher role yet: the account's password is temporary, because somebody else set it
          Ask carol to choose a new password first. carol runs: jeton account passwd --user carol
        ") };
        assert_eq!(role_of(&home, "carol"), "member", "nothing has changed");
    };
    refused("owner");
    refused("admin");

    // The temporary password can only be replaced.
    for args in [
        &["whoami"][..],
        &["login"],
        &["token", "list"],
        &["token", "create", "planted", "--inherit"],
        &["token", "show", "nothing"],
        &["account", "show"],
        &["account", "list"],
        &["account", "passwd", "boss"],
        &["policy", "list"],
        &["ledger", "denied"],
        &["audit"],
    ] {
        let refused = asking(&home, "carol", args, &[KNOWN, OWN]).assert_error(Kind::Denied).assert_silent();
        insta::allow_duplicates! { insta::assert_snapshot!(refused.message(), @"
        error: the password of carol is temporary: somebody else set this password, so you must choose a new password first
          Run: jeton account passwd --user carol
        ") };
    }
    asking(&home, "carol", &["account", "passwd"], &[KNOWN, KNOWN]).assert_error(Kind::Usage).assert_silent();
    refused("owner");
    asking(&home, "carol", &["account", "passwd"], &[KNOWN, OWN]).assert_success();
    asking(&home, "carol", &["whoami"], &[OWN]).assert_success();

    // A reset makes the password temporary again, in any order of events.
    let done = asking(&home, "boss", &["account", "passwd", "carol"], &[BOSS, KNOWN]).assert_success();
    insta::assert_snapshot!(done.message(), @"✓ carol has a temporary password and must choose a new password at the next sign-in. The account's logins have ended. The account's tokens are not affected");
    refused("owner");
    promote("viewer").assert_success();
    promote("member").assert_code(4).assert_silent();
    asking(&home, "carol", &["account", "passwd"], &[KNOWN, OWN]).assert_success();
    promote("owner").assert_success();
    asking(&home, "boss", &["account", "passwd", "carol"], &[BOSS, KNOWN]).assert_code(4).assert_silent();
    asking(&home, "carol", &["whoami"], &[KNOWN]).assert_code(4).assert_silent().assert_hides("temporary");
    asking(&home, "carol", &["account", "list"], &[OWN]).assert_success();

    // Demoted, reset, promoted.
    promote("member").assert_success();
    asking(&home, "boss", &["account", "passwd", "carol"], &[BOSS, KNOWN]).assert_success();
    refused("owner");
    asking(&home, "carol", &["account", "role", "carol", "owner"], &[KNOWN]).assert_code(4).assert_silent();
    asking(&home, "carol", &["account", "passwd"], &[KNOWN, OWN]).assert_success();
    asking(&home, "carol", &["account", "passwd"], &[OWN, OWN]).assert_error(Kind::Usage).assert_silent();
    promote("admin").assert_success();
}

/// Tokens of an account keep working when its password is reset: they have their own secrets.
#[test]
fn temporary_password_leaves_tokens_working() {
    let home = with_boss();
    let methods = ["--method", "jeton.tokens.read", "--quiet"];
    let create = [&["token", "create", "bot"], &methods[..]].concat();
    let secret = asking(&home, "boss", &create, &[BOSS]).assert_success().out;
    asking(&home, "ops", &["account", "passwd", "boss"], &[OPS, KNOWN]).assert_success();
    asking(&home, "boss", &["token", "list"], &[KNOWN]).assert_code(4);
    by_token(&home, secret.trim_end(), &["token", "list"]).assert_success();
    assert_eq!(home.verify(secret.trim_end()), 0);
}

/// Failed sign-ins are in the audit log with name, source and number. A success removes none of them.
#[test]
fn failed_sign_ins_are_in_the_audit_log() {
    let home = with_boss();
    asking(&home, "boss", &["whoami"], &["wrong horse battery"]).assert_code(4).assert_silent();
    asking(&home, "nobody", &["whoami"], &["wrong horse battery"]).assert_code(4).assert_silent();
    // Waits out the delay of one second.
    asking(&home, "boss", &["whoami"], &["wrong horse battery"]).assert_code(4).assert_silent();
    asking(&home, "boss", &["whoami"], &[BOSS]).assert_success();
    let rows_of = |filter: &str| {
        let args = ["audit", "--filter", filter, "--json"];
        asking(&home, "ops", &args, &[OPS]).assert_success().json()["entries"].as_array().unwrap().clone()
    };
    let rows = rows_of("verb:sign-in");
    let of = |name: &str| rows.iter().find(|row| row["target_name"] == name).unwrap();
    assert_eq!((rows.len(), &of("boss")["details"]["tries"]), (2, &serde_json::json!(2)));
    assert_eq!(rows.iter().find(|row| row["target_name"] != "boss").unwrap()["details"]["tries"], 1);
    assert!(of("boss")["name"].as_str().unwrap().starts_with("uid "), "{rows:?}");
    assert_eq!(rows_of("verb:sign-in target:boss").len(), 1);
    let table = asking(&home, "ops", &["audit"], &[OPS]).assert_success().out;
    let failed: Vec<&str> = table.lines().filter(|line| line.contains("sign-in.failed")).collect();
    assert_eq!(failed.len(), 2, "{table}");
    assert!(failed.iter().any(|line| line.contains("boss") && line.contains("tries 2")), "{table}");
    home.run(&["audit", "verify"], "").assert_success();
}
