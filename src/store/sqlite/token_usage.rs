//! Usage of one token. Every statement is bounded and uses an index.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::query_helpers::{count, lossy, query_all, query_one, query_value, sql_limit};
use super::sqlite_tx::SqliteTx;
use super::tokens;
use crate::domain::expiry::Expiry;
use crate::domain::recent_usage::{ClientUsage, RecentUse};
use crate::domain::secret::PublicId;
use crate::domain::time::{DAY, MINUTE, Timestamp, utc_day_number};
use crate::domain::token::{Status, Token, TokenId};
use crate::error::Result;
use crate::verbs::ports::{DenialSummary, DeniedSince, LastDenial, PreviousUses, Usage, UsageReader};

/// Maximum number of rows of denied attempts that are summed up, the newest first.
const MAX_DENIAL_ROWS: i64 = 10_000;

impl UsageReader for SqliteTx<'_> {
    fn usage(&self, token: TokenId, now: Timestamp) -> Result<Usage> {
        // Both ends are bounded, because a clock that was ahead for a while leaves uses on future days.
        let (today, week) = (utc_day_number(now), utc_day_number(now) - 6);
        let sql = "SELECT nullif(at, 0) FROM last_seen WHERE token_id = ?1";
        let last_seen_at = query_value(self.0, sql, [token.0])?.flatten();
        let sql = "SELECT u.at FROM secrets s JOIN last_uses u ON u.public_id = s.public_id
                   WHERE s.token_id = ?1 AND s.state = 'current'";
        let current_seen_at = query_value(self.0, sql, [token.0])?;
        let days = days(self.0, token, today, None)?;
        let sql = "SELECT address, client, sum(uses) FROM daily_uses WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3
                   GROUP BY address, client ORDER BY 3 DESC, 1, 2 LIMIT ?4";
        let clients = query_all(self.0, sql, params![token.0, week, today, sql_limit(Usage::MAX_CLIENTS)], |r| {
            Ok(ClientUsage { address: lossy(r, 0)?, client: lossy(r, 1)?, uses: count(r, 2)? })
        })?;
        let methods = |from: i64, most: usize| {
            let sql = "SELECT method, sum(uses) FROM daily_uses
                       WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3 AND method <> ''
                       GROUP BY method ORDER BY 2 DESC, 1 LIMIT ?4";
            let values = params![token.0, from, today, sql_limit(most)];
            query_all(self.0, sql, values, |r| Ok((lossy(r, 0)?, count(r, 1)?)))
        };
        let mut all_methods = methods(i64::MIN, Usage::MAX_METHODS + 1)?;
        let methods_truncated = all_methods.len() > Usage::MAX_METHODS;
        all_methods.truncate(Usage::MAX_METHODS);
        let known = tokens::by_id(self.0, token)?;
        let previous = match known.as_ref().filter(|t| t.overlap(now).is_some()) {
            Some(_) => Some(previous_uses(self.0, token, today)?),
            None => None,
        };
        let denied_week = denial_summary(self.0, token, Default::default(), now)?;
        let denied = match known.map(|token| denied_since(self.0, &token, now)).transpose()?.unwrap_or_default() {
            (DeniedSince::Week, _) => denied_week.clone(),
            since => denial_summary(self.0, token, since, now)?,
        };
        let first_day = query_value::<Option<i64>>(self.0, "SELECT min(day) FROM daily_uses", [])?.flatten();
        Ok(Usage {
            last_seen_at,
            current_seen_at,
            today: days.last().copied().unwrap_or_default(),
            week: days.iter().rev().take(7).sum(),
            days,
            clients,
            methods: methods(week, Usage::MAX_RECENT_METHODS)?,
            all_methods,
            methods_truncated,
            recorded_since: first_day.map(|day| Timestamp(day.saturating_mul(DAY))),
            previous,
            denied_week: denied_week.attempts,
            denied,
        })
    }

    fn recent_uses(
        &self,
        token: TokenId,
        secret: Option<&PublicId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<RecentUse>> {
        let today = utc_day_number(now);
        let sql = "SELECT method, address, client, sum(iif(day = ?3, uses, 0)), sum(uses), max(day) FROM daily_uses
                   WHERE token_id = ?1 AND day BETWEEN ?2 AND ?3 AND (?5 IS NULL OR public_id = ?5)
                   GROUP BY method, address, client ORDER BY 5 DESC, 1, 2, 3 LIMIT ?4";
        let values = params![token.0, today - 6, today, sql_limit(limit), secret.map(PublicId::as_str)];
        query_all(self.0, sql, values, |r| {
            Ok(RecentUse {
                method: lossy(r, 0)?,
                address: lossy(r, 1)?,
                client: lossy(r, 2)?,
                today: count(r, 3)?,
                week: count(r, 4)?,
                last_day: r.get(5)?,
            })
        })
    }
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
    for (day, uses) in query_all(db, &sql, values, |r| Ok((r.get::<_, i64>(0)?, count(r, 1)?)))? {
        if let Some(slot) = usize::try_from(day - first).ok().and_then(|index| days.get_mut(index)) {
            *slot = uses;
        }
    }
    Ok(days)
}

fn previous_uses(db: &Connection, token: TokenId, today: i64) -> Result<PreviousUses> {
    let sql = "SELECT public_id FROM secrets WHERE token_id = ?1 AND state = 'previous'";
    let Some(secret) = query_value::<String>(db, sql, [token.0])? else { return Ok(PreviousUses::default()) };
    let days = days(db, token, today, Some(&secret))?;
    Ok(PreviousUses { today: days.last().copied().unwrap_or_default(), week: days.iter().rev().take(7).sum() })
}

/// Returns when the token's present state began.
fn denied_since(db: &Connection, token: &Token, now: Timestamp) -> Result<(DeniedSince, Option<Timestamp>)> {
    Ok(match (token.status(now), token.deleted_at, token.expiry) {
        (Status::Deleted, Some(at), _) => (DeniedSince::Deleted, Some(at)),
        (Status::Disabled, ..) => {
            // A token restored from the trash is disabled, too. Disabling it once more changes nothing.
            let sql = "SELECT at FROM audit INDEXED BY audit_of_target
                       WHERE target = ?1 AND verb IN ('token.disable', 'token.restore') AND seq > coalesce(
                           (SELECT max(seq) FROM audit INDEXED BY audit_of_target
                            WHERE target = ?1 AND verb = 'token.enable'), 0)
                       ORDER BY seq LIMIT 1";
            query_value(db, sql, [token.id.to_string()])?
                .map_or_else(Default::default, |at| (DeniedSince::Disabled, Some(at)))
        }
        (Status::Expired, _, Expiry::At(at)) => (DeniedSince::Expired, Some(at)),
        _ => {
            let sql = "SELECT 1 FROM secrets WHERE token_id = ?1 AND state <> 'current' LIMIT 1";
            match query_one(db, sql, [token.id.0], |_| Ok(()))? {
                Some(()) => (DeniedSince::Rotated, Some(token.secret_since)),
                None => Default::default(),
            }
        }
    })
}

fn denial_summary(
    db: &Connection,
    token: TokenId,
    (since, since_at): (DeniedSince, Option<Timestamp>),
    now: Timestamp,
) -> Result<DenialSummary> {
    let from = since_at.unwrap_or_else(|| now.plus(-7 * DAY));
    let (first, last) = (from.0.div_euclid(MINUTE), now.0.div_euclid(MINUTE));
    let newest = "FROM denied_attempts WHERE token_id = ?1 AND minute BETWEEN ?2 AND ?3 AND last_at >= ?4";
    let sql = format!(
        "SELECT coalesce(sum(attempts), 0), count(*)
         FROM (SELECT attempts {newest} ORDER BY minute DESC LIMIT {MAX_DENIAL_ROWS})"
    );
    let values = [token.0, first, last, from.0];
    let counted = query_one(db, &sql, values, |r| Ok((count(r, 0)?, r.get::<_, i64>(1)?)))?;
    let (attempts, rows) = counted.unwrap_or_default();
    let sql =
        format!("SELECT last_at, reason, address, client {newest} ORDER BY minute DESC, last_at DESC, id DESC LIMIT 1");
    let last = query_one(db, &sql, values, |r| {
        Ok(LastDenial { at: r.get(0)?, reason: lossy(r, 1)?, address: lossy(r, 2)?, client: lossy(r, 3)? })
    })?;
    Ok(DenialSummary { since, since_at, attempts, is_lower_bound: rows >= MAX_DENIAL_ROWS, last })
}
