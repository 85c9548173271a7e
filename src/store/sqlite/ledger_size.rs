//! The size of the ledger, measured part by part so that no read is long.

use rusqlite::{Connection, params};

use super::query_helpers::{count, query_all, query_count, query_value, sql_limit, tuple};
use crate::domain::time::{DAY, MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ledger::{LedgerSizePart, SizeCursor};

/// Number of bytes of a row without its texts.
const USE_BYTES: u64 = 40;
const ATTEMPT_BYTES: u64 = 48;

pub(super) fn measure_part(db: &Connection, after: SizeCursor, limit: usize) -> Result<LedgerSizePart> {
    match after {
        SizeCursor::Start => uses(db, TokenId(i64::MIN), i64::MIN, limit),
        SizeCursor::Uses(token, day) => uses(db, token, day, limit),
        SizeCursor::Attempts(row) => attempts(db, row, limit),
    }
}

/// Reads along the primary key.
fn uses(db: &Connection, token: TokenId, day: i64, limit: usize) -> Result<LedgerSizePart> {
    let sql = "SELECT token_id, day, count(*), sum(octet_length(public_id) + octet_length(method)
                      + octet_length(address) + octet_length(client))
               FROM daily_uses WHERE (token_id, day) > (?1, ?2) GROUP BY token_id, day ORDER BY token_id, day LIMIT ?3";
    let days = query_all(db, sql, params![token.0, day, sql_limit(limit)], |r| {
        Ok((SizeCursor::Uses(r.get(0)?, r.get(1)?), count(r, 2)? * USE_BYTES + count(r, 3)?))
    })?;
    let last = days.last().filter(|_| days.len() >= limit).map(|(day, _)| *day);
    let bytes = days.iter().map(|(_, bytes)| bytes).sum();
    Ok(LedgerSizePart { bytes, next: Some(last.unwrap_or(SizeCursor::Attempts(i64::MIN))) })
}

fn attempts(db: &Connection, after: i64, limit: usize) -> Result<LedgerSizePart> {
    let sql = "SELECT id, octet_length(reason) + octet_length(public_id) + octet_length(method)
                      + octet_length(address) + octet_length(client)
               FROM denied_attempts WHERE id > ?1 ORDER BY id LIMIT ?2";
    let rows = query_all(db, sql, params![after, sql_limit(limit)], tuple::<(i64, i64)>)?;
    let bytes: u64 = rows.iter().map(|(_, texts)| texts.unsigned_abs() + ATTEMPT_BYTES).sum();
    let next = rows.last().filter(|_| rows.len() >= limit).map(|(id, _)| SizeCursor::Attempts(*id));
    let waiting = match next {
        Some(_) => 0,
        // Waiting records are moved to the tables every minute.
        None => query_count(db, "SELECT coalesce(sum(octet_length(batch)), 0) FROM ledger_journal", [])?,
    };
    Ok(LedgerSizePart { bytes: bytes + waiting, next })
}

/// Returns the day or minute of the oldest row.
pub(super) fn oldest(db: &Connection) -> Result<Option<Timestamp>> {
    let first = |sql| query_value::<Option<i64>>(db, sql, []).map(Option::flatten);
    let day = first("SELECT min(day) FROM daily_uses")?.map(|day| day.saturating_mul(DAY));
    let minute = first("SELECT min(minute) FROM denied_attempts")?.map(|minute| minute.saturating_mul(MINUTE));
    Ok(day.into_iter().chain(minute).min().map(Timestamp))
}
