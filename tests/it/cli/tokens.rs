//! Commands that edit, copy, rotate, purge and trace tokens.

use std::process::Command;

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::{CliHome, exists, run_to_end};
use crate::support::direct_writes::set_expiry;
use crate::support::fakes::{OWNER, TestInstall, create, token_name};

fn fixture() -> CliHome {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    home
}

#[test]
fn edit_prints_the_changes() {
    let home = fixture();
    let secret = home.create(&["ci", "--set", "IDE Plugins", "--expires", "never"]);
    let edit = ["token", "edit", "ci", "--name", "cd", "--add-set", "Marketplace", "--expires", "30d"];
    let dry = home.as_ops(&[&edit[..], &["--dry-run"]].concat()).assert_success();
    insta::assert_snapshot!(dry.message(), @"Dry run: nothing was changed");
    insta::assert_snapshot!(dry.text(), @"
    ops/ci
      name: ci → cd
      expires: never → [time]
      API: IDE Plugins → IDE Plugins, Marketplace
        + Marketplace
      methods: 58 → 98
        + gains 40: billing.account.GetPricing, billing.quota.CheckQuota, billing.quota.ListQuotas, …
    ");
    home.as_ops(&["token", "show", "ci"]).assert_success();
    let done = home.as_ops(&edit).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"
    ops/ci
      name: ci → cd
      expires: never → [time]
      API: IDE Plugins → IDE Plugins, Marketplace
        + Marketplace
      methods: 58 → 98
        + gains 40: billing.account.GetPricing, billing.quota.CheckQuota, billing.quota.ListQuotas, …
    ✓ ops/cd changed. The secret stays the same
    ");
    assert_eq!(home.verify(&secret), 0, "the secret stays");
    let output =
        home.as_ops(&["token", "edit", "cd", "--description", "x", "--inherit", "--json"]).assert_success().json();
    assert_eq!(output["token"]["description"], "x");
    assert_eq!(
        output["changes"][1],
        json!({"field": "API", "before": "IDE Plugins, Marketplace", "after": "Inherit",
               "added": [], "removed": ["IDE Plugins", "Marketplace"]})
    );
    let refused = home.as_ops(&["token", "edit", "cd"]).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: nothing to change
      Give at least one new value, e.g. a description or an expiry (in a command: --description, --expires)
    ");
    home.as_ops(&["token", "edit", "cd", "--add-method", "jeton.tokens.read"])
        .assert_error(Kind::Usage)
        .assert_says(&["Inherit", "--method"]);
    home.as_ops(&["token", "edit", "cd", "--set", "a", "--method", "b"]).assert_error(Kind::Usage);
    home.as_ops(&["token", "edit", "gone", "--name", "x"]).assert_error(Kind::NotFound);
    home.as_ops(&["token", "edit", "cd", "--nothing", "--quiet"]).assert_success().assert_silent();
    home.as_ops(&["token", "edit", "cd", "--add-method", "jeton.tokens.read"]).assert_success();
    let refused =
        home.as_ops(&["token", "edit", "cd", "--drop-method", "jeton.tokens.write"]).assert_error(Kind::NotFound);
    insta::assert_snapshot!(refused.message(), @"
    error: the method jeton.tokens.write can't be dropped: the token's API selection does not include this method
      To see the API selection, run: jeton token show TOKEN
    ");
}

#[test]
fn create_takes_several_names() {
    let home = fixture();
    // Not `assert_success`, which refuses tabs.
    let quiet = home.as_ops(&["token", "create", "a", "b", "--quiet"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
    let lines: Vec<(&str, &str)> = quiet.out.lines().map(|l| l.split_once('\t').unwrap()).collect();
    assert_eq!(lines.iter().map(|l| l.0).collect::<Vec<_>>(), ["a", "b"]);
    assert!(lines.iter().all(|(_, secret)| home.verify(secret) == 0), "{lines:?}");
    let made = home.as_ops(&["token", "create", "c", "d", "--json"]).assert_success().json();
    assert_eq!((&made["schema"], made["created"].as_array().unwrap().len()), (&json!(1), 2));
    assert_eq!(made["created"][1]["token"]["name"], "d");
    assert_eq!(home.verify(made["created"][1]["secret"].as_str().unwrap()), 0);
    std::fs::create_dir(home.path("out")).unwrap();
    home.as_ops(&["token", "create", "e", "f", "--out-dir", "out"])
        .assert_success()
        .assert_silent()
        .assert_says(&["out/f.secret"]);
    assert_eq!(home.verify(std::fs::read_to_string(home.path("out/e.secret")).unwrap().trim_end()), 0);
    let refused = home.as_ops(&["token", "create", "g", "e", "--out-dir", "out"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the name e is taken: the account already has a token with this name
      Choose another name
    ");
    assert!(!exists(&home.path("out/g.secret")));
    home.as_ops(&["token", "create", "g", "h", "--out", "one"]).assert_error(Kind::Usage).assert_says(&["--out-dir"]);
    let refused = home.as_ops(&["token", "create", "g", "h", "i", "j", "k"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the account ops would have 11 active tokens: the limit for each account is 10 (policy.active_tokens)
      First disable or revoke other tokens of the account. An owner can also raise the limit: jeton policy set policy.active_tokens NUMBER
    ");
    home.as_ops(&["token", "delete", "a", "b", "--confirm", "2"]).assert_success();
    let done = home.as_ops(&["token", "restore", "a", "b"]).assert_success();
    insta::assert_snapshot!(done.message(), @"
    ✓ ops/a restored, disabled
    ✓ ops/b restored, disabled
      To enable the tokens: jeton token enable ops/a ops/b
    ");
}

#[test]
fn copy_and_regenerate_issue_working_secrets() {
    let home = fixture();
    let first = home.create(&["ci", "--set", "IDE Plugins", "--expires", "20d"]);
    set_expiry(&home.store(), "ci", 20);
    let copied = home.as_ops(&["token", "copy", "ci", "cd", "--json"]).assert_success().json();
    assert_eq!(copied["token"]["selection"]["sets"], json!(["IDE Plugins"]));
    assert_eq!(home.verify(copied["secret"].as_str().unwrap()), 0);
    let refused = home.as_ops(&["token", "copy", "ci", "cd"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"
    error: the name cd is taken: the account already has a token with this name
      Choose another name
    ");

    let refused = home.as_ops(&["token", "regenerate", "ci", "--grace", "31d"]).assert_error(Kind::Usage);
    insta::assert_snapshot!(refused.message(), @"
    error: the grace 31d is too long: the old secret can keep working for at most 30 days
      Choose a shorter time, such as 7d
    ");
    let rotated = home.as_ops(&["token", "regenerate", "ci", "--grace", "30d"]).assert_success();
    insta::assert_snapshot!(rotated.message(), @r#"
    ✓ ops/ci has a new secret; the old secret ends in 20 days, when the token expires. The token expires in 20 days (last day: [time])
      The secret is shown only now. To use the secret, run: read -rs SECRET. Paste the secret, then run:
      printf 'Authorization: Bearer %s\n' "$SECRET" | curl -H @- URL
    "#);
    let second = rotated.out.trim_end();
    assert_eq!((home.verify(&first), home.verify(second)), (0, 0));
    home.as_ops(&["token", "regenerate", "ci", "--grace", "1h"])
        .assert_error(Kind::Conflict)
        .assert_says(&["token retire ops/ci"]);
    let shown = home.as_ops(&["token", "show", "ci", "--json"]).assert_success().json();
    let previous = &shown["token"]["previous"];
    assert_eq!(previous["hint"].as_str().unwrap(), &first[..12]);
    assert_eq!(previous["retires_at"], shown["token"]["expires_at"]);
    assert!(previous["last_seen_at"].is_string() && shown["usage"]["current_last_seen_at"].is_string(), "{shown}");
    let shown = home.as_ops(&["token", "show", "ci"]).assert_success().out;
    let rotating: Vec<&str> = shown.lines().filter(|line| line.contains(&first[..12])).collect();
    // The day can end between the call and the question.
    let rotating = rotating.join("\n").replace(&first[..12], "[old]").replace(", 1 call today", "");
    insta::assert_snapshot!(rotating, @"Rotating   [old] (ends in 20 days), last seen just now");

    let done = home.as_ops(&["token", "retire", "ci"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"✓ ops/ci now has only the new secret; jeton denies the old secret from the next request on");
    assert_eq!((home.verify(&first), home.verify(second)), (4, 0));
    home.as_ops(&["token", "retire", "ci"]).assert_error(Kind::Conflict);
    let shown = home.as_ops(&["token", "show", "ci", "--json"]).assert_success().json();
    assert_eq!(shown["token"]["previous"], json!(null));
}

#[test]
fn purge_needs_the_number_and_whose_names_a_purged_secret() {
    let home = fixture();
    let whose = |secret: &str, more: &[&str]| home.run(&[&["token", "whose"], more].concat(), format!("{secret}\n"));
    let (live, gone) = (home.create(&["live"]), home.create(&["gone"]));
    let current = whose(&live, &[]).assert_success();
    insta::assert_snapshot!(current.text(), @"
    Token   ops/live
    Id      t:1
    Status  ● active
    Secret  current, since [time], just now
    Works   yes
    ");
    let shown = home.as_ops(&["token", "show", "live", "--json"]).assert_success().json();
    assert_eq!(shown["usage"]["last_seen_at"], json!(null), "asking whose it is, is no use");

    home.as_ops(&["token", "delete", "gone", "--confirm", "gone"]).assert_success();
    let deleted = whose(&gone, &["--json"]).assert_success().json();
    assert_eq!((&deleted["works"], &deleted["reason"]), (&json!(false), &json!("deleted")));
    home.as_ops(&["token", "purge"]).assert_error(Kind::Usage);
    home.as_ops(&["token", "purge", "--trashed"])
        .assert_error(Kind::Conflict)
        .assert_says(&["--confirm N", "--dry-run"])
        .assert_silent();
    let dry = home.as_ops(&["token", "purge", "--trashed", "--dry-run"]).assert_success();
    insta::assert_snapshot!(dry.message(), @"1 trashed token would be purged. Dry run: nothing was purged");
    assert_eq!(dry.out, "ops/gone\n");
    let dry = home.as_ops(&["token", "purge", "--trashed", "--dry-run", "--json"]).assert_success().json();
    assert_eq!(dry, json!({"schema": 1, "count": 1, "tokens": ["ops/gone"]}));
    let refused = home.as_ops(&["token", "purge", "--trashed", "--confirm", "2"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"error: the confirmation does not match; nothing was purged: expected 1, the current number of trashed tokens that you manage");
    let done = home.as_ops(&["token", "purge", "--trashed", "--confirm", "1", "--json"]).assert_success().json();
    assert_eq!(done, json!({"schema": 1, "count": 1}));
    let refused = home.as_ops(&["token", "purge", "--expired", "--confirm", "0"]).assert_error(Kind::NotFound);
    insta::assert_snapshot!(refused.message(), @"error: nothing to purge: no token that you manage has the status expired");

    assert_eq!(home.verify(&gone), 4);
    let purged = whose(&gone, &["--json"]).assert_success().json();
    assert_eq!((&purged["secret"], &purged["token"]), (&json!("purged"), &json!(null)));
    assert_eq!((&purged["purged"]["name"], &purged["purged"]["account"]), (&json!("gone"), &json!("ops")));
    let text = whose(&gone, &[]).assert_success().out;
    assert!(text.contains("ops/gone") && text.contains("purged"), "{text}");
    assert_eq!(whose(&gone, &["--quiet"]).assert_success().out, "ops/gone\n");
    for wrong in ["nonsense", &live[..50], ""] {
        let refused = whose(wrong, &[]).assert_error(Kind::NotFound).assert_silent();
        insta::allow_duplicates! { insta::assert_snapshot!(refused.message(), @"
        error: the input contains no complete jeton secret
          Pass the whole secret on stdin
        ") };
    }
    let mut mistyped = live.clone().into_bytes();
    mistyped[20] = if mistyped[20] == b'a' { b'b' } else { b'a' };
    let mistyped = String::from_utf8(mistyped).unwrap();
    let refused = whose(&mistyped, &[]).assert_error(Kind::NotFound);
    insta::assert_snapshot!(refused.message(), @"error: the secret belongs to no token: the secret is mistyped or cut off (wrong checksum)");
    assert_eq!(whose("nonsense", &["--json"]).assert_error(Kind::NotFound).json()["reason"], "malformed");
}

/// The command that a screen shows for a change is one that the program accepts, through a shell with quotes. No store
/// exists where the command runs, and that is its only complaint.
#[test]
fn equivalent_commands_are_accepted() {
    use jeton::domain::api_selection::{Selection, SelectionEdit};
    use jeton::domain::expiry::{ExpirySpec, Span};
    use jeton::domain::method::MethodId;
    use jeton::domain::name::Description;
    use jeton::domain::token::Purgeable;
    use jeton::verbs::tokens::*;

    let install = TestInstall::new();
    let typed = |name: &str| TokenTarget::by_reference(name);
    let spec = |text: &str| Some(ExpirySpec::parse(text).unwrap());
    let sets = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    let ids = |ids: &[&str]| ids.iter().map(|m| MethodId::parse(m).unwrap()).collect();
    let edit = || EditToken::new(typed("a"));
    let mut lines = Vec::new();
    macro_rules! done {
        ($($verb:expr),* $(,)?) => { $(lines.push(install.call(OWNER, $verb).unwrap().equivalent_command.to_string());)* };
    }
    done!(
        CreateToken {
            names: vec![token_name("a"), token_name("b")],
            account: Some(crate::support::fakes::owner()),
            description: Description::parse("it's $(x) `y` \"z\" -- é").unwrap(),
            expires: spec("1y"),
            selection: Selection::Sets(sets(&["IDE Plugins", "Marketplace"])),
            expected_unused: true,
        },
        CreateToken { selection: Selection::Inherit, expires: None, ..create("c") },
        EditToken {
            selection: Some(SelectionEdit::Sets { add: sets(&["Maven Plugin"]), drop: sets(&["Marketplace"]) }),
            ..edit()
        },
        EditToken { selection: Some(SelectionEdit::Replace(Selection::Inherit)), ..edit() },
        EditToken { selection: Some(SelectionEdit::Replace(Selection::Sets(sets(&["IDE Plugins"])))), ..edit() },
        EditToken { selection: Some(SelectionEdit::Replace(Selection::nothing())), ..edit() },
        EditToken { selection: Some(SelectionEdit::Replace(Selection::Custom(ids(&["jeton.tokens.read"])))), ..edit() },
        EditToken {
            selection: Some(SelectionEdit::Methods {
                add: ids(&["jeton.tokens.write"]),
                drop: ids(&["jeton.tokens.read"])
            }),
            description: Some(Description::none()),
            expires: spec("never"),
            ..edit()
        },
        EditToken { description: Some(Description::parse("--force 'it'").unwrap()), ..edit() },
        EditToken { expected_unused: Some(true), ..edit() },
        EditToken { expected_unused: Some(false), ..edit() },
        CopyToken { token: typed("a"), name: token_name("d"), account: None, expires: spec("6mo") },
        RegenerateToken { token: typed("a"), grace: Some(Span::Days(2)), expires: spec("30d") },
        RetireToken { token: typed("a") },
        DisableTokens { tokens: vec![typed("a"), typed("b")] },
        EnableTokens { tokens: vec![typed("a")] },
        RevokeTokens { tokens: vec![typed("a")], with_made: false, expected_made: None, confirmation: "a".to_owned() },
        RestoreTokens { tokens: vec![typed("a")], rename: Some(token_name("e")) },
        RevokeTokens {
            tokens: vec![typed("b"), typed("c")],
            with_made: false,
            expected_made: None,
            confirmation: "2".to_owned()
        },
        RestoreTokens { tokens: vec![typed("b"), typed("c")], rename: None },
        RevokeTokens { tokens: vec![typed("b")], with_made: false, expected_made: None, confirmation: "b".to_owned() },
        PurgeTokens::new(Purgeable::Trashed, 1),
    );
    let home = CliHome::new();
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_jeton")).parent().unwrap();
    for line in lines {
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().env("HOME", home.path("")).env("PATH", bin).args(["-c", &format!("{line} --no-input")]);
        let ran = run_to_end(shell, b"");
        assert!(ran.code == 3 && ran.err.contains("jeton init"), "{line}: {ran:?}");
    }
}

#[test]
fn times_in_the_future_are_marked() {
    let home = fixture();
    let secret = home.create(&["ci", "--expires", "never"]);
    home.create(&["gone", "--expires", "never"]);
    home.as_ops(&["token", "delete", "gone", "--confirm", "gone"]).assert_success();
    assert_eq!(home.verify(&secret), 0);
    // By the clock of the program.
    let ahead = "(SELECT max(at) FROM audit) / 1000 * 1000 + 7200000";
    let store = rusqlite::Connection::open(home.store()).unwrap();
    store
        .execute_batch(&format!(
            "UPDATE tokens SET created_at = {ahead}; UPDATE tokens SET deleted_at = {ahead} WHERE name = 'gone';
             UPDATE secrets SET created_at = {ahead};
             INSERT OR REPLACE INTO last_seen SELECT id, deleted_at IS NOT NULL, {ahead} FROM tokens"
        ))
        .unwrap();
    drop(store);
    for (command, instants) in
        [(&["token", "list"][..], 1), (&["token", "list", "--trash"], 2), (&["token", "show", "ci"], 3)]
    {
        let output = home.as_ops(command).assert_success().out;
        assert_eq!(output.matches("in 2 h (clock?)").count(), instants, "{output}");
        assert!(!output.contains("just now"), "{output}");
    }
}

#[test]
fn tokens_expected_to_be_unused_are_marked_and_found() {
    let home = fixture();
    home.create(&["plain", "--expires", "never"]);
    let secret = home.create(&["break-glass", "--expires", "never", "--expect-unused"]);
    let found = || home.as_ops(&["token", "list", "--quiet", "--filter", "is:expected-unused"]).assert_success().out;
    let use_line = || {
        let shown = home.as_ops(&["token", "show", "break-glass"]).assert_success().out;
        shown.lines().find(|line| line.starts_with("Use ")).map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(found(), "ops/break-glass\n");
    assert!(use_line().starts_with("Use        expected to be unused since 20"), "{}", use_line());
    assert_eq!(home.verify(&secret), 0);
    assert!(use_line().starts_with("Use        ! used although expected to be unused since 20"), "{}", use_line());
    let since = |args: &[&str]| {
        let mut token = home.as_ops(args).assert_success().json()["token"].take();
        token["expected_unused_since"].take()
    };
    assert!(since(&["token", "show", "break-glass", "--json"]).is_string());
    assert!(since(&["token", "show", "plain", "--json"]).is_null());
    assert!(since(&["token", "edit", "break-glass", "--no-expect-unused", "--json"]).is_null());
    assert_eq!((found(), use_line()), (String::new(), String::new()));
    home.as_ops(&["token", "edit", "plain", "--expect-unused", "--no-expect-unused"]).assert_error(Kind::Usage);
    assert!(since(&["token", "edit", "plain", "--expect-unused", "--json"]).is_string());
}
