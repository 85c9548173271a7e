//! Changes planned in a read: other changes between the plan and the transaction.

use std::sync::atomic::{AtomicU32, Ordering};

use jeton::domain::audit::{AuditActor, AuditEntry};
use jeton::domain::time::Timestamp;
use jeton::domain::token::TokenId;
use jeton::verbs::Verb;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{CommittedTx, FlushScope, Maintenance, Snapshot, Tx, UsageTx};

use super::*;
use crate::support::fakes::{entry, tester};

/// A store where another process commits a change just before each of the first writes.
struct RacingStore {
    store: SqliteStore,
    times: AtomicU32,
    change: fn(&TestBackend<SqliteStore>, u32),
    /// Change committed by another process right after a write has failed.
    afterwards: fn(&TestBackend<SqliteStore>),
    other: TestBackend<SqliteStore>,
}

impl Store for RacingStore {
    fn read<T>(&self, f: impl FnOnce(&dyn Snapshot) -> jeton::error::Result<T>) -> jeton::error::Result<T> {
        self.store.read(f)
    }
    fn write<T>(
        &self,
        by: &AuditActor,
        now: &dyn Fn() -> Timestamp,
        f: impl FnMut(&mut dyn Tx, Timestamp) -> jeton::error::Result<Audited<T>>,
    ) -> jeton::error::Result<CommittedTx<T>> {
        let left = self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if let Ok(left) = left {
            (self.change)(&self.other, left);
        }
        let done = self.store.write(by, now, f);
        if done.is_err() {
            (self.afterwards)(&self.other);
        }
        done
    }
    fn dry_run<T>(
        &self,
        now: &dyn Fn() -> Timestamp,
        f: impl FnMut(&mut dyn Tx, Timestamp) -> jeton::error::Result<Audited<T>>,
    ) -> jeton::error::Result<T> {
        self.store.dry_run(now, f)
    }
    fn write_usage<T>(&self, f: impl FnMut(&mut dyn UsageTx) -> jeton::error::Result<T>) -> jeton::error::Result<T> {
        self.store.write_usage(f)
    }
}

impl Maintenance for RacingStore {
    fn write_back(&self) -> jeton::error::Result<u64> {
        self.store.write_back()
    }
    fn flush_usage(&self) -> jeton::error::Result<()> {
        self.store.flush_usage()
    }
    fn write_failed_sign_ins(&self, now: Timestamp, due: FlushScope) -> jeton::error::Result<()> {
        self.store.write_failed_sign_ins(now, due)
    }
}

impl RacingStore {
    /// Returns the store of `install`, with `change` before each of the first `times` writes.
    fn over(install: &TestInstall, times: u32, change: fn(&TestBackend<SqliteStore>, u32)) -> TestBackend<RacingStore> {
        Self::around(install, times, change, |_| ())
    }

    /// Does the same as [`over`], with `afterwards` after each write that fails.
    fn around(
        install: &TestInstall,
        times: u32,
        change: fn(&TestBackend<SqliteStore>, u32),
        afterwards: fn(&TestBackend<SqliteStore>),
    ) -> TestBackend<RacingStore> {
        let open = || SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap();
        let other = TestBackend::new(open(), install.fakes.adapters(), client_info());
        let store = RacingStore { store: open(), times: AtomicU32::new(times), change, afterwards, other };
        TestBackend::new(store, install.fakes.adapters(), client_info())
    }
}

fn titled(install: &TestInstall, title: &str) -> bool {
    install.store().read(|s| s.catalogues()).unwrap().iter().any(|c| c.title == title)
}

fn retitled() -> ApplyCatalogue {
    let mut catalogue = Catalogue::shipped("cloud-platform").unwrap();
    catalogue.title = "Another title".to_owned();
    ApplyCatalogue::new(catalogue, None, None)
}

#[test]
fn planned_change_starts_over_when_what_it_depends_on_changes() {
    let elsewhere = |other: &TestBackend<SqliteStore>, _| {
        let written = other.store().write(&tester(), &|| START, |_, _| Ok(Audited::one((), entry("elsewhere"))));
        written.unwrap();
    };
    let install = TestInstall::with_accounts();
    let error = assert_error(
        call(&RacingStore::over(&install, 100, elsewhere), &credential(OWNER), retitled()),
        Kind::Conflict,
    );
    assert!(error.has_fault(Fault::ChangedMeanwhile));
    assert!(!titled(&install, "Another title"));
    call(&RacingStore::over(&install, 2, elsewhere), &credential(OWNER), retitled()).unwrap();
    assert!(titled(&install, "Another title"));
}

#[test]
fn planned_change_is_not_outrun_by_tokens_that_change_all_the_time() {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| p.active_tokens = 0);
    install.issue("member", "flicker");
    let busy = |other: &TestBackend<SqliteStore>, left: u32| {
        let ask = |verb: Request| other.call(&credential("member"), verb).map(drop).unwrap();
        ask(disable(&["flicker"]).into());
        ask(enable(&["flicker"]).into());
        ask(create(&format!("new{left}")).into());
        ask(regenerate("flicker").into());
        ask(revoke(&[&format!("new{left}")], &format!("new{left}")).into());
    };
    call(&RacingStore::over(&install, u32::MAX, busy), &credential(OWNER), retitled()).unwrap();
    assert!(titled(&install, "Another title"));
}

/// Commits `count` rows at once, each about another token, like a purge or revocation of many.
fn write_many(other: &TestBackend<SqliteStore>, count: i64) {
    let rows = (1..=count).map(|n| AuditEntry::new(PurgeTokens::NAME, TokenId(n), "gone"));
    let audited = || Audited::each((), rows.clone()).unwrap();
    other.store().write(&tester(), &|| START, |_, _| Ok(audited())).unwrap();
}

#[test]
fn planned_change_is_not_outrun_by_batches_of_a_purge() {
    let install = TestInstall::with_accounts();
    let purge = |other: &TestBackend<SqliteStore>, left: u32| {
        let mark = [PurgeTokens::STARTED, PurgeTokens::FINISHED, PurgeTokens::STOPPED][left as usize % 3];
        let mark = || AuditEntry::new(mark, "trashed tokens", "trashed tokens");
        other.store().write(&tester(), &|| START, |_, _| Ok(Audited::one((), mark()))).unwrap();
        write_many(other, 1_000);
    };
    call(&RacingStore::over(&install, u32::MAX, purge), &credential(OWNER), retitled()).unwrap();
    assert!(titled(&install, "Another title"));
}

#[test]
fn planned_change_catches_up_when_much_was_written_while_it_waited() {
    let install = TestInstall::with_accounts();
    let far = |other: &TestBackend<SqliteStore>, _| write_many(other, 4_000);
    call(&RacingStore::over(&install, 8, far), &credential(OWNER), retitled()).unwrap();
    assert!(titled(&install, "Another title"));
}

/// Returns the catalogue `cloud-platform` with fewer methods in the set `Marketplace`.
fn narrowed() -> ApplyCatalogue {
    let mut catalogue = Catalogue::shipped("cloud-platform").unwrap();
    let set = catalogue.sets.iter_mut().find(|set| set.name == "Marketplace").unwrap();
    set.include.truncate(1);
    ApplyCatalogue::new(catalogue, None, None)
}

#[test]
fn token_that_changes_after_the_plan_counts_as_it_is_then() {
    let marketplace = || CreateToken { selection: Selection::Sets(["Marketplace".to_owned()].into()), ..create("old") };
    let change = |other: &TestBackend<SqliteStore>, _| {
        let selection = Selection::Sets(["Marketplace".to_owned()].into());
        call(other, &credential("member"), CreateToken { selection, ..create("new") }).unwrap();
        let selection = Some(SelectionEdit::Replace(Selection::nothing()));
        call(other, &credential("member"), EditToken { selection, ..edit("other") }).unwrap();
    };
    let wide = Catalogue::shipped("cloud-platform").unwrap();
    for (accepted, applies) in [(2, true), (1, false), (3, false)] {
        let install = TestInstall::with_accounts();
        install.call(OWNER, narrowed()).unwrap();
        install.create("member", marketplace());
        install.create("member", CreateToken { names: vec![token_name("other")], ..marketplace() });
        let jeton = RacingStore::over(&install, 1, change);
        let done = call(&jeton, &credential(OWNER), ApplyCatalogue::new(wide.clone(), Some(accepted), None));
        assert_eq!(done.is_ok(), applies, "{done:?}");
        if let Ok(done) = done {
            let widening = done.value.widening;
            let names: Vec<&str> = widening.tokens.iter().map(|token| token.name.as_str()).collect();
            assert_eq!((widening.count, names), (2, vec!["member/old", "member/new"]));
        }
    }
}

/// The catalogues of the plan are compared only once, not again under the write lock: if one changes, the plan is made anew.
#[test]
fn tokens_that_change_after_the_plan_are_compared_with_the_plans_catalogues() {
    let install = TestInstall::with_accounts();
    install.create("member", create("old"));
    let change = |other: &TestBackend<SqliteStore>, _| {
        // Has the routes of another catalogue, so a comparison refuses it.
        let mut rival = Catalogue::shipped("cloud-platform").unwrap();
        rival.name = "rival".to_owned();
        rival.groups.truncate(1);
        rival.groups[0].id = "rival".to_owned();
        for method in &mut rival.groups[0].methods {
            method.id = MethodId::parse(&format!("rival.{}", method.id)).unwrap();
        }
        rival.sets.clear();
        let written = other.store().write(&tester(), &|| START, |tx, _| {
            tx.set_catalogue(&rival)?;
            Ok(Audited::one((), AuditEntry::new("token.edit", TokenId(1), "old")))
        });
        written.unwrap();
    };
    call(&RacingStore::over(&install, 1, change), &credential(OWNER), retitled()).unwrap();
    assert!(titled(&install, "Another title"));
}

#[test]
fn similar_names_are_searched_after_the_transaction() {
    let install = TestInstall::with_accounts();
    install.issue("member", "deploy-a");
    let make = |other: &TestBackend<SqliteStore>| drop(call(other, &credential("member"), create("deploy-b")).unwrap());
    let jeton = RacingStore::around(&install, 0, |_, _| (), make);
    for verb in [Request::from(disable(&["deploi"])), revoke(&["deploi"], "deploi").into()] {
        let error = assert_error(jeton.call(&credential("member"), verb), Kind::NotFound);
        assert!(error.to_string().contains("deploy-b"), "{error}");
        install.call("member", revoke(&["deploy-b"], "deploy-b")).unwrap();
    }
}

#[test]
fn similar_names_are_found_beside_many_others() {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| p.active_tokens = 0);
    for name in ["ci-deploy", "nightly", "staging-007"] {
        install.issue("member", name);
    }
    for (typed, near) in [("deploy", "ci-deploy"), ("nigthly", "nightly"), ("staging-07", "staging-007")] {
        for (who, typed, near) in [
            ("member", typed.to_owned(), format!("Did you mean: {near}?")),
            (OWNER, format!("member/{typed}"), format!("Did you mean: member/{near}?")),
        ] {
            let error = assert_error(install.call(who, disable(&[&typed])), Kind::NotFound);
            assert_eq!(error.next.as_deref(), Some(near.as_str()), "{typed}");
        }
    }
}

#[test]
fn purge_takes_no_token_that_changes_after_its_start() {
    let again = |other: &TestBackend<SqliteStore>, _| {
        call(other, &credential("member"), restore("x")).unwrap();
        call(other, &credential("member"), revoke(&["x"], "x")).unwrap();
    };
    let install = TestInstall::with_accounts();
    install.issue("member", "x");
    install.call("member", revoke(&["x"], "x")).unwrap();
    let purge = PurgeTokens::new(Purgeable::Trashed, 1);
    assert_error(call(&RacingStore::over(&install, 1, again), &credential(OWNER), purge.clone()), Kind::Conflict);
    assert_eq!(install.call(OWNER, purge).unwrap().value.count, 1);
}

#[test]
fn catalogue_widens_only_the_tokens_that_were_seen() {
    fn add(other: &TestBackend<SqliteStore>) {
        let selection = Selection::Sets(["Marketplace".to_owned()].into());
        call(other, &credential("member"), CreateToken { selection, ..create("new") }).unwrap();
    }
    fn swap(other: &TestBackend<SqliteStore>, _: u32) {
        let selection = Some(SelectionEdit::Replace(Selection::nothing()));
        call(other, &credential("member"), EditToken { selection, ..edit("old") }).unwrap();
        add(other);
    }
    let wide = Catalogue::shipped("cloud-platform").unwrap();
    for in_transaction in [false, true] {
        let install = TestInstall::with_accounts();
        install.call(OWNER, narrowed()).unwrap();
        add(&install.backend);
        install.call("member", EditToken { name: Some(token_name("old")), ..edit("new") }).unwrap();
        let seen = || install.call(OWNER, PreviewCatalogue { catalogue: wide.clone() }).unwrap();
        let verb = |set| ApplyCatalogue::new(wide.clone(), Some(1), None).expecting(Some(set));
        let (shown, rows) = (seen(), install.audit().len());
        let refused = if in_transaction {
            call(&RacingStore::over(&install, 1, swap), &credential(OWNER), verb(shown.set))
        } else {
            swap(&install.backend, 0);
            install.call(OWNER, verb(shown.set))
        };
        assert_error(refused, Kind::Conflict);
        assert_eq!(install.audit().len(), rows + 2, "only the other session's changes");
        let now = seen();
        assert_eq!((shown.widening.count, now.widening.count), (1, 1));
        install.call(OWNER, verb(now.set)).unwrap();
    }
}

/// Returns the catalogue `cloud-platform` with another name of the set `Marketplace`.
fn renamed() -> Catalogue {
    let mut catalogue = Catalogue::shipped("cloud-platform").unwrap();
    let set = catalogue.sets.iter_mut().find(|set| set.name == "Marketplace").unwrap();
    set.name = "cloud-platform: Marketplace".to_owned();
    catalogue
}

/// Tokens that use an old name only since the preview, or only since the plan, get the new one as well. A person who saw
/// the preview is not asked again, because no token gains anything.
#[test]
fn token_that_changes_after_the_preview_gets_the_new_names() {
    fn by_set(name: &str) -> CreateToken {
        CreateToken { selection: Selection::Sets(["Marketplace".to_owned()].into()), ..create(name) }
    }
    fn swap(other: &TestBackend<SqliteStore>, left: u32) {
        call(other, &credential("member"), by_set(&format!("new{left}"))).unwrap();
        let selection = Some(SelectionEdit::Replace(Selection::Sets(["Marketplace".to_owned()].into())));
        call(other, &credential("member"), EditToken { selection, ..edit("later") }).unwrap();
        let selection = Some(SelectionEdit::Replace(Selection::nothing()));
        call(other, &credential("member"), EditToken { selection, ..edit("earlier") }).unwrap();
        call(other, &credential("member"), revoke(&["trashed"], "trashed")).unwrap();
    }
    for expecting in [false, true] {
        let install = TestInstall::with_accounts();
        install.set_policy(|p| p.active_tokens = 0);
        for new in [by_set("earlier"), by_set("trashed"), by_set("stays"), create("later")] {
            install.create("member", new);
        }
        let shown = install.call(OWNER, PreviewCatalogue { catalogue: renamed() }).unwrap();
        assert_eq!((shown.renamed_tokens, shown.widening.count), (3, 0));
        let verb = ApplyCatalogue::new(renamed(), None, None).expecting(expecting.then_some(shown.set));
        install.create("member", by_set("between"));
        let done = call(&RacingStore::over(&install, 1, swap), &credential(OWNER), verb).unwrap().value;
        assert_eq!(done.renamed_tokens, 5, "trashed, stays, later, between and the new one");
        let tokens = install.store().read(|s| s.grants(None, 100)).unwrap().grants;
        let new_name = Selection::Sets(["cloud-platform: Marketplace".to_owned()].into());
        let renamed = tokens.iter().filter(|grant| grant.selection == new_name).count();
        assert_eq!((tokens.len(), renamed), (6, 5));
        let details = install.audit().pop().unwrap().details;
        assert!(details.contains("\"renamed_tokens\":5"), "{details}");
    }
}

/// A token that holds the new name before it exists gains the set, also if it holds it only since the plan.
#[test]
fn name_that_becomes_known_widens_also_after_the_plan() {
    fn hold(other: &TestBackend<SqliteStore>, _: u32) {
        let written = other.store().write(&tester(), &|| START, |tx, _| {
            let mut token = tx.token(TokenId(1))?.unwrap();
            token.selection = Selection::Sets(["cloud-platform: Marketplace".to_owned()].into());
            tx.update_token(&token)?;
            Ok(Audited::one((), AuditEntry::new(EditToken::NAME, token.id, "x")))
        });
        written.unwrap();
    }
    let install = TestInstall::with_accounts();
    assert_eq!(install.issue("member", "x").token.id, TokenId(1));
    let verb = |accepted| ApplyCatalogue::new(renamed(), accepted, None);
    let refused = call(&RacingStore::over(&install, 1, hold), &credential(OWNER), verb(None));
    let error = assert_error(refused, Kind::Conflict).to_string();
    assert!(error.contains("member/x") && error.contains("--accept-widening 1"), "{error}");
    install.call(OWNER, verb(Some(1))).unwrap();
}
