//! `account …` and `policy …` on the command line.

use serde_json::json;

use crate::support::program::{Home, PASSWORD, Ran, exists};

const OTHER: &str = "seven brown foxes";
const TEMPORARY: &str = "four grey herons";

impl Home {
    /// Runs the program as `user`, with `lines` on stdin.
    fn asking(&self, user: &str, args: &[&str], lines: &[&str]) -> Ran {
        let args: Vec<&str> = args.iter().copied().chain(["--user", user, "--password-stdin"]).collect();
        self.run(&args, lines.iter().map(|l| format!("{l}\n")).collect::<String>())
    }

    /// Runs the program as the owner.
    fn ops(&self, args: &[&str]) -> Ran {
        self.asking("ops", args, &[PASSWORD])
    }

    /// Creates an account that has replaced its temporary password with [`OTHER`].
    fn account(&self, name: &str, role: &str) -> Ran {
        let created = self.asking("ops", &["account", "create", name, "--role", role], &[PASSWORD, TEMPORARY]);
        if created.code == 0 {
            self.asking(name, &["account", "passwd"], &[TEMPORARY, OTHER]).succeeds();
        }
        created
    }

    /// Returns the exit code of `verify --method`.
    fn may(&self, secret: &str, method: &str) -> i32 {
        self.run(&["verify", "--method", method], format!("{secret}\n")).code
    }
}

/// Returns the secret of a new token of `user` with everything its role permits.
fn inheriting(home: &Home, user: &str) -> String {
    let created = home.asking(user, &["token", "create", "x", "--inherit", "--quiet"], &[OTHER]).succeeds();
    created.out.trim_end().to_owned()
}

#[test]
fn the_life_of_an_account_from_a_clean_home() {
    let home = Home::new();
    home.as_ops(&["init", "--username", "ops", "--catalogue", "cloud-platform"]).succeeds();
    home.account("ci", "admin").succeeds().silent().says(&["✓ ci is a new admin", "jeton --user ci"]);
    home.account("ci", "member").ends(5).silent().says(&["is taken", "even after deletion"]);
    let secret = inheriting(&home, "ci");
    let method = "environment.control.StopEnv";
    assert_eq!(home.may(&secret, method), 0);

    home.ops(&["account", "role", "ci", "viewer"]).succeeds().silent().says(&["✓ ci has the role viewer"]);
    assert_eq!(home.may(&secret, method), 4, "on the very next request");
    assert_eq!(home.verify(&secret), 0);
    home.ops(&["account", "disable", "ci"]).succeeds().silent();
    assert_eq!(home.verify(&secret), 4);
    home.asking("ci", &["whoami"], &[OTHER]).ends(4);
    home.ops(&["account", "enable", "ci"]).succeeds().silent();
    home.ops(&["account", "role", "ci", "member"]).succeeds();
    assert_eq!(home.may(&secret, method), 0);

    home.ops(&["account", "delete", "ci", "--confirm", "ci"]).ends(5).silent().says(&["1 active token", "disable ci"]);
    home.asking("ci", &["token", "disable", "x"], &[OTHER]).succeeds();
    home.ops(&["account", "delete", "ci", "--no-input"]).ends(5).silent().says(&["--confirm NAME"]);
    home.ops(&["account", "delete", "ci", "--confirm", "c"]).ends(5).silent().says(&["nothing was deleted"]);
    home.ops(&["account", "rm", "ci", "--confirm", "ci"]).succeeds().silent().says(&["✓ ci deleted"]);
    home.ops(&["account", "show", "ci"]).ends(3).silent();
    home.account("ci", "member").ends(5).silent().says(&["even after deletion"]);
    assert_eq!(home.verify(&secret), 4);
    for last in [&["role", "ops", "viewer"][..], &["disable", "ops"], &["delete", "ops", "--confirm", "ops"]] {
        home.ops(&[&["account"], last].concat()).ends(5).silent().says(&["last enabled owner"]);
    }
}

#[test]
fn accounts_as_json_and_bare() {
    let home = Home::set_up();
    let made = home.asking("ops", &["account", "create", "ci", "--json"], &[PASSWORD, TEMPORARY]).succeeds().json();
    let created_at = made["account"]["created_at"].clone();
    let account = |role: &str, enabled: bool, active: u32| {
        json!({"id": "a:2", "username": "ci", "role": role, "enabled": enabled, "created_at": created_at,
               "temporary_password": false,
               "tokens": {"active": active, "kept": active, "trashed": 0}})
    };
    let mut new = account("member", true, 0);
    new["temporary_password"] = json!(true);
    assert_eq!(made, json!({"schema": 1, "account": new}), "member by default");
    let own = home.asking("ci", &["account", "passwd", "--json"], &[TEMPORARY, OTHER]).succeeds().json();
    assert_eq!(own, json!({"schema": 1, "account": account("member", true, 0)}));
    let secret = inheriting(&home, "ci");
    let mut shown = account("member", true, 1);
    shown["last_seen_at"] = json!(null);
    assert_eq!(
        home.ops(&["account", "show", "ci", "--json"]).succeeds().json(),
        json!({"schema": 1, "account": shown})
    );
    assert_eq!(home.verify(&secret), 0);
    let own = home.asking("ci", &["account", "show", "--json"], &[OTHER]).succeeds().json();
    assert_eq!(own["account"]["username"], "ci");
    assert!(own["account"]["last_seen_at"].is_string(), "{own}");

    let all = home.ops(&["accounts", "ls", "--json"]).succeeds().json();
    assert_eq!(all["accounts"][0], account("member", true, 1));
    assert_eq!(all["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(home.ops(&["account", "list", "--quiet"]).succeeds().out, "ci\nops\n");
    assert_eq!(home.asking("ci", &["account", "list", "--quiet"], &[OTHER]).succeeds().out, "ci\n");
    let table = home.ops(&["account", "list"]).succeeds().out;
    assert!(table.starts_with("USERNAME") && table.contains("● enabled"), "{table}");

    let off = home.ops(&["account", "disable", "ci", "--json"]).succeeds().json();
    assert_eq!(off, json!({"schema": 1, "account": account("member", false, 1), "service": null}));
    home.account("bob", "viewer").succeeds();
    let both = home.ops(&["account", "enable", "ci", "bob", "--json"]).succeeds().json();
    assert_eq!(both["accounts"][0], account("member", true, 1));
    assert_eq!(both["accounts"][1]["username"], "bob");
    let quiet = home.ops(&["account", "role", "ci", "viewer", "--quiet"]).succeeds();
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
}

#[test]
fn new_passwords_follow_on_the_second_line_or_come_from_a_file() {
    let home = Home::set_up();
    let create = ["account", "create", "ci"];
    home.asking("ops", &create, &[PASSWORD]).ends(4).silent().says(&["stdin has no second line"]);
    home.asking("ops", &create, &[PASSWORD, "elevenbytes"]).ends(2).silent().says(&["too short"]);
    home.asking("ops", &create, &["wrong horse battery", OTHER]).ends(4).silent();
    let mine = home.file("mine", &format!("{PASSWORD}\n"), 0o600);
    let (mine, new) = (mine.to_str().unwrap(), home.file("new", &format!("{OTHER}\n"), 0o644));
    let from_files = ["account", "create", "ci", "--password-file", mine, "--new-password-file", "new", "--no-input"];
    home.run(&from_files, "").ends(1).silent().says(&["0600"]);
    home.file("new", OTHER, 0o600);
    assert!(exists(&new));
    home.run(&["account", "create", "ci", "--password-file", mine, "--no-input"], "").ends(4).silent();
    assert_eq!(home.as_ops(&["account", "list", "--quiet"]).succeeds().out, "ops\n", "none of these made one");
    home.run(&from_files, "").succeeds().silent();
    home.asking("ci", &["whoami"], &[OTHER]).ends(4).silent().says(&["temporary", "jeton account passwd --user ci"]);

    // One's own password, then another account's. Each time the old one stops working.
    home.asking("ci", &["account", "passwd"], &[OTHER, "eight brown foxes"]).succeeds().silent().says(&["✓ ci has"]);
    home.asking("ci", &["whoami"], &["eight brown foxes"]).succeeds();
    home.asking("ops", &["account", "passwd", "ci"], &[PASSWORD, OTHER]).succeeds().silent();
    home.asking("ci", &["whoami"], &["eight brown foxes"]).ends(4);
    home.asking("ci", &["account", "passwd", "ops"], &[OTHER, "eight brown foxes"]).ends(4).silent();
    let table = home.ops(&["account", "list"]).succeeds().out;
    assert!(table.contains("◐ temporary password"), "{table}");
    assert!(home.ops(&["account", "show", "ci"]).succeeds().out.contains("temporary password"));
    home.ops(&["whoami"]).succeeds();
}

#[test]
fn refused_words_and_rights() {
    let home = Home::set_up();
    home.account("boss", "admin").succeeds();
    home.account("ci", "member").succeeds();
    for bad in ["CI", "a b", "", "x\u{1b}[2J", &"x".repeat(33)] {
        home.run(&["account", "create", bad, "--no-input"], "").ends(2).silent();
        home.run(&["account", "role", bad, "viewer", "--no-input"], "").ends(2).silent();
        home.run(&["account", "disable", bad, "--no-input"], "").ends(2).silent();
    }
    home.run(&["account", "role", "ci", "king", "--no-input"], "").ends(2).silent().says(&["admin, member or viewer"]);
    home.run(&["account", "disable"], "").ends(2).silent();
    home.run(&["account", "list", "--user", "ops", "--no-input"], "").ends(4).silent();
    home.asking("boss", &["account", "create", "x", "--role", "admin"], &[OTHER, OTHER]).ends(4).silent();
    home.asking("boss", &["account", "role", "ci", "admin"], &[OTHER]).ends(4).silent().says(&["member and viewer"]);
    home.asking("boss", &["account", "role", "ci", "viewer"], &[OTHER]).succeeds();
    let hidden = home.asking("boss", &["account", "show", "ops"], &[OTHER]).ends(4).silent().err;
    assert_eq!(home.asking("boss", &["account", "show", "nobody"], &[OTHER]).ends(4).silent().err, hidden);
    home.asking("ci", &["account", "disable", "ci"], &[OTHER]).ends(4).silent();
}

#[test]
fn policy_is_listed_and_set() {
    let home = Home::set_up();
    home.account("ci", "viewer").succeeds();
    let default = json!({
        "policy.self_service": "on", "policy.active_tokens": "10", "policy.kept_tokens": "1000", "policy.default_expiry": "90d",
        "policy.max_expiry": "none", "policy.trash": "30d", "policy.ledger_keep": "90d",
    });
    let listed = || home.asking("ci", &["policy", "list", "--json"], &[OTHER]).succeeds().json()["policy"].clone();
    assert_eq!(listed(), default);
    home.asking("ci", &["policy", "set", "trash", "7d"], &[OTHER]).ends(4).silent().says(&["owners may"]);
    home.run(&["policy", "set", "trash", "soon", "--no-input"], "").ends(2).silent().says(&["policy.trash", "30d"]);
    home.run(&["policy", "set", "trash", "--no-input"], "").ends(2).silent().says(&["KEY=VALUE"]);
    home.run(&["policy", "set", "col\u{1b}our", "red", "--no-input"], "").ends(2).silent().says(&["policy.trash"]);
    home.run(&["policy", "set", "\u{1b}[2J", "a", "b", "--no-input"], "").ends(2).silent();
    assert_eq!(listed(), default);
    home.ops(&["policy", "set", "policy.trash", "7d"]).succeeds().silent().says(&["✓ policy.trash is 7d"]);
    let several = ["policy", "set", "self_service=off", "policy.active_tokens=0", "--json"];
    let set = home.ops(&several).succeeds().json();
    assert_eq!((&set["schema"], &set["policy"]), (&json!(1), &listed()));
    assert_eq!((&set["policy"]["policy.self_service"], &set["policy"]["policy.trash"]), (&json!("off"), &json!("7d")));
    let bare = home.ops(&["policy", "ls", "--quiet"]).succeeds().out;
    let again: Vec<&str> = ["policy", "set"].into_iter().chain(bare.lines()).collect();
    home.ops(&again).succeeds();
    assert_eq!(listed(), set["policy"]);
    home.asking("ci", &["token", "create", "x"], &[OTHER]).ends(4).silent().says(&["self-service"]);
}
