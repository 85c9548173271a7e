//! `jeton token list`, and what commands show of a token.

use jeton::error::Kind;

use crate::support::cli_program::CliHome;
use crate::support::direct_writes::{insert_tokens, record_use};

#[test]
fn list_prints_a_table_or_names() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let done = home.as_ops(&["token", "list"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"You have no tokens. List all tokens that you can see: jeton token list --all. Create a token: jeton token create NAME");
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
    error: unknown filter field "nme": use status:, account:, method:, seen:, expires:, is:
      To find text with a colon, type only the colon and the text after the colon: ":foo"
    "#);
    let done = home.as_ops(&["token", "list", "--filter", "10.0.0.1:80"]).assert_success();
    insta::assert_snapshot!(done.message(), @"0 of 2 tokens");
    home.as_ops(&["token", "rm", "x", "--confirm", "x"]).assert_success();
    assert_eq!(some(&[]), "ops/deploy-bot\n");
    assert_eq!(some(&["--trash"]), "ops/x\n");
    assert_eq!(some(&["--status", "deleted"]), "ops/x\n");
    insta::assert_snapshot!(home.as_ops(&["token", "list", "--trash"]).assert_success().text(), @"
    NAME  STATUS     ACCOUNT  API        REVOKED   LAST SEEN  HINT
    x     † revoked  ops      no access  just now  never      jtn_xxxxxxxx
    ");
    let shown = home.as_ops(&["token", "show", "deploy-bot"]).assert_success().out;
    for part in ["ops/deploy-bot", "active", "owner", "IDE Plugins", "12 h"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
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
    insta::assert_snapshot!(done.message(), @"You have no tokens in the trash. List all revoked tokens that you can see: jeton token list --trash --all");
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
