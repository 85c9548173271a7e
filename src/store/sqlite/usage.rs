//! The ledger: accepted uses and denied attempts.

use rusqlite::{Connection, params};

use super::convert::{all, one, run};
use crate::domain::time::{DAY, Timestamp, utc_day_number};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::{Denial, Origin, Usage, Use};

/// Milliseconds in a minute.
const MINUTE: i64 = 60_000;

pub(super) fn record_use(db: &Connection, used: &Use<'_>) -> Result<()> {
    run(
        db,
        "INSERT INTO last_uses (public_id, token_id, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (public_id) DO UPDATE SET at = max(at, ?3)",
        params![used.secret.as_str(), used.token.0, used.at.0],
    )?;
    run(db, "UPDATE last_seen SET at = ?2 WHERE token_id = ?1 AND at < ?2", params![used.token.0, used.at.0])?;
    run(
        db,
        "INSERT INTO daily_uses (token_id, day, public_id, method, address, client, uses)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)
         ON CONFLICT DO UPDATE SET uses = uses + 1",
        params![used.token.0, utc_day_number(used.at), used.secret.as_str(), used.method, used.address, used.client],
    )?;
    Ok(())
}

pub(super) fn record_denial(db: &Connection, denied: &Denial<'_>) -> Result<()> {
    let minute = denied.at.0.div_euclid(MINUTE);
    run(
        db,
        "INSERT INTO denials (token_id, minute, reason, method, address, client, attempts, last_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)
         ON CONFLICT DO UPDATE SET attempts = attempts + 1, last_at = max(last_at, ?7)",
        params![
            denied.token.map_or(0, |t| t.0),
            minute,
            denied.reason,
            denied.method,
            denied.address,
            denied.client,
            denied.at.0
        ],
    )?;
    Ok(())
}

pub(super) fn of_token(db: &Connection, token: TokenId, now: Timestamp) -> Result<Usage> {
    // Both ends: a clock that was forward for a while leaves uses on days to come.
    let (today, week) = (utc_day_number(now), utc_day_number(now) - 6);
    let (minute, denied_since) = (now.0.div_euclid(MINUTE), now.plus(-7 * DAY).0.div_euclid(MINUTE));
    let sum = |sql: &str, from: i64, to: i64| -> Result<u64> {
        Ok(one(db, sql, params![token.0, from, to], |r| r.get::<_, i64>(0))?
            .and_then(|n| u64::try_from(n).ok())
            .unwrap_or(0))
    };
    let uses = "SELECT coalesce(sum(uses), 0) FROM daily_uses WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3";
    let denials = "SELECT coalesce(sum(attempts), 0) FROM denials WHERE token_id = ?1 AND minute BETWEEN ?2 AND ?3";
    let last =
        one(db, "SELECT nullif(at, 0) FROM last_seen WHERE token_id = ?1", [token.0], |r| r.get::<_, Option<i64>>(0))?;
    let current = one(
        db,
        "SELECT u.at FROM secrets s JOIN last_uses u ON u.public_id = s.public_id
         WHERE s.token_id = ?1 AND s.state = 'current'",
        [token.0],
        |r| r.get(0).map(Timestamp),
    )?;
    let origins = all(
        db,
        "SELECT address, client, sum(uses) FROM daily_uses WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3
         GROUP BY address, client ORDER BY 3 DESC, 1, 2 LIMIT 5",
        params![token.0, week, today],
        |r| Ok(Origin { address: r.get(0)?, client: r.get(1)?, uses: r.get::<_, i64>(2)?.unsigned_abs() }),
    )?;
    let methods = all(
        db,
        "SELECT method, sum(uses) FROM daily_uses WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3 AND method <> ''
         GROUP BY method ORDER BY 2 DESC, 1 LIMIT 10",
        params![token.0, week, today],
        |r| Ok((r.get(0)?, r.get::<_, i64>(1)?.unsigned_abs())),
    )?;
    Ok(Usage {
        last_seen_at: last.flatten().map(Timestamp),
        current_seen_at: current,
        today: sum(uses, today, today)?,
        week: sum(uses, week, today)?,
        origins,
        methods,
        denied_week: sum(denials, denied_since, minute)?,
    })
}
