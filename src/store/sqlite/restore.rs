//! Replaces the content of a store, in one transaction, with that of another one.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::backup::{CopyReport, STEPS_PER_CHECK, copy_pages, copy_step};
use super::examination::is_damage;
use super::query_helpers::{execute, query_all, query_one, query_value, sqlite_error, tuple};
use super::sqlite_store::SqliteStore;
use super::{busy_handler, open, wal};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::platform::new_file::NewFile;
use crate::platform::stop_between_writes;
use crate::store::{OpenMode, StoreState};
use crate::verbs::ports::Store;
use crate::verbs::ports::audit_log::AuditTip;
use crate::verbs::restore::{Divergence, EndedAccess, EndedWay};

/// The tables that a restore takes over from the newer store: the ledger, and what was already reported from it.
const TAKEN_OVER: [&str; 7] = [
    "last_uses",
    "daily_uses",
    "denied_attempts",
    "ledger_journal",
    "sent_notices",
    "known_networks",
    "known_networks_to",
];

impl SqliteStore {
    /// Opens the store at `path` and checks its pages, until `is_over` returns `true`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the state is unknown: the file can't be read now, or the check was ended.
    pub fn inspect(path: &Path, is_over: impl FnMut() -> bool + Send + 'static) -> Result<StoreState> {
        let (path, exists) = open::examine_place(path)?;
        if !exists {
            return Ok(StoreState::Missing);
        }
        let damaged = |why: String| Error::failure("the store is damaged").why(format!("SQLite's check found: {why}"));
        match SqliteStore::open(&path, OpenMode::Existing) {
            Ok(store) => {
                store.stop_queries_when(is_over)?;
                // A check that can't be made says nothing about the file.
                let fault = store.integrity_error()?;
                store.never_stop_queries()?;
                Ok(fault.map_or_else(|| StoreState::Usable(Box::new(store)), |why| StoreState::Damaged(damaged(why))))
            }
            Err(e) if is_damaged(&path) => Ok(StoreState::Damaged(e)),
            Err(e) => Err(e),
        }
    }

    /// Returns the number of bytes of a page.
    pub fn page_size(&self) -> Result<u32> {
        Ok(query_value(&self.lock(), "PRAGMA page_size", [])?.unwrap_or_default())
    }

    /// Gives the file at `path`, which nobody uses, pages of `bytes`: a store in use keeps its own. `is_over` ends the work.
    pub fn convert_pages(path: &Path, bytes: u32, is_over: impl FnMut() -> bool + Send + 'static) -> Result<()> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut db = Connection::open_with_flags(path, flags).map_err(sqlite_error)?;
        open::configure(&mut db, OpenMode::Existing).map_err(sqlite_error)?;
        if query_value(&db, "PRAGMA page_size", [])? == Some(bytes) {
            return Ok(());
        }
        let convert = format!("PRAGMA page_size = {bytes}; VACUUM");
        db.progress_handler(STEPS_PER_CHECK, Some(is_over))
            .and_then(|()| db.execute_batch(&convert))
            .map_err(sqlite_error)
    }

    /// Makes the store at `path` readable from this one, as `newer`.
    pub fn attach_newer(&self, path: &Path) -> Result<()> {
        let unusable = || Error::usage("the store's path is not UTF-8").next("Rename the folder or file");
        let path = path.to_str().ok_or_else(unusable)?;
        execute(&self.lock(), "ATTACH ?1 AS newer", [path]).map(drop)
    }

    /// Returns the last row of the newer store.
    pub fn newer_tip(&self) -> Result<AuditTip> {
        let sql = "SELECT seq, hash FROM newer.audit ORDER BY seq DESC LIMIT 1";
        let tip = query_one(&self.lock(), sql, [], |r| Ok(AuditTip { seq: r.get(0)?, hash: r.get(1)? }))?;
        Ok(tip.unwrap_or_default())
    }

    /// Compares the audit log with that of the newer store.
    pub fn divergence(&self) -> Result<Divergence> {
        let db = self.lock();
        let common = "SELECT max(b.seq) FROM main.audit b JOIN newer.audit n ON n.seq = b.seq AND n.hash = b.hash";
        let common = query_value::<Option<i64>>(&db, common, [])?.flatten().unwrap_or(0);
        let lost = "SELECT count(*), max(at) FROM newer.audit WHERE seq > ?1";
        let (lost, last_at) = query_one(&db, lost, [common], tuple::<(i64, Option<Timestamp>)>)?.unwrap_or_default();
        Ok(Divergence { common, lost: lost.unsigned_abs(), last_at })
    }

    /// Returns what works in this store, but no longer in the newer one. A secret that was replaced counts even while its
    /// overlap runs: here it is current again, and would never end.
    pub fn ended_since(&self, now: Timestamp) -> Result<Vec<EndedAccess>> {
        let db = self.lock();
        let accounts = "
            SELECT b.id, b.username, iif(n.id IS NULL OR n.deleted_at IS NOT NULL, 'deleted', 'disabled')
            FROM main.accounts b LEFT JOIN newer.accounts n ON n.id = b.id
            WHERE b.deleted_at IS NULL AND b.enabled = 1
                  AND (n.id IS NULL OR n.deleted_at IS NOT NULL OR n.enabled = 0)
            ORDER BY b.id";
        let mut ended = query_all(&db, accounts, [], |r| {
            Ok(EndedAccess::Account { id: r.get(0)?, username: r.get(1)?, way: r.get::<_, EndedWay>(2)? })
        })?;
        let tokens = "
            SELECT b.id, b.username || '/' || b.name, CASE
                       WHEN n.id IS NULL THEN 'purged'
                       WHEN n.deleted_at IS NOT NULL THEN 'revoked'
                       WHEN n.enabled = 0 THEN 'disabled'
                       WHEN n.expires_at <= ?1 THEN 'expired'
                       WHEN nc.state IS NOT 'current' THEN 'replaced'
                       ELSE 'retired' END AS way
            FROM main.tokens b
            LEFT JOIN newer.tokens n ON n.id = b.id
            LEFT JOIN main.secrets c ON c.token_id = b.id AND c.state = 'current'
            LEFT JOIN newer.secrets nc ON nc.public_id = c.public_id
            LEFT JOIN main.secrets p ON p.token_id = b.id AND p.state = 'previous'
            LEFT JOIN newer.secrets np ON np.public_id = p.public_id
            WHERE b.deleted_at IS NULL AND b.enabled = 1 AND (b.expires_at IS NULL OR b.expires_at > ?1)
                  AND (n.id IS NULL OR n.deleted_at IS NOT NULL OR n.enabled = 0 OR n.expires_at <= ?1
                       OR nc.state IS NOT 'current'
                       OR (p.retires_at > ?1 AND (np.state IS NOT 'previous' OR np.retires_at < p.retires_at)))
            ORDER BY b.id";
        ended.extend(query_all(&db, tokens, [now.0], |r| {
            Ok(EndedAccess::Token { id: r.get(0)?, name: r.get(1)?, way: r.get::<_, EndedWay>(2)? })
        })?);
        Ok(ended)
    }

    /// Takes over the ledger of the newer store, its notices, and its numbers of tokens and accounts. So no row of the
    /// ledger is lost or counted twice, no notice is sent again, and no new token gets the number of a token that is lost.
    pub fn take_over_ledger(&self) -> Result<()> {
        let mut db = self.lock();
        let tx = db.transaction().map_err(sqlite_error)?;
        for table in TAKEN_OVER {
            let sql = format!("SELECT name FROM pragma_table_xinfo('{table}') WHERE hidden = 0 ORDER BY cid");
            let columns = query_all(&tx, &sql, [], |r| r.get::<_, String>(0))?.join(", ");
            tx.execute_batch(&format!(
                "DELETE FROM main.{table}; INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table};"
            ))
            .map_err(sqlite_error)?;
        }
        tx.execute_batch(
            "UPDATE main.last_seen SET at = n.at FROM newer.last_seen n WHERE n.token_id = last_seen.token_id;
             INSERT INTO main.sqlite_sequence (name, seq) SELECT name, 0 FROM newer.sqlite_sequence
             WHERE name NOT IN (SELECT name FROM main.sqlite_sequence);
             UPDATE main.sqlite_sequence SET seq = max(main.sqlite_sequence.seq, n.seq)
             FROM newer.sqlite_sequence n WHERE n.name = main.sqlite_sequence.name;",
        )
        .map_err(sqlite_error)?;
        tx.commit().map_err(sqlite_error)
    }

    /// Ends what [`SqliteStore::attach_newer`] began.
    pub fn detach_newer(&self) -> Result<()> {
        execute(&self.lock(), "DETACH newer", []).map(drop)
    }

    /// Ends all logins from other machines: one that was ended after the backup would work again.
    pub fn end_logins(&self) -> Result<()> {
        execute(&self.lock(), "DELETE FROM logins", []).map(drop)
    }

    /// Makes the store complete in its one file, so that the file can be renamed once the store is closed.
    pub fn make_single_file(&self) -> Result<()> {
        let mode = self.lock().pragma_update_and_check(None, "journal_mode", "DELETE", |r| r.get::<_, String>(0));
        match mode.map_err(sqlite_error)?.as_str() {
            "delete" => Ok(()),
            other => Err(Error::failure("the new store file can't be completed")
                .why(format!("SQLite did not merge the -wal file into the store file (journal mode {other})"))
                .next("Run the command again")),
        }
    }

    /// Replaces the content of this store with that of `prepared`, in one transaction: everybody else sees either all of
    /// it or nothing. Before, the store is copied to `previous`.
    ///
    /// `when_locked` runs when nobody else can write any more. `prepare` runs after the copy, with the last row of the
    /// store, and may still change `prepared`. If one of them fails or `report` ends the work, nothing has changed.
    pub fn replace_content(
        &self,
        prepared: &SqliteStore,
        previous: NewFile,
        when_locked: impl FnOnce() -> Result<()>,
        prepare: impl FnOnce(AuditTip) -> Result<()>,
        report: &mut CopyReport<'_>,
    ) -> std::result::Result<(), NotReplaced> {
        let path = previous.path().to_owned();
        let mut copied = None;
        let before_change = |report: &mut CopyReport<'_>| {
            when_locked()?;
            let tip = self.copy_to(previous.partial_path(), &mut |_, _| report(0, 0))?;
            previous.finish()?;
            copied = Some(tip);
            prepare(tip)
        };
        let replaced = self.copy_content_of(prepared, before_change, report);
        replaced.map_err(|error| {
            // Without the copy, nothing was written. Otherwise, an error can also follow the change.
            let is_unchanged =
                copied.is_none_or(|before| self.read(|snapshot| snapshot.audit_tip()).is_ok_and(|tip| tip == before));
            if is_unchanged && copied.is_some() {
                let _ = fs::remove_file(path);
            }
            NotReplaced { error, is_unchanged }
        })
    }

    fn copy_content_of(
        &self,
        prepared: &SqliteStore,
        before_change: impl FnOnce(&mut CopyReport<'_>) -> Result<()>,
        report: &mut CopyReport<'_>,
    ) -> Result<()> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let open = |path: &Path| {
            let mut db = Connection::open_with_flags(path, flags)?;
            db.busy_handler(Some(busy_handler::wait))?;
            Ok(db)
        };
        let source = open(prepared.path()).map_err(sqlite_error)?;
        let mut target = open(self.path()).map_err(sqlite_error)?;
        self.check_in_place()?;
        let _open = stop_between_writes::enter();
        {
            let copy = Backup::new(&source, &mut target).map_err(sqlite_error)?;
            // Takes the write lock of the store, and copies nothing yet.
            copy_step(&copy, 0).map_err(sqlite_error)?;
            before_change(report)?;
            copy_pages(&copy, sqlite_error, &mut |done, all| match report(done, all) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Error::cancelled()),
            })?;
        }
        // Best effort: a later change writes the log back too.
        let _ = wal::checkpoint(&target);
        self.check_in_place()
    }
}

/// The error of a replacement.
#[derive(Debug)]
pub struct NotReplaced {
    pub error: Error,
    /// `true` if the store is as it was, and no copy of it was left. Otherwise its content may be the new one, and its
    /// copy exists.
    pub is_unchanged: bool,
}

/// Returns `true` if the file at `path` is empty, no database, or one with damaged pages.
fn is_damaged(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let check = Connection::open_with_flags(path, flags)
        .and_then(|db| db.query_row("PRAGMA quick_check(1)", [], |r| r.get::<_, String>(0)));
    match check {
        Ok(found) => found != "ok" || fs::metadata(path).is_ok_and(|meta| meta.len() == 0),
        Err(e) => is_damage(&e),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The tables that stay as they are in the backup.
    const RESTORED: [&str; 23] = [
        "accounts",
        "api_set_patterns",
        "api_sets",
        "audit",
        "catalogue_hosts",
        "catalogues",
        "failed_sign_ins",
        "installation",
        "keyed_calls",
        "lineage",
        "method_groups",
        "method_routes",
        "methods",
        "policy",
        "regenerated",
        "secrets",
        "sign_in_tries",
        "token_counts",
        "token_methods",
        "token_sets",
        "token_totals",
        "tokens",
        "tombstones",
    ];
    /// The tables whose rows are changed one by one.
    const CHANGED: [&str; 3] = ["last_seen", "logins", "sqlite_sequence"];

    /// A new table must be in one of the lists: nobody may forget to decide what a restore does with it.
    #[test]
    fn restore_knows_every_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("jeton.db"), OpenMode::Create).unwrap();
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        let tables: BTreeSet<String> = query_all(&store.lock(), sql, [], |r| r.get(0)).unwrap().into_iter().collect();
        let known = TAKEN_OVER.iter().chain(&RESTORED).chain(&CHANGED).map(|name| (*name).to_owned());
        assert_eq!(tables, known.collect());
    }

    /// Without memory or with a failing disk, a good store would look damaged, and be moved away from its users.
    #[test]
    fn inspection_that_fails_does_not_take_the_store_for_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jeton.db");
        drop(SqliteStore::open(&path, OpenMode::Create).unwrap());
        // Enough rows that the check is ended in between.
        let filler = "CREATE TABLE filler (n INTEGER);
                      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
                      INSERT INTO filler SELECT i FROM n";
        Connection::open(&path).unwrap().execute_batch(filler).unwrap();
        assert!(SqliteStore::inspect(&path, || true).is_err());
        assert!(matches!(SqliteStore::inspect(&path, || false), Ok(StoreState::Usable(_))));
        fs::write(&path, "text".repeat(1_000)).unwrap();
        assert!(matches!(SqliteStore::inspect(&path, || false), Ok(StoreState::Damaged(_))));
    }
}
