//! Denied attempts: summed up by token, or one by one.

use std::marker::PhantomData;

use super::super::App;
use super::super::ledger::{LedgerList, LedgerQuery};
use super::menu::{self, Entry, Then};
use super::rows::{List, PAGE_SIZE, Page, browse};
use crate::domain::query::filter_syntax;
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::token::{Token, TokenRef};
use crate::error::Result;
use crate::verbs::credential::Credential;
use crate::verbs::ledger::{DeniedRow, DeniedTokenRow, LedgerToken};

/// A list of the ledger.
struct Attempts<R> {
    title: String,
    query: LedgerQuery,
    rows: PhantomData<R>,
}

impl<R: DeniedList> Attempts<R> {
    fn new(title: String, token: Option<TokenRef>) -> Self {
        let query = LedgerQuery { token, since: None, filter: LedgerFilter::default() };
        Attempts { title, query, rows: PhantomData }
    }
}

/// A row of denied attempts, which may be those of a known token.
trait DeniedList: LedgerList<Key: Clone> {
    fn open(&self, app: &mut App) -> Result<()>;
}

impl DeniedList for DeniedTokenRow {
    fn open(&self, app: &mut App) -> Result<()> {
        let Some(token) = &self.token else { return open_unknown(app) };
        let entries: &[Entry<LedgerToken>] = &[
            Entry::new("List its denied attempts one by one", |app, token| {
                let title = format!("Denied attempts of {}", token.full_name());
                browse(app, Attempts::<DeniedRow>::new(title, Some(TokenRef::Id(token.id))))
            }),
            Entry::new("Open the token", |app, token| super::token::open(app, token.id).map(|()| Then::Again)),
        ];
        let title = format!("Denied attempts of {}", token.full_name());
        while menu::choose(app, &title, "Back to the list", entries, token)? == Then::Again {}
        Ok(())
    }
}

impl DeniedList for DeniedRow {
    fn open(&self, app: &mut App) -> Result<()> {
        match &self.token {
            Some(token) => super::token::open(app, token.id),
            None => open_unknown(app),
        }
    }
}

fn open_unknown(app: &mut App) -> Result<()> {
    app.out.line("Nothing can be opened here, because this row belongs to no token of the store.")
}

pub(super) fn by_token(app: &mut App) -> Result<Then> {
    browse(app, Attempts::<DeniedTokenRow>::new("Denied attempts by token, the last tried first".to_owned(), None))
}

/// Reads out the denied attempts of `token`, or all.
pub(super) fn one_by_one(app: &mut App, token: Option<&Token>) -> Result<Then> {
    let title = match token {
        None => "Denied attempts, newest first".to_owned(),
        Some(token) => format!("Denied attempts of {}, newest first", token.full_name()),
    };
    browse(app, Attempts::<DeniedRow>::new(title, token.map(|token| TokenRef::Id(token.id))))
}

impl<R: DeniedList> List for Attempts<R> {
    type Row = R;
    /// The row before the page.
    type Anchor = R::Key;
    const ROW: &'static str = "row";

    fn title(&self) -> String {
        self.title.clone()
    }

    fn set_filter(&mut self, text: &str) -> Result<()> {
        self.query.filter = filter_syntax::parse_strict::<R::Filter>(text)?.into();
        Ok(())
    }

    fn read(&self, app: &App, anchor: Option<&R::Key>) -> Result<Page<R, R::Key>> {
        let cursor = anchor.map_or(PageCursor::Newest, |key| PageCursor::Older(key.clone()));
        let reader = Credential::Session(app.session()?);
        let window = app.call(&reader, R::verb(self.query.clone(), cursor, PAGE_SIZE))?;
        let next = window.rows.last().filter(|_| window.older).map(|row| row.key());
        Ok(Page { rows: window.rows, next, total: None, unreadable: window.unreadable.len() })
    }

    fn sentence(&self, app: &App, row: &R) -> String {
        R::columns().sentence(&row.cells(app.dates()))
    }

    fn open(&self, app: &mut App, row: &R) -> Result<()> {
        row.open(app)
    }
}
