//! Tokens that need attention. Each page reads a bounded number of tokens along an index, even if only few of them
//! need attention.

use rusqlite::{Connection, params};

use super::ledger_read;
use super::query_helpers::{lossy, query_all, query_one, query_value, sql_limit, tuple};
use super::still_tried;
use crate::domain::time::{MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::findings::{
    DeadSecretAttempts, Finding, FindingCriterion, FindingCursor, FindingPage, FindingQuery, MAX_UNKNOWN_NAMES,
};
use crate::verbs::ledger::LedgerToken;

/// Maximum number of rows that are summed up for one token's denied attempts, the newest first.
const MAX_ATTEMPT_ROWS: i64 = 10_000;

/// The condition that a token works at the instant `?1`.
const ACTIVE: &str =
    "t.deleted_at IS NULL AND t.enabled = 1 AND t.until > ?1 AND a.enabled = 1 AND a.deleted_at IS NULL";

pub(super) fn page(db: &Connection, query: &FindingQuery) -> Result<FindingPage> {
    match query.criterion {
        FindingCriterion::ExpiringBy(by) => {
            // Expired tokens come before this key.
            let first = FindingCursor(query.now.0, i64::MAX);
            page_along(db, query, first, &expiring_sql(), by.0, |token, at, _| Finding::Expiring {
                token,
                expires_at: Timestamp(at),
            })
        }
        FindingCriterion::StaleSince(before) => {
            page_along(db, query, FindingCursor(-1, 0), &stale_sql(), before.0, |token, at, created_at| {
                Finding::Stale {
                    token,
                    last_seen_at: Some(Timestamp(at)).filter(|at| at.0 != 0),
                    created_at: Timestamp(created_at),
                }
            })
        }
        FindingCriterion::DeadSecretTriedSince(since) => dead_secret_page(db, query, since),
        FindingCriterion::UnknownNames => unknown_names_page(db, query),
    }
}

/// The names of a token `t` that no catalogue has.
const UNKNOWN_NAMES: &str = "SELECT method_id AS name FROM token_methods m
    WHERE m.token_id = t.id AND NOT EXISTS (SELECT 1 FROM methods WHERE id = m.method_id)
    UNION ALL SELECT set_name FROM token_sets s
    WHERE s.token_id = t.id AND NOT EXISTS (SELECT 1 FROM api_sets WHERE name = s.set_name)";

/// Parameters: `?1` now, `?2` the last token of the page before, `?3` the number of tokens to read.
pub(super) fn unknown_names_sql() -> String {
    format!(
        "SELECT t.id, iif({ACTIVE}, (SELECT count(*) FROM ({UNKNOWN_NAMES})), 0)
         FROM (SELECT id FROM tokens WHERE id > ?2 ORDER BY id LIMIT ?3) d
         CROSS JOIN tokens t ON t.id = d.id CROSS JOIN accounts a ON a.id = t.account_id ORDER BY d.id"
    )
}

fn unknown_names_page(db: &Connection, query: &FindingQuery) -> Result<FindingPage> {
    let last = query.after.map_or(0, |after| after.0);
    let values = [query.now.0, last, sql_limit(query.limit)];
    let rows = query_all(db, &unknown_names_sql(), values, tuple::<(i64, i64)>)?;
    let next = rows.last().filter(|_| rows.len() >= query.limit).map(|(id, _)| FindingCursor(*id, 0));
    let mut findings = Vec::new();
    for (id, count) in rows.into_iter().filter(|(_, count)| *count > 0) {
        let names = UNKNOWN_NAMES.replace("t.id", "?1");
        let sql = format!("SELECT name FROM ({names}) ORDER BY name LIMIT ?2");
        let names = query_all(db, &sql, [id, sql_limit(MAX_UNKNOWN_NAMES)], |r| lossy(r, 0))?;
        let (token, _) = ledger_read::token_ref(db, TokenId(id), "", query.now)?;
        findings.push(Finding::UnknownNames { token, count: count.unsigned_abs(), names });
    }
    Ok(FindingPage { findings, next })
}

/// Parameters: `?1` now, `?2` the end of the period, `?3` and `?4` the key, `?5` the number of tokens to read.
pub(super) fn expiring_sql() -> String {
    format!(
        "SELECT d.until, d.id, t.created_at, {ACTIVE}
         FROM (SELECT until, id FROM tokens INDEXED BY tokens_by_expires
               WHERE deleted_at IS NULL AND until <= ?2 AND (until, tie) > (?3, ?4)
               ORDER BY until, tie LIMIT ?5) d
         CROSS JOIN tokens t ON t.id = d.id CROSS JOIN accounts a ON a.id = t.account_id ORDER BY d.until, d.id"
    )
}

/// Parameters as in [`expiring_sql`], but `?2` is the start of the period.
pub(super) fn stale_sql() -> String {
    format!(
        "SELECT d.at, d.token_id, t.created_at, {ACTIVE} AND (d.at <> 0 OR t.created_at <= ?2)
                AND t.expected_unused_since IS NULL
         FROM (SELECT at, token_id FROM last_seen INDEXED BY last_seen_in_order
               WHERE trashed = 0 AND at <= max(?2, 0) AND (at, token_id) > (?3, ?4)
               ORDER BY at, token_id LIMIT ?5) d
         CROSS JOIN tokens t ON t.id = d.token_id CROSS JOIN accounts a ON a.id = t.account_id ORDER BY d.at, d.token_id"
    )
}

fn page_along(
    db: &Connection,
    query: &FindingQuery,
    first: FindingCursor,
    sql: &str,
    bound: i64,
    finding: impl Fn(LedgerToken, i64, i64) -> Finding,
) -> Result<FindingPage> {
    let FindingCursor(key, tie) = query.after.unwrap_or(first);
    let values = [query.now.0, bound, key, tie, sql_limit(query.limit)];
    let rows = query_all(db, sql, values, tuple::<(i64, i64, i64, bool)>)?;
    let next = rows.last().filter(|_| rows.len() >= query.limit).map(|(key, id, ..)| FindingCursor(*key, *id));
    let mut findings = Vec::new();
    for (key, id, created_at, _) in rows.into_iter().filter(|(.., needed)| *needed) {
        let (token, _) = ledger_read::token_ref(db, TokenId(id), "", query.now)?;
        findings.push(finding(token, key, created_at));
    }
    Ok(FindingPage { findings, next })
}

/// Steps from one token to the next in the index of attempts, without reading the attempts between.
pub(super) const NEXT_DENIED_TOKEN: &str = "SELECT token_id FROM denied_attempts INDEXED BY denied_attempts_once WHERE token_id > ?1 ORDER BY token_id LIMIT 1";

fn dead_secret_page(db: &Connection, query: &FindingQuery, since: Timestamp) -> Result<FindingPage> {
    let FindingCursor(mut last, _) = query.after.unwrap_or(FindingCursor(0, 0));
    let mut page = FindingPage::default();
    for _ in 0..query.limit {
        let Some(token) = query_value(db, NEXT_DENIED_TOKEN, [last])? else { return Ok(page) };
        last = token;
        if let Some(finding) = dead_secret_attempts(db, TokenId(token), query.now, since)? {
            page.findings.push(finding);
        }
    }
    page.next = Some(FindingCursor(last, 0));
    Ok(page)
}

fn dead_secret_attempts(db: &Connection, token: TokenId, now: Timestamp, since: Timestamp) -> Result<Option<Finding>> {
    let (first, last) = (since.0.div_euclid(MINUTE), now.0.div_euclid(MINUTE));
    let active = format!("SELECT {ACTIVE} FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.id = ?2");
    let works = query_value(db, &active, params![now.0, token.0])?.unwrap_or(false);
    let newest = format!(
        "FROM (SELECT * FROM denied_attempts WHERE token_id = ?1 AND minute BETWEEN ?2 AND ?3
               ORDER BY minute DESC LIMIT {MAX_ATTEMPT_ROWS})"
    );
    let reason_filter = format!("WHERE {}", still_tried::reason_condition(works));
    let sql = format!("SELECT count(*), coalesce(sum(attempts) FILTER ({reason_filter}), 0) {newest}");
    let counted = query_one(db, &sql, params![token.0, first, last], tuple::<(i64, i64)>)?;
    let (rows, attempts) = counted.unwrap_or_default();
    if attempts == 0 {
        return Ok(None);
    }
    let sql = format!(
        "SELECT last_at, reason, public_id, address, client {newest} {reason_filter}
         ORDER BY minute DESC, last_at DESC, id DESC LIMIT 1"
    );
    let latest = query_one(db, &sql, params![token.0, first, last], |r| {
        Ok((r.get(0)?, lossy(r, 1)?, lossy(r, 2)?, lossy(r, 3)?, lossy(r, 4)?))
    })?;
    let Some((at, reason, secret, address, client)) = latest else { return Ok(None) };
    let (token, secret) = ledger_read::token_ref(db, token, &secret, now)?;
    let (attempts, is_lower_bound) = (attempts.unsigned_abs(), rows >= MAX_ATTEMPT_ROWS);
    let attempts = DeadSecretAttempts { attempts, is_lower_bound, reason, at, secret, address, client };
    Ok(Some(Finding::DeadSecretTried { token, attempts }))
}
