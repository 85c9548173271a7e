//! Denied attempts, summed up by token.
//!
//! The sums are read along an index that has all that they need, and only the tokens of a page are read in full.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::ledger_read::TOKEN_JOINS;
use super::ledger_window::{PageStart, page, page_sql, row_conditions};
use super::page_side::Side;
use super::query_helpers::{query_all, query_count, tuple};
use super::token_list_query::and_visible;
use super::where_clause::WhereClause;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::time::{HOUR, MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, DeniedTokenKey, DeniedTokenRow, LedgerQuery, LedgerScope, LedgerWindow, MAX_COUNTED_ROWS,
};
use crate::verbs::ports::{MAX_RECENT_ROWS, Visibility};

pub(super) fn window(db: &Connection, query: &LedgerQuery<DeniedTokenKey>) -> Result<LedgerWindow<DeniedTokenRow>> {
    let side = |start: Option<(&str, DeniedTokenKey)>, up| read_side(db, query, start, up);
    let (side, newer, older) = match query.cursor {
        PageCursor::Newest => side(None, false)?.with_ends(Some(false), None),
        PageCursor::Oldest => side(None, true)?.with_ends(None, Some(false)),
        PageCursor::Newer(key) => side(Some((">", key)), true)?.with_ends(None, Some(true)),
        PageCursor::Older(key) => side(Some(("<", key)), false)?.with_ends(Some(true), None),
        PageCursor::Around(key) => side(Some((">", key)), true)?.join(side(Some(("<=", key)), false)?, query.limit),
    };
    Ok(LedgerWindow { rows: side.rows, newer, older, unreadable: side.unreadable })
}

/// Returns rows on one side of a key, the newest first.
fn read_side(
    db: &Connection,
    query: &LedgerQuery<DeniedTokenKey>,
    start: Option<(&str, DeniedTokenKey)>,
    up: bool,
) -> Result<Side<DeniedTokenRow, String>> {
    let most = query.limit.min(i64::MAX as usize - 1);
    let attempts = attempts_query(query);
    let (sql, found) = sums_sql(query, &attempts, start, up, most + 1);
    let mut sums = query_all(db, &sql, params_from_iter(&found.values), tuple::<(i64, i64, i64)>)?;
    let more = sums.len() > most;
    sums.truncate(most);
    if up {
        sums.reverse();
    }
    let mut side = Side { rows: Vec::with_capacity(sums.len()), more, unreadable: Vec::new() };
    for (id, sum, at) in sums {
        let (newest, mut unreadable) = page::<DeniedRow>(db, &attempts, Some(TokenId(id)), &PageStart::Top, 1)?;
        side.unreadable.append(&mut unreadable);
        let Some(DeniedRow { reason, token, secret, address, client, .. }) = newest.into_iter().next() else {
            continue;
        };
        let addresses = count_addresses(db, &attempts, TokenId(id))?;
        let (at, attempts) = (Timestamp(at), sum.unsigned_abs());
        let key = DeniedTokenKey { at, token: TokenId(id) };
        side.rows.push(DeniedTokenRow { key, token, attempts, at, reason, secret, address, client, addresses });
    }
    Ok(side)
}

/// Returns the query for the attempts that are summed up.
fn attempts_query(query: &LedgerQuery<DeniedTokenKey>) -> LedgerQuery<DeniedKey> {
    let LedgerQuery { scope, since, filter, now, limit, cursor: _ } = query.clone();
    LedgerQuery { scope, since, filter, now, limit, cursor: PageCursor::Newest }
}

/// Returns the statement for at most `limit` tokens and the sums of their attempts, in the order of their last attempts.
pub(super) fn sums_sql(
    query: &LedgerQuery<DeniedTokenKey>,
    attempts: &LedgerQuery<DeniedKey>,
    start: Option<(&str, DeniedTokenKey)>,
    up: bool,
    limit: usize,
) -> (String, WhereClause) {
    let filter = &query.filter;
    let mut found = WhereClause::default();
    match &query.scope {
        LedgerScope::Token(token) => found.and("d.token_id = ?", [Value::from(token.0)]),
        LedgerScope::Visible { visibility, unknown_tokens: false } if visibility.roles.is_empty() => {
            let own = "d.token_id IN (SELECT id FROM tokens WHERE account_id = ? AND deleted_at IS NULL
                UNION ALL SELECT id FROM tokens WHERE account_id = ? AND deleted_at IS NOT NULL
                UNION ALL SELECT token_id FROM tombstones WHERE account_id = ?)";
            found.and(own, vec![Value::from(visibility.own.0); 3]);
        }
        LedgerScope::All | LedgerScope::Visible { .. } => {}
    }
    row_conditions::<DeniedRow>(&mut found, attempts, false);
    // The texts of a row are only in the other index, names only in other tables.
    let is_summed_alone = filter.words.is_empty() && filter.token.is_none();
    let joins = if is_summed_alone { "" } else { TOKEN_JOINS };
    let index = match is_summed_alone && filter.method.is_none() && filter.address.is_none() {
        true => "denied_attempts_by_token",
        false => "denied_attempts_once",
    };
    let sums = format!(
        "SELECT d.token_id AS token_id, sum(d.attempts) AS attempts, max(d.last_at) AS at, '' AS public_id
         FROM denied_attempts d INDEXED BY {index} {joins} {} GROUP BY d.token_id",
        found.sql()
    );
    let mut outer = WhereClause { conditions: String::new(), values: found.values };
    let mut owner = "";
    if let LedgerScope::Visible { visibility, unknown_tokens } = &query.scope {
        owner = TOKEN_JOINS;
        let mut visible = WhereClause { conditions: String::new(), values: outer.values };
        and_visible(&mut visible, "a.id", visibility);
        let unknown = if *unknown_tokens { "d.token_id = 0 OR " } else { "" };
        let shown = if visible.conditions.is_empty() { "a.id IS NOT NULL" } else { &visible.conditions };
        outer = WhereClause { conditions: format!("({unknown}{shown})"), values: visible.values };
    }
    if let Some((compare, key)) = start {
        outer.and(&format!("(d.at, d.token_id) {compare} (?, ?)"), [key.at.0, key.token.0].map(Value::from));
    }
    let direction = if up { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT d.token_id, d.attempts, d.at FROM ({sums}) d {owner} {} ORDER BY d.at {direction}, d.token_id {direction}
         LIMIT {limit}",
        outer.sql()
    );
    (sql, outer)
}

/// Counts the addresses in the newest rows of a token.
fn count_addresses(db: &Connection, query: &LedgerQuery<DeniedKey>, token: TokenId) -> Result<u64> {
    let (rows, found) = page_sql::<DeniedRow>(query, Some(token), &PageStart::Top, MAX_COUNTED_ROWS);
    let sql = format!("SELECT count(DISTINCT address) FROM ({rows}) WHERE address <> ''");
    query_count(db, &sql, params_from_iter(&found.values))
}

/// Counts the visible tokens with denied attempts in the last hour. Attempts without a known token count as one more for
/// readers who manage other accounts.
pub(super) fn count(db: &Connection, visibility: &Visibility, now: Timestamp) -> Result<u64> {
    let mut found = WhereClause::default();
    found.and("d.minute > ?", [Value::from(now.plus(-HOUR).0.div_euclid(MINUTE))]);
    let recent = format!(
        "SELECT token_id, '' AS public_id FROM denied_attempts d INDEXED BY denied_attempts_by_time {}
         ORDER BY minute DESC LIMIT {MAX_RECENT_ROWS}",
        found.sql()
    );
    let mut visible = WhereClause { conditions: String::new(), values: found.values };
    and_visible(&mut visible, "a.id", visibility);
    let unknown = if visibility.roles.is_empty() { "" } else { "OR d.token_id = 0" };
    let shown = if visible.conditions.is_empty() { "TRUE" } else { &visible.conditions };
    let sql = format!(
        "SELECT count(*) FROM (SELECT DISTINCT token_id, public_id FROM ({recent})) d {TOKEN_JOINS}
         WHERE {shown} {unknown}"
    );
    query_count(db, &sql, params_from_iter(&visible.values))
}
