//! The way to find the rows of a token list: its access path.
//!
//! A long list is read along the index of its order, a page at a time. A list is short if few tokens are in its
//! accounts, have its status, or match. A short list is found by the condition that makes it short, and then sorted.
//! A list for a screen is counted up to [`MAX_EXACT_COUNT`], which decides between the two. A list that is read page by page
//! to its end is not counted: a sample of its next rows decides.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::query_helpers::{query_all, query_count};
use super::token_list_query::TokenListing;
use super::token_search::TextMatch;
use super::token_totals;
use crate::domain::query::filter_syntax::FilterFields;
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::role::Role;
use crate::domain::token::Status;
use crate::error::Result;
use crate::verbs::ports::WindowQuery;

/// Maximum number of tokens that are sorted, and of matches that are counted.
pub(super) const MAX_EXACT_COUNT: u64 = 10_000;
/// Maximum number of accounts that a list is narrowed to by id.
const MAX_ACCOUNT_IDS: usize = 500;
/// Number of rows in which the matches of a filter are counted to estimate how frequent matches are.
pub(super) const SAMPLE: u64 = 2_000;
/// Time to read a row by way of an index, in times of a row that a scan of the table reads. Measured with a million tokens.
const INDEXED_READ_COST: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccessPath {
    /// Along the index of the order.
    Order,
    Accounts,
    /// By `enabled` and expiry.
    Status,
    /// By last use.
    Seen,
    /// By denied attempts.
    Denied,
    /// By the mark that a token is expected to be unused, which few tokens have.
    ExpectedUnused,
    /// By a scan of the table.
    Table,
}

/// Returns the accounts that `query` narrows its list to, if they are few enough to be named.
pub(super) fn account_ids(db: &Connection, query: &WindowQuery) -> Result<Option<Vec<i64>>> {
    let only = match query.account {
        None if query.visibility.roles.is_empty() => Some(query.visibility.own.0),
        account => account.map(|a| a.0),
    };
    let Some(part) = &query.filter.account else { return Ok(only.map(|id| vec![id])) };
    let sql = format!("SELECT id FROM accounts WHERE instr(username, ?1) > 0 LIMIT {}", MAX_ACCOUNT_IDS + 1);
    let mut named: Vec<i64> = query_all(db, &sql, [part], |r| r.get(0))?;
    Ok(match only {
        // More accounts match than were read. If this account is among them, its rows will show that.
        Some(id) if named.len() > MAX_ACCOUNT_IDS => Some(vec![id]),
        None if named.len() > MAX_ACCOUNT_IDS => None,
        Some(id) => {
            named.retain(|named| *named == id);
            Some(named)
        }
        None => Some(named),
    })
}

/// Returns `true` if no token can match, regardless of the store's content.
pub(super) fn is_empty(query: &WindowQuery, accounts: Option<&[i64]>) -> bool {
    let filter = &query.filter;
    let excludes_trash = filter.stale || query.bounds.expiring_by.is_some();
    // Tokens in the trash have the status deleted and no other.
    let is_contradiction = match filter.status {
        None => query.trashed && excludes_trash,
        Some(status) => query.trashed != (status == Status::Deleted) || (query.trashed && excludes_trash),
    };
    is_contradiction || accounts.is_some_and(<[i64]>::is_empty)
}

/// Returns `true` if the text of the filter alone decides which tokens the list has.
fn has_only_text(query: &WindowQuery, accounts: Option<&[i64]>) -> bool {
    let TokenFilter { words, method, .. } = &query.filter;
    let text = TokenFilter { words: words.clone(), method: method.clone(), ..TokenFilter::default() };
    let sees_all = query.visibility.roles.len() == Role::ALL.len();
    sees_all && accounts.is_none() && query.account.is_none() && query.filter == text
}

/// The facts that choose an access path.
struct Scope<'a> {
    /// The accounts of the list, if few.
    accounts: Option<Vec<i64>>,
    /// `true` if these accounts have few tokens.
    is_short: bool,
    /// Number of tokens without the filter.
    total: u64,
    text: TextMatch<'a>,
}

impl<'a> Scope<'a> {
    fn read(db: &Connection, query: &WindowQuery, total: u64, text: TextMatch<'a>) -> Result<Self> {
        let accounts = account_ids(db, query)?;
        let is_short = match &accounts {
            Some(ids) => token_totals::count(db, query, Some(ids))? <= MAX_EXACT_COUNT,
            None => false,
        };
        Ok(Scope { accounts, is_short, total, text })
    }

    fn list(&self, access_path: AccessPath, query: &WindowQuery) -> TokenListing<'a> {
        TokenListing::with_path(access_path, query, self.accounts.as_deref(), self.total, self.text)
    }

    /// Returns the list with the path that finds few matches fastest.
    fn list_of_few(&self, db: &Connection, query: &WindowQuery) -> Result<ListOfFew<'a>> {
        let filter = &query.filter;
        let path = match filter.status {
            // Without any matching row, no index is useful.
            _ if is_empty(query, self.accounts.as_deref()) => AccessPath::Table,
            _ if self.text.found().is_some_and(|found| found.is_short(query.trashed)) => AccessPath::Table,
            _ if self.is_short => AccessPath::Accounts,
            _ if filter.tried => AccessPath::Denied,
            _ if filter.expected_unused => AccessPath::ExpectedUnused,
            None | Some(Status::Deleted) if filter.is_empty() => AccessPath::Order,
            Some(Status::Disabled | Status::Expired) => AccessPath::Status,
            _ if query.bounds.expiring_by.is_some() || query.bounds.expires.is_some() => AccessPath::Status,
            _ if filter.stale || filter.seen.is_some() || query.bounds.seen.is_some() => AccessPath::Seen,
            _ if filter.never_expires => AccessPath::Status,
            Some(Status::Active) => AccessPath::Status,
            None | Some(Status::Deleted) => AccessPath::Table,
        };
        let list = self.list(path, query);
        match path {
            AccessPath::Order | AccessPath::Accounts | AccessPath::Denied | AccessPath::ExpectedUnused => {
                Ok(ListOfFew { list, cost: 0 })
            }
            AccessPath::Table => Ok(ListOfFew { list, cost: self.total }),
            AccessPath::Status | AccessPath::Seen => {
                let most = self.total / INDEXED_READ_COST;
                let (sql, values) = list.index_count_sql(most + 1);
                let rows = query_count(db, &sql, params_from_iter(values))?;
                // Each row that the index finds must be read. With many of them, a scan of the table is faster.
                let is_long = rows > most.max(MAX_EXACT_COUNT) && list.has_other_conditions();
                let list = if is_long { self.list(AccessPath::Table, query) } else { list };
                Ok(ListOfFew { list, cost: rows * INDEXED_READ_COST })
            }
        }
    }
}

/// A list that is found by the condition that few tokens fulfil.
struct ListOfFew<'a> {
    list: TokenListing<'a>,
    /// Estimated cost of a page, in rows that a scan reads. 0 if no other path can be cheaper.
    cost: u64,
}

impl<'a> TokenListing<'a> {
    /// Counts the list of `query`, and chooses the way to read it that suits its length. `total` is the number of tokens
    /// without the filter.
    pub fn counted(db: &Connection, query: &WindowQuery, total: u64, text: TextMatch<'a>) -> Result<Self> {
        let scope = Scope::read(db, query, total, text)?;
        if let Some(found) = text.found().filter(|_| has_only_text(query, scope.accounts.as_deref())) {
            let is_short = found.is_short(query.trashed);
            let mut list = scope.list(if is_short { AccessPath::Table } else { AccessPath::Order }, query);
            (list.matching, list.found) = (found.count(query.trashed), (!is_short).then_some(found));
            return Ok(list);
        }
        let mut list = scope.list_of_few(db, query)?.list;
        if !query.filter.is_empty() {
            let found = list.count(db, Some(MAX_EXACT_COUNT + 1), None)?;
            if found > MAX_EXACT_COUNT && !scope.is_short {
                list = scope.list(AccessPath::Order, query);
            }
            (list.matching, list.is_lower_bound) = (found.min(MAX_EXACT_COUNT), found > MAX_EXACT_COUNT);
        }
        Ok(list)
    }

    /// Returns the list of `query` along its order, not counted.
    pub fn along_order(db: &Connection, query: &WindowQuery, total: u64, text: TextMatch<'a>) -> Result<Self> {
        Ok(Scope::read(db, query, total, text)?.list(AccessPath::Order, query))
    }

    /// Chooses the way to read the next page of `query`, after `key` if given, without counting the list.
    pub fn uncounted(db: &Connection, query: &WindowQuery, total: u64, key: Option<&[Value]>) -> Result<Self> {
        let scope = Scope::read(db, query, total, TextMatch::Sql)?;
        let ListOfFew { list, cost } = scope.list_of_few(db, query)?;
        if cost > 0 && !query.filter.is_empty() {
            let along_order = scope.list(AccessPath::Order, query);
            let (sql, values) = along_order.sample_sql(key, SAMPLE);
            let matches = query_count(db, &sql, params_from_iter(&values))?;
            if cost_along_order(matches, query.limit).is_some_and(|along| along <= u128::from(cost)) {
                return Ok(along_order);
            }
        }
        Ok(list)
    }
}

/// Estimates the cost of `limit` rows along the order, if `matches` were in a sample of the next rows.
fn cost_along_order(matches: u64, limit: usize) -> Option<u128> {
    (limit as u128 * u128::from(SAMPLE * INDEXED_READ_COST)).checked_div(u128::from(matches))
}
