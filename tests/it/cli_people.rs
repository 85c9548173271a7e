//! What takes a person, through the real program: a borrowed token destroys nothing.

use std::process::Command;

use serde_json::Value;

use crate::support::program::{Home, Ran, finish};

/// Runs a command that a token asks for.
fn by_token(home: &Home, secret: &str, args: &[&str]) -> Ran {
    let mut command: Command = home.command(args);
    command.env("JETON_TOKEN", secret);
    finish(command, b"")
}

/// Runs a command that the owner asks for, by password.
fn by_ops(home: &Home, args: &[&str]) -> Ran {
    home.as_ops(&[args, &["--user", "ops"]].concat())
}

/// What the owner sees of tokens in and outside the trash, of accounts, and how long the audit log is. When a token was
/// last seen is left out: what acts is used.
fn state(home: &Home) -> (Vec<Value>, Value, usize) {
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

/// A token of the owner's that holds every method of jeton's: it may put stronger tokens into the trash, which can be
/// undone, but it purges nothing and deletes no account.
#[test]
fn borrowed_token_destroys_nothing_for_good() {
    let home = Home::set_up();
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
    let owners = format!("{}\nseven brown foxes\n", crate::support::program::PASSWORD);
    home.run(&["account", "create", "second", "--role", "owner", "--user", "ops", "--password-stdin"], owners)
        .succeeds();

    for (secret, name) in [(&borrowed, "strong"), (&weak, "stronger")] {
        by_token(&home, secret, &["token", "disable", name, "--user", "ops", "--no-input"]).ends(4);
        by_token(&home, secret, &["token", "disable", name]).succeeds();
        by_token(&home, secret, &["token", "delete", name, "--confirm", name]).succeeds();
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
            by_token(&home, secret, args).ends(4).silent();
        }
    }
    assert_eq!(state(&home), before, "nothing has changed");
    by_ops(&home, &["token", "restore", "ops/strong", "ops/stronger"]).succeeds();
    by_ops(&home, &["token", "enable", "ops/strong", "ops/stronger"]).succeeds();
}
