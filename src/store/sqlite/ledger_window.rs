//! Pages of the ledger, along indexes in the order of time. A whole table is never loaded.

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::ledger_read::{FULL_NAME, HINT, LedgerTable, TOKEN_COLUMNS, TOKEN_JOINS, TokenRefRow};
use super::page_side::Side;
use super::query_helpers::{placeholder, query_all, sqlite_error, stored};
use super::where_clause::{WhereClause, contains_text};
use crate::domain::account::AccountId;
use crate::domain::number::group_digits;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::token::TokenId;
use crate::error::{Error, Fault, Result};
use crate::verbs::ledger::{LedgerQuery, LedgerScope, LedgerWindow};

/// Returns all conditions of `query` except the start of the page; only rows of `token` if one is given.
fn where_clause<R: LedgerTable>(
    query: &LedgerQuery<R::Key>,
    token: Option<TokenId>,
    from: &PageStart<R::Key>,
) -> WhereClause {
    let mut found = WhereClause::default();
    if let Some(token) = token {
        found.and("d.token_id = ?", [Value::from(token.0)]);
    } else if let LedgerScope::Visible { visibility, unknown_tokens } = &query.scope {
        let marks = vec!["?"; visibility.roles.len()].join(", ");
        let roles = visibility.roles.iter().map(|role| Value::from(role.as_str().to_owned()));
        let or_unknown_token = if *unknown_tokens { " OR d.token_id = 0" } else { "" };
        let values = [Value::from(visibility.own.0)].into_iter().chain(roles);
        found.and(&format!("(a.id = ? OR a.role IN ({marks}){or_unknown_token})"), values);
    }
    row_conditions::<R>(&mut found, query, matches!(from, PageStart::Above(_) | PageStart::Behind(_, Direction::Up)));
    found
}

/// Adds the conditions of the period and the filter. A page that `goes_up` from a row begins at that row: then the index
/// must not begin at the start of the period instead.
pub(super) fn row_conditions<R: LedgerTable>(found: &mut WhereClause, query: &LedgerQuery<R::Key>, goes_up: bool) {
    if let Some(since) = query.since {
        let plus = if goes_up { "+" } else { "" };
        R::since(found, &format!("{plus}{}", R::KEY[0]), since);
    }
    let filter = &query.filter;
    let everywhere: Vec<&str> = R::TEXT_COLUMNS.iter().chain(&[FULL_NAME, HINT]).copied().collect();
    for word in &filter.words {
        found.and_contains(&everywhere, word);
    }
    if let Some(token) = &filter.token {
        let (holding, mut values) = contains_text(&[FULL_NAME, HINT], token);
        values.push(Value::from(token.clone()));
        found.and(&format!("({holding} OR 't:' || d.token_id = ?)"), values);
    }
    if let Some(method) = &filter.method {
        found.and_contains(&["d.method"], method);
    }
    if let Some(address) = &filter.address {
        found.and_contains(&["d.address"], address);
    }
    if let Some(reason) = &filter.reason {
        R::reason(found, reason);
    }
}

/// The start and the direction of a page.
#[derive(Debug, Clone)]
pub(super) enum PageStart<K> {
    /// Down from the newest row.
    Top,
    /// Up from the oldest row.
    Bottom,
    /// Up, from above this row.
    Above(K),
    /// Down, starting with this row.
    At(K),
    /// Down, from below this row.
    Below(K),
    /// Up or down, starting after a row with this stored key.
    Behind(Vec<Value>, Direction),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

impl<K> PageStart<K> {
    fn way(&self) -> Direction {
        match self {
            PageStart::Bottom | PageStart::Above(_) => Direction::Up,
            PageStart::Top | PageStart::At(_) | PageStart::Below(_) => Direction::Down,
            PageStart::Behind(_, way) => *way,
        }
    }
}

/// Returns the statement for `limit` rows, the nearest first. If a token is given, only its rows.
pub(super) fn page_sql<R: LedgerTable>(
    query: &LedgerQuery<R::Key>,
    token: Option<TokenId>,
    from: &PageStart<R::Key>,
    limit: usize,
) -> (String, WhereClause) {
    let mut found = where_clause::<R>(query, token, from);
    let bound = match from {
        PageStart::Top | PageStart::Bottom => None,
        PageStart::Above(key) => Some((">", R::values(key))),
        PageStart::At(key) => Some(("<=", R::values(key))),
        PageStart::Below(key) => Some(("<", R::values(key))),
        PageStart::Behind(key, Direction::Up) => Some((">", key.clone())),
        PageStart::Behind(key, Direction::Down) => Some(("<", key.clone())),
    };
    let order = if from.way() == Direction::Up { "ASC" } else { "DESC" };
    if let Some((compare, key)) = bound {
        let marks: Vec<&str> = key.iter().map(placeholder).collect();
        found.and(&format!("({}) {compare} ({})", R::KEY.join(", "), marks.join(", ")), key);
    }
    let order: Vec<String> = R::KEY.iter().map(|column| format!("{column} {order}")).collect();
    let table = if token.is_some() { R::OF_TOKEN } else { R::BY_TIME };
    let sql = format!(
        "SELECT {TOKEN_COLUMNS}, {}, {} FROM {table} {TOKEN_JOINS} {} ORDER BY {} LIMIT {limit}",
        R::COLUMNS,
        R::KEY.join(", "),
        found.sql(),
        order.join(", ")
    );
    (sql, found)
}

/// Maximum number of damaged rows that a page skips. With more, the whole ledger counts as damaged.
const MAX_DAMAGED: usize = 10_000;

/// # Errors
/// [`crate::error::Kind::Failure`] after too many damaged rows, because reading all of them would take too long.
fn not_damaged_throughout(unreadable: &[String]) -> Result<()> {
    if unreadable.len() < MAX_DAMAGED {
        return Ok(());
    }
    Err(Error::failure("the ledger is damaged")
        .why(format!("{} consecutive rows can't be read", group_digits(MAX_DAMAGED as u64)))
        .next(
            "The tokens still work. A restore of a backup keeps this damaged ledger. To see the ledger of a backup, \
             restore the backup to another path: jeton restore FILE --store PATH",
        ))
}

/// Returns `limit` readable rows, the nearest first, and the unreadable ones; only rows of one token if that is given.
pub(super) fn page<R: LedgerTable>(
    db: &Connection,
    query: &LedgerQuery<R::Key>,
    token: Option<TokenId>,
    from: &PageStart<R::Key>,
    limit: usize,
) -> Result<(Vec<R>, Vec<String>)> {
    let (mut from, way) = (from.clone(), from.way());
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    loop {
        let wanted = limit - rows.len();
        let (sql, found) = page_sql::<R>(query, token, &from, wanted);
        let raw = query_all(db, &sql, params_from_iter(&found.values), |r| {
            let columns = r.as_ref().column_count();
            let key = (columns - R::KEY.len()..columns).map(|index| stored(r, index));
            let row = TokenRefRow::read(r, query.now).and_then(|named| R::read(named, r));
            Ok((key.collect::<rusqlite::Result<Vec<_>>>()?, row.map_err(sqlite_error)))
        })?;
        let is_end = raw.len() < wanted;
        for (key, row) in raw {
            match row {
                Ok(row) => rows.push(row),
                Err(error) if error.has_fault(Fault::DamagedValue) => unreadable.push(R::describe(&key)),
                Err(error) => return Err(error),
            }
            from = PageStart::Behind(key, way);
        }
        not_damaged_throughout(&unreadable)?;
        if is_end || rows.len() >= limit {
            return Ok((rows, unreadable));
        }
    }
}

/// Returns rows, the newest first. Unreadable ones are described.
fn read_side<R: LedgerTable>(
    db: &Connection,
    query: &LedgerQuery<R::Key>,
    from: &PageStart<R::Key>,
) -> Result<Side<R, String>> {
    let most = query.limit.min(i64::MAX as usize - 1);
    let up = from.way() == Direction::Up;
    let (mut rows, unreadable) = match &query.scope {
        LedgerScope::Token(token) => page(db, query, Some(*token), from, most + 1)?,
        // In order of time this would search the rows of all accounts. So the few tokens of one account are queried one
        // by one.
        LedgerScope::Visible { visibility, unknown_tokens: false } if visibility.roles.is_empty() => {
            let (mut rows, mut unreadable): (Vec<R>, _) = (Vec::new(), Vec::new());
            for token in tokens_of(db, visibility.own)? {
                let (mut more, mut damaged) = page(db, query, Some(token), from, most + 1)?;
                rows.append(&mut more);
                unreadable.append(&mut damaged);
                not_damaged_throughout(&unreadable)?;
                rows.sort_by_key(|row| row.key());
                if !up {
                    rows.reverse();
                }
                rows.truncate(most + 1);
            }
            (rows, unreadable)
        }
        LedgerScope::All | LedgerScope::Visible { .. } => page(db, query, None, from, most + 1)?,
    };
    let more = rows.len() > most;
    rows.truncate(most);
    if up {
        rows.reverse();
    }
    Ok(Side { rows, more, unreadable })
}

/// Returns every token that an account has or had.
fn tokens_of(db: &Connection, account: AccountId) -> Result<Vec<TokenId>> {
    let sql = "SELECT id FROM tokens WHERE account_id = ?1 AND deleted_at IS NULL
               UNION ALL SELECT id FROM tokens WHERE account_id = ?1 AND deleted_at IS NOT NULL
               UNION ALL SELECT DISTINCT token_id FROM tombstones WHERE account_id = ?1";
    query_all(db, sql, params![account.0], |r| r.get(0))
}

pub(super) fn window<R: LedgerTable>(db: &Connection, query: &LedgerQuery<R::Key>) -> Result<LedgerWindow<R>> {
    let side = |from| read_side::<R>(db, query, &from);
    let (side, newer, older) = match query.cursor.clone() {
        PageCursor::Newest => side(PageStart::Top)?.with_ends(Some(false), None),
        PageCursor::Oldest => side(PageStart::Bottom)?.with_ends(None, Some(false)),
        PageCursor::Newer(key) => side(PageStart::Above(key))?.with_ends(None, Some(true)),
        PageCursor::Older(key) => side(PageStart::Below(key))?.with_ends(Some(true), None),
        PageCursor::Around(key) => side(PageStart::Above(key.clone()))?.join(side(PageStart::At(key))?, query.limit),
    };
    Ok(LedgerWindow { rows: side.rows, newer, older, unreadable: side.unreadable })
}
