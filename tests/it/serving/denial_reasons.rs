//! Refusals don't reveal their reason to the caller; the ledger has it.

use std::collections::BTreeMap;

use jeton::domain::expiry::Span;
use jeton::domain::role::Role;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Purgeable;
use jeton::verbs::ports::{Store, Visibility};
use jeton::verbs::tokens::{CreateToken, DisableTokens, PurgeTokens, RegenerateToken, RevokeTokens};
use serde_json::Value;

use super::{
    METHOD, OTHER, issue_expired, issue_with_methods, new_install, run_cli, secret_text, selection, target, wait_until,
};
use crate::support::fakes::{OWNER, TestInstall, create, token_name, username};
use crate::support::service_process::ServiceProcess;

/// Returns a secret for each reason of refusal, with that reason and the name of its token.
fn denied_secrets(install: &TestInstall) -> Vec<(&'static str, String, Option<&'static str>)> {
    let sound = secret_text(&issue_with_methods(install, "sound", &[METHOD]));
    let unknown = with_checksum(&format!("jtn_zzzzzzzz{}", &sound[12..sound.len() - 6]));
    let mistyped = {
        let last = if sound.ends_with('a') { "b" } else { "a" };
        format!("{}{last}", &sound[..sound.len() - 1])
    };
    let disabled = issue_with_methods(install, "disabled", &[METHOD]);
    install.call(OWNER, DisableTokens { tokens: vec![target(&disabled)] }).unwrap();
    let purged = issue_with_methods(install, "purged", &[METHOD]);
    let typed = "purged".to_owned();
    install
        .call(
            OWNER,
            RevokeTokens { tokens: vec![target(&purged)], with_made: false, expected_made: None, confirmation: typed },
        )
        .unwrap();
    install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    let deleted = issue_with_methods(install, "deleted", &[METHOD]);
    let typed = "deleted".to_owned();
    install
        .call(
            OWNER,
            RevokeTokens { tokens: vec![target(&deleted)], with_made: false, expected_made: None, confirmation: typed },
        )
        .unwrap();
    let retired = issue_with_methods(install, "retired", &[METHOD]);
    let again = RegenerateToken { token: target(&retired), grace: None, expires: None };
    install.call(OWNER, again).unwrap();
    let other = install.account("other", Role::Member);
    let orphan = CreateToken { account: Some(username("other")), selection: selection(&[]), ..create("orphan") };
    let orphan = install.create(OWNER, orphan);
    install.set_account_enabled(other.id, false);
    vec![
        ("malformed", "nonsense".to_owned(), None),
        ("checksum", mistyped, None),
        ("unknown", unknown, None),
        ("wrong-secret", wrong_secret(&sound), Some("sound")),
        ("expired", secret_text(&issue_expired(install, "expired")), Some("expired")),
        ("disabled", secret_text(&disabled), Some("disabled")),
        ("deleted", secret_text(&purged), Some("purged")),
        ("deleted", secret_text(&deleted), Some("deleted")),
        ("retired", secret_text(&retired), Some("retired")),
        ("account-disabled", secret_text(&orphan), Some("orphan")),
    ]
}

/// Returns the head of `secret` with another random part and a valid checksum.
fn wrong_secret(secret: &str) -> String {
    let (checked, _) = secret.split_at(secret.len() - 6);
    let middle = if checked.as_bytes()[20] == b'x' { "y" } else { "x" };
    with_checksum(&format!("{}{middle}{}", &checked[..20], &checked[21..]))
}

/// Appends the valid checksum to `text`.
pub fn with_checksum(text: &str) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut value = crc32fast::hash(text.as_bytes());
    let mut check = [0; 6];
    for digit in check.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    format!("{text}{}", std::str::from_utf8(&check).unwrap())
}

#[test]
fn denials_answer_alike_and_the_ledger_has_the_reason() {
    let install = new_install();
    let reader = secret_text(&issue_with_methods(&install, "reader", &["jeton.ledger.read", "jeton.tokens.read-all"]));
    let cases = denied_secrets(&install);
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    let proof = ServiceProcess::proxy_proof(&install.temp_store.path());
    for path in ["/v1/verify/-", "/v1/verify/environment.control.StopEnv", "/v1/verify/no.Such"] {
        let mut reply: Vec<(&str, String)> = Vec::new();
        for (reason, secret, _) in &cases {
            let headers = [format!("Authorization: Bearer {secret}"), "X-Forwarded-For: 192.0.2.9".to_owned()];
            let answer = client.request("GET", path, &[&headers[0], &headers[1], &proof]);
            assert_eq!(answer.status, 401, "{reason}");
            assert_eq!(answer.header("Date").len(), "Sun, 22 Nov 2026 05:42:30 GMT".len());
            reply.push((reason, answer.without_date()));
        }
        for (reason, answer) in &reply {
            assert_eq!(*answer, reply[0].1, "{reason} differs from {}", reply[0].0);
        }
    }
    assert_eq!(client.verify(&secret_text(&issue_with_methods(&install, "weak", &[METHOD])), OTHER).status, 403);

    let expected: BTreeMap<(String, String), u64> = cases
        .iter()
        .map(|(reason, _, token)| (reason.to_string(), token.unwrap_or_default().to_owned()))
        .chain([("not-permitted".to_owned(), "weak".to_owned())])
        .map(|key| (key.clone(), if key.0 == "not-permitted" { 1 } else { 3 }))
        .collect();
    let rows = wait_until(|| {
        let rows = denied_rows(&install, &reader);
        (by_reason(&rows).values().sum::<u64>() >= expected.values().sum()).then_some(rows)
    });
    assert_eq!(by_reason(&rows), expected);
    for row in &rows {
        let method = row["method"].as_str();
        assert!([None, Some(METHOD), Some(OTHER)].contains(&method), "what is no method is kept: {row}");
        let from = if row["reason"] == "not-permitted" { "127.0.0.1" } else { "192.0.2.9" };
        assert_eq!(row["address"], from, "{row}");
        let of =
            |(_, _, token): &&(_, String, Option<&str>)| token.is_some() && *token == row["token"]["name"].as_str();
        if let Some((_, secret, _)) = cases.iter().find(of) {
            assert_eq!(row["secret"]["hint"], secret[..12], "{row}");
        }
    }
    // Neither a wrong secret under a right id nor any other refusal counts as a use.
    let uses = run_cli(&install, Some(&reader), &["ledger", "uses", "--json"], "").assert_success().json();
    let used = uses["uses"].as_array().unwrap().iter().map(|row| &row["token"]["name"]);
    assert!(used.clone().all(|name| name == "reader"), "{uses}");
    assert_eq!(sound_last_seen(&install), None);
    service.stop();
}

fn sound_last_seen(install: &TestInstall) -> Option<Timestamp> {
    let owner = install.account_named(OWNER).id;
    let visibility = Visibility { own: owner, roles: Vec::new() };
    let named =
        install.store().read(|s| s.tokens_by_name(&visibility, Some(owner), &token_name("sound"), false)).unwrap();
    named[0].last_seen_at
}

fn denied_rows(install: &TestInstall, reader: &str) -> Vec<Value> {
    let reply = run_cli(install, Some(reader), &["ledger", "denied", "--json"], "").assert_success().json();
    reply["denied"].as_array().unwrap().clone()
}

fn by_reason(rows: &[Value]) -> BTreeMap<(String, String), u64> {
    let mut found = BTreeMap::new();
    for row in rows {
        let name = row["token"]["name"].as_str().unwrap_or_default();
        let key = (row["reason"].as_str().unwrap().to_owned(), name.to_owned());
        *found.entry(key).or_default() += row["attempts"].as_u64().unwrap();
    }
    found
}

/// During an overlap, each secret's uses are recorded separately.
#[test]
fn old_secret_in_an_overlap_is_recorded_as_such() {
    let install = new_install();
    let old = issue_with_methods(&install, "ci", &[METHOD]);
    let grace = Some(Span::Hours(1));
    let again = RegenerateToken { token: target(&old), grace, expires: None };
    let new = install.call(OWNER, again).unwrap().value;
    let service = ServiceProcess::start(&install.temp_store.path());
    let mut client = service.client();
    for _ in 0..3 {
        let answer = client.verify(&secret_text(&old), METHOD);
        assert_eq!((answer.status, answer.header("X-Jeton-Hint")), (200, old.secret.hint()));
    }
    let token = wait_until(|| Some(install.token(old.token.id)).filter(|t| t.last_seen_at.is_some()));
    let previous = token.overlap(install.now()).unwrap();
    assert_eq!(previous.last_seen_at, token.last_seen_at);
    let usage = install.store().read(|s| s.usage(token.id, install.now().plus(super::DAY / 24))).unwrap();
    assert_eq!(usage.current_seen_at, None, "only the old one was used");
    let answer = client.verify(&text_of(&new.secret), METHOD);
    assert_eq!((answer.status, answer.header("X-Jeton-Hint")), (200, new.secret.hint()));
    wait_until(|| {
        install.store().read(|s| s.usage(token.id, install.now().plus(super::DAY / 24))).unwrap().current_seen_at
    });
    service.stop();
}

fn text_of(secret: &jeton::domain::secret::Secret) -> String {
    secret.expose(str::to_owned)
}
