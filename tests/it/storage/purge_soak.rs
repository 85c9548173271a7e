//! A long purge during revocations and ledger writes, each over its own connection. Requirements that hold in any order
//! are always asserted. Times and sizes only with `JETON_SOAK=1`, over a million tokens.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use jeton::domain::secret::Secret;
use jeton::domain::token::{Purgeable, TokenId};
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::batches::MAX_ATOMIC;
use jeton::verbs::local_backend::{Adapters, LocalBackend};
use jeton::verbs::ports::{Clock, Maintenance, Store, UsageTx, Use};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{DisableTokens, EnableTokens, PurgeTokens, TokenTarget};

use crate::support::direct_writes::insert_tokens;
use crate::support::fakes::{OWNER, TestInstall, client_info, credential};

/// Maximum time of a revocation, and maximum delay of the ledger.
const MAX_REVOCATION: Duration = Duration::from_millis(300);
const MAX_LAG: Duration = Duration::from_secs(2);
const MAX_WAL: u64 = 64 * 1024 * 1024;

/// Returns an installation with this many tokens, the first of them in the trash.
fn install(tokens: usize, trashed: usize) -> TestInstall {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| (p.active_tokens, p.kept_tokens) = (0, 0));
    let names = (0..tokens).collect::<Vec<_>>();
    for part in names.chunks(50_000) {
        insert_tokens(&install.temp_store.path(), part.iter().map(|n| format!("t{n}-x")));
    }
    let raw = install.raw_connection();
    raw.execute_batch(&format!(
        "UPDATE tokens SET deleted_at = 5 WHERE id <= {trashed};
         UPDATE last_seen SET trashed = 1 WHERE token_id <= {trashed};
         UPDATE token_counts SET (kept, trashed) =
             (SELECT sum(deleted_at IS NULL), sum(deleted_at IS NOT NULL) FROM tokens t
              WHERE t.account_id = token_counts.account_id);
         UPDATE token_totals SET (kept, trashed) = (SELECT sum(kept), sum(trashed) FROM token_counts);"
    ))
    .unwrap();
    raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    install
}

/// Opens the store as another process would.
fn another(install: &TestInstall, world: &Adapters) -> LocalBackend<SqliteStore> {
    LocalBackend::new(
        SqliteStore::open(&install.temp_store.path(), OpenMode::Existing).unwrap(),
        world.clone(),
        client_info(),
    )
}

/// Disables and enables the token `flicker` until `ended`. Returns the number of changes, and the longest time of a
/// revocation.
fn revoke(jeton: &LocalBackend<SqliteStore>, clock: &dyn Clock, ended: &AtomicBool) -> (usize, Duration) {
    let tokens = || vec![TokenTarget::by_reference("flicker")];
    let (mut count, mut longest) = (0, Duration::ZERO);
    loop {
        let begun = clock.monotonic();
        call(jeton, &credential("member"), DisableTokens { tokens: tokens() }).unwrap();
        longest = longest.max(clock.monotonic() - begun);
        call(jeton, &credential("member"), EnableTokens { tokens: tokens() }).unwrap();
        count += 1;
        if ended.load(Ordering::SeqCst) {
            return (count, longest);
        }
    }
}

/// Records uses until `ended`. Returns their number, and the longest wait of a batch.
fn record(install: &TestInstall, used: (TokenId, &Secret), clock: &dyn Clock, ended: &AtomicBool) -> (u64, Duration) {
    let store = SqliteStore::open(&install.temp_store.path(), OpenMode::Ledger(Duration::from_secs(10))).unwrap();
    let (mut count, mut longest) = (0, Duration::ZERO);
    loop {
        let begun = clock.monotonic();
        let (token, secret) = (used.0, used.1.public_id());
        let one = Use { token, secret, at: clock.now(), count: 3, method: "m", address: "192.0.2.1", client: "c" };
        store.write_usage(|book: &mut dyn UsageTx| book.record_all(std::slice::from_ref(&one), &[])).unwrap();
        longest = longest.max(clock.monotonic() - begun);
        count += 3;
        if ended.load(Ordering::SeqCst) {
            return (count, longest);
        }
    }
}

#[test]
fn purge_lets_revocations_and_the_ledger_through() {
    let soak = std::env::var_os("JETON_SOAK").is_some();
    let (tokens, trashed) = if soak { (1_000_000, 100_000) } else { (MAX_ATOMIC + 900, MAX_ATOMIC + 400) };
    let install = install(tokens, trashed);
    let flicker = install.issue("member", "flicker");
    let world = Adapters { clock: jeton::platform::adapters().clock, ..install.fakes.adapters() };
    let (clock, ended) = (Arc::clone(&world.clock), AtomicBool::new(false));
    let steps = Arc::new(Mutex::new(Vec::new()));
    let wal = Arc::new(AtomicU64::new(0));
    let (seen, largest, path) =
        (Arc::clone(&steps), Arc::clone(&wal), install.temp_store.path().with_file_name("jeton.db-wal"));
    world.progress.listen(move |done, _| {
        seen.lock().unwrap().push(done);
        largest.fetch_max(fs::metadata(&path).map_or(0, |meta| meta.len()), Ordering::SeqCst);
    });
    let purger = another(&install, &world);
    let (purged, revoked, recorded) = thread::scope(|scope| {
        let revoker = another(&install, &world);
        let revoking = scope.spawn(|| revoke(&{ revoker }, &*clock, &ended));
        let recording = scope.spawn(|| record(&install, (flicker.token.id, &flicker.secret), &*clock, &ended));
        let purged = call(&purger, &credential(OWNER), PurgeTokens::new(Purgeable::Trashed, trashed as u64));
        ended.store(true, Ordering::SeqCst);
        (purged.unwrap().value, revoking.join().unwrap(), recording.join().unwrap())
    });
    assert_eq!((purged.count, purged.stopped), (trashed as u64, false));
    // No batch changes more than one transaction may.
    let steps = steps.lock().unwrap();
    let before = std::iter::once(&0).chain(steps.iter());
    let sizes: Vec<u64> = before.zip(steps.iter()).map(|(before, after)| after - before).collect();
    assert!(sizes.len() > 1 && sizes.iter().all(|size| *size <= MAX_ATOMIC as u64), "{sizes:?}");
    // The chain is valid, and each change has its row.
    let rows = install.audit();
    let count = |verb: &str| rows.iter().filter(|row| row.verb == verb).count();
    assert_eq!((count("token.purge.started"), count("token.purge.finished")), (1, 1));
    assert_eq!((count("token.purge"), count("token.disable")), (trashed, revoked.0));
    // No recorded use is lost, and nothing else was purged.
    install.store().flush_usage().unwrap();
    let number = |sql: &str| install.raw_connection().query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT sum(uses) FROM daily_uses").unsigned_abs(), recorded.0);
    assert_eq!(number("SELECT count(*) FROM tokens") as usize, tokens - trashed + 1);
    assert_eq!(number("SELECT count(*) FROM tokens WHERE deleted_at IS NOT NULL"), 0);
    if soak {
        let (wal, slowest) = (wal.load(Ordering::SeqCst), revoked.1);
        println!("{} batches; {} revocations, the longest {slowest:?}", sizes.len(), revoked.0);
        println!(
            "{} uses, the ledger at most {:?} behind; write-ahead log at most {wal} bytes",
            recorded.0, recorded.1
        );
        assert!(slowest <= MAX_REVOCATION && recorded.1 <= MAX_LAG && wal <= MAX_WAL);
    }
}
