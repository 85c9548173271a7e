//! What is too long for one transaction: its batches, its milestones, and what is found before the lock is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jeton::domain::audit::AuditActor;
use jeton::domain::catalogue::Catalogue;
use jeton::domain::time::Timestamp;
use jeton::verbs::audited::Audited;
use jeton::verbs::batches::MAX_WHOLE;
use jeton::verbs::ports::{Bookkeeping, Committed, Due, Edition, Snapshot, Tx};

use super::*;
use crate::support::direct::fill_trash;
use crate::support::world::{entry, tester};

/// A house whose owner has `count` tokens in the trash.
fn with_trash(count: usize) -> House {
    let house = House::inhabited();
    fill_trash(&house, count);
    house
}

fn verbs_after(house: &House, rows: usize) -> Vec<String> {
    house.audit()[rows..].iter().map(|row| row.verb.clone()).collect()
}

#[test]
fn stopped_purge_shows_in_the_log_how_far_it_came_and_can_be_resumed() {
    let many = MAX_WHOLE + 500;
    let house = with_trash(many);
    let rows = house.audit().len();
    let progress = Arc::clone(&house.fakes.progress);
    house.fakes.progress.listen(move |done, _| {
        if done >= 300 {
            progress.stop()
        }
    });
    let purged = house.ask(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)).unwrap().out;
    assert!(purged.stopped && purged.count >= 300 && purged.count < many as u64, "{purged:?}");
    let verbs = verbs_after(&house, rows);
    assert_eq!(verbs.first().map(String::as_str), Some("token.purge.started"));
    assert_eq!(verbs.last().map(String::as_str), Some("token.purge.stopped"));
    assert_eq!(verbs.iter().filter(|verb| *verb == "token.purge").count() as u64, purged.count);

    house.fakes.progress.listen(|_, _| ());
    let left = many as u64 - purged.count;
    refused(house.ask(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)), Kind::Conflict);
    let rest = house.ask(OWNER, PurgeTokens::new(Purgeable::Trashed, left)).unwrap().out;
    assert_eq!((rest.count, rest.stopped), (left, false));
    assert_eq!(verbs_after(&house, rows).iter().filter(|verb| *verb == "token.purge").count(), many);
}

#[test]
fn purge_takes_nothing_that_came_into_the_trash_after_it_began() {
    let many = MAX_WHOLE + 200;
    let house = with_trash(many);
    let later = house.issue("member", "later");
    let path = house.place.path();
    house.fakes.clock.forward(1_000);
    house.fakes.progress.listen(move |done, _| {
        if done < 200 {
            let now = 1 + i64::MAX / 2;
            let sql = format!("UPDATE tokens SET deleted_at = {now} WHERE name = 'later'");
            rusqlite::Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        }
    });
    let purged = house.ask(OWNER, PurgeTokens::new(Purgeable::Trashed, many as u64)).unwrap().out;
    assert_eq!(purged.count, many as u64);
    let kept = house.jeton.store().read(|s| s.token(later.token.id)).unwrap();
    assert!(kept.is_some_and(|token| token.deleted_at.is_some()));
}

#[test]
fn account_keeps_only_so_many_tokens_with_those_in_the_trash() {
    let house = House::inhabited();
    house.set_policy(|p| (p.active_tokens, p.kept_tokens) = (0, 3));
    for name in ["a", "b", "c"] {
        house.issue("member", name);
    }
    house.ask("member", delete(&["a"], "a")).unwrap();
    refused(house.ask("member", create("d")), Kind::Conflict);
    house.ask("member", PurgeTokens::new(Purgeable::Trashed, 1)).unwrap();
    house.issue("member", "d");
    house.set_policy(|p| p.kept_tokens = 0);
    house.issue("member", "e");
}

/// A store in which somebody else commits a change just ahead of each of the first so many writes.
struct Overtaken {
    store: SqliteStore,
    times: AtomicU32,
}

impl Store for Overtaken {
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> jeton::error::Result<T>) -> jeton::error::Result<T> {
        self.store.read(f)
    }
    fn write<T>(
        &self,
        by: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        f: impl FnOnce(&mut dyn Tx, Timestamp) -> jeton::error::Result<Audited<T>>,
    ) -> jeton::error::Result<Committed<T>> {
        let left = self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() {
            self.store.write(&tester(), now, |_, _| Ok(Audited::one((), entry("elsewhere"))))?;
        }
        self.store.write(by, now, f)
    }
    fn rehearse<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        f: impl FnOnce(&mut dyn Tx, Timestamp) -> jeton::error::Result<Audited<T>>,
    ) -> jeton::error::Result<T> {
        self.store.rehearse(now, f)
    }
    fn edition(&self) -> jeton::error::Result<Edition> {
        self.store.edition()
    }
    fn checkpoint(&self) -> jeton::error::Result<u64> {
        self.store.checkpoint()
    }
    fn settle(&self) -> jeton::error::Result<()> {
        self.store.settle()
    }
    fn write_failed_sign_ins(&self, now: Timestamp, due: Due) -> jeton::error::Result<()> {
        self.store.write_failed_sign_ins(now, due)
    }
    fn bookkeep<T>(&self, f: impl FnOnce(&mut dyn Bookkeeping) -> jeton::error::Result<T>) -> jeton::error::Result<T> {
        self.store.bookkeep(f)
    }
}

#[test]
fn planned_change_starts_over_when_another_change_comes_between() {
    let house = House::inhabited();
    let mut catalogue = Catalogue::shipped("cloud-platform").unwrap();
    catalogue.title = "Another title".to_owned();
    let apply = |times| {
        let store = Overtaken { store: SqliteStore::open(&house.place.path()).unwrap(), times: AtomicU32::new(times) };
        let local = Local::new(store, house.fakes.world(), caller());
        ask(&local, &by(OWNER), ApplyCatalogue::new(catalogue.clone(), None, None)).map(drop)
    };
    refused(apply(100), Kind::Conflict);
    let title = || house.jeton.store().read(|s| s.catalogues()).unwrap().iter().any(|c| c.title == "Another title");
    assert!(!title());
    apply(2).unwrap();
    assert!(title());
}

#[test]
fn purge_stopped_before_its_first_batch_purges_nothing() {
    let house = with_trash(5);
    house.fakes.progress.stop();
    let purged = house.ask(OWNER, PurgeTokens::new(Purgeable::Trashed, 5)).unwrap().out;
    assert_eq!((purged.count, purged.stopped), (0, true));
    let again = house.ask(OWNER, PurgeTokens::new(Purgeable::Trashed, 5)).unwrap().out;
    assert_eq!((again.count, again.stopped), (5, false), "a stop is heard once");
}
