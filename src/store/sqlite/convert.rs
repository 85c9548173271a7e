//! Between SQL's values and domain types. What the store holds was checked on its way in: a value that doesn't read
//! back is damage, and said so.

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::domain::text::shown;
use crate::error::{Error, Kind, Result};

/// Turns an SQLite error into ours.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let (what, next) = match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            ("the store is busy: another program has kept it locked", Some("Try again in a moment"))
        }
        Some(Code::DiskFull) => ("the disk is full; nothing was changed", Some("Free some room, then repeat")),
        Some(Code::SystemIoFailure) => {
            ("the store's file can't be read or written", Some("Look whether the disk is full or failing"))
        }
        Some(Code::CannotOpen) => {
            ("the store can't be opened", Some("Check the mode of the file, its folder and its mount"))
        }
        Some(Code::ReadOnly) => {
            ("the store can't be written", Some("Check the mode of the file, its folder and its mount"))
        }
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => {
            ("the store is damaged", Some("Stop using it and restore a backup"))
        }
        Some(Code::OperationInterrupted) => ("the look-up was interrupted", None),
        _ => ("the store can't be used", None),
    };
    if let Some(why) = foreign_schema(&error) {
        return Error::failure("the store's schema is not the one that this version knows")
            .why(why)
            .next("It was changed by hand, or by another program: restore a backup, or use the version that wrote it");
    }
    let failure = Error::failure(what).why(shown(&error.to_string()));
    next.map_or(failure.clone(), |next| failure.next(next))
}

/// What our own statements miss in the store, where one can't be compiled. The statement itself is no news to anybody.
fn foreign_schema(error: &rusqlite::Error) -> Option<String> {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => Some(shown(msg).into_owned()),
        rusqlite::Error::SqliteFailure(e, Some(msg))
            if e.code == rusqlite::ErrorCode::Unknown && msg.starts_with("no such ") =>
        {
            Some(shown(msg).into_owned())
        }
        rusqlite::Error::InvalidColumnName(name) => Some(format!("it lacks the column {}", shown(name))),
        _ => None,
    }
}

const DAMAGED: &str = "the store is damaged";
const NOT_READ_BACK: &str = "doesn't read back";

/// A stored value that doesn't read back.
pub(super) fn damaged(what: &str) -> Error {
    Error::new(Kind::Failure, DAMAGED).why(format!("{what} {NOT_READ_BACK}")).next("Stop using it and restore a backup")
}

/// Whether `error` is of [`damaged`]: one value doesn't read back, and others may.
pub(super) fn is_damaged_value(error: &Error) -> bool {
    error.what == DAMAGED && error.why.as_ref().is_some_and(|why| why.ends_with(NOT_READ_BACK))
}

/// Whether `error` is a broken UNIQUE rule.
pub(super) fn is_taken(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error(), Some(e) if e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// The one row of a cached query, if there is one.
pub(super) fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    db.prepare_cached(sql).and_then(|mut q| q.query_row(params, read).optional()).map_err(failed)
}

/// Every row of a cached query.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut query = db.prepare_cached(sql).map_err(failed)?;
    let rows = query.query_map(params, read).map_err(failed)?;
    rows.collect::<rusqlite::Result<Vec<T>>>().map_err(failed)
}

/// Runs a cached statement and returns how many rows it touched.
pub(super) fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    execute(db, sql, params).map_err(failed)
}

/// [`run`], with the raw error for callers that read it.
pub(super) fn execute(db: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    db.prepare_cached(sql).and_then(|mut s| s.execute(params))
}
