//! Searches for the words of a filter: in memory once the texts are loaded, which the first search starts in the
//! background. Until then, and in small stores, SQLite searches the table.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;

use super::open;
use super::query_helpers::query_value;
use super::search_index::{Found, SearchIndex, SearchText};
use super::where_clause::WhereClause;
use crate::domain::query::token_filter::TokenFilter;
use crate::error::Result;
use crate::platform::threads;
use crate::store::OpenMode;

/// Number of tokens from which on the texts are loaded.
const MIN_TOKENS: i64 = if cfg!(test) { 10 } else { 20_000 };
/// Maximum number of found tokens that are looked up one by one.
pub(super) const MAX_LISTED: u64 = if cfg!(test) { 20 } else { 2_000 };
/// The SQL function that tests if a token was found.
const FOUND_FUNCTION: &str = "jeton_found";
/// Steps of SQLite between two checks if the store is being closed.
const STEPS_BETWEEN_CHECKS: i32 = 10_000;

thread_local! {
    /// The tokens found for the query under way: SQLite calls a function without any context.
    static FOUND: RefCell<Option<Arc<Found>>> = const { RefCell::new(None) };
}

/// Registers the SQL function that tests if a token was found.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    db.create_scalar_function(FOUND_FUNCTION, 1, flags, |call| {
        let id: i64 = call.get(0)?;
        Ok(FOUND.with_borrow(|found| found.as_ref().is_some_and(|found| found.contains(id))))
    })
}

/// Lets the queries of `f` test if a token was found.
pub(super) fn with_found<T>(found: Option<&Arc<Found>>, f: impl FnOnce() -> T) -> T {
    FOUND.set(found.cloned());
    let out = f();
    FOUND.set(None);
    out
}

/// Adds the condition that a token was found. `id` is the column with its id.
pub(super) fn and_found(conditions: &mut WhereClause, id: &str, found: &Found, trashed: bool) {
    if found.count(trashed) > MAX_LISTED {
        return conditions.and(&format!("{FOUND_FUNCTION}({id})"), []);
    }
    let ids = serde_json::Value::from(found.ids(trashed)).to_string();
    conditions.and(&format!("{id} IN (SELECT value FROM json_each(?))"), [Value::from(ids)]);
}

/// The texts of a store's tokens, loaded on demand.
pub(super) struct TokenSearch {
    path: PathBuf,
    state: Mutex<State>,
    /// Set when the store is closed.
    is_over: Arc<AtomicBool>,
}

enum State {
    /// Nothing is loaded.
    Absent,
    Loading(JoinHandle<Option<Option<SearchIndex>>>),
    Ready(Box<SearchIndex>),
    /// SQLite searches.
    Unused,
}

impl TokenSearch {
    /// Creates the search of the store at `path`. Only screens search often enough to load all texts.
    pub fn new(path: &Path, mode: OpenMode) -> Self {
        let state = if mode == OpenMode::Screens { State::Absent } else { State::Unused };
        TokenSearch { path: path.to_owned(), state: Mutex::new(state), is_over: Arc::default() }
    }

    /// Returns the tokens that match the text of `filter`. `None` if there is no text, or if SQLite has to search. Then the
    /// texts are loaded for later searches.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn find(&self, db: &Connection, filter: &TokenFilter) -> Result<Option<Arc<Found>>> {
        let Some(text) = SearchText::of(filter) else { return Ok(None) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Self::find_in(&mut state, db, &text)?;
        if found.is_none() && matches!(*state, State::Absent) {
            let newest = query_value::<Option<i64>>(db, "SELECT max(id) FROM tokens", [])?.flatten();
            if newest.is_some_and(|newest| newest >= MIN_TOKENS) {
                *state = self.load();
            }
        }
        Ok(found)
    }

    /// Does the same as [`TokenSearch::find`], but loads nothing: a change in batches has a connection of its own, and
    /// searches once.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn find_if_loaded(&self, db: &Connection, filter: &TokenFilter) -> Result<Option<Arc<Found>>> {
        let Some(text) = SearchText::of(filter) else { return Ok(None) };
        Self::find_in(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner), db, &text)
    }

    fn find_in(state: &mut State, db: &Connection, text: &SearchText) -> Result<Option<Arc<Found>>> {
        *state = match std::mem::replace(state, State::Unused) {
            State::Loading(thread) if thread.is_finished() => match thread.join().ok().flatten().flatten() {
                Some(index) => State::Ready(Box::new(index)),
                None => State::Unused,
            },
            other => other,
        };
        if let State::Ready(index) = state {
            if index.refresh(db)? {
                return Ok(Some(index.find(text)));
            }
            *state = State::Absent;
        }
        Ok(None)
    }

    fn load(&self) -> State {
        let (path, is_over) = (self.path.clone(), Arc::clone(&self.is_over));
        // A search that fails is slow, and not wrong.
        let load = move || {
            let (mut db, _) = open::open(&path, OpenMode::Service(open::BUSY_TIMEOUT)).ok()?;
            db.progress_handler(STEPS_BETWEEN_CHECKS, Some(move || is_over.load(Ordering::Relaxed))).ok()?;
            let tx = db.unchecked_transaction().ok()?;
            SearchIndex::load(&tx).ok()?
        };
        threads::spawn("search", |_| (), load).map_or(State::Unused, State::Loading)
    }
}

impl Drop for TokenSearch {
    /// Waits until the texts' connection is closed: the last one to close removes the write-ahead log.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let State::Loading(thread) = std::mem::replace(state, State::Unused) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
