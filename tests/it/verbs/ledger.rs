//! Reading the ledger: the presented secret, its current state, and visibility per actor.

use super::*;
use jeton::domain::query::ledger_filter::LedgerFilter;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::verbs::ledger::{
    DeniedRow, ListDenied, ListDeniedTokens, ListUses, SecretStatus, SizeCursor, TokenState, UseRow,
};
use jeton::verbs::ports::{Denial, Maintenance, Store, Use};

pub fn denied_of(token: Option<&str>) -> ListDenied {
    let token = token.map(|text| TokenRef::Text(text.to_owned()));
    ListDenied { token, since: None, filter: LedgerFilter::default(), cursor: PageCursor::Newest, limit: 100 }
}

pub fn denied_tokens_of(token: Option<&str>) -> ListDeniedTokens {
    let ListDenied { token, since, filter, limit, .. } = denied_of(token);
    ListDeniedTokens { token, since, filter, cursor: PageCursor::Newest, limit }
}

pub fn uses_of(token: Option<&str>) -> ListUses {
    let token = token.map(|text| TokenRef::Text(text.to_owned()));
    ListUses { token, since: None, filter: LedgerFilter::default(), cursor: PageCursor::Newest, limit: 100 }
}

fn denied(install: &TestInstall, who: &str) -> Vec<DeniedRow> {
    install.call(who, denied_of(None)).unwrap().rows
}

fn uses(install: &TestInstall, who: &str) -> Vec<UseRow> {
    install.call(who, uses_of(None)).unwrap().rows
}

fn standing(row: &DeniedRow) -> (&str, SecretStatus) {
    (&row.reason, row.secret.as_ref().unwrap().status)
}

#[test]
fn secret_is_listed_by_its_status_now() {
    let install = TestInstall::with_accounts();
    let first = install.issue("member", "x");
    install.verify(&first.secret);
    let second = install.call("member", with_grace("x", "12h")).unwrap().value;
    install.verify(&first.secret);
    install.verify(&second.secret);
    let by_secret = |install: &TestInstall| {
        let mut rows: Vec<(String, SecretStatus, u64)> = uses(install, "member")
            .iter()
            .map(|row| (row.secret.as_ref().unwrap().hint.clone(), row.secret.as_ref().unwrap().status, row.uses))
            .collect();
        rows.sort_by_key(|(hint, ..)| hint != first.secret.hint());
        rows
    };
    let hints = [first.secret.hint().to_owned(), second.secret.hint().to_owned()];
    let expected = |a, b| vec![(hints[0].clone(), a, 2), (hints[1].clone(), b, 1)];
    assert_eq!(by_secret(&install), expected(SecretStatus::Previous, SecretStatus::Current));
    install.fakes.clock.advance(12 * HOUR);
    assert_eq!(by_secret(&install), expected(SecretStatus::Old, SecretStatus::Current), "its overlap is over");
    install.verify(&first.secret);
    let row = denied(&install, "member").remove(0);
    assert_eq!(standing(&row), ("retired", SecretStatus::Old));
    assert_eq!(row.secret.unwrap().hint, first.secret.hint());
    assert_eq!((row.address.as_str(), row.client.as_str(), row.attempts), ("192.0.2.7", "it/1.0", 1));

    install.call("member", revoke(&["x"], "x")).unwrap();
    install.fakes.clock.advance(HOUR);
    install.verify(&second.secret);
    let rows = denied(&install, "member");
    assert_eq!(standing(&rows[0]), ("deleted", SecretStatus::Deleted), "the newest first");
    assert_eq!(standing(&rows[1]), ("retired", SecretStatus::Old), "what was rotated away stays that");
    assert_eq!(rows[0].token.as_ref().unwrap().state, TokenState::Trashed);

    install.call("member", PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    let rows = denied(&install, "member");
    assert_eq!(
        rows.iter().map(standing).collect::<Vec<_>>(),
        [("deleted", SecretStatus::Purged), ("retired", SecretStatus::Purged)]
    );
    let token = rows[0].token.clone().unwrap();
    assert_eq!((token.full_name().as_str(), token.state), ("member/x", TokenState::Purged));
    assert_eq!(by_secret(&install), expected(SecretStatus::Purged, SecretStatus::Purged));
    let id = first.token.id.to_string();
    assert_eq!(install.call("member", denied_of(Some(&id))).unwrap().rows, rows, "a purged one is named by its id");
    let lost = assert_error(install.call("member", denied_of(Some("x"))), Kind::NotFound);
    insta::assert_snapshot!(lost, @"no token x: use a token's name, account/name, hint or id. For a purged token, use the id, e.g. t:7");
}

/// The right head with a wrong secret is no use of the token, and is listed as a wrong secret.
#[test]
fn wrong_secret_with_a_known_hint_is_listed_as_wrong() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    let wrong = issued.secret.expose(|s| verify::forged(&format!("{}_{}", &s[..12], "0".repeat(32))));
    let wrong = Secret::parse(&wrong).unwrap();
    install.verify(&wrong);
    let row = denied(&install, "member").remove(0);
    assert_eq!(standing(&row), ("wrong-secret", SecretStatus::Wrong));
    assert_eq!(row.secret.unwrap().hint, issued.secret.hint());
    assert!(uses(&install, "member").is_empty());
}

/// A member sees denials of its own tokens. An admin sees those of accounts it manages, and of unknown secrets. Nobody
/// sees more.
#[test]
fn attempts_of_other_accounts_are_hidden() {
    let install = TestInstall::with_accounts();
    let people = [OWNER, "admin", "member", "viewer"];
    let mut ids = Vec::new();
    for who in people {
        let issued = install.issue(who, "x");
        install.verify(&issued.secret);
        install.call(who, disable(&["x"])).unwrap();
        install.verify(&issued.secret);
        ids.push(issued.token.id.to_string());
    }
    let stranger = Denial {
        token: None,
        secret: None,
        reason: "unknown",
        at: install.now(),
        count: 1,
        method: "",
        address: "198.51.100.7",
        client: "scan",
    };
    install.store().write_usage(|b| b.record_denial(&stranger)).unwrap();
    for (who, sees) in [
        (OWNER, vec!["-", "admin/x", "member/x", "ops/x", "viewer/x"]),
        ("admin", vec!["-", "admin/x", "member/x", "viewer/x"]),
        ("member", vec!["member/x"]),
        ("viewer", vec!["viewer/x"]),
    ] {
        let names = |rows: Vec<Option<String>>| {
            let mut names: Vec<String> = rows.into_iter().map(|name| name.unwrap_or_else(|| "-".to_owned())).collect();
            names.sort();
            names
        };
        let tokens =
            denied(&install, who).iter().map(|row| row.token.as_ref().map(|token| token.full_name())).collect();
        assert_eq!(names(tokens), sees, "{who}");
        let tokens = uses(&install, who).iter().map(|row| Some(row.token.full_name())).collect();
        assert_eq!(names(tokens), sees.iter().filter(|name| **name != "-").copied().collect::<Vec<_>>(), "{who}");
        for (owner, id) in people.iter().zip(&ids) {
            let (denied, uses) = (install.call(who, denied_of(Some(id))), install.call(who, uses_of(Some(id))));
            if sees.contains(&format!("{owner}/x").as_str()) {
                assert_eq!((denied.unwrap().rows.len(), uses.unwrap().rows.len()), (1, 1), "{who} {owner}");
            } else {
                let hidden = assert_error(denied, Kind::Denied);
                assert_eq!(assert_error(uses, Kind::Denied), hidden);
                let nowhere = assert_error(install.call(who, denied_of(Some("t:98765"))), Kind::Denied);
                assert_eq!(hidden, nowhere, "{who} can't find out that {owner} has one");
            }
        }
    }
}

/// A purged token's ledger still belongs to its account.
#[test]
fn attempts_of_a_purged_token_belong_to_its_account() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    install.call("member", revoke(&["x"], "x")).unwrap();
    install.call("member", PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    install.verify(&issued.secret);
    let id = issued.token.id.to_string();
    for (who, sees) in [(OWNER, true), ("admin", true), ("member", true), ("viewer", false)] {
        assert_eq!(denied(&install, who).len(), usize::from(sees), "{who}");
        let asked = install.call(who, denied_of(Some(&id)));
        if sees {
            assert_eq!(asked.unwrap().rows.len(), 1, "{who}");
        } else {
            assert_eq!(
                assert_error(asked, Kind::Denied),
                assert_error(install.call(who, denied_of(Some("t:98765"))), Kind::Denied)
            );
        }
    }
    assert_error(install.call(OWNER, denied_of(Some("t:98765"))), Kind::NotFound);
}

/// Callers beyond the limit are combined, without address and client.
#[test]
fn many_callers_are_aggregated() {
    let install = TestInstall::with_accounts();
    let issued = install.issue("member", "x");
    let (token, secret, at) = (issued.token.id, issued.secret.public_id(), install.now());
    let recorded = install.store().write_usage(|b| {
        for n in 0..1_200 {
            let (address, method, count) = (format!("10.0.{}.{}", n / 250, n % 250), "m.One", 1);
            let (address, client) = (address.as_str(), "c");
            b.record_use(&Use { token, secret, at, count, method, address, client })?;
            let (token, secret, reason) = (Some(token), Some(secret), "disabled");
            b.record_denial(&Denial { token, secret, reason, at, count, method, address, client })?;
        }
        Ok(())
    });
    recorded.unwrap();
    let rows = install.call("member", ListDenied { limit: 5_000, ..denied_of(None) }).unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.attempts).sum::<u64>(), 1_200);
    let several: Vec<&DeniedRow> = rows.iter().filter(|row| row.several_callers).collect();
    assert!(rows.len() < 110 && several.len() == 1 && several[0].attempts > 1_000, "{several:?}");
    let rows = install.call("member", ListUses { limit: 5_000, ..uses_of(None) }).unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.uses).sum::<u64>(), 1_200);
    assert_eq!(
        rows.iter().filter(|row| row.several_callers).map(|row| row.method.as_str()).collect::<Vec<_>>(),
        ["m.One"]
    );
}

/// Without a service, changes delete rows older than the policy's retention, and nothing else.
#[test]
fn changes_delete_old_rows_of_the_ledger() {
    let install = TestInstall::with_accounts();
    let token = install.issue("member", "a");
    let rows = |install: &TestInstall| -> (u64, u64) {
        let count = |sql| install.raw_connection().query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap().unsigned_abs();
        (count("SELECT count(*) FROM daily_uses"), count("SELECT count(*) FROM denied_attempts"))
    };
    install.verify(&token.secret);
    install.call("member", disable(&["a"])).unwrap();
    install.verify(&token.secret);
    install.store().flush_usage().unwrap();
    let before = rows(&install);
    assert!(before.0 > 0 && before.1 > 0, "{before:?}");
    install.call("member", enable(&["a"])).unwrap();
    assert_eq!(rows(&install), before);
    install.fakes.clock.advance(100 * DAY);
    install.call("member", disable(&["a"])).unwrap();
    assert_eq!(rows(&install), (0, 0));
}

#[test]
fn ledger_is_measured_in_parts() {
    let install = TestInstall::with_accounts();
    for name in ["a", "b", "c"] {
        let token = install.issue("member", name);
        install.verify(&token.secret);
        install.call("member", disable(&[name])).unwrap();
        install.verify(&token.secret);
    }
    install.store().flush_usage().unwrap();
    let measured = |limit: usize| {
        let (mut after, mut bytes, mut parts) = (SizeCursor::Start, 0, 0);
        loop {
            let part = install.store().read(|s| s.ledger_size_part(after, limit)).unwrap();
            (bytes, parts) = (bytes + part.bytes, parts + 1);
            assert!(parts < 100, "a part begins before the end of the one before it");
            match part.next {
                Some(next) => after = next,
                None => return (bytes, parts),
            }
        }
    };
    for damage in ["", "UPDATE daily_uses SET client = CAST(x'ff41' AS TEXT)"] {
        install.raw_connection().execute_batch(damage).unwrap();
        let (whole, parts) = measured(1_000);
        assert!(whole > 6 * 40 && parts == 2, "{whole} bytes in {parts} parts");
        for limit in [1, 2, 3] {
            let (bytes, parts) = measured(limit);
            assert!(bytes == whole && parts > 2, "{bytes} bytes in {parts} parts of {limit}");
        }
    }
    let oldest = install.store().read(|s| s.ledger_oldest()).unwrap().unwrap();
    assert!(oldest <= START && oldest > START.plus(-2 * DAY));
}
