//! purge: permanent deletion, after a preview of the tokens.

use super::*;
use jeton::verbs::tokens::{MAX_PREVIEW_NAMES, PurgePreview};

fn preview(house: &TestInstall, who: &str, which: Purgeable) -> PurgePreview {
    house.call(who, PreviewPurge { which }).unwrap()
}

#[test]
fn the_trash_goes_and_its_secrets_are_still_known() {
    let house = TestInstall::with_accounts();
    let selection = methods(&["jeton.tokens.read"]);
    let gone = house.create("member", CreateToken { selection, ..create("gone") });
    let newer = house.call("member", regenerate("gone")).unwrap().value;
    let kept = house.issue("member", "kept");
    house.verify(&newer.secret);
    house.call("member", delete(&["gone"], "gone")).unwrap();
    assert_eq!(
        preview(&house, "member", Purgeable::Trashed),
        PurgePreview { count: 1, names: vec!["member/gone".into()] }
    );
    let rows = house.audit();
    let purge = |confirm| PurgeTokens::new(Purgeable::Trashed, confirm);
    for wrong in [0, 2] {
        let error = refused(house.call("member", purge(wrong)), Kind::Conflict).to_string();
        assert!(error.contains("1 trashed now") && error.contains("nothing was purged"), "{error}");
    }
    assert_eq!(house.audit(), rows);
    house.fakes.clock.advance(HOUR);
    let done = house.call("member", purge(1)).unwrap();
    assert_eq!(
        (done.value.count, done.equivalent_command.to_string().as_str()),
        (1, "jeton token purge --trashed --confirm 1")
    );
    assert_eq!(house.store().read(|s| s.token(gone.token.id)).unwrap(), None);
    let row = house.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.target_name.as_str()), ("token.purge", "member/gone"));
    assert_eq!(row.details, r#"{"trashed":"2026-11-21T09:30:00Z"}"#);

    // Every secret the token ever had is denied under its id, and still named.
    for secret in [&gone.secret, &newer.secret] {
        assert_eq!(why(&house, secret), DenialReason::Deleted);
        let stone = house.store().read(|s| s.tombstone(secret.public_id())).unwrap().unwrap();
        assert_eq!((stone.full_name().as_str(), stone.token), ("member/gone", gone.token.id));
        assert_eq!(stone.purged_at, START.plus(HOUR));
    }
    let usage = house.store().read(|s| s.usage(gone.token.id, house.now())).unwrap();
    assert_eq!((usage.denied_week, usage.week), (2, 1), "the ledger stays, and goes on");
    assert!(allowed(&house, &kept.secret));
    refused(house.call("member", purge(0)), Kind::NotFound);
    let again = house.issue("member", "gone");
    assert!(again.token.id > gone.token.id, "an id is never given again");
}

#[test]
fn expired_ones_go_by_status_at_the_instant() {
    let house = TestInstall::with_accounts();
    for name in ["a", "off", "gone"] {
        house.create("member", CreateToken { expires: spec("1d"), ..create(name) });
    }
    house.create("member", CreateToken { expires: spec("2d"), ..create("later") });
    house.call("member", disable(&["off"])).unwrap();
    house.call("member", delete(&["gone"], "gone")).unwrap();
    house.fakes.clock.advance(DAY - 1);
    assert_eq!(preview(&house, "member", Purgeable::Expired).count, 0);
    house.fakes.clock.advance(1);
    assert_eq!(preview(&house, "member", Purgeable::Expired).names, ["member/a"], "off is kept, gone is trashed");
    let purge = PurgeTokens::new(Purgeable::Expired, 1);
    house.call("member", purge.clone()).unwrap();
    let left: Vec<String> = house.call("member", list()).unwrap().rows.iter().map(|t| t.name.to_string()).collect();
    assert_eq!(left, ["later", "off"]);
    refused(house.call("member", PurgeTokens::new(Purgeable::Expired, 0)), Kind::NotFound);
}

/// One's own tokens, and those of managed accounts: no other token is counted, named or deleted.
#[test]
fn only_what_may_be_changed_goes() {
    let house = TestInstall::with_accounts();
    for who in [OWNER, "admin", "member", "viewer"] {
        house.issue(who, "x");
        house.call(who, delete(&["x"], "x")).unwrap();
    }
    assert_eq!(preview(&house, "viewer", Purgeable::Trashed).names, ["viewer/x"]);
    assert_eq!(preview(&house, "admin", Purgeable::Trashed).names, ["admin/x", "member/x", "viewer/x"]);
    let purge = |confirm| PurgeTokens::new(Purgeable::Trashed, confirm);
    refused(house.call("admin", purge(4)), Kind::Conflict);
    house.call("admin", purge(3)).unwrap();
    assert_eq!(preview(&house, OWNER, Purgeable::Trashed).names, ["ops/x"]);
    let house = TestInstall::with_self_service(false);
    house.account("member", Role::Member);
    refused(house.call("member", PreviewPurge { which: Purgeable::Trashed }), Kind::Denied);
    refused(house.call("member", purge(0)), Kind::Denied);
}

#[test]
fn more_than_one_transaction_holds_goes_in_batches_with_a_row_each() {
    let house = TestInstall::with_accounts();
    let many = MAX_PREVIEW_NAMES + 203;
    crate::support::direct_writes::insert_tokens(&house.temp_store.path(), (0..many).map(|n| format!("t{n}-x")));
    let trashed = "UPDATE tokens SET deleted_at = 5; UPDATE last_seen SET trashed = 1;
                   UPDATE token_counts SET trashed = trashed + kept, kept = 0";
    house.raw_connection().execute_batch(trashed).unwrap();
    let rows = house.audit().len();
    let told = preview(&house, OWNER, Purgeable::Trashed);
    assert_eq!((told.count, told.names.len()), (many as u64, MAX_PREVIEW_NAMES));
    house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, told.count)).unwrap();
    assert_eq!(house.audit().len(), rows + many + 2, "a row each, one ahead and one behind");
    assert_eq!(preview(&house, OWNER, Purgeable::Trashed), PurgePreview { count: 0, names: Vec::new() });
}
