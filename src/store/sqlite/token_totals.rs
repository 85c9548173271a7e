//! Numbers of tokens without any filter, which every list shows.

use std::sync::{Mutex, PoisonError};

use rusqlite::types::Value;
use rusqlite::{Connection, TransactionState, params_from_iter};

use super::ledger_read::data_version;
use super::query_helpers::{corrupt, count as to_count, query_one, sqlite_error};
use super::token_list_query::{and_visible, in_list};
use super::where_clause::WhereClause;
use crate::domain::account::AccountId;
use crate::error::Result;
use crate::verbs::ports::{Visibility, WindowQuery};

/// The number that a connection counted last. For a user who doesn't see all tokens, adding up the counts of the accounts
/// takes a good part of the time of a page.
#[derive(Default)]
pub(super) struct TokenTotals(Mutex<Option<(TotalKey, u64)>>);

/// The tokens that were counted, and the state of the store.
#[derive(PartialEq, Eq)]
struct TotalKey {
    visibility: Visibility,
    account: Option<AccountId>,
    trashed: bool,
    /// Changes with each commit of another connection.
    version: i64,
    /// Number of rows that this connection has changed.
    changes: u64,
}

impl TokenTotals {
    /// Returns the number of tokens that `query` covers without its filter.
    pub fn total(&self, db: &Connection, query: &WindowQuery) -> Result<u64> {
        // A rollback changes neither number below.
        if db.transaction_state(None::<&str>).map_err(sqlite_error)? == TransactionState::Write {
            return count(db, query, None);
        }
        let WindowQuery { ref visibility, account, trashed, .. } = *query;
        let (version, changes) = (data_version(db)?, db.total_changes());
        let key = TotalKey { visibility: visibility.clone(), account, trashed, version, changes };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, total)) if *known == key => Ok(*total),
            _ => {
                let total = count(db, query, None)?;
                *last = Some((key, total));
                Ok(total)
            }
        }
    }
}

/// Returns the number of tokens that `query` covers without its filter; only in `accounts` if given.
pub(super) fn count(db: &Connection, query: &WindowQuery, accounts: Option<&[i64]>) -> Result<u64> {
    let mut counted = WhereClause::default();
    and_visible(&mut counted, "account_id", &query.visibility);
    if let Some(id) = query.account {
        counted.and("account_id = ?", [Value::from(id.0)]);
    }
    if let Some(ids) = accounts {
        counted.and(&in_list("account_id", ids), ids.iter().copied().map(Value::from));
    }
    let column = if query.trashed { "trashed" } else { "kept" };
    let sql = match counted.conditions.is_empty() {
        true => format!("SELECT {column} FROM token_totals"),
        false => format!("SELECT coalesce(sum({column}), 0) FROM token_counts {}", counted.sql()),
    };
    let total = query_one(db, &sql, params_from_iter(&counted.values), |row| to_count(row, 0))?;
    total.ok_or_else(|| corrupt("the number of all tokens"))
}
