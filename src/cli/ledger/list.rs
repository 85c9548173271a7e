//! The list of denied attempts or uses, a page at a time, newest first.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde::Serialize;

use super::super::App;
use super::super::args::ReadLedgerArgs;
use super::super::output::{Cell, Columns, ListTable, ListWriter, RESTORE_HINT, check_all_readable};
use super::super::progress::ListProgress;
use crate::domain::date_format::Dates;
use crate::domain::expiry::Span;
use crate::domain::query::filter_syntax::{self, FilterFields};
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenRef;
use crate::error::Result;
use crate::selected_backend::SelectedBackend;
use crate::verbs::credential::Credential;
use crate::verbs::ledger::LedgerWindow;
use crate::verbs::request::{RequestVerb, call};

#[derive(Clone)]
pub(in crate::cli) struct LedgerQuery {
    pub token: Option<TokenRef>,
    pub since: Option<Timestamp>,
    pub filter: LedgerFilter,
}

impl LedgerQuery {
    pub fn new<R: LedgerList>(app: &App, args: ReadLedgerArgs) -> Result<Self> {
        let span = args.since.as_deref().map(Span::parse).transpose()?;
        let (now, zone) = (app.now(), app.adapters.clock.zone());
        let filter = args.filter.as_deref().map(filter_syntax::parse_strict::<R::Filter>).transpose()?;
        Ok(LedgerQuery {
            token: args.token.map(TokenRef::Text),
            since: span.map(|span| span.before(now, zone).unwrap_or(Timestamp(i64::MIN))),
            filter: filter.unwrap_or_default().into(),
        })
    }

    fn is_filtered(&self) -> bool {
        self.token.is_some() || self.since.is_some() || !self.filter.is_empty()
    }
}

/// A row of denied attempts or of uses.
pub(in crate::cli) trait LedgerList: Serialize + Sized {
    type Key;
    type Verb: RequestVerb<Reply = LedgerWindow<Self>>;
    type Filter: FilterFields + Into<LedgerFilter>;
    const LIST: &'static str;
    const EMPTY: &'static str;
    /// Number of rows held in memory at once.
    const PAGE_SIZE: usize = 500;
    fn columns() -> &'static Columns;
    fn verb(query: LedgerQuery, anchor: PageCursor<Self::Key>, limit: usize) -> Self::Verb;
    fn key(&self) -> Self::Key;
    fn count(&self) -> u64;
    fn cells(&self, dates: Dates<'_>) -> Vec<Cell>;
}

/// The pages of one list, newest row first.
struct Pages<R: LedgerList> {
    credential: Credential,
    query: LedgerQuery,
    anchor: Option<PageCursor<R::Key>>,
    remaining: usize,
    /// Descriptions of the damaged rows that were left out.
    unreadable: BTreeSet<String>,
}

impl<R: LedgerList> Pages<R> {
    fn next(&mut self, backend: &SelectedBackend) -> Result<Option<Vec<R>>> {
        let Some(anchor) = self.anchor.take().filter(|_| self.remaining > 0) else { return Ok(None) };
        let window =
            call(backend, &self.credential, R::verb(self.query.clone(), anchor, self.remaining.min(R::PAGE_SIZE)))?;
        self.remaining = self.remaining.saturating_sub(window.rows.len());
        self.anchor = window.rows.last().filter(|_| window.older).map(|row| PageCursor::Older(row.key()));
        self.unreadable.extend(window.unreadable);
        Ok(Some(window.rows))
    }
}

pub(super) fn print_list<R: LedgerList>(app: &mut App, args: ReadLedgerArgs) -> Result<()> {
    let mut table = ListTable::new(R::columns(), &args.list, &app.out)?;
    let remaining = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let query = LedgerQuery::new::<R>(app, args)?;
    // Use a session: a token credential would record a use per page, so the list would grow while being read.
    let credential = Credential::Session(app.session()?);
    let mut pages: Pages<R> =
        Pages { credential, query, anchor: Some(PageCursor::Newest), remaining, unreadable: BTreeSet::new() };
    let mut bar = ListProgress::show(&app.out, &app.adapters.progress, "rows")?;
    // Read the first page before writing, so that a refusal comes before any output.
    let mut page = pages.next(&app.backend)?;
    bar.begin_output();
    if app.out.json {
        print_json_list(app, &mut pages, page)?;
        drop(bar);
        return check_all_readable("rows of the ledger", &pages.unreadable, RESTORE_HINT);
    }
    table.begin(&mut app.out)?;
    let mut count = 0_u64;
    while let Some(rows) = page.filter(|rows| !rows.is_empty()) {
        count += rows.len() as u64;
        if app.out.quiet {
            rows.iter().try_for_each(|row| app.out.line(&row.count().to_string()))?;
        } else {
            rows.iter().for_each(|row| table.row(row.cells(app.dates())));
            table.print(&mut app.out)?;
        }
        app.adapters.progress.advance(rows.len() as u64);
        page = pages.next(&app.backend)?;
    }
    drop(bar);
    if count == 0 && pages.unreadable.is_empty() {
        app.out.note(if pages.query.is_filtered() {
            "The ledger has no matching rows that you can see."
        } else {
            R::EMPTY
        });
    }
    check_all_readable("rows of the ledger", &pages.unreadable, RESTORE_HINT)
}

fn print_json_list<R: LedgerList>(app: &mut App, pages: &mut Pages<R>, mut page: Option<Vec<R>>) -> Result<()> {
    let mut written = ListWriter::begin(R::LIST, app.now(), &mut app.out)?;
    while let Some(rows) = page {
        written.items(&rows)?;
        app.adapters.progress.advance(rows.len() as u64);
        page = pages.next(&app.backend)?;
    }
    written.end_with_unreadable(&pages.unreadable)
}
