//! The size of the ledger, measured part by part so that no read is long.

use rusqlite::{Connection, Row, params};

use super::convert::{all, lossy, one};
use crate::domain::time::{DAY, MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ledger::{LedgerPart, Measured, UseKey};

/// Number of bytes of a row without its texts.
const USE_BYTES: u64 = 40;
const ATTEMPT_BYTES: u64 = 48;

pub(super) fn part(db: &Connection, after: &Measured, limit: usize) -> Result<LedgerPart> {
    match after {
        Measured::Nothing => uses(db, None, limit),
        Measured::Uses(key) => uses(db, Some(key), limit),
        Measured::Attempts(row) => attempts(db, *row, limit),
    }
}

/// In order of the primary key.
pub(super) const USES: &str = "SELECT token_id, day, public_id, method, address, client FROM daily_uses
    WHERE (token_id, day, public_id, method, address, client) > (?1, ?2, ?3, ?4, ?5, ?6)
    ORDER BY token_id, day, public_id, method, address, client LIMIT ?7";

fn uses(db: &Connection, after: Option<&UseKey>, limit: usize) -> Result<LedgerPart> {
    let first = UseKey {
        day: i64::MIN,
        token: TokenId(i64::MIN),
        secret: String::new(),
        method: String::new(),
        address: String::new(),
        client: String::new(),
    };
    let UseKey { day, token, secret, method, address, client } = after.unwrap_or(&first);
    let values = params![token.0, day, secret, method, address, client, whole(limit)];
    let read = |r: &Row<'_>| {
        let (secret, method, address, client) = (lossy(r, 2)?, lossy(r, 3)?, lossy(r, 4)?, lossy(r, 5)?);
        Ok(UseKey { token: TokenId(r.get(0)?), day: r.get(1)?, secret, method, address, client })
    };
    let keys = all(db, USES, values, read)?;
    let texts = |key: &UseKey| key.secret.len() + key.method.len() + key.address.len() + key.client.len();
    let bytes = keys.iter().map(|key| texts(key) as u64 + USE_BYTES).sum();
    let is_full = keys.len() >= limit;
    let next = keys.into_iter().next_back().filter(|_| is_full).map_or(Measured::Attempts(i64::MIN), Measured::Uses);
    Ok(LedgerPart { bytes, next: Some(next) })
}

fn attempts(db: &Connection, after: i64, limit: usize) -> Result<LedgerPart> {
    let sql = "SELECT id, octet_length(reason) + octet_length(public_id) + octet_length(method)
                      + octet_length(address) + octet_length(client)
               FROM denied_attempts WHERE id > ?1 ORDER BY id LIMIT ?2";
    let rows = all(db, sql, params![after, whole(limit)], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))?;
    let bytes: u64 = rows.iter().map(|(_, texts)| texts.unsigned_abs() + ATTEMPT_BYTES).sum();
    let next = rows.last().filter(|_| rows.len() >= limit).map(|(id, _)| Measured::Attempts(*id));
    let waiting = match next {
        Some(_) => 0,
        // Waiting records are moved to the tables every minute.
        None => {
            one(db, "SELECT coalesce(sum(octet_length(batch)), 0) FROM ledger_journal", [], |r| r.get::<_, i64>(0))?
                .unwrap_or(0)
        }
    };
    Ok(LedgerPart { bytes: bytes + waiting.unsigned_abs(), next })
}

/// Returns the day or minute of the oldest row.
pub(super) fn oldest(db: &Connection) -> Result<Option<Timestamp>> {
    let first = |sql| Ok::<_, crate::error::Error>(one(db, sql, [], |r| r.get::<_, Option<i64>>(0))?.flatten());
    let day = first("SELECT min(day) FROM daily_uses")?.map(|day| day.saturating_mul(DAY));
    let minute = first("SELECT min(minute) FROM denied_attempts")?.map(|minute| minute.saturating_mul(MINUTE));
    Ok(day.into_iter().chain(minute).min().map(Timestamp))
}

fn whole(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
