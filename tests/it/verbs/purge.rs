//! purge: permanent deletion, after a preview of the tokens.

use super::*;
use jeton::verbs::tokens::{MAX_PREVIEW_NAMES, PurgePreview};

fn preview(install: &TestInstall, who: &str, which: Purgeable) -> PurgePreview {
    install.call(who, PreviewPurge { which }).unwrap()
}

#[test]
fn purge_empties_the_trash_and_secrets_stay_known() {
    let install = TestInstall::with_accounts();
    let selection = methods(&["jeton.tokens.read"]);
    let gone = install.create("member", CreateToken { selection, ..create("gone") });
    let newer = install.call("member", regenerate("gone")).unwrap().value;
    let kept = install.issue("member", "kept");
    install.verify(&newer.secret);
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    assert_eq!(
        preview(&install, "member", Purgeable::Trashed),
        PurgePreview { count: 1, names: vec!["member/gone".into()] }
    );
    let rows = install.audit();
    let purge = |confirm| PurgeTokens::new(Purgeable::Trashed, confirm);
    for wrong in [0, 2] {
        let error = assert_error(install.call("member", purge(wrong)), Kind::Conflict);
        insta::allow_duplicates! { insta::assert_snapshot!(error, @"the confirmation does not match; nothing was purged: expected 1, the current number of trashed tokens that you manage"); }
    }
    assert_eq!(install.audit(), rows);
    install.fakes.clock.advance(HOUR);
    let done = install.call("member", purge(1)).unwrap();
    assert_eq!(
        (done.value.count, done.equivalent_command.to_string().as_str()),
        (1, "jeton token purge --trashed --confirm 1")
    );
    assert_eq!(install.store().read(|s| s.token(gone.token.id)).unwrap(), None);
    let row = install.audit().pop().unwrap();
    assert_eq!((row.verb.as_str(), row.target_name.as_str()), ("token.purge", "member/gone"));
    assert_eq!(row.details, r#"{"trashed":"2026-11-21T09:30:00Z"}"#);

    // Every secret the token ever had is denied under its id, and still named.
    for secret in [&gone.secret, &newer.secret] {
        assert_eq!(why(&install, secret), DenialReason::Deleted);
        let stone = install.store().read(|s| s.tombstone(secret.public_id())).unwrap().unwrap();
        assert_eq!((stone.purged.full_name().as_str(), stone.purged.token), ("member/gone", gone.token.id));
        assert_eq!(stone.purged.purged_at, START.plus(HOUR));
    }
    let usage = install.store().read(|s| s.usage(gone.token.id, install.now())).unwrap();
    assert_eq!((usage.denied_week, usage.week), (2, 1), "the ledger stays, and goes on");
    assert!(allowed(&install, &kept.secret));
    assert_error(install.call("member", purge(0)), Kind::NotFound);
    let again = install.issue("member", "gone");
    assert!(again.token.id > gone.token.id, "an id is never given again");
}

#[test]
fn purge_of_expired_tokens_uses_the_status_at_that_instant() {
    let install = TestInstall::with_accounts();
    for name in ["a", "off", "gone"] {
        install.create("member", CreateToken { expires: spec("1d"), ..create(name) });
    }
    install.create("member", CreateToken { expires: spec("2d"), ..create("later") });
    install.call("member", disable(&["off"])).unwrap();
    install.call("member", revoke(&["gone"], "gone")).unwrap();
    install.fakes.clock.advance(DAY - 1);
    assert_eq!(preview(&install, "member", Purgeable::Expired).count, 0);
    install.fakes.clock.advance(1);
    assert_eq!(preview(&install, "member", Purgeable::Expired).names, ["member/a"], "off is kept, gone is trashed");
    let purge = PurgeTokens::new(Purgeable::Expired, 1);
    install.call("member", purge.clone()).unwrap();
    let left: Vec<String> = install.call("member", list()).unwrap().rows.iter().map(|t| t.name.to_string()).collect();
    assert_eq!(left, ["later", "off"]);
    assert_error(install.call("member", PurgeTokens::new(Purgeable::Expired, 0)), Kind::NotFound);
}

/// The actor's own tokens, and those of managed accounts: no other token is counted, named or purged.
#[test]
fn purge_takes_only_tokens_the_actor_may_change() {
    let install = TestInstall::with_accounts();
    for who in [OWNER, "admin", "member", "viewer"] {
        install.issue(who, "x");
        install.call(who, revoke(&["x"], "x")).unwrap();
    }
    assert_eq!(preview(&install, "viewer", Purgeable::Trashed).names, ["viewer/x"]);
    assert_eq!(preview(&install, "admin", Purgeable::Trashed).names, ["admin/x", "member/x", "viewer/x"]);
    let purge = |confirm| PurgeTokens::new(Purgeable::Trashed, confirm);
    assert_error(install.call("admin", purge(4)), Kind::Conflict);
    install.call("admin", purge(3)).unwrap();
    assert_eq!(preview(&install, OWNER, Purgeable::Trashed).names, ["ops/x"]);
    let install = TestInstall::with_self_service(false);
    install.account("member", Role::Member);
    assert_error(install.call("member", PreviewPurge { which: Purgeable::Trashed }), Kind::Denied);
    assert_error(install.call("member", purge(0)), Kind::Denied);
}

#[test]
fn purge_of_many_tokens_runs_in_batches_with_a_row_each() {
    let install = TestInstall::with_accounts();
    let many = MAX_PREVIEW_NAMES + 203;
    crate::support::direct_writes::insert_tokens(&install.temp_store.path(), (0..many).map(|n| format!("t{n}-x")));
    let trashed = "UPDATE tokens SET deleted_at = 5; UPDATE last_seen SET trashed = 1;
                   UPDATE token_counts SET trashed = trashed + kept, kept = 0;
                   UPDATE token_totals SET trashed = trashed + kept, kept = 0";
    install.raw_connection().execute_batch(trashed).unwrap();
    let rows = install.audit().len();
    let preview_before = preview(&install, OWNER, Purgeable::Trashed);
    assert_eq!((preview_before.count, preview_before.names.len()), (many as u64, MAX_PREVIEW_NAMES));
    install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, preview_before.count)).unwrap();
    assert_eq!(install.audit().len(), rows + many + 2, "a row each, one ahead and one behind");
    assert_eq!(preview(&install, OWNER, Purgeable::Trashed), PurgePreview { count: 0, names: Vec::new() });
}

/// As many tokens as were shown are not those that were shown.
#[test]
fn purge_takes_only_the_tokens_that_were_seen() {
    let install = TestInstall::with_accounts();
    install.issue("member", "shown");
    install.create("member", CreateToken { expires: spec("1d"), ..create("expired") });
    install.call("member", revoke(&["shown"], "shown")).unwrap();
    install.fakes.clock.advance(DAY);
    let seen = |which| install.call(OWNER, GetImpact { removal: Removal::Purge(which) }).unwrap().set;
    let purge = |which, set| install.call(OWNER, PurgeTokens::new(which, 1).expecting(Some(set)));
    let (trashed, expired) = (seen(Purgeable::Trashed), seen(Purgeable::Expired));
    install.call("member", restore("shown")).unwrap();
    install.issue("member", "other");
    install.call("member", revoke(&["other"], "other")).unwrap();
    install.call("member", EditToken { description: Description::parse("kept?").ok(), ..edit("expired") }).unwrap();
    let rows = install.audit();
    for (which, set) in [(Purgeable::Trashed, trashed), (Purgeable::Expired, expired)] {
        let error = assert_error(purge(which, set), Kind::Conflict);
        assert!(error.next.is_some());
    }
    assert_eq!(install.audit(), rows);
    for which in [Purgeable::Trashed, Purgeable::Expired] {
        assert_eq!(purge(which, seen(which)).unwrap().value.count, 1);
    }
    install.call("member", show("shown")).unwrap();
}
