//! The size of the ledger, measured part by part so that no read is long.

use rusqlite::{Connection, Row, params};

use super::query_helpers::{query_all, query_one};
use crate::domain::time::{DAY, MINUTE, Timestamp};
use crate::error::Result;
use crate::verbs::ledger::{LedgerSizePart, SizeCursor, StoredUseKey};

/// Number of bytes of a row without its texts.
const USE_BYTES: u64 = 40;
const ATTEMPT_BYTES: u64 = 48;

pub(super) fn measure_part(db: &Connection, after: &SizeCursor, limit: usize) -> Result<LedgerSizePart> {
    match after {
        SizeCursor::Start => uses(db, None, limit),
        SizeCursor::Uses(key) => uses(db, Some(key), limit),
        SizeCursor::Attempts(row) => attempts(db, *row, limit),
    }
}

/// In order of the primary key.
const USES_AFTER: &str = "SELECT token_id, day, public_id, method, address, client FROM daily_uses
    WHERE (token_id, day, public_id, method, address, client)
          > (?1, ?2, CAST(?3 AS TEXT), CAST(?4 AS TEXT), CAST(?5 AS TEXT), CAST(?6 AS TEXT))
    ORDER BY token_id, day, public_id, method, address, client LIMIT ?7";

fn uses(db: &Connection, after: Option<&StoredUseKey>, limit: usize) -> Result<LedgerSizePart> {
    let first = StoredUseKey { token: i64::MIN, day: i64::MIN, texts: Default::default() };
    let StoredUseKey { token, day, texts: [secret, method, address, client] } = after.unwrap_or(&first);
    let values = params![token, day, secret, method, address, client, to_i64(limit)];
    let bytes = |r: &Row<'_>, index| Ok::<_, rusqlite::Error>(r.get_ref(index)?.as_bytes()?.to_vec());
    let read = |r: &Row<'_>| {
        let texts = [bytes(r, 2)?, bytes(r, 3)?, bytes(r, 4)?, bytes(r, 5)?];
        Ok(StoredUseKey { token: r.get(0)?, day: r.get(1)?, texts })
    };
    let keys = query_all(db, USES_AFTER, values, read)?;
    let texts = |key: &StoredUseKey| key.texts.iter().map(Vec::len).sum::<usize>();
    let bytes = keys.iter().map(|key| texts(key) as u64 + USE_BYTES).sum();
    let is_full = keys.len() >= limit;
    let next =
        keys.into_iter().next_back().filter(|_| is_full).map_or(SizeCursor::Attempts(i64::MIN), SizeCursor::Uses);
    Ok(LedgerSizePart { bytes, next: Some(next) })
}

fn attempts(db: &Connection, after: i64, limit: usize) -> Result<LedgerSizePart> {
    let sql = "SELECT id, octet_length(reason) + octet_length(public_id) + octet_length(method)
                      + octet_length(address) + octet_length(client)
               FROM denied_attempts WHERE id > ?1 ORDER BY id LIMIT ?2";
    let rows = query_all(db, sql, params![after, to_i64(limit)], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))?;
    let bytes: u64 = rows.iter().map(|(_, texts)| texts.unsigned_abs() + ATTEMPT_BYTES).sum();
    let next = rows.last().filter(|_| rows.len() >= limit).map(|(id, _)| SizeCursor::Attempts(*id));
    let waiting = match next {
        Some(_) => 0,
        // Waiting records are moved to the tables every minute.
        None => query_one(db, "SELECT coalesce(sum(octet_length(batch)), 0) FROM ledger_journal", [], |r| {
            r.get::<_, i64>(0)
        })?
        .unwrap_or(0),
    };
    Ok(LedgerSizePart { bytes: bytes + waiting.unsigned_abs(), next })
}

/// Returns the day or minute of the oldest row.
pub(super) fn oldest(db: &Connection) -> Result<Option<Timestamp>> {
    let first = |sql| Ok::<_, crate::error::Error>(query_one(db, sql, [], |r| r.get::<_, Option<i64>>(0))?.flatten());
    let day = first("SELECT min(day) FROM daily_uses")?.map(|day| day.saturating_mul(DAY));
    let minute = first("SELECT min(minute) FROM denied_attempts")?.map(|minute| minute.saturating_mul(MINUTE));
    Ok(day.into_iter().chain(minute).min().map(Timestamp))
}

fn to_i64(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
