//! Authority over time, through the real program.

use std::process::Command;

use crate::support::cli_program::{CliHome, CliOutput, PASSWORD, run_to_end};
use jeton::error::Kind;

fn by_token(home: &CliHome, secret: &str, args: &[&str]) -> CliOutput {
    let mut command: Command = home.command(args);
    command.env("JETON_TOKEN", secret);
    run_to_end(command, b"")
}

/// Runs a command as `user` with the common password, and `more` after it on stdin.
fn by_person(home: &CliHome, user: &str, args: &[&str], more: &str) -> CliOutput {
    let args = [args, &["--user", user, "--password-stdin"]].concat();
    home.run(&args, format!("{PASSWORD}\n{more}"))
}

/// Returns a home with the accounts `ops` (owner), `boss` (admin) and `mia` (member), each with a password of its own
/// choice.
fn home_with_accounts() -> CliHome {
    let home = CliHome::set_up();
    home.as_ops(&["catalogue", "apply", "cloud-platform"]).assert_success();
    for (name, role) in [("boss", "admin"), ("mia", "member")] {
        let temporary = "a password for now";
        by_person(&home, "ops", &["account", "create", name, "--role", role], &format!("{temporary}\n"))
            .assert_success();
        let input = format!("{temporary}\n{PASSWORD}\n");
        home.run(&["account", "passwd", "--user", name, "--password-stdin"], input).assert_success();
    }
    home
}

fn create(home: &CliHome, user: &str, args: &[&str]) -> String {
    let args = [&["token", "create", "--quiet"], args].concat();
    by_person(home, user, &args, "").assert_success().out.trim_end().to_owned()
}

fn verified(home: &CliHome, secret: &str) -> serde_json::Value {
    home.run(&["verify", "--json"], format!("{secret}\n")).assert_success().json()
}

fn promote(home: &CliHome, role: &str) {
    by_person(home, "ops", &["account", "role", "mia", role], "").assert_success();
}

/// An admin keeps a token of a member who becomes an owner: the admin's secret never gets owner rights.
#[test]
fn token_issued_by_an_admin_keeps_its_ceiling_after_a_promotion() {
    let home = home_with_accounts();
    let every = [
        "jeton.tokens.read-all",
        "jeton.tokens.write-all",
        "jeton.accounts.read",
        "jeton.accounts.write",
        "jeton.audit.read",
    ];
    let picked: Vec<&str> = every.iter().flat_map(|m| ["--method", m]).collect();
    let planted = create(&home, "boss", &[&["planted", "--account", "mia", "--expires", "30d"], &picked[..]].concat());
    create(&home, "ops", &["victim", "--inherit"]);
    promote(&home, "owner");
    assert_eq!(verified(&home, &planted)["role"], "member");
    for args in [
        &["token", "list", "--all"][..],
        &["token", "create", "x", "--account", "ops", "--expires", "1d"],
        &["token", "disable", "ops/victim"],
        &["token", "delete", "ops/victim", "--confirm", "victim"],
        &["account", "disable", "boss"],
        &["account", "list"],
        &["audit"],
    ] {
        by_token(&home, &planted, args).assert_code(4).assert_silent();
    }
    let can = by_person(&home, "mia", &["token", "can", "planted", "jeton.tokens.write-all", "--json"], "")
        .assert_code(4)
        .json();
    assert_eq!((can["allowed"].clone(), can["reason"].clone()), (false.into(), "issued-role".into()));
    // The new owner raises the token deliberately, and the planted secret stops working.
    by_person(&home, "mia", &["token", "regenerate", "planted"], "").assert_success();
    assert_eq!(home.verify(&planted), 4);
}

#[test]
fn promotion_raises_no_token_and_demotion_limits_each() {
    let home = home_with_accounts();
    let admin_method = "account.settings.DeleteAccount";
    let admin_method = find_admin_method(&home).unwrap_or_else(|| admin_method.to_owned());
    let old = create(&home, "mia", &["old", "--inherit", "--expires", "30d"]);
    let asks = |secret: &str| home.run(&["verify", "--method", &admin_method], format!("{secret}\n")).code;
    assert_eq!(asks(&old), 4);
    promote(&home, "admin");
    assert_eq!(asks(&old), 4, "handed out before");
    let new = create(&home, "mia", &["new", "--inherit", "--expires", "30d"]);
    assert_eq!(asks(&new), 0);
    let graced =
        by_person(&home, "mia", &["token", "regenerate", "old", "--grace", "1h", "--quiet"], "").assert_success().out;
    assert_eq!((asks(graced.trim_end()), asks(&old)), (0, 4), "each secret of an overlap has its own");
    promote(&home, "viewer");
    assert_eq!((asks(&new), asks(graced.trim_end())), (4, 4));
    assert_eq!(verified(&home, &new)["role"], "viewer");
    promote(&home, "admin");
    let retired = by_person(&home, "mia", &["token", "show", "old", "--json"], "").assert_success().json();
    assert_eq!(
        (&retired["rights"]["role"], &retired["rights"]["previous"]["role"]),
        (&"admin".into(), &"member".into())
    );
}

fn find_admin_method(home: &CliHome) -> Option<String> {
    let listed = home.run(&["catalogue", "list", "--json"], "").assert_success().json();
    let methods =
        listed["groups"].as_array()?.iter().flat_map(|g| g["methods"].as_array().cloned().unwrap_or_default());
    let mut admin =
        methods.filter(|m| m["access"] == "admin" && !m["id"].as_str().is_some_and(|id| id.starts_with("jeton.")));
    admin.next()?["id"].as_str().map(str::to_owned)
}

/// A set grows after its methods were granted one by one: no token made by a Custom token grows with the set.
#[test]
fn created_token_never_exceeds_its_creator() {
    let home = CliHome::set_up();
    let catalogue = |methods: &str| {
        let text = format!(
            "schema = 1\nname = \"shop\"\ntitle = \"Shop\"\n\n[[group]]\nid = \"shop\"\ntitle = \"Shop\"\n{methods}\n[[set]]\nname = \"Shop\"\ntitle = \"All\"\ninclude = [\"shop.*\"]\n"
        );
        home.file("shop.toml", &text, 0o600);
    };
    let method = |id: &str| format!("\n[[group.method]]\nid = \"{id}\"\ntitle = \"{id}\"\naccess = \"read\"\n");
    catalogue(&method("List"));
    home.as_ops(&["catalogue", "apply", "shop.toml"]).assert_success();
    let maker = home.create(&[
        "maker",
        "--expires",
        "30d",
        "--method",
        "jeton.tokens.read",
        "--method",
        "jeton.tokens.write",
        "--method",
        "shop.List",
    ]);
    // Made by a person: the maker has every method of today's set.
    for name in ["off", "gone", "on"] {
        home.create(&[name, "--set", "Shop", "--expires", "1d"]);
    }
    home.as_ops(&["token", "disable", "off"]).assert_success();
    home.as_ops(&["token", "delete", "gone", "--confirm", "gone"]).assert_success();
    let tried: [&[&str]; 7] = [
        &["create", "child", "--set", "Shop", "--expires", "1d"],
        &["create", "child", "--inherit", "--expires", "1d"],
        &["enable", "off"],
        &["restore", "gone"],
        &["copy", "on", "child"],
        &["regenerate", "on", "--grace", "1h"],
        &["edit", "on", "--description", "mine"],
    ];
    for words in tried {
        by_token(&home, &maker, &[&["token"], words].concat()).assert_code(4).assert_silent();
    }
    let child =
        by_token(&home, &maker, &["token", "create", "child", "--method", "shop.List", "--expires", "1d", "--quiet"]);
    let child = child.assert_success().out;
    by_token(&home, &maker, &["token", "edit", "child", "--set", "Shop"]).assert_code(4);
    catalogue(&[method("List"), method("Buy")].concat());
    home.as_ops(&["catalogue", "apply", "shop.toml", "--accept-widening", "3"]).assert_success();
    let asks = |secret: &str| home.run(&["verify", "--method", "shop.Buy"], format!("{secret}\n")).code;
    assert_eq!((asks(&maker), asks(child.trim_end())), (4, 4));
    let shown = home.as_ops(&["token", "show", "child", "--json"]).assert_success().json();
    assert_eq!(shown["lineage"]["made_by"]["name"], "ops/maker");
    assert_eq!(shown["token"]["made_by"], shown["lineage"]["made_by"]["id"]);
}

#[test]
fn revoke_lists_created_tokens_and_includes_them_on_request() {
    let home = CliHome::set_up();
    let minting = ["--method", "jeton.tokens.read", "--method", "jeton.tokens.write", "--expires", "30d"];
    let maker = home.create(&[&["maker"], &minting[..]].concat());
    let made = |name: &str| {
        let args = ["token", "create", name, "--expires", "1d", "--quiet"];
        by_token(&home, &maker, &args).assert_success().out.trim_end().to_owned()
    };
    let (one, two) = (made("one"), made("two"));
    let shown = home.as_ops(&["token", "show", "maker"]).assert_success().out;
    let made: Vec<&str> = shown.lines().filter(|line| line.contains("ops/one")).collect();
    insta::assert_snapshot!(made.join("\n"), @"Lineage    2 tokens that are not revoked: ops/one, ops/two");
    let refused =
        home.as_ops(&["token", "delete", "maker", "--with-made", "--confirm", "maker"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(refused.message(), @"error: the confirmation does not match; nothing was revoked: expected the number of tokens: 3");
    assert_eq!((home.verify(&one), home.verify(&maker)), (0, 0));
    let done = home.as_ops(&["token", "delete", "maker", "--confirm", "maker"]).assert_success();
    insta::assert_snapshot!(done.message(), @"
    ✓ ops/maker revoked; jeton denies the token from the next request on
    ! The revoked token created or regenerated 2 tokens that are not revoked: ops/one, ops/two. To revoke these tokens too: jeton token revoke ops/one ops/two
      To restore a token: jeton token restore ops/maker. To show the trash: jeton token list --trash --all
    ");
    assert_eq!((home.verify(&one), home.verify(&maker)), (0, 4));
    home.as_ops(&["token", "restore", "maker"]).assert_success();
    let answer = home.as_ops(&["token", "delete", "maker", "--confirm", "maker", "--json"]).assert_success().json();
    assert_eq!((answer["left_behind"]["count"].as_u64(), answer["token"]["name"].as_str()), (Some(2), Some("maker")));
    home.as_ops(&["token", "restore", "maker"]).assert_success();
    home.as_ops(&["token", "delete", "maker", "--with-made", "--confirm", "3"]).assert_success();
    assert_eq!((home.verify(&one), home.verify(&two)), (4, 4));
}

#[test]
fn show_and_can_explain_withheld_methods() {
    let home = home_with_accounts();
    let (read, write) = ("environment.control.GetEnvInfo", "environment.control.StopEnv");
    by_person(&home, "ops", &["account", "role", "mia", "viewer"], "").assert_success();
    let done = by_person(&home, "mia", &["token", "create", "empty"], "").assert_success();
    insta::assert_snapshot!(done.message(), @r#"
    ✓ mia/empty is ready. The token expires in 3 mo (last day: [time])
      The secret is shown only now. To use the secret, run: read -rs SECRET. Paste the secret, then run:
      printf 'Authorization: Bearer %s\n' "$SECRET" | curl -H @- URL
    ! mia/empty: the token can't call any method: its API selection has no methods
    "#);
    let args = ["token", "create", "x", "--method", read, "--method", write, "--json"];
    let done = by_person(&home, "mia", &args, "").assert_success();
    insta::assert_snapshot!(done.message(), @"! mia/x: the token can't call 1 of its 2 methods: environment.control.StopEnv (the account's role viewer is too low)");
    let done = by_person(&home, "mia", &["token", "edit", "x", "--drop-method", read], "").assert_success();
    insta::assert_snapshot!(done.message(), @"
    mia/x
      API: 2 methods → 1 method
        - environment.control.GetEnvInfo
      methods: 1 → 0
    ! mia/x: the token can't call its only method: environment.control.StopEnv (the account's role viewer is too low)
    ✓ mia/x changed. The secret stays the same
    ");
    by_person(&home, "mia", &["token", "edit", "x", "--add-method", read], "").assert_success();
    let json = by_person(&home, "mia", &["token", "show", "x", "--json"], "").assert_success().json();
    assert_eq!(json["rights"]["methods"], serde_json::json!([read]));
    assert_eq!(json["rights"]["withheld"], serde_json::json!([{"method": write, "reason": "account-role"}]));
    let shown = by_person(&home, "mia", &["token", "show", "x"], "").assert_success().out;
    let withheld: Vec<&str> = shown.lines().filter(|line| line.contains(write)).collect();
    insta::assert_snapshot!(withheld.join("\n"), @"           environment.control.StopEnv (the account's role viewer is too low)");
    by_person(&home, "mia", &["token", "can", "x", read], "").assert_success();
    by_person(&home, "mia", &["token", "can", "x", write], "").assert_code(4).assert_says(&["viewer"]).assert_silent();
    by_person(&home, "mia", &["token", "can", "x", "environment.control.StopEnvs"], "")
        .assert_code(4)
        .assert_says(&[write]);
    by_person(&home, "mia", &["token", "disable", "x"], "").assert_success();
    let can = by_person(&home, "mia", &["token", "can", "x", read, "--json"], "").assert_code(4).json();
    assert_eq!((can["allowed"].clone(), can["reason"].clone()), (false.into(), "disabled".into()));
    let json = by_person(&home, "mia", &["token", "show", "x", "--json"], "").assert_success().json();
    assert_eq!(
        (json["rights"]["methods"].clone(), &json["rights"]["refused"]),
        (serde_json::json!([]), &"disabled".into())
    );
    // For a set, every method is listed.
    by_person(&home, "mia", &["token", "create", "by-set", "--set", "IDE Plugins"], "").assert_success();
    let shown = by_person(&home, "mia", &["token", "show", "by-set"], "").assert_success().out;
    assert!(shown.lines().count() > 20, "{shown}");
}
