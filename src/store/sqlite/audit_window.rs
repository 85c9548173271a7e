//! Stretches of the audit log, by the numbers of its rows: nothing loads the table.

use rusqlite::Connection;

use super::audit::{self, COLUMNS};
use super::convert::{all, damaged};
use super::narrowed::Narrowed;
use crate::error::Result;
use crate::verbs::audit_log::{AuditAnchor, AuditQuery, AuditWindow, Chained};

/// A row's verb as the filter finds it: rows from before *revoke* was called that are found by either word.
const VERB: &str = "CASE WHEN verb IN ('token.delete', 'token.revoke') THEN 'token.delete token.revoke' ELSE verb END";

/// Everything of `query` but where its stretch begins.
fn filtered(query: &AuditQuery) -> Narrowed {
    let mut found = Narrowed::default();
    if let Some(target) = &query.target {
        let target = found.bind(target.clone());
        found.and(&format!("target = {target}"));
    }
    if let Some(since) = query.since {
        let since = found.bind(since.0);
        // The plus keeps the index on instants out of it: rows come in the order of their numbers.
        found.and(&format!("+at >= {since}"));
        // A clock that was set back leaves older instants behind newer ones, so this bound alone is not enough. Walking
        // on from a row needs none.
        if !matches!(query.anchor, AuditAnchor::After(_)) {
            let first = format!("SELECT min(seq) FROM audit INDEXED BY audit_by_time WHERE at >= {since}");
            found.and(&format!("seq >= ({first})"));
        }
    }
    let filter = &query.filter;
    let mut narrow = |columns: &[&str], text: &String| {
        let holding = found.holding(columns, text);
        found.and(&holding);
    };
    filter.words.iter().for_each(|word| narrow(&["name", VERB, "target_name", "details"], word));
    filter.verb.iter().for_each(|verb| narrow(&[VERB], verb));
    filter.by.iter().for_each(|by| narrow(&["name"], by));
    if let Some(target) = &filter.target {
        let holding = found.holding(&["target_name"], target);
        let target = found.bind(target.clone());
        found.and(&format!("({holding} OR target = {target})"));
    }
    found
}

/// `limit` rows on one side of a row, the oldest first, and whether there are more on that side.
fn side(
    db: &Connection,
    query: &AuditQuery,
    compare: &str,
    seq: Option<i64>,
    limit: usize,
) -> Result<(Vec<Chained>, bool)> {
    let mut found = filtered(query);
    if let Some(seq) = seq {
        let seq = found.bind(seq);
        found.and(&format!("seq {compare} {seq}"));
    }
    let backward = compare.starts_with('<');
    let order = if backward { "DESC" } else { "ASC" };
    // Beyond 63 bits it would be no whole number any more.
    let most = limit.min(i64::MAX as usize - 1);
    let sql = format!("SELECT {COLUMNS} FROM audit {} ORDER BY seq {order} LIMIT {}", found.sql, most + 1);
    let mut rows = all(db, &sql, found.params().as_slice(), audit::raw)?;
    let more = rows.len() > most;
    rows.truncate(most);
    if backward {
        rows.reverse();
    }
    let whole = rows.into_iter().map(|raw| match (raw.hash, raw.unreadable) {
        (Some(hash), None) => Ok(Chained { row: raw.row, hash }),
        _ => Err(damaged(&format!("audit row {}", raw.row.seq)).next("See what is wrong with: jeton audit verify")),
    });
    Ok((whole.collect::<Result<_>>()?, more))
}

pub(super) fn window(db: &Connection, query: &AuditQuery) -> Result<AuditWindow> {
    let newest = audit::tip(db)?.seq;
    let limit = query.limit;
    let (rows, older, newer) = match query.anchor {
        AuditAnchor::Oldest => {
            let (rows, newer) = side(db, query, ">=", None, limit)?;
            (rows, false, newer)
        }
        AuditAnchor::Newest => {
            let (rows, older) = side(db, query, "<=", None, limit)?;
            (rows, older, false)
        }
        AuditAnchor::Before(seq) => {
            let (rows, older) = side(db, query, "<", Some(seq), limit)?;
            (rows, older, true)
        }
        AuditAnchor::After(seq) => {
            let (rows, newer) = side(db, query, ">", Some(seq), limit)?;
            (rows, true, newer)
        }
        AuditAnchor::Around(seq) => around(db, query, seq)?,
    };
    Ok(AuditWindow { rows, newest, older, newer })
}

/// Half before the row and the rest from it on; more on one side where the other runs out.
fn around(db: &Connection, query: &AuditQuery, seq: i64) -> Result<(Vec<Chained>, bool, bool)> {
    let limit = query.limit;
    let (mut before, older) = side(db, query, "<", Some(seq), limit)?;
    let (mut after, newer) = side(db, query, ">=", Some(seq), limit)?;
    let keep_after = after.len().min(limit - before.len().min(limit / 2));
    let keep_before = before.len().min(limit - keep_after);
    let (older, newer) = (older || keep_before < before.len(), newer || keep_after < after.len());
    after.truncate(keep_after);
    before.drain(..before.len() - keep_before);
    before.append(&mut after);
    Ok((before, older, newer))
}
