mod machine;

use std::time::Duration;

use machine::{Listener, Machine, PASSWORD, WRONG};

use super::*;
use crate::config::{Setting, Source};
use crate::verbs::request::call;
use crate::verbs::tokens::{DisableTokens, TokenTarget};

/// Answers that open the first token of the list of one's own.
const OPEN_FIRST: [&str; 2] = ["1", "1"];
/// The entries of the menu of a live token.
const REGENERATE: &str = "5";
const DISABLE: &str = "6";
const REVOKE: &str = "7";

#[test]
fn menus_are_left_by_zero_empty_answers_q_and_the_end_of_input() {
    let machine = Machine::set_up();
    let main = |heard: &str| heard.matches("Main menu:").count();
    assert_eq!(main(&machine.hears(&["q"])), 1);
    assert_eq!(main(&machine.hears(&["0"])), 1);
    assert_eq!(main(&machine.hears(&[])), 1);
    assert_eq!(main(&machine.hears(&["1", "0", "1", "", "1", "q"])), 3);
    // In a field, 0 goes back, and q leaves.
    assert_eq!(main(&machine.hears(&["3", "0", "3", "q"])), 2);
    // A new list of the whole store, of each kind.
    let heard = machine.hears(&["2", "0", "4", "0", "5", "0", "6", "0", "7", "0", "0"]);
    assert_eq!(heard.matches("the list is empty").count(), 4, "{heard}");
    assert!(heard.contains("1. ops; role: owner; status: enabled"), "{heard}");
}

#[test]
fn wrong_answer_is_explained_and_asked_again() {
    let machine = Machine::set_up();
    machine.create(&["ci"]);
    let heard = machine.hears(&["77", "x", "1", "9", "n", "p", "/status:nothing", "/absent", "/", "0", "q"]);
    assert_eq!(heard.matches("has no meaning here").count(), 3, "{heard}");
    assert_eq!(heard.matches("Error: ").count(), 1, "{heard}");
    assert!(heard.contains("nothing matches the filter"), "{heard}");
    assert_eq!(heard.matches("1. ci; status: active; account: ops").count(), 2, "{heard}");
}

#[test]
fn lists_are_read_by_pages() {
    let machine = Machine::set_up();
    // At most ten tokens are active at once.
    for tens in 0..3 {
        let names: Vec<String> = (0..10).map(|n| format!("t{tens}{n}")).collect();
        machine.create(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let tokens = names.into_iter().map(TokenTarget::by_reference).collect();
        call(&machine.backend, &machine.credential(), DisableTokens { tokens }).unwrap();
    }
    let heard = machine.hears(&["1", "p", "n", "n", "25", "0", "p", "/t29", "21", "1", "0", "q"]);
    for title in ["tokens 1 to 20 of 30.", "tokens 21 to 30 of 30.", "filter t29: tokens 1 to 1 of 1."] {
        assert!(heard.contains(title), "{title} in {heard}");
    }
    assert!(heard.contains("\n25. t24; status: disabled") && heard.contains("Menu of the token ops/t24:"), "{heard}");
    assert!(heard.contains("This is the last page.") && heard.contains("This is the first page."), "{heard}");
    assert!(heard.contains("The answer \"21\" has no meaning here."), "{heard}");
    assert!(heard.contains("Menu of the token ops/t29:"), "{heard}");
}

#[test]
fn disabling_and_enabling_name_the_token_and_ask_for_the_password() {
    let machine = Machine::set_up();
    machine.create(&["ci"]);
    let change = |password: &str| machine.hears(&["1", "1", DISABLE, password, "0", "q"]);
    let heard = change(PASSWORD);
    assert!(heard.contains("You are about to disable ops/ci.") && heard.contains("Done: ops/ci disabled"), "{heard}");
    assert!(!machine.token("ci").enabled);
    let heard = change(PASSWORD);
    assert!(heard.contains("You are about to enable ops/ci.") && heard.contains("Done: ops/ci enabled"), "{heard}");
    assert!(machine.token("ci").enabled);
}

#[test]
fn revoking_needs_the_typed_name_and_the_password() {
    let machine = Machine::set_up();
    machine.create(&["ci"]);
    let revoke = |rest: &[&str]| {
        let answers: Vec<&str> = OPEN_FIRST.into_iter().chain([REVOKE]).chain(rest.iter().copied()).collect();
        machine.hears(&answers)
    };
    for refused in [&["ci"][..], &["x", PASSWORD], &["ci", WRONG, WRONG, WRONG], &["", PASSWORD], &["q"]] {
        let heard = revoke(refused);
        assert!(machine.token("ci").deleted_at.is_none(), "{refused:?}: {heard}");
    }
    let heard = revoke(&["ci", PASSWORD]);
    assert!(machine.token("ci").deleted_at.is_some());
    let summary = heard.find("You are about to revoke ops/ci").unwrap();
    let typed = heard.find("Type the token's name").unwrap();
    let password = heard.rfind("Password of ops").unwrap();
    assert!(summary < typed && typed < password, "{heard}");

    let heard = machine.hears(&["4", "1", "3", "ci2", PASSWORD]);
    let restored = machine.token("ci2");
    assert!(restored.deleted_at.is_none() && !restored.enabled, "{heard}");
}

#[test]
fn new_secret_is_printed_only_if_asked_for() {
    let machine = Machine::set_up();
    let path = machine.folder.path().join("saved");
    let path = path.to_str().unwrap();
    // Name, account, description, expiry, Inherit, expected to be unused, where the secret goes, yes.
    let saved = machine.hears(&["3", "ci", "", "nightly", "30d", "3", "2", "2", path, "yes", PASSWORD]);
    let secret = std::fs::read_to_string(path).unwrap();
    assert!(secret.len() > 20 && !saved.contains(secret.trim()), "{saved}");
    assert_eq!(machine.token("ci").description.as_str(), "nightly");
    assert!(machine.token("ci").expected_unused_since.is_some());

    let left = machine.hears(&["3", "other", "", "", "", "4", "1", "1", "no"]);
    assert!(left.contains("Cancelled. Nothing was changed."), "{left}");
    let printed = machine.hears(&["3", "cd", "", "", "", "4", "1", "1", "yes", PASSWORD]);
    let (_, after) = printed.split_once("The secret is shown only once.\n").unwrap();
    let secret = after.lines().next().unwrap();
    assert!(secret.starts_with("jtn_") && printed.matches(secret).count() == 1, "{printed}");

    let answers: Vec<&str> = OPEN_FIRST.into_iter().chain([REGENERATE, "", "", "1", "no"]).collect();
    let hint = machine.token("cd").hint;
    machine.hears(&answers);
    assert_eq!(machine.token("cd").hint, hint);
    let answers: Vec<&str> = OPEN_FIRST.into_iter().chain([REGENERATE, "", "", "1", "yes", PASSWORD]).collect();
    machine.hears(&answers);
    assert_ne!(machine.token("cd").hint, hint);
}

#[test]
fn edit_shows_the_change_in_words_before_the_password() {
    let machine = Machine::set_up();
    machine.create(&["ci"]);
    // Edit: name, description, expiry, API access by set 1, expected to be unused, yes.
    let heard = machine.hears(&["1", "1", "3", "deploy", "nightly", "never", "2", "1", "2", "yes", PASSWORD]);
    let token = machine.token("deploy");
    assert_eq!((token.description.as_str(), token.expiry.at()), ("nightly", None), "{heard}");
    assert!(heard.contains("name: ci becomes deploy"), "{heard}");
    assert!(token.expected_unused_since.is_some() && heard.contains("use: expected becomes not expected"), "{heard}");
    assert!(heard.find("becomes").unwrap() < heard.rfind("Password of ops").unwrap(), "{heard}");
}

#[test]
fn accounts_are_created_and_changed() {
    let machine = Machine::set_up();
    let heard = machine.hears(&["8", "dev", "4", "", PASSWORD, PASSWORD, PASSWORD]);
    assert!(heard.contains("Done: dev created with the role"), "{heard}");
    // With two accounts, the name is asked for.
    let heard = machine.hears_from(None, &["ops", PASSWORD, "7", "/dev", "1", "3", "3", PASSWORD, "5", PASSWORD]);
    assert!(heard.contains("Done: dev now has the role"), "{heard}");
    assert!(heard.contains("Done: dev disabled"), "{heard}");
}

#[test]
fn token_confirms_each_change_with_one_yes() {
    let mut machine = Machine::set_up();
    // Generate a token with the methods of jeton for tokens, and print its secret.
    let methods = "jeton.tokens.read, jeton.tokens.write";
    let printed = machine.hears(&["3", "admin", "", "", "", "2", methods, "1", "1", "yes", PASSWORD]);
    machine.present(printed.lines().find(|line| line.starts_with("jtn_")).unwrap());
    machine.create(&["ci"]);
    let change = |answers: &[&str]| machine.hears_from(None, &[&["1", "/ci", "1"], answers].concat());
    change(&[DISABLE, "no"]);
    assert!(machine.token("ci").enabled);
    change(&[DISABLE, "yes"]);
    assert!(!machine.token("ci").enabled);
    change(&[DISABLE, "no"]);
    assert!(!machine.token("ci").enabled);
    change(&[DISABLE, "yes"]);
    assert!(machine.token("ci").enabled);
    change(&[REVOKE, "ci"]);
    machine.hears_from(None, &["4", "1", "3", "", "no"]);
    assert!(machine.token("ci").deleted_at.is_some());
    let heard = machine.hears_from(None, &["4", "1", "3", "", "yes"]);
    assert!(machine.token("ci").deleted_at.is_none(), "{heard}");
}

#[test]
fn read_only_menus_have_no_changes_and_refuse_them() {
    let mut machine = Machine::set_up();
    machine.create(&["ci"]);
    machine.settings.readonly = Some(Setting { value: true, source: Source::Option("--readonly") });
    let heard = machine.hears(&["1", "1", "3", "0", "0", "3", "0", "6", "1", "3"]);
    assert!(heard.contains("Read-only"), "{heard}");
    assert_eq!(heard.matches("has no meaning here").count(), 2, "{heard}");
    for change in ["Generate", "Create", "Disable", "Revoke", "Edit", "Change your"] {
        assert!(!heard.contains(change), "{change}: {heard}");
    }
    let app = machine.app(Rc::new(Listener::default()), Username::parse("ops").ok());
    let tokens = vec![TokenTarget::by_reference("ci".to_owned())];
    let refused = app.call(&machine.credential(), DisableTokens { tokens }).unwrap_err();
    assert_eq!(refused.kind, Kind::Denied);
    assert!(machine.token("ci").enabled);
}

#[test]
fn long_pause_ends_the_session() {
    let mut machine = Machine::set_up();
    machine.thinking_time = Some(crate::config::LOCK_AFTER);
    let heard = machine.hears(&["1", PASSWORD, "0", "1", PASSWORD, "q"]);
    assert_eq!(heard.matches("Password of ops").count(), 3, "{heard}");
    machine.settings.lock_after.value = Duration::ZERO;
    assert_eq!(machine.hears(&["1", "0", "1", "q"]).matches("Password of ops").count(), 1);
}
