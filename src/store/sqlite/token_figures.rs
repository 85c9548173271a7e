//! Figures about the tokens of all accounts, for monitoring. Each count reads only the tokens that it counts:
//! active ones, usually the most, are the rest.

use rusqlite::Connection;

use super::query_helpers::{count, lossy, query_all, query_count, query_one, sql_limit};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::ports::{ExpiringToken, TokenFigures};

/// The accounts whose tokens are denied.
const DISABLED_ACCOUNTS: &str = "SELECT id FROM accounts WHERE enabled = 0 OR deleted_at IS NOT NULL";
const TOTALS: &str = "SELECT kept, trashed FROM token_totals";
pub(super) const DISABLED: &str =
    "SELECT count(*) FROM tokens INDEXED BY tokens_by_status WHERE deleted_at IS NULL AND enabled = 0";
/// Parameter: `?1` now.
pub(super) const EXPIRED: &str =
    "SELECT count(*) FROM tokens INDEXED BY tokens_by_status WHERE deleted_at IS NULL AND enabled = 1 AND until <= ?1";

/// Counts the tokens that only their account disables. Parameter: `?1` now.
pub(super) fn account_disabled_sql() -> String {
    format!(
        "SELECT count(*) FROM ({DISABLED_ACCOUNTS}) a CROSS JOIN tokens t INDEXED BY tokens_live_of_account
         ON t.account_id = a.id
         WHERE t.deleted_at IS NULL AND t.enabled = 1 AND (t.expires_at IS NULL OR t.expires_at > ?1)"
    )
}

/// Selects `columns` of the active tokens that expire after `?1` and not after `?2`.
fn expiring_sql(columns: &str) -> String {
    format!(
        "SELECT {columns} FROM tokens t INDEXED BY tokens_live_by_expiry
         WHERE t.deleted_at IS NULL AND t.enabled = 1 AND t.expires_at > ?1 AND t.expires_at <= ?2
             AND t.account_id NOT IN ({DISABLED_ACCOUNTS})"
    )
}

pub(super) fn expiring_count_sql() -> String {
    expiring_sql("count(*)")
}

/// Parameters as in [`expiring_sql`], and `?3` the number of tokens to read.
pub(super) fn soonest_sql() -> String {
    let columns = "t.account_id, (SELECT role FROM accounts WHERE id = t.account_id), t.username, t.name, t.expires_at";
    format!("{} ORDER BY t.expires_at LIMIT ?3", expiring_sql(columns))
}

pub(super) fn read(db: &Connection, now: Timestamp, soon: Timestamp, limit: usize) -> Result<TokenFigures> {
    let totals = query_one(db, TOTALS, [], |r| Ok((count(r, 0)?, count(r, 1)?)))?;
    let (kept, deleted) = totals.unwrap_or_default();
    let disabled = query_count(db, DISABLED, [])?;
    let expired = query_count(db, EXPIRED, [now.0])?;
    let account_disabled = query_count(db, &account_disabled_sql(), [now.0])?;
    let expiring = query_count(db, &expiring_count_sql(), [now.0, soon.0])?;
    let soonest = query_all(db, &soonest_sql(), [now.0, soon.0, sql_limit(limit)], |r| {
        Ok(ExpiringToken {
            account: r.get(0)?,
            role: r.get(1)?,
            username: lossy(r, 2)?,
            name: lossy(r, 3)?,
            expires_at: r.get(4)?,
        })
    })?;
    let active = kept.saturating_sub(disabled + expired + account_disabled);
    Ok(TokenFigures { active, account_disabled, disabled, expired, deleted, expiring, soonest })
}
