//! The ledger: accepted uses and denied attempts.

use rusqlite::{Connection, params};

use super::query_helpers::{execute, query_count, query_one, query_value, tuple};
use crate::domain::secret::PublicId;
use crate::domain::time::{CLOCK_SKEW, MINUTE, Timestamp, utc_day_number};
use crate::error::Result;
use crate::verbs::ports::{Denial, Use};

/// Maximum number of a token's callers and methods recorded separately each day; further ones are added up by method.
const MAX_USES_PER_DAY: u64 = 1_000;
/// Maximum number of attempts of a kind recorded separately each minute, for each token and for attempts without one.
const MAX_DENIALS_PER_MINUTE: u64 = 100;

/// Records a use. `latest` is the instant of the newest use recorded together with this one. An instant further ahead
/// than `latest` comes from a wrong clock, and must not hide later uses.
pub(super) fn record_use(db: &Connection, used: &Use<'_>, latest: Timestamp) -> Result<()> {
    let wrong = latest.max(used.at).plus(CLOCK_SKEW).0;
    let (token, secret, day) = (used.token.0, used.secret.as_str(), utc_day_number(used.at));
    let sql = "INSERT INTO last_uses (public_id, token_id, at) VALUES (?1, ?2, ?3)
               ON CONFLICT (public_id) DO UPDATE SET at = iif(at > ?4, ?3, max(at, ?3))";
    execute(db, sql, params![secret, token, used.at.0, wrong])?;
    let later = "UPDATE last_seen SET at = ?2 WHERE token_id = ?1 AND (at < ?2 OR at > ?3)";
    execute(db, later, params![token, used.at.0, wrong])?;
    let add = |address: &str, client: &str| {
        let sql = "INSERT INTO daily_uses (token_id, day, public_id, method, address, client, uses)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   ON CONFLICT DO UPDATE SET uses = uses + ?7 RETURNING uses";
        query_value::<i64>(db, sql, params![token, day, secret, used.method, address, client, to_i64(used.count)])
    };
    let of_day = "SELECT count(*) FROM daily_uses WHERE token_id = ?1 AND day = ?2";
    let is_new = add(used.address, used.client)? == Some(to_i64(used.count));
    if is_new && query_count(db, of_day, [token, day])? > MAX_USES_PER_DAY && (used.address, used.client) != ("", "") {
        let sql = "DELETE FROM daily_uses WHERE token_id = ?1 AND day = ?2 AND public_id = ?3 AND method = ?4
                   AND address = ?5 AND client = ?6";
        execute(db, sql, params![token, day, secret, used.method, used.address, used.client])?;
        add("", "")?;
    }
    Ok(())
}

pub(super) fn record_denial(db: &Connection, denied: &Denial<'_>) -> Result<()> {
    let (token, minute) = (denied.token.map_or(0, |t| t.0), denied.at.0.div_euclid(MINUTE));
    let secret = denied.secret.map_or("", PublicId::as_str);
    let add = |method: &str, address: &str, client: &str| {
        let sql = "INSERT INTO denied_attempts
                       (token_id, minute, reason, public_id, method, address, client, attempts, last_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                   ON CONFLICT DO UPDATE SET attempts = attempts + ?8, last_at = max(last_at, ?9)
                   RETURNING id, attempts";
        let (count, at) = (to_i64(denied.count), denied.at.0);
        let values = params![token, minute, denied.reason, secret, method, address, client, count, at];
        query_one(db, sql, values, tuple::<(i64, i64)>)
    };
    // A caller without a token may give another name with each attempt. All count as one caller, under the first name.
    let (method, client) = match denied.token {
        Some(_) => (denied.method, denied.client.to_owned()),
        None => ("", recorded_client(db, minute, denied)?.unwrap_or_else(|| denied.client.to_owned())),
    };
    let Some((row, attempts)) = add(method, denied.address, &client)? else { return Ok(()) };
    let of_minute = "SELECT count(*) FROM denied_attempts WHERE token_id = ?1 AND minute = ?2";
    let is_new = attempts == to_i64(denied.count) && (method, denied.address, client.as_str()) != ("", "", "");
    if is_new && query_count(db, of_minute, [token, minute])? > MAX_DENIALS_PER_MINUTE {
        execute(db, "DELETE FROM denied_attempts WHERE id = ?1", [row])?;
        add("", "", "")?;
    }
    Ok(())
}

/// Returns the first client name in this minute of a caller without a token.
fn recorded_client(db: &Connection, minute: i64, denied: &Denial<'_>) -> Result<Option<String>> {
    let sql = "SELECT client FROM denied_attempts WHERE token_id = 0 AND minute = ?1 AND reason = ?2
                      AND public_id = '' AND method = '' AND address = ?3 LIMIT 1";
    query_value(db, sql, params![minute, denied.reason, denied.address])
}

pub(super) fn prune(db: &Connection, before: Timestamp, limit: u32) -> Result<u64> {
    let sql = "DELETE FROM daily_uses WHERE (token_id, day, public_id, method, address, client) IN
               (SELECT token_id, day, public_id, method, address, client FROM daily_uses WHERE day < ?1 LIMIT ?2)";
    let uses = execute(db, sql, params![utc_day_number(before), limit])?;
    let sql = "DELETE FROM denied_attempts WHERE id IN (SELECT id FROM denied_attempts WHERE minute < ?1 LIMIT ?2)";
    let denials = execute(db, sql, params![before.0.div_euclid(MINUTE), limit])?;
    Ok(uses as u64 + denials as u64)
}

fn to_i64(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
