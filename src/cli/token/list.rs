//! `token list`: reads a window at a time, so that a million tokens need only a page of memory.

use std::collections::BTreeSet;

use super::super::App;
use super::super::args::ListArgs;
use super::super::output::{Cell, Columns, ListTable, ListWriter, RESTORE_HINT, check_all_readable, counted};
use super::super::progress::ListProgress;
use super::status_text;
use crate::domain::expiry::Span;
use crate::domain::name::Username;
use crate::domain::query::filter_syntax::{self, FilterFields};
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::time::{Timestamp, ago, relative};
use crate::domain::token::{Status, Token};
use crate::error::Result;
use crate::selected_backend::SelectedBackend;
use crate::verbs::credential::Credential;
use crate::verbs::ports::{TokenCursor, Window};
use crate::verbs::request::call;
use crate::verbs::tokens::{ListTokens, OwnerFilter};

/// Number of tokens of the first page, which is printed at once.
const FIRST_PAGE_SIZE: usize = 100;
/// Number of tokens of later pages from a server.
const PAGE_SIZE: usize = 500;
/// Number of tokens of later pages of a store on this machine. Fewer pages need fewer transactions.
const LATER_PAGE_SIZE: usize = 5_000;

pub(super) fn list(app: &mut App, args: ListArgs) -> Result<()> {
    let owner = match &args.account {
        Some(name) => OwnerFilter::Account(Username::parse(name)?),
        None if args.all => OwnerFilter::All,
        None => OwnerFilter::Mine,
    };
    let column = args.sort.as_deref().map(SortColumn::parse).transpose()?.unwrap_or_default();
    let sort = Sort { column, descending: args.desc };
    let mut filter: TokenFilter =
        args.filter.as_deref().map(filter_syntax::parse_strict).transpose()?.unwrap_or_default();
    if let Some(word) = &args.status {
        filter.status = Some(Status::parse(word)?);
    }
    if let Some(span) = &args.within {
        filter.expiring = Some(Span::parse(span)?);
    }
    // Revoked tokens are listed only in the trash.
    let trashed = args.trash || filter.status == Some(Status::Deleted);
    let mut table = ListTable::new(if trashed { &TRASH_COLUMNS } else { &COLUMNS }, &args.list, &app.out)?;
    // A session: a token credential would record a use per page.
    let credential = Credential::Session(app.session()?);
    let mut pages = Pages {
        credential,
        owner,
        filter,
        sort,
        trashed,
        cursor: Some(TokenCursor::After(None)),
        unreadable: BTreeSet::new(),
    };
    let now = app.now();
    let mut bar = ListProgress::show(&app.out, &app.adapters.progress, "tokens")?;
    let Some(first) = pages.next(&app.backend)? else { return Ok(()) };
    let total = first.total;
    // Matches are not counted.
    let expected = if pages.filter.is_empty() { total } else { 0 };
    app.adapters.progress.report(0, expected);
    let mut listed = 0;
    let mut page = Some(first);
    bar.begin_output();
    if app.out.json {
        return json(app, &mut pages, page, now, bar);
    }
    table.begin(&mut app.out)?;
    while let Some(window) = page.take().filter(|w| w.last.is_some()) {
        listed += row_count(&window);
        if app.out.quiet {
            for token in &window.rows {
                app.out.line(&token.full_name())?;
            }
        } else {
            window.rows.iter().for_each(|t| table.row(row(t, now)));
            table.print(&mut app.out)?;
        }
        app.adapters.progress.report(listed, expected);
        page = pages.next(&app.backend)?;
    }
    drop(bar);
    summary(app, &pages, listed, total);
    check_all_readable("tokens", &pages.unreadable, RESTORE_HINT)
}

struct Pages {
    credential: Credential,
    owner: OwnerFilter,
    filter: TokenFilter,
    sort: Sort,
    trashed: bool,
    /// Anchor of the next page, or `None` after the last.
    cursor: Option<TokenCursor>,
    /// Ids of the damaged tokens that were left out.
    unreadable: BTreeSet<String>,
}

impl Pages {
    fn next(&mut self, backend: &SelectedBackend) -> Result<Option<Window>> {
        let Some(anchor) = self.cursor else { return Ok(None) };
        let limit = match (backend, anchor) {
            (_, TokenCursor::After(None)) => FIRST_PAGE_SIZE,
            (SelectedBackend::Local(_), _) => LATER_PAGE_SIZE,
            (SelectedBackend::Remote(_), _) => PAGE_SIZE,
        };
        let window = call(
            backend,
            &self.credential,
            ListTokens {
                owner: self.owner.clone(),
                filter: self.filter.clone(),
                sort: self.sort,
                trashed: self.trashed,
                cursor: anchor,
                limit,
            },
        )?;
        let is_full = window.rows.len() + window.unreadable.len() == limit;
        self.cursor = window.last.filter(|_| is_full).map(|last| TokenCursor::After(Some(last)));
        self.unreadable.extend(window.unreadable.iter().map(ToString::to_string));
        Ok(Some(window))
    }
}

/// Returns the number of tokens of a page, readable or not.
fn row_count(page: &Window) -> u64 {
    (page.rows.len() + page.unreadable.len()) as u64
}

fn json(app: &mut App, pages: &mut Pages, mut page: Option<Window>, now: Timestamp, bar: ListProgress) -> Result<()> {
    let (mut listed, (_, expected)) = (0, app.adapters.progress.counts());
    let mut list = ListWriter::begin("tokens", now, &mut app.out)?;
    while let Some(window) = page.take() {
        list.items(&window.rows)?;
        listed += row_count(&window);
        app.adapters.progress.report(listed, expected);
        page = pages.next(&app.backend)?;
    }
    drop(bar);
    list.end_with_unreadable(&pages.unreadable)?;
    check_all_readable("tokens", &pages.unreadable, RESTORE_HINT)
}

const MORE_COLUMNS: &[&str] = &["ID", "DESCRIPTION", "CREATED"];
static COLUMNS: Columns = Columns {
    shown: &["NAME", "STATUS", "ACCOUNT", "API", "EXPIRES", "LAST SEEN", "HINT"],
    more: MORE_COLUMNS,
    has_header: true,
};
static TRASH_COLUMNS: Columns = Columns {
    shown: &["NAME", "STATUS", "ACCOUNT", "API", "REVOKED", "LAST SEEN", "HINT"],
    more: MORE_COLUMNS,
    has_header: true,
};

fn row(token: &Token, now: Timestamp) -> [Cell; 10] {
    let seen = token.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, now));
    let ends = match (token.deleted_at, token.expiry.at()) {
        (Some(deleted), _) => ago(deleted, now),
        (None, Some(expires)) => relative(expires, now),
        (None, None) => "never".to_owned(),
    };
    [
        token.name.to_string().into(),
        Cell::new(status_text(token, now), token.status(now).as_str()),
        token.owner.username.to_string().into(),
        token.selection.summary().into(),
        Cell::time(ends, token.deleted_at.or(token.expiry.at())),
        Cell::time(seen, token.last_seen_at),
        token.hint.clone().into(),
        token.id.to_string().into(),
        token.description.to_string().into(),
        Cell::timestamp(Some(token.created_at)),
    ]
}

/// Returns the row of a token in words.
pub(in crate::cli) fn describe_row(token: &Token, now: Timestamp) -> String {
    let columns = if token.deleted_at.is_some() { &TRASH_COLUMNS } else { &COLUMNS };
    columns.sentence(&row(token, now))
}

fn summary(app: &App, pages: &Pages, matching: u64, total: u64) {
    app.out.note(&match (total, pages.trashed, &pages.owner) {
        (0, true, OwnerFilter::Account(owner)) => format!("{owner} has no tokens in the trash."),
        (0, true, OwnerFilter::Mine) => format!(
            "You have no tokens in the trash. List all revoked tokens that you can see: {} token list --trash --all",
            app.program()
        ),
        (0, true, OwnerFilter::All) => "The trash has no tokens that you can see.".to_owned(),
        (0, false, OwnerFilter::Account(owner)) => {
            format!("{owner} has no tokens. Create a token: {} token create NAME --account {owner}", app.program())
        }
        (0, false, OwnerFilter::Mine) => format!(
            "You have no tokens. List all tokens that you can see: {0} token list --all. Create a token: {0} token create NAME",
            app.program()
        ),
        (0, false, OwnerFilter::All) => {
            format!("There are no tokens that you can see. Create a token: {} token create NAME", app.program())
        }
        _ if pages.filter.is_empty() => counted(total, "token"),
        _ => format!("{matching} of {}", counted(total, "token")),
    });
}
