//! Queries and statements, and their errors.

use std::path::Path;

use rusqlite::types::{FromSql, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::stored_types::RefusedText;
use crate::domain::token::TokenId;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Fault, Result};

/// The error of a change of a store that can only be read.
pub(super) const NOT_WRITABLE: &str = "the store can't be written";
const NOT_SQLITE: &str = "the store is not an SQLite file";
/// The next step for a store that is damaged.
const RESTORE: &str = "Stop using the store, and restore a backup on the machine of the store: jeton restore FILE";
const CHECK_PERMISSIONS: &str =
    "Check the permissions of the store's file and folder. Check also that their file system is not mounted read-only";

pub(super) fn sqlite_error(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let (what, next) = match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            ("the store is busy: another program keeps it locked", Some("Try again in a moment"))
        }
        Some(Code::DiskFull) => ("the disk is full; nothing was changed", Some("Free some disk space, then try again")),
        Some(Code::SystemIoFailure) => {
            ("the store's file can't be read or written", Some("Check whether the disk is full or failing"))
        }
        Some(Code::CannotOpen) => ("the store can't be opened", Some(CHECK_PERMISSIONS)),
        Some(Code::ReadOnly) => (NOT_WRITABLE, Some(CHECK_PERMISSIONS)),
        Some(Code::DatabaseCorrupt) => ("the store is damaged", Some(RESTORE)),
        Some(Code::NotADatabase) => (
            NOT_SQLITE,
            Some(
                "Check the path: --store PATH. If the path is right, the store is damaged. Then restore a backup: jeton \
                 restore FILE",
            ),
        ),
        Some(Code::OperationInterrupted) => ("the query was interrupted", None),
        _ => ("the store can't be used", Some("Look for the cause, on the machine of the store: jeton doctor --full")),
    };
    if let rusqlite::Error::FromSqlConversionFailure(_, _, cause) = &error
        && let Some(RefusedText(what)) = cause.downcast_ref()
    {
        return corrupt(what);
    }
    if is_damaged(&error) {
        return corrupt("a stored value");
    }
    if let Some(why) = foreign_schema(&error) {
        return Error::failure("the store does not have the schema that this version of jeton expects")
            .why(why)
            .next(
                "If another version of jeton wrote the store, use that version. Otherwise restore a backup, on the \
                 machine of the store: jeton restore FILE",
            )
            .fault(Fault::UnusableFile);
    }
    let mut failure = Error::failure(what);
    if matches!(error.sqlite_error_code(), Some(Code::DatabaseCorrupt | Code::NotADatabase)) {
        failure = failure.fault(Fault::UnusableFile);
    }
    // SQLite's text would only repeat these in other words.
    if !matches!(
        error.sqlite_error_code(),
        Some(
            Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::DiskFull
                | Code::NotADatabase
                | Code::OperationInterrupted
        )
    ) {
        failure = failure.why(escape_untrusted(&error.to_string()));
    }
    next.map_or(failure.clone(), |next| failure.next(next))
}

/// Returns `error`, which names the file at `path` if the file is not an SQLite file.
pub(super) fn name_file(error: Error, path: &Path) -> Error {
    match error.what == NOT_SQLITE {
        true => Error { what: format!("the store {} is not an SQLite file", path.display()), ..error },
        false => error,
    }
}

/// Returns the part of the schema that jeton's statements miss, if a statement can't be compiled. The statement itself
/// would not help anybody.
fn foreign_schema(error: &rusqlite::Error) -> Option<String> {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => Some(escape_untrusted(msg).into_owned()),
        rusqlite::Error::SqliteFailure(e, Some(msg))
            if e.code == rusqlite::ErrorCode::Unknown
                && (msg.starts_with("no such ") || msg.contains(" has no column named ")) =>
        {
            Some(escape_untrusted(msg).into_owned())
        }
        rusqlite::Error::InvalidColumnName(name) => Some(format!("the column {} is missing", escape_untrusted(name))),
        _ => None,
    }
}

pub(super) fn corrupt(what: &str) -> Error {
    Error::failure("the store is damaged")
        .why(format!("jeton can't read {what}"))
        .next(RESTORE)
        .fault(Fault::DamagedValue)
}

/// Returns `true` if a value has another type than it was written with, such as a text that is not UTF-8.
fn is_damaged(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::FromSqlConversionFailure(..) | E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..) | E::Utf8Error(..)
    )
}

/// Returns the one row of a cached query, if there is one.
pub(super) fn query_one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    db.prepare_cached(sql).and_then(|mut q| q.query_row(params, read).optional()).map_err(sqlite_error)
}

/// Returns the first column of the one row of a cached query, if there is one.
pub(super) fn query_value<T: FromSql>(db: &Connection, sql: &str, params: impl Params) -> Result<Option<T>> {
    query_one(db, sql, params, |r| r.get(0))
}

/// Returns the result of a cached query that counts or sums up.
pub(super) fn query_count(db: &Connection, sql: &str, params: impl Params) -> Result<u64> {
    Ok(query_one(db, sql, params, |r| count(r, 0))?.unwrap_or(0))
}

/// Reads a column that counts or sums up.
pub(super) fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(i64::unsigned_abs)
}

pub(super) fn tuple<T>(row: &Row<'_>) -> rusqlite::Result<T>
where
    T: for<'r> TryFrom<&'r Row<'r>, Error = rusqlite::Error>,
{
    T::try_from(row)
}

/// Returns the tokens' ids for `json_each`.
pub(super) fn ids(tokens: &[TokenId]) -> String {
    serde_json::Value::from_iter(tokens.iter().map(|token| token.0)).to_string()
}

pub(super) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn query_all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut query = db.prepare_cached(sql).map_err(sqlite_error)?;
    let rows = query.query_map(params, read).map_err(sqlite_error)?;
    rows.collect::<rusqlite::Result<Vec<T>>>().map_err(sqlite_error)
}

/// Returns the readable rows of a cached query, and the first columns of unreadable ones, which are numbers.
pub(super) fn readable<T, N: FromSql>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<(Vec<T>, Vec<N>)> {
    let mut query = db.prepare_cached(sql).map_err(sqlite_error)?;
    let mut rows = query.query(params).map_err(sqlite_error)?;
    let (mut good, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().map_err(sqlite_error)? {
        match read(row) {
            Ok(value) => good.push(value),
            Err(error) if is_damaged(&error) => unreadable.push(row.get(0).map_err(sqlite_error)?),
            Err(error) => return Err(sqlite_error(error)),
        }
    }
    Ok((good, unreadable))
}

/// Reads a text that only informs people and decides nothing. Bytes that are not UTF-8 are replaced.
pub(super) fn lossy(row: &Row<'_>, index: usize) -> rusqlite::Result<String> {
    match row.get_ref(index)? {
        ValueRef::Text(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        _ => row.get(index),
    }
}

/// Reads a value as stored. A text that is not UTF-8 is returned as a blob; [`placeholder`] converts it back into a
/// text.
pub(super) fn stored(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    match row.get_ref(index)? {
        ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err() => Ok(Value::Blob(bytes.to_vec())),
        other => Ok(Value::try_from(other)?),
    }
}

/// Returns the placeholder for a value of [`stored`].
pub(super) fn placeholder(value: &Value) -> &'static str {
    if matches!(value, Value::Blob(_)) { "CAST(? AS TEXT)" } else { "?" }
}

/// Runs a cached statement and returns the number of changed rows.
pub(super) fn execute(db: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    db.prepare_cached(sql).and_then(|mut s| s.execute(params)).map_err(sqlite_error)
}

/// Does the same as [`execute`], but returns `conflict` if the change violates a UNIQUE rule.
pub(super) fn execute_unique(
    db: &Connection,
    sql: &str,
    params: impl Params,
    conflict: impl FnOnce() -> Error,
) -> Result<usize> {
    db.prepare_cached(sql).and_then(|mut s| s.execute(params)).map_err(|error| match error.sqlite_error() {
        Some(e) if e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => conflict(),
        _ => sqlite_error(error),
    })
}
