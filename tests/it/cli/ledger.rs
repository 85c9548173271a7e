//! The commands that read the ledger, and `check`.

use jeton::error::Kind;
use serde_json::{Value, json};

use crate::support::cli_program::CliHome;
use crate::support::direct_writes::{record_denial, record_many, record_use, set_expiry};
use crate::support::follower::Follower;

/// Everything that could control a terminal, as a caller may send it.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}evil\r\n\u{7}";

fn rows(home: &CliHome, args: &[&str], list: &str) -> Vec<Value> {
    let output = home.as_ops(&[&["ledger"], args, &["--json"]].concat()).assert_success().json();
    assert_eq!(output["schema"], 1);
    output[list].as_array().unwrap().clone()
}

fn sum(rows: &[Value], of: &str) -> u64 {
    rows.iter().map(|row| row[of].as_u64().unwrap()).sum()
}

#[test]
fn ledger_lists_denied_attempts_and_uses() {
    let home = CliHome::set_up();
    let old = home.create(&["ci"]);
    assert_eq!(home.verify(&old), 0);
    home.as_ops(&["token", "regenerate", "ci"]).assert_success();
    assert_eq!(home.verify(&old), 4);
    assert_eq!(home.verify("nonsense"), 4);
    let hint = &old[..12];
    let token = json!({"id": "t:1", "account": "ops", "name": "ci", "state": "kept"});
    let mut denied = rows(&home, &["denied"], "denied");
    for row in &mut denied {
        assert!(row["at"].take().as_str().unwrap().ends_with('Z'));
    }
    denied.sort_by_key(|row| row["reason"].to_string());
    let row = |reason: &str, token: Value, secret: Value| {
        json!({"at": null, "attempts": 1, "reason": reason, "token": token, "secret": secret, "method": null,
               "address": "local", "client": "jeton verify", "several_callers": false})
    };
    let expected =
        [row("malformed", Value::Null, Value::Null), row("retired", token.clone(), json!({"hint": hint, "is": "old"}))];
    assert_eq!(denied, expected);
    let uses = rows(&home, &["uses"], "uses");
    assert_eq!(uses.len(), 1);
    assert_eq!((&uses[0]["uses"], &uses[0]["token"]), (&json!(1), &token));
    assert_eq!(uses[0]["day"].as_str().unwrap().len(), "2026-11-21".len());

    let mut sums = rows(&home, &["denied", "--by-token"], "tokens");
    sums.sort_by_key(|row| row["reason"].to_string());
    let sum_row = |reason: &str, token: &Value, secret: Value| {
        json!({"at": null, "attempts": 1, "reason": reason, "token": token, "secret": secret, "address": "local",
               "client": "jeton verify", "addresses": 1})
    };
    for row in &mut sums {
        assert!(row["at"].take().as_str().unwrap().ends_with('Z'));
    }
    let secret = json!({"hint": hint, "is": "old"});
    assert_eq!(sums, [sum_row("malformed", &Value::Null, Value::Null), sum_row("retired", &token, secret)]);
    let table = home.as_ops(&["ledger", "denied", "--by-token", "--filter", "token:ci"]).assert_success().out;
    assert!(table.starts_with("TOKEN ") && table.lines().count() == 2 && table.contains("ops/ci"), "{table}");
    let quiet = home.as_ops(&["ledger", "denied", "--by-token", "--since", "1h", "--quiet"]).assert_success().out;
    assert_eq!(quiet, "1\n1\n");

    let table = home.as_ops(&["ledger", "denied", "--token", "ci"]).assert_success().out;
    assert!(table.starts_with("TIME ") && table.lines().count() == 2, "{table}");
    for word in ["retired", "ops/ci", &format!("{hint} old"), "local", "jeton verify"] {
        assert!(table.contains(word), "no {word} in {table}");
    }
    assert_eq!(home.as_ops(&["ledger", "uses", "--quiet"]).assert_success().out, "1\n");
    for (args, count) in [
        (&["denied", "--filter", "reason:retired"][..], 1),
        (&["denied", "--filter", "token:CI"][..], 1),
        (&["denied", "--filter", "address:10."][..], 0),
        (&["denied", "--limit", "1"][..], 1),
        (&["denied", "--since", "1h"][..], 2),
        (&["uses", "--filter", "verify"][..], 1),
    ] {
        let list = args[0];
        assert_eq!(rows(&home, args, list).len(), count, "{args:?}");
    }
    let done = home.as_ops(&["ledger", "denied", "--filter", "nobody"]).assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"The ledger has no matching rows that you can see.");
    for list in ["denied", "uses"] {
        home.as_ops(&["ledger", list, "--filter", "adress:10"])
            .assert_error(Kind::Usage)
            .assert_silent()
            .assert_says(&["\"adress\"", "address:"]);
    }
    let refused = home.as_ops(&["ledger", "uses", "--filter", "reason:x"]).assert_error(Kind::Usage).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: uses can't be filtered by reason: only denied attempts have a reason
      List denied attempts: jeton ledger denied
    ");
    let refused = home.as_ops(&["ledger", "denied", "--token", "none"]).assert_error(Kind::NotFound).assert_silent();
    insta::assert_snapshot!(refused.message(), @"error: no token none: use a token's name, account/name, hint or id. For a purged token, use the id, e.g. t:7");
    home.as_ops(&["ledger", "denied", "--since", "soon"]).assert_error(Kind::Usage).assert_silent();
    home.run(&["ledger", "denied", "--no-input"], "").assert_code(4).assert_silent();
}

#[test]
fn ledger_prints_every_page() {
    let home = CliHome::set_up();
    let secret = home.create(&["ci"]);
    record_many(&home.store(), &secret, 1_300);
    for (list, count) in [("denied", "attempts"), ("uses", "uses")] {
        let all = rows(&home, &[list], list);
        assert_eq!((all.len(), sum(&all, count)), (1_300, 3_900), "{list}");
        assert_eq!(rows(&home, &[list, "--limit", "501"], list), all[..501], "{list}");
        let mut distinct: Vec<String> = all.iter().map(ToString::to_string).collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 1_300, "no row twice");
    }
}

/// A caller's client name reaches a terminal as plain text, in every answer that contains it.
#[test]
fn client_names_are_escaped_in_the_ledger() {
    let home = CliHome::set_up();
    let secret = home.create(&["ci", "--expires", "never"]);
    record_use(&home.store(), &secret, HOSTILE, HOSTILE);
    record_denial(&home.store(), &secret, HOSTILE, HOSTILE, 2);
    record_denial(&home.store(), &secret, "", "", 9);
    for args in [&["ledger", "denied"][..], &["ledger", "uses"], &["token", "show", "ci"]] {
        let output = home.as_ops(args).assert_success().out;
        assert!(output.contains("evil") && !output.contains(HOSTILE), "{output}");
        let output = home.as_ops(&[args, &["--json"]].concat()).assert_success();
        assert!(output.json().to_string().contains("evil"));
    }
    home.run(&["check"], "").assert_code(6);
    home.run(&["check", "--json"], "").assert_code(6);
    let denied = home.as_ops(&["ledger", "denied"]).assert_success().text();
    let several: Vec<&str> = denied.lines().filter(|line| line.contains(" 9 ")).collect();
    insta::assert_snapshot!(several.join("\n"), @"[time] [time]  9         retired  ops/ci  jtn_xxxxxxxx current  -       several callers                                -");
    let rows = rows(&home, &["denied", "--filter", "token:ci"], "denied");
    let several: Vec<&Value> = rows.iter().filter(|row| row["several_callers"] == true).collect();
    assert_eq!(several.len(), 1);
    assert_eq!((&several[0]["attempts"], &several[0]["address"]), (&json!(9), &Value::Null));
}

/// Rows of the open minutes grow: each is printed again, with its new number.
#[test]
fn denied_attempts_are_followed_as_they_come() {
    let home = CliHome::set_up();
    let secret = home.create(&["ci", "--expires", "never"]);
    let other = home.create(&["other", "--expires", "never"]);
    (0..12).for_each(|n| record_denial(&home.store(), &secret, &format!("192.0.2.{n}"), "old", 1));
    let mut follower = Follower::start(&home, &["ledger", "denied", "--json", "--filter", "token:ci"]);
    let mut next = || {
        let row = follower.entry();
        let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        (word("client"), word("address"), row["attempts"].as_u64().unwrap())
    };
    for n in 2..12 {
        assert_eq!(next(), ("old".to_owned(), format!("192.0.2.{n}"), 1), "the newest 10");
    }
    record_denial(&home.store(), &other, "192.0.2.1", "filtered", 1);
    record_denial(&home.store(), &secret, "192.0.2.99", "new", 2);
    assert_eq!(next(), ("new".to_owned(), "192.0.2.99".to_owned(), 2));
    // Also one that was not among the newest.
    record_denial(&home.store(), &secret, "192.0.2.0", "old", 4);
    let grown = next();
    // In the next minute, it is a new row.
    assert_eq!((grown.1.as_str(), [5, 4].contains(&grown.2)), ("192.0.2.0", true), "{grown:?}");
    rustix::process::kill_process(rustix::process::Pid::from_child(&follower.child), rustix::process::Signal::INT)
        .unwrap();
    assert_eq!(follower.ended(), (Some(130), String::new()));
}

#[test]
fn check_reports_expiring_and_still_tried_tokens() {
    let home = CliHome::set_up();
    let done = home.run(&["check"], "").assert_success().assert_silent();
    insta::assert_snapshot!(done.message(), @"Nothing needs attention.");
    let quiet = home.run(&["check", "--quiet"], "").assert_success().assert_silent();
    assert_eq!(quiet.err, "");
    assert_eq!(home.run(&["check", "--json"], "").assert_success().json(), json!({"schema": 1, "findings": []}));
    home.create(&["soon", "--expires", "7d"]);
    set_expiry(&home.store(), "soon", 7);
    let old = home.create(&["rotated", "--expires", "never"]);
    home.as_ops(&["token", "regenerate", "rotated"]).assert_success();
    assert_eq!(home.verify(&old), 4);
    let checked = home.run(&["check"], "").assert_code(6);
    insta::assert_snapshot!(checked.text(), @"
    expiring     ops/soon     expires in 7 days
    still tried  ops/rotated  denied attempts in 7 days: 1, last just now  retired, secret jtn_xxxxxxxx old, from local jeton verify
    ");
    insta::assert_snapshot!(checked.message(), @"
    error: tokens need attention: 1 expiring, 1 still tried
      Show a token: jeton token show TOKEN. Show denied attempts: jeton ledger denied --token TOKEN
    ");
    assert!(checked.out.contains(&old[..12]), "{}", checked.out);
    let quiet = home.run(&["check", "--quiet"], "").assert_code(6);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("ops/soon\nops/rotated\n", ""), "bare names");
    let quiet = home.run(&["check", "--quiet", "--json"], "").assert_code(6);
    assert_eq!((quiet.json()["findings"].as_array().unwrap().len(), quiet.err.as_str()), (2, ""));
    assert_eq!(home.run(&["check", "--within", "6d"], "").assert_code(6).out.lines().count(), 1);
    let found = home.run(&["check", "--json"], "").assert_code(6).json();
    let kinds: Vec<&Value> = found["findings"].as_array().unwrap().iter().map(|f| &f["kind"]).collect();
    assert_eq!(kinds, ["expiring", "still-knocking"]);
    assert_eq!(found["findings"][1]["secret"], json!({"hint": &old[..12], "is": "old"}));
    assert!(found["findings"][0]["expires_at"].is_string());
    home.run(&["check", "--stale", "never"], "").assert_error(Kind::Usage).assert_silent();
    CliHome::new().run(&["check"], "").assert_error(Kind::NotFound).assert_silent();
    let refused = CliHome::new().run(&["check", "--quiet"], "").assert_error(Kind::NotFound).assert_silent();
    insta::assert_snapshot!(refused.message(), @"
    error: no store at [folder]/.local/share/jeton/jeton.db
      Check the path. For a new store, run: jeton init --store [folder]/.local/share/jeton/jeton.db. If the store was lost, restore a backup: jeton restore FILE --store [folder]/.local/share/jeton/jeton.db
    ");
}
