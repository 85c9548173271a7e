//! Usage of one token. Every statement is bounded and uses an index.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::query_helpers::{lossy, query_all, query_one};
use super::tokens;
use crate::domain::expiry::Expiry;
use crate::domain::recent_usage::{ClientUsage, RecentUse};
use crate::domain::time::{DAY, MINUTE, Timestamp, utc_day_number};
use crate::domain::token::{Status, Token, TokenId};
use crate::error::Result;
use crate::verbs::ports::{DenialSummary, DeniedSince, LastDenial, PreviousUses, Usage};

/// Maximum number of rows of denied attempts that are summed up, the newest first.
const MAX_DENIAL_ROWS: i64 = 10_000;

pub(super) fn usage(db: &Connection, token: TokenId, now: Timestamp) -> Result<Usage> {
    // Both ends are bounded, because a clock that was ahead for a while leaves uses on future days.
    let (today, week) = (utc_day_number(now), utc_day_number(now) - 6);
    let last = query_one(db, "SELECT nullif(at, 0) FROM last_seen WHERE token_id = ?1", [token.0], |r| {
        r.get::<_, Option<i64>>(0)
    })?;
    let current = query_one(
        db,
        "SELECT u.at FROM secrets s JOIN last_uses u ON u.public_id = s.public_id
         WHERE s.token_id = ?1 AND s.state = 'current'",
        [token.0],
        |r| r.get(0).map(Timestamp),
    )?;
    let days = days(db, token, today, None)?;
    let origins = query_all(
        db,
        "SELECT address, client, sum(uses) FROM daily_uses WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3
         GROUP BY address, client ORDER BY 3 DESC, 1, 2 LIMIT ?4",
        params![token.0, week, today, i64::try_from(Usage::MAX_CLIENTS).unwrap_or(i64::MAX)],
        |r| Ok(ClientUsage { address: lossy(r, 0)?, client: lossy(r, 1)?, uses: r.get::<_, i64>(2)?.unsigned_abs() }),
    )?;
    let methods = |from: i64, most: usize| {
        query_all(
            db,
            "SELECT method, sum(uses) FROM daily_uses WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3 AND method <> ''
             GROUP BY method ORDER BY 2 DESC, 1 LIMIT ?4",
            params![token.0, from, today, i64::try_from(most).unwrap_or(i64::MAX)],
            |r| Ok((lossy(r, 0)?, r.get::<_, i64>(1)?.unsigned_abs())),
        )
    };
    let mut methods_kept = methods(i64::MIN, Usage::MAX_METHODS + 1)?;
    let methods_cut = methods_kept.len() > Usage::MAX_METHODS;
    methods_kept.truncate(Usage::MAX_METHODS);
    let known = tokens::by_id(db, token)?;
    let previous = match known.as_ref().filter(|t| t.overlap(now).is_some()) {
        Some(_) => Some(previous_uses(db, token, today)?),
        None => None,
    };
    let denied_week = denial_summary(db, token, DeniedSince::Week, now)?;
    let denied = match known.map(|token| denied_since(db, &token, now)).transpose()?.unwrap_or_default() {
        DeniedSince::Week => denied_week.clone(),
        since => denial_summary(db, token, since, now)?,
    };
    Ok(Usage {
        last_seen_at: last.flatten().map(Timestamp),
        current_seen_at: current,
        today: days.last().copied().unwrap_or_default(),
        week: days.iter().rev().take(7).sum(),
        days,
        clients: origins,
        methods: methods(week, Usage::MAX_RECENT_METHODS)?,
        all_methods: methods_kept,
        methods_truncated: methods_cut,
        recorded_since: retained_since(db)?,
        previous,
        denied_week: denied_week.attempts,
        denied,
    })
}

pub(super) fn recent_uses(db: &Connection, token: TokenId, now: Timestamp, limit: usize) -> Result<Vec<RecentUse>> {
    let today = utc_day_number(now);
    query_all(
        db,
        "SELECT method, address, client, sum(iif(day = ?3, uses, 0)), sum(uses), max(day) FROM daily_uses
         WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3
         GROUP BY method, address, client ORDER BY 5 DESC, 1, 2, 3 LIMIT ?4",
        params![token.0, today - 6, today, i64::try_from(limit).unwrap_or(i64::MAX)],
        |r| {
            let count = |column| r.get::<_, i64>(column).map(i64::unsigned_abs);
            Ok(RecentUse {
                method: lossy(r, 0)?,
                address: lossy(r, 1)?,
                client: lossy(r, 2)?,
                today: count(3)?,
                week: count(4)?,
                last_day: r.get(5)?,
            })
        },
    )
}

/// Returns the accepted uses of each of the last days, the oldest first; only of one secret if that is given.
fn days(db: &Connection, token: TokenId, today: i64, secret: Option<&str>) -> Result<Vec<u64>> {
    let first = today - (Usage::DAYS as i64 - 1);
    let of_secret = if secret.is_some() { "AND public_id = ?4" } else { "" };
    let sql = format!(
        "SELECT day, sum(uses) FROM daily_uses WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3 {of_secret} GROUP BY day"
    );
    let values = [token.0, first, today].map(Value::from).into_iter();
    let values = rusqlite::params_from_iter(values.chain(secret.map(|id| Value::from(id.to_owned()))));
    let mut days = vec![0; Usage::DAYS];
    for (day, uses) in query_all(db, &sql, values, |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))? {
        if let Some(slot) = usize::try_from(day - first).ok().and_then(|index| days.get_mut(index)) {
            *slot = uses.unsigned_abs();
        }
    }
    Ok(days)
}

fn retained_since(db: &Connection) -> Result<Option<Timestamp>> {
    let first = query_one(db, "SELECT min(day) FROM daily_uses", [], |r| r.get::<_, Option<i64>>(0))?.flatten();
    Ok(first.map(|day| Timestamp(day.saturating_mul(DAY))))
}

fn previous_uses(db: &Connection, token: TokenId, today: i64) -> Result<PreviousUses> {
    let sql = "SELECT public_id FROM secrets WHERE token_id = ?1 AND state = 'previous'";
    let Some(secret) = query_one(db, sql, [token.0], |r| r.get::<_, String>(0))? else {
        return Ok(PreviousUses::default());
    };
    let days = days(db, token, today, Some(&secret))?;
    Ok(PreviousUses { today: days.last().copied().unwrap_or_default(), week: days.iter().rev().take(7).sum() })
}

/// Returns when the token's present state began.
fn denied_since(db: &Connection, token: &Token, now: Timestamp) -> Result<DeniedSince> {
    Ok(match (token.status(now), token.deleted_at, token.expiry) {
        (Status::Deleted, Some(at), _) => DeniedSince::Deleted(at),
        (Status::Disabled, ..) => {
            // A token restored from the trash is disabled, too. Disabling it once more changes nothing.
            let sql = "SELECT at FROM audit INDEXED BY audit_of_target
                       WHERE target = ?1 AND verb IN ('token.disable', 'token.restore') AND seq > coalesce(
                           (SELECT max(seq) FROM audit INDEXED BY audit_of_target
                            WHERE target = ?1 AND verb = 'token.enable'), 0)
                       ORDER BY seq LIMIT 1";
            let at = query_one(db, sql, [token.id.to_string()], |r| r.get(0).map(Timestamp))?;
            at.map_or(DeniedSince::Week, DeniedSince::Disabled)
        }
        (Status::Expired, _, Expiry::At(at)) => DeniedSince::Expired(at),
        _ => {
            let sql = "SELECT 1 FROM secrets WHERE token_id = ?1 AND state <> 'current' LIMIT 1";
            match query_one(db, sql, [token.id.0], |_| Ok(()))? {
                Some(()) => DeniedSince::Rotated(token.secret_since),
                None => DeniedSince::Week,
            }
        }
    })
}

fn denial_summary(db: &Connection, token: TokenId, since: DeniedSince, now: Timestamp) -> Result<DenialSummary> {
    let from = since.at().unwrap_or_else(|| now.plus(-7 * DAY));
    let (first, last) = (from.0.div_euclid(MINUTE), now.0.div_euclid(MINUTE));
    let newest = "FROM denied_attempts WHERE token_id = ?1 AND minute BETWEEN ?2 AND ?3 AND last_at >= ?4";
    let counted = query_one(
        db,
        &format!(
            "SELECT coalesce(sum(attempts), 0), count(*)
             FROM (SELECT attempts {newest} ORDER BY minute DESC LIMIT {MAX_DENIAL_ROWS})"
        ),
        params![token.0, first, last, from.0],
        |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)),
    )?;
    let (attempts, rows) = counted.unwrap_or_default();
    let last = query_one(
        db,
        &format!(
            "SELECT last_at, reason, address, client {newest} ORDER BY minute DESC, last_at DESC, id DESC LIMIT 1"
        ),
        params![token.0, first, last, from.0],
        |r| {
            Ok(LastDenial {
                at: Timestamp(r.get(0)?),
                reason: lossy(r, 1)?,
                address: lossy(r, 2)?,
                client: lossy(r, 3)?,
            })
        },
    )?;
    Ok(DenialSummary { since, attempts: attempts.unsigned_abs(), is_lower_bound: rows >= MAX_DENIAL_ROWS, last })
}
