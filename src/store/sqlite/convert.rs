//! Between SQL's values and domain types. What the store holds was checked on its way in: a value that doesn't read
//! back is damage, and said so.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::domain::text::shown;
use crate::error::{Error, Fault, Result};

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
    if is_damaged(&error) {
        return damaged("a stored value");
    }
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

/// A stored value that doesn't read back.
pub(super) fn damaged(what: &str) -> Error {
    Error::failure("the store is damaged")
        .why(format!("{what} doesn't read back"))
        .next("Stop using it and restore a backup")
        .fault(Fault::DamagedValue)
}

/// Whether one value is of another sort than it was written, such as a text that is no UTF-8.
fn is_damaged(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::FromSqlConversionFailure(..) | E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..) | E::Utf8Error(..)
    )
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

/// The rows of a cached query that read back, and the names of those that don't. `name` reads what a row is called by,
/// which is a number.
pub(super) fn readable<T, N>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    name: impl Fn(&Row<'_>) -> rusqlite::Result<N>,
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<(Vec<T>, Vec<N>)> {
    let mut query = db.prepare_cached(sql).map_err(failed)?;
    let mut rows = query.query(params).map_err(failed)?;
    let (mut good, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().map_err(failed)? {
        match read(row) {
            Ok(value) => good.push(value),
            Err(error) if error.is(Fault::DamagedValue) => unreadable.push(name(row).map_err(failed)?),
            Err(error) => return Err(error),
        }
    }
    Ok((good, unreadable))
}

/// A text that tells people something and decides nothing: bytes that are no UTF-8 are replaced.
pub(super) fn lossy(row: &Row<'_>, index: usize) -> rusqlite::Result<String> {
    match row.get_ref(index)? {
        ValueRef::Text(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        _ => row.get(index),
    }
}

/// A value as it lies in the store. A text that is no UTF-8 comes as a blob: [`placeholder`] makes a text of it again.
pub(super) fn stored(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    match row.get_ref(index)? {
        ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err() => Ok(Value::Blob(bytes.to_vec())),
        other => Ok(Value::try_from(other)?),
    }
}

/// The placeholder, `mark` or around it, for a value of [`stored`].
pub(super) fn placeholder(value: &Value, mark: &str) -> String {
    if matches!(value, Value::Blob(_)) { format!("CAST({mark} AS TEXT)") } else { mark.to_owned() }
}

/// Runs a cached statement and returns how many rows it touched.
pub(super) fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    execute(db, sql, params).map_err(failed)
}

/// [`run`], with the raw error for callers that read it.
pub(super) fn execute(db: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    db.prepare_cached(sql).and_then(|mut s| s.execute(params))
}
