//! Tokens of which a dead secret is still tried.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::query_helpers::{query_count, query_value};
use super::token_list_query::and_visible;
use super::where_clause::WhereClause;
use crate::domain::time::{MINUTE, Timestamp};
use crate::domain::token::{Token, TokenId};
use crate::error::Result;
use crate::verbs::findings::DEAD_SECRET_WINDOW;
use crate::verbs::ports::{MAX_TRIED_COUNT, Visibility};
use crate::verbs::verify::DenialReason;

/// The tokens `t` that have denied attempts. Steps from one token to the next in the index of attempts, without reading
/// the attempts between.
pub(super) const DENIED_TOKENS: &str = "(WITH RECURSIVE denied(id) AS (
        SELECT min(token_id) FROM denied_attempts INDEXED BY denied_attempts_once WHERE token_id > 0
        UNION ALL
        SELECT (SELECT min(token_id) FROM denied_attempts INDEXED BY denied_attempts_once WHERE token_id > denied.id)
        FROM denied WHERE denied.id IS NOT NULL)
    SELECT id FROM denied WHERE id IS NOT NULL) d CROSS JOIN tokens t ON t.id = d.id";

/// Returns the first minute in which an attempt counts.
fn first_minute(now: Timestamp) -> i64 {
    now.plus(-DEAD_SECRET_WINDOW).0.div_euclid(MINUTE)
}

/// Returns the condition that `reason` shows a dead secret of a token that works, or of one that doesn't.
pub(super) fn reason_condition(works: bool) -> String {
    let words: Vec<String> =
        DenialReason::of_dead_secrets(works).iter().map(|reason| format!("'{}'", reason.as_str())).collect();
    format!("reason IN ({})", words.join(", "))
}

/// Adds the condition that a dead secret of the token `t` is still tried.
pub(super) fn and_tried(found: &mut WhereClause, now: Timestamp) {
    let works = "t.deleted_at IS NULL AND t.enabled = 1 AND t.until > ?
        AND EXISTS (SELECT 1 FROM accounts WHERE id = t.account_id AND enabled = 1 AND deleted_at IS NULL)";
    let condition = format!(
        "EXISTS (SELECT 1 FROM denied_attempts INDEXED BY denied_attempts_once
                 WHERE token_id = t.id AND minute >= ? AND ({} OR {} AND NOT ({works})))",
        reason_condition(true),
        reason_condition(false),
    );
    found.and(&condition, [first_minute(now), now.0].map(Value::from));
}

/// Returns those of `rows` of which a dead secret is still tried, each with its last attempt. Needs one index look-up for
/// each.
pub(super) fn last_attempts(db: &Connection, rows: &[Token], now: Timestamp) -> Result<BTreeMap<TokenId, Timestamp>> {
    let mut found = BTreeMap::new();
    for token in rows {
        let reasons = reason_condition(token.denial_reason(now).is_none());
        let sql = format!(
            "SELECT last_at FROM denied_attempts INDEXED BY denied_attempts_once
             WHERE token_id = ?1 AND minute >= ?2 AND {reasons} ORDER BY minute DESC LIMIT 1"
        );
        if let Some(at) = query_value(db, &sql, params![token.id.0, first_minute(now)])? {
            found.insert(token.id, at);
        }
    }
    Ok(found)
}

/// Counts the visible tokens, in the trash or outside, of which a dead secret is still tried, up to [`MAX_TRIED_COUNT`].
pub(super) fn count(db: &Connection, visibility: &Visibility, trashed: bool, now: Timestamp) -> Result<u64> {
    let (sql, found) = count_sql(visibility, trashed, now);
    query_count(db, &sql, params_from_iter(&found.values))
}

pub(super) fn count_sql(visibility: &Visibility, trashed: bool, now: Timestamp) -> (String, WhereClause) {
    let mut found = WhereClause::default();
    let (section, index) = match trashed {
        false => ("t.deleted_at IS NULL", "tokens_name_in_account"),
        true => ("t.deleted_at IS NOT NULL", "tokens_trashed_in_account"),
    };
    found.and(section, []);
    and_visible(&mut found, "t.account_id", visibility);
    and_tried(&mut found, now);
    // One account has few tokens. All accounts together have few that are denied.
    let own = format!("tokens t INDEXED BY {index}");
    let from = if visibility.roles.is_empty() { &own } else { DENIED_TOKENS };
    (format!("SELECT count(*) FROM (SELECT 1 FROM {from} {} LIMIT {MAX_TRIED_COUNT})", found.sql()), found)
}
