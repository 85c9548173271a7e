//! Changes too long for one transaction: batches, milestones, and checks before the lock is taken.

use std::sync::{Arc, Mutex};

use jeton::domain::query::page_cursor::MAX_ROWS;
use jeton::verbs::batches::MAX_ATOMIC;

use super::change_matching::{change, matching};
use super::*;
use crate::support::direct_writes::{fill_trash, insert_tokens};
use crate::support::fakes::bearer;
use jeton::verbs::tokens::{BulkChange, ChangeMatching};

/// Returns an installation whose owner has `count` tokens in the trash.
fn with_trash(count: usize) -> TestInstall {
    let install = TestInstall::with_accounts();
    fill_trash(&install, count);
    install
}

fn verbs_after(install: &TestInstall, rows: usize) -> Vec<String> {
    install.audit()[rows..].iter().map(|row| row.verb.clone()).collect()
}

#[test]
fn stopped_purge_shows_in_the_log_how_far_it_came_and_can_be_resumed() {
    let many = MAX_ATOMIC + 500;
    let install = with_trash(many);
    let rows = install.audit().len();
    let progress = Arc::clone(&install.fakes.progress);
    install.fakes.progress.listen(move |done, _| {
        if done >= 300 {
            progress.stop()
        }
    });
    let purged = install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)).unwrap().value;
    assert!(purged.stopped && purged.count >= 300 && purged.count < many as u64, "{purged:?}");
    let verbs = verbs_after(&install, rows);
    assert_eq!(verbs.first().map(String::as_str), Some("token.purge.started"));
    assert_eq!(verbs.last().map(String::as_str), Some("token.purge.stopped"));
    assert_eq!(verbs.iter().filter(|verb| *verb == "token.purge").count() as u64, purged.count);

    install.fakes.progress.listen(|_, _| ());
    install.fakes.progress.begin();
    let left = many as u64 - purged.count;
    assert_error(install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)), Kind::Conflict);
    let rest = install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, left)).unwrap().value;
    assert_eq!((rest.count, rest.stopped), (left, false));
    assert_eq!(verbs_after(&install, rows).iter().filter(|verb| *verb == "token.purge").count(), many);
}

#[test]
fn purge_takes_nothing_that_came_into_the_trash_after_it_began() {
    let many = MAX_ATOMIC + 200;
    let install = with_trash(many);
    let later = install.issue("member", "later");
    let (other, clock) =
        (backend(&install.temp_store.path(), install.fakes.adapters()), Arc::clone(&install.fakes.clock));
    let other = Mutex::new(Some(other));
    install.fakes.progress.listen(move |_, _| {
        // Right after the first batch, when the clock has advanced.
        if let Some(other) = other.lock().unwrap().take() {
            clock.advance(1_000);
            call(&other, &credential("member"), revoke(&["later"], "later")).unwrap();
        }
    });
    let purged = install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)).unwrap().value;
    assert_eq!(purged.count, many as u64);
    let kept = install.backend.store().read(|s| s.token(later.token.id)).unwrap();
    assert!(kept.is_some_and(|token| token.deleted_at.is_some()));
}

#[test]
fn account_keeps_only_so_many_tokens_with_those_in_the_trash() {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| (p.active_tokens, p.kept_tokens) = (0, 3));
    for name in ["a", "b", "c"] {
        install.issue("member", name);
    }
    install.call("member", revoke(&["a"], "a")).unwrap();
    assert_error(install.call("member", create("d")), Kind::Conflict);
    install.call("member", PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    install.issue("member", "d");
    install.set_policy(|p| p.kept_tokens = 0);
    install.issue("member", "e");
}

#[test]
fn purge_stopped_before_its_first_batch_purges_nothing() {
    let install = with_trash(5);
    install.fakes.progress.stop();
    let purged = install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 5)).unwrap().value;
    assert_eq!((purged.count, purged.stopped), (0, true));
    install.fakes.progress.begin();
    let again = install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 5)).unwrap().value;
    assert_eq!((again.count, again.stopped), (5, false), "a stop is for the work that it was meant for");
}

#[test]
fn purge_whose_end_could_not_be_logged_says_so() {
    let many = MAX_ATOMIC + 200;
    let install = with_trash(many);
    // A second milestone row is refused.
    let refused_row = "CREATE UNIQUE INDEX no ON audit (face) WHERE verb >= 'token.purge.' AND verb < 'token.purge/'";
    install.raw_connection().execute_batch(refused_row).unwrap();
    let error = assert_error(install.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)), Kind::Failure);
    assert!(error.what.contains("1 200 of 1 200") && error.next.is_some(), "{error}");
    assert_eq!(install.audit().iter().filter(|row| row.verb == "token.purge").count(), many);
}

#[test]
fn many_tokens_are_changed_in_batches_that_others_can_interrupt() {
    let install = TestInstall::with_accounts();
    let many = MAX_ATOMIC as u64 + 500;
    insert_tokens(&install.temp_store.path(), (0..many).map(|n| format!("t{n}-x")));
    let rows = install.audit().len();
    let other = Mutex::new(Some(backend(&install.temp_store.path(), install.fakes.adapters())));
    let progress = Arc::clone(&install.fakes.progress);
    install.fakes.progress.listen(move |done, _| {
        // Changed by somebody else after it was found: no longer what the person has seen.
        if let Some(other) = other.lock().unwrap().take() {
            call(&other, &credential(OWNER), disable(&["t250-x"])).unwrap();
        }
        if done >= 250 {
            progress.stop()
        }
    });
    let done = install.call(OWNER, change(&install, BulkChange::Revoke, matching("-x", &["t7-x"]))).unwrap().value;
    assert!(done.stopped && done.count >= 250 && done.count < many - 500, "{done:?}");
    let verbs: Vec<String> = install.audit()[rows..].iter().map(|row| row.verb.clone()).collect();
    assert_eq!(
        (verbs.first().unwrap().as_str(), verbs.last().unwrap().as_str()),
        (ChangeMatching::STARTED, ChangeMatching::STOPPED)
    );
    assert_eq!(verbs.iter().filter(|verb| *verb == "token.revoke").count() as u64, done.count);

    install.fakes.progress.listen(|_, _| ());
    install.fakes.progress.begin();
    let rest = change(&install, BulkChange::Revoke, matching("t14", &["t7-x"]));
    let left = rest.confirm;
    assert!(left > 2 && left <= MAX_ATOMIC as u64, "the rest fits in one transaction");
    assert_eq!(install.call(OWNER, rest).unwrap().value.count, left);
    for left_out in ["t7-x", "t250-x"] {
        let filter = TokenFilter::parse(left_out);
        assert_eq!(install.call(OWNER, ListTokens { filter, ..list() }).unwrap().rows.len(), 1, "{left_out}");
    }
}

#[test]
fn token_that_somebody_changes_meanwhile_is_counted_as_left_alone() {
    let install = TestInstall::with_accounts();
    let many = MAX_ATOMIC as u64 + 500;
    insert_tokens(&install.temp_store.path(), (0..many).map(|n| format!("t{n}-x")));
    let other = Mutex::new(Some(backend(&install.temp_store.path(), install.fakes.adapters())));
    let last = format!("t{}-x", many - 1);
    install.fakes.progress.listen(move |_, _| {
        if let Some(other) = other.lock().unwrap().take() {
            call(&other, &credential(OWNER), disable(&[&last])).unwrap();
        }
    });
    let done = install.call(OWNER, change(&install, BulkChange::Revoke, matching("-x", &[]))).unwrap().value;
    assert_eq!((done.count, done.skipped, done.stopped), (many - 1, 1, false));
}

#[test]
fn query_finds_more_tokens_than_a_page_may_have() {
    let install = TestInstall::with_accounts();
    insert_tokens(&install.temp_store.path(), (0..=MAX_ROWS).map(|n| format!("t{n}-x")));
    assert_eq!(change(&install, BulkChange::Revoke, matching("-x", &[])).confirm, MAX_ROWS as u64 + 1);
}

/// A read or a plan that was stopped ends before it changes anything.
#[test]
fn stopped_verification_and_preview_are_cancelled() {
    let install = TestInstall::with_accounts();
    install.issue("member", "a");
    let verify = || VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart };
    let preview = || PreviewCatalogue { catalogue: Catalogue::shipped("cloud-platform").unwrap() };
    let apply = || ApplyCatalogue::new(preview().catalogue, Some(0), Some(0));
    install.fakes.progress.stop();
    assert_error(install.call(OWNER, verify()), Kind::Cancelled);
    assert_error(install.call(OWNER, preview()), Kind::Cancelled);
    assert_error(install.call(OWNER, apply()), Kind::Cancelled);
    install.fakes.progress.begin();
    install.call(OWNER, verify()).unwrap();
    install.call(OWNER, apply()).unwrap();
}

/// An acting token that changed itself first could not change the rest.
#[test]
fn acting_token_takes_itself_last() {
    let install = TestInstall::with_accounts();
    let writing = ["read", "write", "read-all", "write-all"].map(|scope| format!("jeton.tokens.{scope}"));
    let writing = methods(&writing.each_ref().map(String::as_str));
    let created = install.create(OWNER, CreateToken { selection: writing, ..create("acting-x") });
    let many = MAX_ATOMIC as u64 + 500;
    insert_tokens(&install.temp_store.path(), (0..many).map(|n| format!("t{n}-x")));
    let acting = bearer(created.secret);
    let all = ChangeMatching::new(BulkChange::Disable, matching("-x", &[]), many + 1, None);
    let done = call(&install.backend, &acting, all).unwrap().value;
    assert_eq!((done.count, done.skipped, done.stopped), (many + 1, 0, false));
}
