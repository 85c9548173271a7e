//! Pages of the token list, and the counts above it. The whole table is never loaded.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::query_helpers::query_count;
use super::token_list_path::SAMPLE;
use super::token_list_query::{Step, TokenListing, and_visible, sort_key};
use super::token_search::{TESTED_SAMPLE, TextMatch};
use super::tokens;
use super::where_clause::WhereClause;
use super::{denied_tokens, still_tried};
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::error::Result;
use crate::verbs::ports::{TokenCursor, Visibility, VisibleCounts, Window, WindowQuery};

/// Ids in order, and the number of rows around them.
#[derive(Default)]
struct PageSlice {
    ids: Vec<i64>,
    /// `true` if there are more rows before the ids.
    has_before: bool,
    /// `true` if there are more rows after the ids.
    has_after: bool,
    /// Number of rows before the ids, if known without counting.
    position: Option<u64>,
}

/// Returns the first page, uncounted, if tokens match so often that a look at few tokens finds it. Else `None`.
pub(super) fn frequent(
    db: &Connection,
    query: &WindowQuery,
    total: u64,
    text: TextMatch<'_>,
) -> Result<Option<Window>> {
    let list = TokenListing::along_order(db, query, total, text)?;
    let sample = if matches!(text, TextMatch::Tested) { TESTED_SAMPLE } else { SAMPLE };
    let (ids, _) = list.page_of_sample(db, None, Step::From, (sample, query.limit))?;
    if ids.len() < query.limit {
        return Ok(None);
    }
    let (rows, unreadable) = rows(db, &ids)?;
    let still_tried = still_tried::last_attempts(db, &rows, query.now)?;
    Ok(Some(Window { rows, unreadable, last: last(&ids), total: list.total, still_tried, ..Window::default() }))
}

/// Returns the requested window. `total` is the number of tokens without the filter.
pub(super) fn window(db: &Connection, query: &WindowQuery, total: u64, text: TextMatch<'_>) -> Result<Window> {
    // Requests one row more than needed; its presence shows that the end isn't reached.
    let limit = query.limit.min(i64::MAX as usize - 1);
    if let TokenCursor::After(id) = query.cursor {
        return after(db, query, total, id, limit);
    }
    let list = TokenListing::counted(db, query, total, text)?;
    let near_start = |limit| list.page(db, None, Step::From, limit);
    let slice = match query.cursor {
        // Near the start, there are too few matches.
        TokenCursor::StartUncounted => start(limit, |limit| list.far_page(db, None, Step::From, limit))?,
        TokenCursor::Start | TokenCursor::After(_) => start(limit, near_start)?,
        TokenCursor::End => end(db, &list, limit)?,
        TokenCursor::Around(id, known_position) => match sort_key(db, query.sort, id.0)? {
            Some(key) => around(db, &list, &key, known_position, limit)?,
            None => start(limit, near_start)?,
        },
    };
    let (rows, unreadable) = rows(db, &slice.ids)?;
    let last = last(&slice.ids);
    let (position, matching) =
        if rows.is_empty() { (0, list.matching) } else { adjust_counts(&slice, &list, position(db, &list, &slice)?) };
    let still_tried = still_tried::last_attempts(db, &rows, query.now)?;
    let (matching_is_least, total) = (list.is_lower_bound, list.total);
    Ok(Window {
        rows,
        unreadable,
        last,
        position,
        matching,
        matching_is_lower_bound: matching_is_least,
        total,
        still_tried,
    })
}

/// Returns the page after a token, or the first page, of a list that is not counted.
fn after(db: &Connection, query: &WindowQuery, total: u64, id: Option<TokenId>, limit: usize) -> Result<Window> {
    let key = match id.map(|id| sort_key(db, query.sort, id.0)).transpose()? {
        // The token is gone, and with it the place in the order.
        Some(None) => return Ok(Window::default()),
        key => key.flatten(),
    };
    let list = TokenListing::uncounted(db, query, total, key.as_deref())?;
    let step = if key.is_some() { Step::After } else { Step::From };
    let ids = list.page(db, key.as_deref(), step, limit)?;
    let (rows, unreadable) = rows(db, &ids)?;
    let still_tried = still_tried::last_attempts(db, &rows, query.now)?;
    let total = if id.is_none() { list.total } else { 0 };
    Ok(Window { rows, unreadable, last: last(&ids), total, still_tried, ..Window::default() })
}

/// Returns the tokens in the order of `ids`, and the ids of those with a damaged value.
fn rows(db: &Connection, ids: &[i64]) -> Result<(Vec<Token>, Vec<TokenId>)> {
    let (found, unreadable) = tokens::by_ids(db, ids)?;
    let mut by_id: HashMap<i64, Token> = found.into_iter().map(|token| (token.id.0, token)).collect();
    Ok((ids.iter().filter_map(|id| by_id.remove(id)).collect(), unreadable))
}

fn last(ids: &[i64]) -> Option<TokenId> {
    ids.last().copied().map(TokenId)
}

fn start(limit: usize, page: impl FnOnce(usize) -> Result<Vec<i64>>) -> Result<PageSlice> {
    let mut ids = page(limit + 1)?;
    let behind = ids.len() > limit;
    ids.truncate(limit);
    Ok(PageSlice { ids, has_after: behind, ..PageSlice::default() })
}

fn end(db: &Connection, list: &TokenListing<'_>, limit: usize) -> Result<PageSlice> {
    let mut ids = list.page(db, None, Step::Before, limit + 1)?;
    let before = ids.len() > limit;
    ids.truncate(limit);
    ids.reverse();
    let position = Some(list.matching.saturating_sub(ids.len() as u64));
    Ok(PageSlice { ids, has_before: before, position, ..PageSlice::default() })
}

/// Returns half a page before the key, and the rest starting at it. If one side runs out, the other gets more.
fn around(
    db: &Connection,
    list: &TokenListing<'_>,
    key: &[Value],
    known_position: Option<u64>,
    limit: usize,
) -> Result<PageSlice> {
    let mut ids = list.page(db, Some(key), Step::Before, limit + 1)?;
    let mut on = list.page(db, Some(key), Step::From, limit + 1)?;
    let keep_on = on.len().min(limit - ids.len().min(limit / 2));
    let keep_back = ids.len().min(limit - keep_on);
    let (before, behind) = (ids.len() > keep_back, on.len() > keep_on);
    // The way back ended before its limit, so it has counted all rows there.
    let position = match known_position {
        _ if ids.len() <= limit => Some((ids.len() - keep_back) as u64),
        known_position => known_position.map(|known_position| known_position.saturating_sub(keep_back as u64)),
    };
    ids.truncate(keep_back);
    ids.reverse();
    on.truncate(keep_on);
    ids.append(&mut on);
    Ok(PageSlice { ids, has_before: before, has_after: behind, position })
}

fn position(db: &Connection, list: &TokenListing<'_>, slice: &PageSlice) -> Result<u64> {
    match (slice.position, slice.ids.first()) {
        (Some(known), _) => Ok(known),
        (None, Some(first)) if slice.has_before => match sort_key(db, list.sort, *first)? {
            // If the matches are not all counted, an exact position would mean nothing.
            Some(key) => list.count(db, list.is_lower_bound.then_some(list.matching), Some(&key)),
            None => Ok(0),
        },
        (None, _) => Ok(0),
    }
}

/// Makes position and number consistent with the ends that were seen. The position may be old, and the number only a
/// lower bound. Neither may hide existing rows, nor promise missing ones.
fn adjust_counts(slice: &PageSlice, list: &TokenListing<'_>, position: u64) -> (u64, u64) {
    let rows = slice.ids.len() as u64;
    let mut position = if slice.has_before { position.max(1) } else { 0 };
    if list.is_lower_bound {
        let least = position + rows + u64::from(slice.has_after);
        return (position, if slice.has_after { list.matching.max(least) } else { least });
    }
    let last = list.matching.saturating_sub(rows);
    if slice.has_before {
        position = if slice.has_after { position.min(last.saturating_sub(1)).max(1) } else { last };
    }
    (position, list.matching)
}

pub(super) fn tally(
    db: &Connection,
    visibility: &Visibility,
    now: Timestamp,
    soon: Timestamp,
) -> Result<VisibleCounts> {
    let own_active = tokens::active(db, visibility.own, now)?;
    let mut found = WhereClause::default();
    found.and("deleted_at IS NULL AND enabled = 1 AND expires_at IS NOT NULL", []);
    and_visible(&mut found, "account_id", visibility);
    found.and("expires_at > ? AND expires_at <= ?", [now.0, soon.0].map(Value::from));
    // Both indexes contain all required columns.
    let index = if visibility.roles.is_empty() { "tokens_live_of_account" } else { "tokens_live_by_expiry" };
    let sql = format!("SELECT count(*) FROM tokens INDEXED BY {index} {}", found.sql());
    let expiring = query_count(db, &sql, params_from_iter(&found.values))?;
    let tried = |trashed| still_tried::count(db, visibility, trashed, now);
    let (still_tried, tried_in_trash) = (tried(false)?, tried(true)?);
    let denied_now = denied_tokens::count(db, visibility, now)?;
    Ok(VisibleCounts { own_active, expiring, still_tried, tried_in_trash, denied_now })
}
