//! `jeton scan --revoke`.

use jeton::error::Kind;
use serde_json::json;

use crate::support::cli_program::CliHome;

#[test]
fn found_secrets_that_work_are_revoked_by_possession() {
    let home = CliHome::set_up();
    let (a, b, other) = (home.create(&["a"]), home.create(&["b"]), home.create(&["other"]));
    let old = home.create(&["rotated"]);
    let new = home.as_ops(&["token", "regenerate", "rotated", "--grace", "1d", "--quiet"]).assert_success().out;
    home.as_ops(&["token", "disable", "b"]).assert_success();
    home.file("leaked", &format!("{a} {b}\n{old}\n{a}\n"), 0o600);

    let scan = |more: &[&str]| home.run(&[&["scan", "leaked", "--revoke"], more].concat(), "");
    let unconfirmed = scan(&["--no-input"]).assert_error(Kind::Conflict);
    insta::assert_snapshot!(unconfirmed.message(), @"
    error: the revocation was not confirmed: jeton can't ask, because there is no terminal or --no-input was given
      Confirm with the number of secrets that work: --confirm 2
    ");
    for wrong in ["1", "3", "a", ""] {
        scan(&["--confirm", wrong]).assert_error(Kind::Conflict);
    }
    assert_eq!((home.verify(&a), home.verify(&old)), (0, 0), "nothing was confirmed");

    let done = scan(&["--confirm", "2"]).assert_code(6);
    insta::assert_snapshot!(done.message(), @"
    ✓ ops/rotated now has only the new secret
    ✓ ops/a disabled
    error: found 3 secrets in 4 places: 2 secrets were revoked
      To give a disabled token a new secret, run: jeton token regenerate NAME. Then run: jeton token enable NAME
    ");
    assert_eq!((home.verify(&a), home.verify(&old)), (4, 4));
    assert_eq!((home.verify(new.trim()), home.verify(&other)), (0, 0));
    let rows = home.as_ops(&["audit", "--json", "--limit", "2"]).assert_success().json();
    for row in rows["entries"].as_array().unwrap() {
        assert_eq!(row["proof"], "possession", "{row}");
    }
    let again = scan(&["--json", "--no-input"]).assert_code(6).json();
    assert_eq!((&again["revoked"], &again["service"]), (&json!([]), &json!(null)));
}

#[test]
fn revoked_secrets_are_in_the_json_answer() {
    let home = CliHome::set_up();
    let a = home.create(&["a"]);
    home.file("leaked", &a, 0o600);
    home.run(&["scan", "leaked", "--confirm", "1"], "").assert_error(Kind::Usage);
    let refused = home.run(&["scan", "leaked", "--revoke", "--json"], "").assert_error(Kind::Conflict);
    assert_eq!(refused.out, "");
    let done = home.run(&["scan", "leaked", "--revoke", "--confirm", "1", "--json"], "").assert_code(6).json();
    assert_eq!(done["revoked"], json!([{"revoked": "token", "account": "ops", "name": "a"}]));
    let plain = home.run(&["scan", "leaked", "--json"], "").assert_code(6).json();
    assert_eq!((&plain["revoked"], &plain["found"][0]["reason"]), (&json!(null), &json!("disabled")));
}

/// The secrets before the failure are ended, and the answer says so.
#[test]
fn answer_is_printed_if_a_revocation_fails() {
    let home = CliHome::set_up();
    let (a, b) = (home.create(&["a"]), home.create(&["b"]));
    home.file("leaked", &format!("{a} {b}\n"), 0o600);
    // Only one token of an account can be disabled.
    let refuse = "CREATE UNIQUE INDEX refused ON tokens (account_id) WHERE enabled = 0";
    rusqlite::Connection::open(home.store()).unwrap().execute_batch(refuse).unwrap();
    let done = home.run(&["scan", "leaked", "--revoke", "--confirm", "2", "--json"], "").assert_error(Kind::Conflict);
    let answer = done.json();
    assert_eq!(answer["found"].as_array().unwrap().len(), 2);
    assert_eq!(answer["revoked"], json!([{"revoked": "token", "account": "ops", "name": "a"}]));
    assert_eq!((home.verify(&a), home.verify(&b)), (4, 0));
    let again = home.run(&["scan", "leaked", "--revoke", "--confirm", "1"], "").assert_error(Kind::Conflict);
    again.assert_says(&["0 of 1 secrets revoked"]);
}
