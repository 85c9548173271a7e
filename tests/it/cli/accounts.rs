//! `account …` and `policy …` on the command line.

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::{CliHome, CliOutput, PASSWORD, exists};

const OTHER: &str = "seven brown foxes";
const TEMPORARY: &str = "four grey herons";

impl CliHome {
    /// Runs the program as `user`, with `lines` on stdin.
    fn asking(&self, user: &str, args: &[&str], lines: &[&str]) -> CliOutput {
        let args: Vec<&str> = args.iter().copied().chain(["--user", user, "--password-stdin"]).collect();
        self.run(&args, lines.iter().map(|l| format!("{l}\n")).collect::<String>())
    }

    /// Runs the program as the owner.
    fn ops(&self, args: &[&str]) -> CliOutput {
        self.asking("ops", args, &[PASSWORD])
    }

    /// Creates an account that has replaced its temporary password with [`OTHER`].
    fn account(&self, name: &str, role: &str) -> CliOutput {
        let created = self.asking("ops", &["account", "create", name, "--role", role], &[PASSWORD, TEMPORARY]);
        if created.code == 0 {
            self.asking(name, &["account", "passwd"], &[TEMPORARY, OTHER]).assert_success();
        }
        created
    }

    /// Returns the exit code of `verify --method`.
    fn may(&self, secret: &str, method: &str) -> i32 {
        self.run(&["verify", "--method", method], format!("{secret}\n")).code
    }
}

/// Returns the secret of a new token of `user` with everything its role permits.
fn inheriting(home: &CliHome, user: &str) -> String {
    let created = home.asking(user, &["token", "create", "x", "--inherit", "--quiet"], &[OTHER]).assert_success();
    created.out.trim_end().to_owned()
}

#[test]
fn commands_manage_an_account_from_creation_to_deletion() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    let done = home.account("ci", "admin").assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"
    ✓ ci created with the role admin
      Sign in with: jeton --user ci
      The password is temporary: the user must replace it at the first sign-in
    ! The store now has two accounts. Add --user ACCOUNT to commands, or run once: jeton login NAME
    ");
    let third = home.account("third", "viewer").assert_success();
    insta::assert_snapshot!(third.message(), @"
    ✓ third created with the role viewer
      Sign in with: jeton --user third
      The password is temporary: the user must replace it at the first sign-in
    ");
    let refused = home.account("ci", "member").assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the username ci is taken: a username stays taken, even after its account was deleted
      Choose another username
    ");
    let secret = inheriting(&home, "ci");
    let method = "environment.control.StopEnv";
    assert_eq!(home.may(&secret, method), 0);

    let done = home.ops(&["account", "role", "ci", "viewer"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"✓ ci now has the role viewer. From the next request on, this role limits the account's tokens. A token that was issued with a lower role keeps the lower role. To give the token the new role, regenerate the token");
    assert_eq!(home.may(&secret, method), 4, "on the very next request");
    assert_eq!(home.verify(&secret), 0);
    home.ops(&["account", "disable", "ci"]).assert_success().assert_silent();
    assert_eq!(home.verify(&secret), 4);
    home.asking("ci", &["whoami"], &[OTHER]).assert_code(4);
    home.ops(&["account", "enable", "ci"]).assert_success().assert_silent();
    home.ops(&["account", "role", "ci", "member"]).assert_success();
    assert_eq!(home.may(&secret, method), 0);

    let refused =
        home.ops(&["account", "delete", "ci", "--confirm", "ci"]).assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the account ci can't be deleted: the account has 1 active token
      To delete the account, first disable or revoke its tokens. Or disable the account: jeton account disable ci
    ");
    home.asking("ci", &["token", "disable", "x"], &[OTHER]).assert_success();
    home.ops(&["account", "delete", "ci", "--no-input"])
        .assert_error(Kind::Conflict)
        .assert_silent()
        .assert_says(&["--confirm NAME"]);
    let refused = home.ops(&["account", "delete", "ci", "--confirm", "c"]).assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"error: the confirmation does not match; nothing was deleted: expected the account's name: ci");
    let done = home.ops(&["account", "rm", "ci", "--confirm", "ci"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"
    ✓ ci deleted
      A new account can't have this username
    ");
    home.ops(&["account", "show", "ci"]).assert_error(Kind::NotFound).assert_silent();
    let refused = home.account("ci", "member").assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the username ci is taken: a username stays taken, even after its account was deleted
      Choose another username
    ");
    assert_eq!(home.verify(&secret), 4);
    for last in [&["role", "ops", "viewer"][..], &["disable", "ops"], &["delete", "ops", "--confirm", "ops"]] {
        let refused = home.ops(&[&["account"], last].concat()).assert_error(Kind::Conflict).assert_silent();
        insta::allow_duplicates! { insta::assert_snapshot!(refused.message(), @"
        error: the last enabled owner can't be disabled, deleted or given another role: without an enabled owner, nobody could manage owners and admins
          First make sure that another owner is enabled. To enable a disabled owner: jeton account enable NAME. To make an account an owner: jeton account role NAME owner. To create a new owner: jeton account create NAME --role owner
        ") };
    }
}

#[test]
fn account_commands_print_json_and_names() {
    let home = CliHome::set_up();
    let made =
        home.asking("ops", &["account", "create", "ci", "--json"], &[PASSWORD, TEMPORARY]).assert_success().json();
    let created_at = made["account"]["created_at"].clone();
    let account = |role: &str, enabled: bool, active: u32| {
        json!({"id": "a:2", "username": "ci", "role": role, "enabled": enabled, "created_at": created_at,
               "temporary_password": false, "contact": null,
               "tokens": {"active": active, "kept": active, "trashed": 0}})
    };
    let mut new = account("member", true, 0);
    new["temporary_password"] = json!(true);
    assert_eq!(made, json!({"schema": 1, "account": new}), "member by default");
    let own = home.asking("ci", &["account", "passwd", "--json"], &[TEMPORARY, OTHER]).assert_success().json();
    assert_eq!(own, json!({"schema": 1, "account": account("member", true, 0)}));
    let secret = inheriting(&home, "ci");
    let mut shown = account("member", true, 1);
    shown["last_seen_at"] = json!(null);
    assert_eq!(
        home.ops(&["account", "show", "ci", "--json"]).assert_success().json(),
        json!({"schema": 1, "account": shown})
    );
    assert_eq!(home.verify(&secret), 0);
    let own = home.asking("ci", &["account", "show", "--json"], &[OTHER]).assert_success().json();
    assert_eq!(own["account"]["username"], "ci");
    assert!(own["account"]["last_seen_at"].is_string(), "{own}");

    let all = home.ops(&["accounts", "ls", "--json"]).assert_success().json();
    assert_eq!(all["accounts"][0], account("member", true, 1));
    assert_eq!(all["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(home.ops(&["account", "list", "--quiet"]).assert_success().out, "ci\nops\n");
    assert_eq!(home.asking("ci", &["account", "list", "--quiet"], &[OTHER]).assert_success().out, "ci\n");
    let table = home.ops(&["account", "list"]).assert_success().out;
    assert!(table.starts_with("USERNAME") && table.contains("enabled"), "{table}");

    let off = home.ops(&["account", "disable", "ci", "--json"]).assert_success().json();
    assert_eq!(off, json!({"schema": 1, "account": account("member", false, 1), "service": null}));
    home.account("bob", "viewer").assert_success();
    let both = home.ops(&["account", "enable", "ci", "bob", "--json"]).assert_success().json();
    assert_eq!(both["accounts"][0], account("member", true, 1));
    assert_eq!(both["accounts"][1]["username"], "bob");
    let quiet = home.ops(&["account", "role", "ci", "viewer", "--quiet"]).assert_success();
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
}

#[test]
fn new_password_is_the_second_line_or_a_file() {
    let home = CliHome::set_up();
    let create = ["account", "create", "ci"];
    let refused = home.asking("ops", &create, &[PASSWORD]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: no new password was given: stdin has no second line
      Use --new-password-file PATH. With --password-stdin, the second line of stdin can be the new password
    ");
    let refused = home.asking("ops", &create, &[PASSWORD, "elevenbytes"]).assert_error(Kind::Usage).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the password is too short: use 12 to 1024 bytes; this password has 11
      Use three or four words with spaces: they are easy to type and hard to guess
    ");
    home.asking("ops", &create, &["wrong horse battery", OTHER]).assert_code(4).assert_silent();
    let mine = home.file("mine", &format!("{PASSWORD}\n"), 0o600);
    let (mine, new) = (mine.to_str().unwrap(), home.file("new", &format!("{OTHER}\n"), 0o644));
    let from_files = ["account", "create", "ci", "--password-file", mine, "--new-password-file", "new", "--no-input"];
    home.run(&from_files, "").assert_error(Kind::Failure).assert_silent().assert_says(&["0600"]);
    home.file("new", OTHER, 0o600);
    assert!(exists(&new));
    home.run(&["account", "create", "ci", "--password-file", mine, "--no-input"], "").assert_code(4).assert_silent();
    assert_eq!(home.as_ops(&["account", "list", "--quiet"]).assert_success().out, "ops\n", "none of these made one");
    home.run(&from_files, "").assert_success().assert_silent();
    let refused = home.asking("ci", &["whoami"], &[OTHER]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: the password of ci is temporary: somebody else set this password, so you must choose a new password first
      Run: jeton account passwd --user ci
    ");

    // The own password, then another account's. Each time the old one stops working.
    let done =
        home.asking("ci", &["account", "passwd"], &[OTHER, "eight brown foxes"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"✓ ci has a new password. The account's logins have ended. The account's tokens are not affected");
    home.asking("ci", &["whoami"], &["eight brown foxes"]).assert_success();
    home.asking("ops", &["account", "passwd", "ci"], &[PASSWORD, OTHER]).assert_success().assert_silent();
    home.asking("ci", &["whoami"], &["eight brown foxes"]).assert_code(4);
    home.asking("ci", &["account", "passwd", "ops"], &[OTHER, "eight brown foxes"]).assert_code(4).assert_silent();
    insta::assert_snapshot!(home.ops(&["account", "list"]).assert_success().text(), @"
    USERNAME  ROLE    STATUS                ACTIVE  TOTAL  TRASH  CREATED
    ci        member  ◐ temporary password  0       0      0      just now
    ops       owner   ● enabled             0       0      0      just now
    ");
    let shown = home.ops(&["account", "show", "ci", "--json"]).assert_success().json();
    assert_eq!(shown["account"]["temporary_password"], true);
    home.ops(&["whoami"]).assert_success();
}

#[test]
fn account_commands_refuse_bad_names_and_missing_rights() {
    let home = CliHome::set_up();
    home.account("boss", "admin").assert_success();
    home.account("ci", "member").assert_success();
    for bad in ["CI", "a b", "", "x\u{1b}[2J", &"x".repeat(33)] {
        home.run(&["account", "create", bad, "--no-input"], "").assert_error(Kind::Usage).assert_silent();
        home.run(&["account", "role", bad, "viewer", "--no-input"], "").assert_error(Kind::Usage).assert_silent();
        home.run(&["account", "disable", bad, "--no-input"], "").assert_error(Kind::Usage).assert_silent();
    }
    let refused =
        home.run(&["account", "role", "ci", "king", "--no-input"], "").assert_error(Kind::Usage).assert_silent();
    insta::assert_snapshot!(refused.message(), @r#"
    error: unknown role "king"
      Use owner, admin, member or viewer
    "#);
    home.run(&["account", "disable"], "").assert_error(Kind::Usage).assert_silent();
    home.run(&["account", "list", "--user", "ops", "--no-input"], "").assert_code(4).assert_silent();
    home.asking("boss", &["account", "create", "x", "--role", "admin"], &[OTHER, OTHER]).assert_code(4).assert_silent();
    let refused =
        home.asking("boss", &["account", "role", "ci", "admin"], &[OTHER]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: boss can't give the role admin: an admin can give only the roles member and viewer
      Ask an owner
    ");
    home.asking("boss", &["account", "role", "ci", "viewer"], &[OTHER]).assert_success();
    let hidden = home.asking("boss", &["account", "show", "ops"], &[OTHER]).assert_code(4).assert_silent().err;
    assert_eq!(
        home.asking("boss", &["account", "show", "nobody"], &[OTHER]).assert_code(4).assert_silent().err,
        hidden
    );
    home.asking("ci", &["account", "disable", "ci"], &[OTHER]).assert_code(4).assert_silent();
}

#[test]
fn policy_is_listed_and_set() {
    let home = CliHome::set_up();
    home.account("ci", "viewer").assert_success();
    let default = json!({
        "policy.self_service": "on", "policy.active_tokens": "10", "policy.kept_tokens": "1000", "policy.default_expiry": "90d",
        "policy.max_expiry": "none", "policy.trash": "30d", "policy.ledger_keep": "90d",
    });
    let listed =
        || home.asking("ci", &["policy", "list", "--json"], &[OTHER]).assert_success().json()["policy"].clone();
    assert_eq!(listed(), default);
    let refused =
        home.asking("ci", &["policy", "set", "trash", "7d"], &[OTHER]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: ci can't change the policy: the account has the role viewer; only owners can do this
      Ask an owner
    ");
    home.run(&["policy", "set", "trash", "soon", "--no-input"], "")
        .assert_error(Kind::Usage)
        .assert_silent()
        .assert_says(&["policy.trash", "30d"]);
    home.run(&["policy", "set", "trash", "--no-input"], "")
        .assert_error(Kind::Usage)
        .assert_silent()
        .assert_says(&["KEY=VALUE"]);
    home.run(&["policy", "set", "col\u{1b}our", "red", "--no-input"], "")
        .assert_error(Kind::Usage)
        .assert_silent()
        .assert_says(&["policy.trash"]);
    home.run(&["policy", "set", "\u{1b}[2J", "a", "b", "--no-input"], "").assert_error(Kind::Usage).assert_silent();
    assert_eq!(listed(), default);
    let done = home.ops(&["policy", "set", "policy.trash", "7d"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"✓ policy.trash = 7d");
    let several = ["policy", "set", "self_service=off", "policy.active_tokens=0", "--json"];
    let set = home.ops(&several).assert_success().json();
    assert_eq!((&set["schema"], &set["policy"]), (&json!(1), &listed()));
    assert_eq!((&set["policy"]["policy.self_service"], &set["policy"]["policy.trash"]), (&json!("off"), &json!("7d")));
    let bare = home.ops(&["policy", "ls", "--quiet"]).assert_success().out;
    let again: Vec<&str> = ["policy", "set"].into_iter().chain(bare.lines()).collect();
    home.ops(&again).assert_success();
    assert_eq!(listed(), set["policy"]);
    let refused = home.asking("ci", &["token", "create", "x"], &[OTHER]).assert_error(Kind::Denied).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: ci can only view, disable and revoke its own tokens: self-service is off (policy.self_service)
      Ask an owner or admin
    ");
}

/// The caller learns nothing about others, and never confirms a change that will be refused.
#[test]
fn commands_refuse_the_role_before_they_preview_or_ask() {
    let home = CliHome::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).assert_success();
    home.account("mem", "member").assert_success();
    home.account("boss", "admin").assert_success();
    home.ops(&["token", "create", "hidden", "--method", "jeton.tokens.read"]).assert_success();
    home.asking("mem", &["token", "create", "own"], &[OTHER]).assert_success();
    home.asking("mem", &["token", "revoke", "own", "--confirm", "own"], &[OTHER]).assert_success();
    home.ops(&["policy", "set", "self_service", "off"]).assert_success();
    let refused = [
        ("mem", &["catalogue", "apply", "cloud-platform"][..]),
        ("mem", &["catalogue", "apply", "cloud-platform", "--dry-run"]),
        ("mem", &["token", "revoke", "ops/hidden"]),
        ("mem", &["token", "restore", "--filter", "own"]),
        ("mem", &["token", "purge", "--trashed"]),
        ("mem", &["account", "delete", "ops"]),
        ("boss", &["account", "delete", "boss"]),
    ];
    for (who, args) in refused {
        home.asking(who, args, &[OTHER]).assert_error(Kind::Denied).assert_silent();
    }
    home.run(&["catalogue", "apply", "cloud-platform", "--dry-run", "--user", "ops", "--no-input"], "")
        .assert_error(Kind::Denied)
        .assert_silent();
    home.ops(&["token", "revoke", "ops/hidden"]).assert_error(Kind::Conflict).assert_says(&["--confirm NAME"]);
}

#[test]
fn policy_set_previews_and_confirms_what_is_lost() {
    let home = CliHome::set_up();
    for name in ["a", "b"] {
        home.create(&[name]);
    }
    home.as_ops(&["token", "revoke", "a", "b", "--confirm", "2"]).assert_success();
    home.as_ops(&["policy", "set", "trash=1d", "trash=2d"]).assert_error(Kind::Usage).assert_silent();
    let lost = || home.as_ops(&["policy", "set", "trash=1h", "--dry-run"]).assert_success();
    assert_eq!(lost().out, "nothing would be lost\n");
    let store = rusqlite::Connection::open(home.store()).unwrap();
    store.execute("UPDATE tokens SET deleted_at = deleted_at - 7200000", []).unwrap();
    insta::assert_snapshot!(lost().out, @"2 tokens in the trash can no longer be restored");
    let json = home.as_ops(&["policy", "set", "trash=1h", "--dry-run", "--json"]).assert_success().json();
    assert_eq!(
        (&json["trashed"], &json["policy"]["policy.trash"], &json["ledger_before"]),
        (&json!(2), &json!("1h"), &json!(null))
    );
    let refused = home.as_ops(&["policy", "set", "trash=1h"]).assert_error(Kind::Conflict).assert_silent();
    insta::assert_snapshot!(refused.message(), @r#"
    error: by this change, 2 tokens in the trash could no longer be restored; nothing was changed: ops/a, ops/b
      If this is intended, use --confirm 2 (over HTTP: "confirm": 2)
    "#);
    home.as_ops(&["token", "restore", "a"]).assert_success();
    home.as_ops(&["policy", "set", "trash=1h", "--confirm", "2"]).assert_error(Kind::Conflict);
    home.as_ops(&["policy", "set", "trash=1h", "--confirm", "1"]).assert_success();
    home.as_ops(&["token", "restore", "b"]).assert_error(Kind::Conflict);
}

#[test]
fn contact_is_set_shown_and_removed() {
    let home = CliHome::set_up();
    let args = ["account", "create", "ci", "--contact", "ci@example.com"];
    home.asking("ops", &args, &[PASSWORD, TEMPORARY]).assert_success();
    let contact = |args: &[&str]| home.ops(&[&["account", "contact", "ci"], args].concat());
    assert_eq!(contact(&[]).assert_success().out, "ci@example.com\n");
    let done = contact(&["dev@example.com"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"✓ ci has the contact dev@example.com. Notices about the account's tokens go to this address");
    let shown = contact(&["--json"]).assert_success().json();
    assert_eq!(shown["account"]["contact"], "dev@example.com");
    assert!(home.ops(&["account", "show", "ci"]).assert_success().out.contains("dev@example.com"));
    contact(&["a@example.com,b@example.com"]).assert_error(Kind::Usage).assert_silent();
    contact(&["dev@example.com", "--clear"]).assert_error(Kind::Usage).assert_silent();
    let done = contact(&["--clear", "--json"]).assert_success().json();
    assert_eq!(done["account"]["contact"], json!(null));
    let none = contact(&[]).assert_success().assert_silent();
    insta::assert_snapshot!(none.message(), @"ci has no contact");
}
