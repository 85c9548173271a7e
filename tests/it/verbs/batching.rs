//! Changes too long for one transaction: batches, milestones, and checks before the lock is taken.

use std::sync::{Arc, Mutex};

use jeton::verbs::batches::MAX_ATOMIC;

use super::*;
use crate::support::direct_writes::fill_trash;

/// Returns a house whose owner has `count` tokens in the trash.
fn with_trash(count: usize) -> TestInstall {
    let house = TestInstall::with_accounts();
    fill_trash(&house, count);
    house
}

fn verbs_after(house: &TestInstall, rows: usize) -> Vec<String> {
    house.audit()[rows..].iter().map(|row| row.verb.clone()).collect()
}

#[test]
fn stopped_purge_shows_in_the_log_how_far_it_came_and_can_be_resumed() {
    let many = MAX_ATOMIC + 500;
    let house = with_trash(many);
    let rows = house.audit().len();
    let progress = Arc::clone(&house.fakes.progress);
    house.fakes.progress.listen(move |done, _| {
        if done >= 300 {
            progress.stop()
        }
    });
    let purged = house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)).unwrap().value;
    assert!(purged.stopped && purged.count >= 300 && purged.count < many as u64, "{purged:?}");
    let verbs = verbs_after(&house, rows);
    assert_eq!(verbs.first().map(String::as_str), Some("token.purge.started"));
    assert_eq!(verbs.last().map(String::as_str), Some("token.purge.stopped"));
    assert_eq!(verbs.iter().filter(|verb| *verb == "token.purge").count() as u64, purged.count);

    house.fakes.progress.listen(|_, _| ());
    house.fakes.progress.begin();
    let left = many as u64 - purged.count;
    refused(house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)), Kind::Conflict);
    let rest = house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, left)).unwrap().value;
    assert_eq!((rest.count, rest.stopped), (left, false));
    assert_eq!(verbs_after(&house, rows).iter().filter(|verb| *verb == "token.purge").count(), many);
}

#[test]
fn purge_takes_nothing_that_came_into_the_trash_after_it_began() {
    let many = MAX_ATOMIC + 200;
    let house = with_trash(many);
    let later = house.issue("member", "later");
    let (other, clock) = (backend(&house.temp_store.path(), house.fakes.adapters()), Arc::clone(&house.fakes.clock));
    let other = Mutex::new(Some(other));
    house.fakes.progress.listen(move |_, _| {
        // Right after the first batch, when the clock has advanced.
        if let Some(other) = other.lock().unwrap().take() {
            clock.advance(1_000);
            call(&other, &credential("member"), delete(&["later"], "later")).unwrap();
        }
    });
    let purged = house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)).unwrap().value;
    assert_eq!(purged.count, many as u64);
    let kept = house.backend.store().read(|s| s.token(later.token.id)).unwrap();
    assert!(kept.is_some_and(|token| token.deleted_at.is_some()));
}

#[test]
fn account_keeps_only_so_many_tokens_with_those_in_the_trash() {
    let house = TestInstall::with_accounts();
    house.set_policy(|p| (p.active_tokens, p.kept_tokens) = (0, 3));
    for name in ["a", "b", "c"] {
        house.issue("member", name);
    }
    house.call("member", delete(&["a"], "a")).unwrap();
    refused(house.call("member", create("d")), Kind::Conflict);
    house.call("member", PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    house.issue("member", "d");
    house.set_policy(|p| p.kept_tokens = 0);
    house.issue("member", "e");
}

#[test]
fn purge_stopped_before_its_first_batch_purges_nothing() {
    let house = with_trash(5);
    house.fakes.progress.stop();
    let purged = house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 5)).unwrap().value;
    assert_eq!((purged.count, purged.stopped), (0, true));
    house.fakes.progress.begin();
    let again = house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, 5)).unwrap().value;
    assert_eq!((again.count, again.stopped), (5, false), "a stop is for the work that it was meant for");
}

#[test]
fn purge_whose_end_could_not_be_logged_says_so() {
    let many = MAX_ATOMIC + 200;
    let house = with_trash(many);
    // A second milestone row is refused.
    let refused_row = "CREATE UNIQUE INDEX no ON audit (face) WHERE verb >= 'token.purge.' AND verb < 'token.purge/'";
    house.raw_connection().execute_batch(refused_row).unwrap();
    let error = refused(house.call(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)), Kind::Failure);
    assert!(error.what.contains(&format!("{many} of {many}")) && error.next.is_some(), "{error}");
    assert_eq!(house.audit().iter().filter(|row| row.verb == "token.purge").count(), many);
}
