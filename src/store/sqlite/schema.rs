//! The schema of a store's file: its version, and the migrations to the current one.

use rusqlite::{Connection, TransactionBehavior};

use super::query_helpers::{query_value, sqlite_error};
use crate::error::{Error, Fault, Result};
use crate::store::OpenMode;
use crate::verbs::cli_line::CliLine;

/// "jetn": identifies jeton's files.
pub(super) const APPLICATION_ID: i32 = 0x6a65_746e;
/// "jetf": a store that is being filled and lacks the indexes of [`DEFERRED_INDEXES`]. Opening the store builds them.
pub(super) const UNINDEXED_ID: i32 = 0x6a65_7466;
/// Each migration updates a store from the previous version; the first creates version 1. Append only.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001_initial.sql"),
    include_str!("migrations/002_sort_columns.sql"),
    include_str!("migrations/003_list_indexes.sql"),
    include_str!("migrations/004_audit_indexes.sql"),
    include_str!("migrations/005_presented_secret_in_ledger.sql"),
    include_str!("migrations/006_denied_paging_index.sql"),
    include_str!("migrations/007_usage_journal.sql"),
    include_str!("migrations/008_issued_role.sql"),
    include_str!("migrations/009_temporary_password.sql"),
    include_str!("migrations/010_public_methods.sql"),
    include_str!("migrations/011_failed_sign_ins.sql"),
    include_str!("migrations/012_regenerated.sql"),
    include_str!("migrations/013_logins.sql"),
    include_str!("migrations/014_keyed_calls.sql"),
    include_str!("migrations/015_catalogue_hosts.sql"),
    include_str!("migrations/016_contacts.sql"),
    include_str!("migrations/017_notices.sql"),
    include_str!("migrations/018_denied_by_token.sql"),
    include_str!("migrations/019_expected_unused.sql"),
    include_str!("migrations/020_secrets_of_token_index.sql"),
    include_str!("migrations/021_token_totals.sql"),
];
/// The version of the schema after all migrations.
pub const NEWEST: i64 = MIGRATIONS.len() as i64;
/// Indexes that a large number of insertions would keep rewriting. A store to be filled is created without them.
const DEFERRED_INDEXES: [&str; 2] =
    [include_str!("migrations/003_list_indexes.sql"), "CREATE INDEX daily_uses_by_day ON daily_uses (day);"];

/// Migrates the schema to the current version. Two processes may try at once, so the version is read again inside the
/// transaction.
pub(super) fn migrate(db: &mut Connection, mode: OpenMode) -> Result<()> {
    // One transaction, so that all is read from one state: another process may migrate between two reads.
    let found = db.transaction().map_err(sqlite_error).and_then(|tx| read_schema(&tx))?;
    if found.version == 0 && !mode.creates() {
        let path = db.path().unwrap_or_default();
        let init = CliLine::new(&["init"]).option("store", path);
        return Err(
            Error::not_found(format!("the store {path} is an empty file")).next(format!("Create a store with: {init}"))
        );
    }
    if found.version != NEWEST || found.lacks_indexes {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite_error)?;
        let current = read_schema(&tx)?;
        run_migrations(&tx, current.version, NEWEST).map_err(sqlite_error)?;
        let is_new = current.version == 0;
        if is_new && mode == OpenMode::CreateUnindexed {
            DEFERRED_INDEXES.iter().try_for_each(|sql| drop_indexes(&tx, sql)).map_err(sqlite_error)?;
        } else if current.lacks_indexes {
            DEFERRED_INDEXES.iter().try_for_each(|sql| tx.execute_batch(sql)).map_err(sqlite_error)?;
        }
        let id = if is_new && mode == OpenMode::CreateUnindexed { UNINDEXED_ID } else { APPLICATION_ID };
        tx.pragma_update(None, "application_id", id).map_err(sqlite_error)?;
        tx.commit().map_err(sqlite_error)?;
    }
    Ok(())
}

fn run_migrations(db: &Connection, from: i64, to: i64) -> rusqlite::Result<()> {
    (1..).zip(MIGRATIONS).filter(|(version, _)| (from + 1..=to).contains(version)).try_for_each(|(version, sql)| {
        db.execute_batch(sql)?;
        db.pragma_update(None, "user_version", version)
    })
}

/// Creates an empty store in memory with `schema`, to compare others with.
pub(super) fn new_in_memory(schema: Schema) -> Result<Connection> {
    let create = || {
        let db = Connection::open_in_memory()?;
        run_migrations(&db, 0, schema.version)?;
        if schema.lacks_indexes {
            DEFERRED_INDEXES.iter().try_for_each(|sql| drop_indexes(&db, sql))?;
        }
        Ok(db)
    };
    create().map_err(sqlite_error)
}

fn drop_indexes(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    let created = sql.split("CREATE INDEX ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    created.into_iter().try_for_each(|name| db.execute_batch(&format!("DROP INDEX IF EXISTS {name}")))
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Schema {
    pub version: i64,
    /// `true` if filling the store was never finished.
    pub lacks_indexes: bool,
}

pub(super) fn read_schema(db: &Connection) -> Result<Schema> {
    let pragma = |name| db.pragma_query_value(None, name, |r| r.get::<_, i64>(0)).map_err(sqlite_error);
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).map_err(sqlite_error)?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(Schema { version: 0, lacks_indexes: false });
    }
    let lacks_indexes = application == i64::from(UNINDEXED_ID);
    let unusable = || {
        let what = format!("the store {} can't be opened", db.path().unwrap_or_default());
        Error::failure(what).fault(Fault::UnusableFile)
    };
    if application != i64::from(APPLICATION_ID) && !lacks_indexes {
        return Err(unusable().why("the file is another program's database").next("Use another file: --store PATH"));
    }
    if version < 1 {
        return Err(unusable()
            .why(format!("the store is damaged: its schema number is {version}, but the lowest schema number is 1"))
            .next("Restore a backup, on the machine of the store: jeton restore FILE"));
    }
    if version > NEWEST {
        return Err(unusable()
            .why(format!(
                "the store has schema {version}, but this version of jeton supports schemas only up to {NEWEST}"
            ))
            .next("Use a newer version of jeton, for example the version that wrote the store"));
    }
    Ok(Schema { version, lacks_indexes })
}

/// Checks that the schema is still the one that jeton opened.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if another program has changed the schema of the open store: its tables may then have
/// another meaning.
pub(super) fn check_unchanged(db: &Connection) -> Result<()> {
    match query_value::<i64>(db, "PRAGMA user_version", [])?.unwrap_or_default() {
        NEWEST => Ok(()),
        found => Err(Error::failure("another program changed the store's schema")
            .why(format!("the schema is {found}, but was {NEWEST} when jeton opened the store"))
            .next("If a newer version of jeton changed the store, use that version. Otherwise restore a backup")),
    }
}
