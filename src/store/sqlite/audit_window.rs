//! Pages of the audit log, by row numbers. The whole table is never loaded.

use rusqlite::Connection;

use super::audit::{self, COLUMNS};
use super::query_helpers::{query_all, query_one};
use super::where_clause::WhereClause;
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
        let target = found.bind(target.clone());
        found.and(&format!("target = {target}"));
    }
    if let Some(since) = query.since {
        let since = found.bind(since.0);
        // The plus prevents use of the index on instants, because rows must come in the order of their numbers.
        found.and(&format!("+at >= {since}"));
        // A clock that was set back leaves older instants after newer ones, so this bound alone is not enough.
        // Continuing from a row needs no bound.
        if !matches!(query.cursor, PageCursor::Newer(_)) {
            let first = format!("SELECT min(seq) FROM audit INDEXED BY audit_by_time WHERE at >= {since}");
            found.and(&format!("seq >= ({first})"));
        }
    }
    let filter = &query.filter;
    let mut narrow = |columns: &[&str], text: &String| {
        let holding = found.contains_text(columns, text);
        found.and(&holding);
    };
    filter.words.iter().for_each(|word| narrow(&["name", VERB, "target_name", "details"], word));
    filter.verb.iter().for_each(|verb| narrow(&[VERB], verb));
    filter.actor.iter().for_each(|by| narrow(&["name"], by));
    if let Some(target) = &filter.target {
        let holding = found.contains_text(&["target_name"], target);
        let target = found.bind(target.clone());
        found.and(&format!("({holding} OR target = {target})"));
    }
    found
}

/// Rows on one side of a row.
#[derive(Default)]
struct Side {
    /// The rows, the oldest first.
    rows: Vec<HashedRow>,
    more: bool,
    /// Numbers of the unreadable rows.
    unreadable: Vec<i64>,
}

/// Returns `limit` rows on one side of a row. Damaged rows are replaced by further ones.
fn read_side(db: &Connection, query: &AuditQuery, compare: &str, mut seq: Option<i64>, limit: usize) -> Result<Side> {
    let backward = compare.starts_with('<');
    let order = if backward { "DESC" } else { "ASC" };
    // Beyond 63 bits SQLite would not treat the number as an integer.
    let most = limit.min(i64::MAX as usize - 1);
    let mut side = Side::default();
    let mut compare = compare;
    loop {
        let wanted = most + 1 - side.rows.len();
        let mut found = where_clause(query);
        if let Some(seq) = seq {
            let seq = found.bind(seq);
            found.and(&format!("seq {compare} {seq}"));
        }
        let sql = format!("SELECT {COLUMNS} FROM audit {} ORDER BY seq {order} LIMIT {wanted}", found.sql);
        let raws = query_all(db, &sql, found.params().as_slice(), audit::read_raw)?;
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
    let newest =
        query_one(db, "SELECT max(seq) FROM audit", [], |r| r.get::<_, Option<i64>>(0))?.flatten().unwrap_or(0);
    let limit = query.limit;
    let (side, older, newer) = match query.cursor {
        PageCursor::Oldest => {
            let side = read_side(db, query, ">=", None, limit)?;
            let newer = side.more;
            (side, false, newer)
        }
        PageCursor::Newest => {
            let side = read_side(db, query, "<=", None, limit)?;
            let older = side.more;
            (side, older, false)
        }
        PageCursor::Older(seq) => {
            let side = read_side(db, query, "<", Some(seq), limit)?;
            let older = side.more;
            (side, older, true)
        }
        PageCursor::Newer(seq) => {
            let side = read_side(db, query, ">", Some(seq), limit)?;
            let newer = side.more;
            (side, true, newer)
        }
        PageCursor::Around(seq) => around(db, query, seq)?,
    };
    Ok(AuditWindow { rows: side.rows, newest, older, newer, unreadable: side.unreadable })
}

/// Returns half of the rows before the row, and the rest starting at it. If one side runs out, the other gets more.
fn around(db: &Connection, query: &AuditQuery, seq: i64) -> Result<(Side, bool, bool)> {
    let limit = query.limit;
    let mut before = read_side(db, query, "<", Some(seq), limit)?;
    let mut after = read_side(db, query, ">=", Some(seq), limit)?;
    let keep_after = after.rows.len().min(limit - before.rows.len().min(limit / 2));
    let keep_before = before.rows.len().min(limit - keep_after);
    let older = before.more || keep_before < before.rows.len();
    let newer = after.more || keep_after < after.rows.len();
    after.rows.truncate(keep_after);
    before.rows.drain(..before.rows.len() - keep_before);
    before.rows.append(&mut after.rows);
    before.unreadable.append(&mut after.unreadable);
    Ok((before, older, newer))
}
