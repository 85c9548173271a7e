//! Failed sign-ins: added up by name and source, so that one row of the audit log covers many.

use rusqlite::{Connection, params};

use super::audit;
use super::query_helpers::{execute, query_all, query_count, query_value, tuple};
use crate::domain::account::AccountId;
use crate::domain::audit::{AuditActor, AuditEntry, Face};
use crate::domain::time::{MINUTE, Timestamp};
use crate::error::Result;
use crate::verbs::ports::{FailedSignIn, FlushScope};

/// Maximum number of names and sources counted separately; all further ones are added up together.
const MAX_SOURCES: u64 = 64;
/// Period over which attempts are added up before they are written, in milliseconds.
const WINDOW: i64 = 10 * MINUTE;
/// Minimum time between two rows of the same name and source if somebody reads the log, in milliseconds.
const VIEW_WINDOW: i64 = MINUTE;
/// Maximum number of rows written at once if somebody reads the log.
const MAX_ROWS_PER_VIEW: i64 = 16;
/// Maximum length of a stored source, in characters.
const MAX_SOURCE: usize = 64;
/// Replaces every name that no account has, because somebody may have typed a password as a name.
const UNKNOWN: i64 = 0;
/// Replaces names and sources beyond [`MAX_SOURCES`].
const OTHERS: i64 = -1;
const VERB: &str = "sign-in.failed";

pub(super) fn record(db: &Connection, failed: &FailedSignIn<'_>) -> Result<()> {
    let account = failed.account.map_or(UNKNOWN, |id| id.0);
    let source: String = failed.source.chars().take(MAX_SOURCE).collect();
    let count = |account: i64, source: &str| {
        let sql = "UPDATE failed_sign_ins SET first_at = CASE tries WHEN 0 THEN ?3 ELSE first_at END,
                          tries = tries + 1, last_at = ?3, face = ?4
                   WHERE account_id = ?1 AND source = ?2";
        execute(db, sql, params![account, source, failed.at.0, failed.face.as_str()])
    };
    if count(account, &source)? > 0 {
        return Ok(());
    }
    let sources = query_count(db, "SELECT count(*) FROM failed_sign_ins", [])?;
    let (account, source) = if sources < MAX_SOURCES { (account, source.as_str()) } else { (OTHERS, "") };
    if count(account, source)? == 0 {
        let sql = "INSERT INTO failed_sign_ins (account_id, source, face, tries, first_at, last_at)
                   VALUES (?1, ?2, ?3, 1, ?4, ?4)";
        execute(db, sql, params![account, source, failed.face.as_str(), failed.at.0])?;
    }
    Ok(())
}

/// Returns the condition under which counted attempts are written; `?1` is now, and `?2` the returned window. After a
/// clock was set back, all of them are due.
const fn condition(due: FlushScope) -> (&'static str, i64) {
    match due {
        FlushScope::WindowElapsed => ("tries > 0 AND (first_at <= ?1 - ?2 OR first_at > ?1)", WINDOW),
        FlushScope::All => {
            ("tries > 0 AND (written_at IS NULL OR written_at <= ?1 - ?2 OR written_at > ?1)", VIEW_WINDOW)
        }
    }
}

pub(super) fn has_pending(db: &Connection, now: Timestamp, due: FlushScope) -> Result<bool> {
    let (condition, window) = condition(due);
    let sql = format!("SELECT 1 FROM failed_sign_ins WHERE {condition} LIMIT 1");
    Ok(query_value::<i64>(db, &sql, params![now.0, window])?.is_some())
}

/// Writes due attempts to the audit log, and forgets names and sources without attempts since the last row.
pub(super) fn flush(db: &Connection, now: Timestamp, due: FlushScope) -> Result<()> {
    let limit = match due {
        FlushScope::WindowElapsed => MAX_SOURCES as i64 + 1,
        FlushScope::All => MAX_ROWS_PER_VIEW,
    };
    let (condition, window) = condition(due);
    let sql = format!(
        "SELECT account_id, source, face, tries, first_at, last_at FROM failed_sign_ins
         WHERE {condition} ORDER BY tries DESC, account_id, source LIMIT ?3"
    );
    type Counted = (i64, String, String, i64, Timestamp, Timestamp);
    for (account, source, face, tries, first, last) in
        query_all(db, &sql, params![now.0, window, limit], tuple::<Counted>)?
    {
        let (target, name) = match account {
            OTHERS => (String::new(), "other names".to_owned()),
            UNKNOWN => (String::new(), "an unknown name".to_owned()),
            id => {
                let id = AccountId(id);
                let name = query_value(db, "SELECT username FROM accounts WHERE id = ?1", [id.0])?;
                (id.to_string(), name.unwrap_or_default())
            }
        };
        let actor = AuditActor {
            account: String::new(),
            name: if source.is_empty() { "several sources".to_owned() } else { source.clone() },
            proof: "not proved".to_owned(),
            face: Face::from_word(&face).unwrap_or(Face::Cli),
        };
        let entry = AuditEntry::new(VERB, target, name)
            .with("tries", tries)
            .with("first", first.rfc3339())
            .with("last", last.rfc3339());
        audit::append(db, &actor, now, &[entry])?;
        let sql = "UPDATE failed_sign_ins SET tries = 0, written_at = ?3 WHERE account_id = ?1 AND source = ?2";
        execute(db, sql, params![account, source, now.0])?;
    }
    let quiet = "DELETE FROM failed_sign_ins WHERE tries = 0 AND (written_at <= ?1 - ?2 OR written_at > ?1)";
    execute(db, quiet, params![now.0, WINDOW]).map(drop)
}
