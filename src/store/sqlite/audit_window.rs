//! Pages of the audit log, by row numbers. The whole table is never loaded.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::audit::{self, COLUMNS};
use super::page_side::Side;
use super::query_helpers::{query_all, query_value};
use super::where_clause::{WhereClause, contains_text};
use crate::domain::query::page_cursor::PageCursor;
use crate::error::Result;
use crate::verbs::ports::audit_log::{AuditQuery, AuditWindow, HashedRow};

/// Number of damaged rows after which a section ends. A completely damaged log is read in several sections.
const MAX_DAMAGED: usize = 1_000;

/// A row's verb for the filter. Rows older than the name *revoke* have another verb, so both words find such rows.
const VERB: &str = "CASE WHEN verb IN ('token.delete', 'token.revoke') THEN 'token.delete token.revoke' ELSE verb END";

/// Returns all conditions of `query` except the start of the page.
fn where_clause(query: &AuditQuery) -> WhereClause {
    let mut found = WhereClause::default();
    if let Some(target) = &query.target {
        found.and("target = ?", [Value::from(target.clone())]);
    }
    if let Some(since) = query.since {
        let since = Value::from(since.0);
        // The plus prevents use of the index on instants, because rows must come in the order of their numbers.
        found.and("+at >= ?", [since.clone()]);
        // A clock that was set back leaves older instants after newer ones, so this bound alone is not enough.
        // Continuing from a row needs no bound.
        if !matches!(query.cursor, PageCursor::Newer(_)) {
            found.and("seq >= (SELECT min(seq) FROM audit INDEXED BY audit_by_time WHERE at >= ?)", [since]);
        }
    }
    let filter = &query.filter;
    let mut narrow = |columns: &[&str], text: &String| found.and_contains(columns, text);
    filter.words.iter().for_each(|word| narrow(&["name", VERB, "target_name", "details"], word));
    filter.verb.iter().for_each(|verb| narrow(&[VERB], verb));
    filter.actor.iter().for_each(|by| narrow(&["name"], by));
    if let Some(target) = &filter.target {
        let (holding, mut values) = contains_text(&["target_name"], target);
        values.push(Value::from(target.clone()));
        found.and(&format!("({holding} OR target = ?)"), values);
    }
    found
}

/// Returns rows on one side of a row, the oldest first. Damaged rows are replaced by further ones.
fn read_side(db: &Connection, query: &AuditQuery, compare: &str, mut seq: Option<i64>) -> Result<Side<HashedRow, i64>> {
    let backward = compare.starts_with('<');
    let order = if backward { "DESC" } else { "ASC" };
    // Beyond 63 bits SQLite would not treat the number as an integer.
    let most = query.limit.min(i64::MAX as usize - 1);
    let mut side = Side { rows: Vec::new(), more: false, unreadable: Vec::new() };
    let mut compare = compare;
    loop {
        let wanted = most + 1 - side.rows.len();
        let mut found = where_clause(query);
        if let Some(seq) = seq {
            found.and(&format!("seq {compare} ?"), [Value::from(seq)]);
        }
        let sql = format!("SELECT {COLUMNS} FROM audit {} ORDER BY seq {order} LIMIT {wanted}", found.sql());
        let raws = query_all(db, &sql, params_from_iter(&found.values), audit::read_raw)?;
        let is_end = raws.len() < wanted;
        for raw in raws {
            (seq, compare) = (Some(raw.row.seq), if backward { "<" } else { ">" });
            match (raw.hash, raw.unreadable) {
                (Some(hash), None) => side.rows.push(HashedRow { row: raw.row, hash }),
                _ => side.unreadable.push(raw.row.seq),
            }
        }
        side.more = side.rows.len() > most;
        if is_end || side.more {
            break;
        }
        if side.unreadable.len() >= MAX_DAMAGED {
            side.more = true;
            break;
        }
    }
    side.rows.truncate(most);
    if backward {
        side.rows.reverse();
    }
    Ok(side)
}

pub(super) fn window(db: &Connection, query: &AuditQuery) -> Result<AuditWindow> {
    // Only the number of the last row matters, and a damaged row has one too.
    let newest = query_value::<Option<i64>>(db, "SELECT max(seq) FROM audit", [])?.flatten().unwrap_or(0);
    let side = |compare, seq| read_side(db, query, compare, seq);
    let (side, older, newer) = match query.cursor {
        PageCursor::Oldest => side(">=", None)?.with_ends(Some(false), None),
        PageCursor::Newest => side("<=", None)?.with_ends(None, Some(false)),
        PageCursor::Older(seq) => side("<", Some(seq))?.with_ends(None, Some(true)),
        PageCursor::Newer(seq) => side(">", Some(seq))?.with_ends(Some(true), None),
        PageCursor::Around(seq) => side("<", Some(seq))?.join(side(">=", Some(seq))?, query.limit),
    };
    Ok(AuditWindow { rows: side.rows, newest, older, newer, unreadable: side.unreadable })
}
