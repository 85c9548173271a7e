//! Searches for the words of a filter: in memory once the texts are loaded, which the first search starts in the
//! background. Until then, and in small stores, SQLite searches the table.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;

use super::open;
use super::query_helpers::{query_value, sqlite_error};
use super::search_index::{Found, MAX_BYTES, OrderPart, SearchIndex, SearchText, TRIED_TOKENS};
use super::token_totals::TokenTotals;
use super::where_clause::WhereClause;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::platform::threads;
use crate::store::OpenMode;
use crate::verbs::ports::{TokenCursor, WindowQuery};

/// Number of tokens from which on the texts are loaded. With 10,000, matches are then counted in half the time.
const MIN_TOKENS: i64 = if cfg!(test) { 10 } else { 2_000 };
/// Maximum number of found tokens that are looked up one by one.
pub(super) const MAX_LISTED: usize = if cfg!(test) { 20 } else { 2_000 };
/// Number of tokens along an order among which the next matches are looked for before all matches, if they are tested in
/// memory: 1 ms.
pub(super) const TESTED_SAMPLE: u64 = if cfg!(test) { 48 } else { 4_000 };
/// The SQL function that tests if a token matches the text of a filter.
const MATCH_FUNCTION: &str = "jeton_matches";
/// Cache of the connection that loads the texts, in KiB. It reads each page once.
const LOADING_CACHE_KIB: i64 = 512;
/// Steps of SQLite between two checks if the store is being closed.
const STEPS_BETWEEN_CHECKS: i32 = 10_000;

/// Returns `true` if the token with an id matches the text of a filter.
type Test = Rc<dyn Fn(i64) -> bool>;

thread_local! {
    /// The test for the query under way: SQLite calls a function without any context.
    static TEST: RefCell<Option<Test>> = const { RefCell::new(None) };
}

/// The way to compare tokens with the text of a filter.
#[derive(Clone, Copy)]
pub(super) enum TextMatch<'a> {
    /// SQLite searches.
    Sql,
    /// The tokens are known.
    Found(&'a Found),
    /// The function of [`with_test`] tests each token.
    Tested,
}

impl<'a> TextMatch<'a> {
    /// Returns the tokens that match, if they are known.
    pub fn found(self) -> Option<&'a Found> {
        match self {
            TextMatch::Found(found) => Some(found),
            TextMatch::Sql | TextMatch::Tested => None,
        }
    }
}

/// Registers the SQL function that tests tokens.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    db.create_scalar_function(MATCH_FUNCTION, 1, flags, |call| {
        let id: i64 = call.get(0)?;
        Ok(TEST.with_borrow(|test| test.as_ref().is_some_and(|test| test(id))))
    })
}

/// Lets the queries of `f` test tokens.
fn with_test<T>(test: Option<Test>, f: impl FnOnce() -> T) -> T {
    TEST.set(test);
    let out = f();
    TEST.set(None);
    out
}

/// Lets the queries of `f` test if a token was found.
pub(super) fn with_found<T>(found: Option<&Arc<Found>>, f: impl FnOnce(TextMatch<'_>) -> T) -> T {
    let test = found.cloned().map(|found| Rc::new(move |id| found.contains(id)) as Test);
    with_test(test, || f(found.map_or(TextMatch::Sql, |found| TextMatch::Found(found))))
}

/// Adds the condition that a token matches. `id` is the column with its id.
pub(super) fn and_matches(conditions: &mut WhereClause, id: &str, found: Option<&Found>, trashed: bool) {
    match found.filter(|found| found.is_short(trashed)) {
        Some(found) => and_id_in(conditions, id, &found.ids(trashed)),
        None => conditions.and(&format!("{MATCH_FUNCTION}({id})"), []),
    }
}

/// Adds the condition that `id`, a column, is one of `ids`.
pub(super) fn and_id_in(conditions: &mut WhereClause, id: &str, ids: &[i64]) {
    let ids = serde_json::Value::from(ids).to_string();
    conditions.and(&format!("{id} IN (SELECT value FROM json_each(?))"), [Value::from(ids)]);
}

/// The texts of a store's tokens, loaded on demand.
pub(super) struct TokenSearch {
    path: PathBuf,
    state: Mutex<State>,
    /// Set when the store is closed.
    is_over: Arc<AtomicBool>,
    /// Set to end the search under way.
    is_interrupted: AtomicBool,
    /// Known numbers of tokens.
    pub totals: TokenTotals,
}

enum State {
    /// Nothing is loaded.
    Absent,
    Loading(JoinHandle<Option<Option<SearchIndex>>>),
    Ready(Box<SearchIndex>),
    /// SQLite searches: on purpose, or because the texts are too large or can't be loaded.
    Unused,
}

impl TokenSearch {
    /// Creates the search of the store at `path`. Only screens search often enough to load all texts.
    pub fn new(path: &Path, mode: OpenMode) -> Self {
        let state = if mode == OpenMode::Screens { State::Absent } else { State::Unused };
        TokenSearch {
            path: path.to_owned(),
            state: Mutex::new(state),
            is_over: Arc::default(),
            is_interrupted: AtomicBool::new(false),
            totals: TokenTotals::default(),
        }
    }

    /// Ends the search under way, which fails.
    pub fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::Relaxed);
    }

    /// Forgets an interruption that came after the end of an earlier search.
    pub fn begin(&self) {
        self.is_interrupted.store(false, Ordering::Relaxed);
    }

    /// Returns the tokens that match the text of the filter. `None` if there is no text, or if SQLite has to search. Then
    /// the texts are loaded for later searches.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn find(&self, db: &Connection, query: &WindowQuery) -> Result<Option<Arc<Found>>> {
        let Some(text) = SearchText::from_query(query) else { return Ok(None) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // An exact count finds its first page along the order, or by the search before it.
        let part = (query.cursor == TokenCursor::StartUncounted).then(|| OrderPart {
            column: query.sort.column,
            from: None,
            upwards: !query.sort.descending,
            trashed: query.trashed,
            limit: query.limit.saturating_add(1),
        });
        let found = self.find_in(&mut state, db, &text, part.as_ref())?;
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
    pub fn find_if_loaded(&self, db: &Connection, query: &WindowQuery) -> Result<Option<Arc<Found>>> {
        let Some(text) = SearchText::from_query(query) else { return Ok(None) };
        self.find_in(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner), db, &text, None)
    }

    /// Looks for the first page of tokens that match `query` by `look`. `None` without a look if too few tokens of a sample
    /// match to find the page that way, because [`TokenSearch::find`] is then faster.
    ///
    /// # Errors
    /// Those of `look`, and [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn first_page<T>(
        &self,
        db: &Connection,
        query: &WindowQuery,
        look: impl FnOnce(TextMatch<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let Some(text) = SearchText::from_query(query) else { return look(TextMatch::Sql) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = Self::index(&mut state, db)? else { return look(TextMatch::Sql) };
        let least = query.limit.saturating_mul(TRIED_TOKENS as usize).div_ceil(TESTED_SAMPLE as usize).max(1);
        match index.test(&text, least) {
            Some(test) => with_test(Some(Rc::new(test)), || look(TextMatch::Tested)),
            None => Ok(None),
        }
    }

    fn find_in(
        &self,
        state: &mut State,
        db: &Connection,
        text: &SearchText,
        part: Option<&OrderPart<'static>>,
    ) -> Result<Option<Arc<Found>>> {
        let Some(index) = Self::index(state, db)? else { return Ok(None) };
        index.find(text, part, &self.is_interrupted).map(Some).ok_or_else(Error::cancelled)
    }

    /// Returns the loaded texts as of now.
    fn index<'a>(state: &'a mut State, db: &Connection) -> Result<Option<&'a mut SearchIndex>> {
        *state = match std::mem::replace(state, State::Unused) {
            State::Loading(thread) if thread.is_finished() => match thread.join().ok().flatten().flatten() {
                Some(index) => State::Ready(Box::new(index)),
                None => State::Unused,
            },
            other => other,
        };
        if let State::Ready(index) = state
            && !index.refresh(db)?
        {
            *state = State::Absent;
        }
        Ok(match state {
            State::Ready(index) => Some(index),
            State::Absent | State::Loading(_) | State::Unused => None,
        })
    }

    fn load(&self) -> State {
        let (path, is_over) = (self.path.clone(), Arc::clone(&self.is_over));
        // Without the texts, searches are slow, and not wrong.
        let load = move || match read_texts(&path, Arc::clone(&is_over)) {
            Ok(Some(index)) => Some(index),
            Ok(None) => {
                tracing::warn!(
                    max_bytes = MAX_BYTES,
                    "the tokens have too much text or too many methods for the search index, so each search reads the store"
                );
                None
            }
            Err(_) if is_over.load(Ordering::Relaxed) => None,
            Err(error) => {
                let why = error.what_and_why();
                tracing::warn!(
                    why = %escape_untrusted(&why),
                    "the search index can't be loaded, so each search reads the store"
                );
                None
            }
        };
        threads::spawn("search", |_| (), load).map_or(State::Unused, State::Loading)
    }
}

/// Reads the texts over a connection of its own, until `is_over`. `None` if they are too large.
fn read_texts(path: &Path, is_over: Arc<AtomicBool>) -> Result<Option<SearchIndex>> {
    let (mut db, identity) = open::open(path, OpenMode::Screens)?;
    db.pragma_update(None, "cache_size", -LOADING_CACHE_KIB)
        .and_then(|()| db.progress_handler(STEPS_BETWEEN_CHECKS, Some(move || is_over.load(Ordering::Relaxed))))
        .map_err(sqlite_error)?;
    let tx = db.transaction().map_err(sqlite_error)?;
    let index = SearchIndex::load(&tx, MAX_BYTES)?;
    identity.check_in_place()?;
    Ok(index)
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
