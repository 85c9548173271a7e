//! `jeton ledger …`: denied attempts and uses, a page at a time, newest first.

pub(super) mod json;

pub(super) use json::{SecretJson, TokenNameJson};

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde::Serialize;

use self::json::{DeniedJson, UseJson};
use super::App;
use super::args::{LedgerCommand, ReadLedgerArgs};
use super::output::{JsonList, RESTORE, Table, all_read};
use crate::domain::expiry::Span;
use crate::domain::filter_syntax;
use crate::domain::ledger_filter::LedgerFilter;
use crate::domain::time::{Timestamp, Zone, utc_day, wall_minute};
use crate::domain::token::TokenRef;
use crate::error::{Error, Result};
use crate::lazy_backend::LazyLocalBackend;
use crate::verbs::actor::Credential;
use crate::verbs::ledger::{
    DeniedRow, LedgerCursor, LedgerSecret, LedgerToken, LedgerWindow, ListDenied, ListUses, UseRow, format_origin,
};
use crate::verbs::request::{RequestVerb, call};

/// Number of rows held in memory at once.
const PAGE: usize = 500;

pub(super) fn run(app: &mut App, command: LedgerCommand) -> Result<()> {
    match command {
        LedgerCommand::Denied(args) => read::<DeniedRow>(app, args),
        LedgerCommand::Uses(args) if args.filter.as_deref().is_some_and(asks_for_reason) => {
            Err(Error::usage("uses have no reason").why("they were allowed").next("Say: jeton ledger denied"))
        }
        LedgerCommand::Uses(args) => read::<UseRow>(app, args),
    }
}

fn asks_for_reason(text: &str) -> bool {
    LedgerFilter::parse(text).reason.is_some()
}

/// The query of every page.
#[derive(Clone)]
struct Question {
    token: Option<TokenRef>,
    since: Option<Timestamp>,
    filter: LedgerFilter,
}

/// A row of denied attempts or of uses.
trait Listed: Sized {
    type Key;
    type Verb: RequestVerb<Reply = LedgerWindow<Self>>;
    type Json<'a>: Serialize + From<&'a Self>
    where
        Self: 'a;
    const LIST: &'static str;
    const HEAD: &'static [&'static str];
    fn verb(question: Question, anchor: LedgerCursor<Self::Key>, limit: usize) -> Self::Verb;
    fn key(&self) -> Self::Key;
    fn count(&self) -> u64;
    fn cells(&self, zone: &dyn Zone) -> Vec<String>;
}

impl Listed for DeniedRow {
    type Key = crate::verbs::ledger::DeniedKey;
    type Verb = ListDenied;
    type Json<'a> = DeniedJson<'a>;
    const LIST: &'static str = "denied";
    const HEAD: &'static [&'static str] =
        &["TIME", "ATTEMPTS", "REASON", "TOKEN", "SECRET", "METHOD", "ADDRESS", "CLIENT"];

    fn verb(Question { token, since, filter }: Question, anchor: LedgerCursor<Self::Key>, limit: usize) -> ListDenied {
        ListDenied { token, since, filter, cursor: anchor, limit }
    }

    fn key(&self) -> Self::Key {
        self.key
    }

    fn count(&self) -> u64 {
        self.attempts
    }

    fn cells(&self, zone: &dyn Zone) -> Vec<String> {
        let token = self.token.as_ref().map_or_else(|| "unknown".to_owned(), LedgerToken::describe);
        let (address, client) = format_origin(&self.address, &self.client);
        vec![
            wall_minute(self.minute(), zone),
            self.attempts.to_string(),
            self.reason.clone(),
            token,
            self.secret.as_ref().map_or_else(dash, secret),
            or_dash(&self.method),
            address,
            client,
        ]
    }
}

impl Listed for UseRow {
    type Key = crate::verbs::ledger::UseKey;
    type Verb = ListUses;
    type Json<'a> = UseJson<'a>;
    const LIST: &'static str = "uses";
    const HEAD: &'static [&'static str] = &["DAY (UTC)", "USES", "TOKEN", "SECRET", "METHOD", "ADDRESS", "CLIENT"];

    fn verb(Question { token, since, filter }: Question, anchor: LedgerCursor<Self::Key>, limit: usize) -> ListUses {
        ListUses { token, since, filter, cursor: anchor, limit }
    }

    fn key(&self) -> Self::Key {
        self.key.clone()
    }

    fn count(&self) -> u64 {
        self.uses
    }

    fn cells(&self, _zone: &dyn Zone) -> Vec<String> {
        let (address, client) = format_origin(&self.key.address, &self.key.client);
        vec![
            utc_day(self.key.day),
            self.uses.to_string(),
            self.token.describe(),
            self.secret.as_ref().map_or_else(dash, secret),
            or_dash(&self.key.method),
            address,
            client,
        ]
    }
}

fn dash() -> String {
    "-".to_owned()
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { dash() } else { text.to_owned() }
}

/// Formats a secret: `jtn_Ab12Cd34 describe_previous_secret`.
pub(super) fn secret(secret: &LedgerSecret) -> String {
    format!("{} {}", secret.hint, secret.status.as_str())
}

/// The pages of one list, newest row first.
struct Pages<R: Listed> {
    who: Credential,
    question: Question,
    anchor: Option<LedgerCursor<R::Key>>,
    left: usize,
    /// The damaged rows that were left out, in words.
    unreadable: BTreeSet<String>,
}

impl<R: Listed> Pages<R> {
    fn next(&mut self, place: &LazyLocalBackend) -> Result<Option<Vec<R>>> {
        let Some(anchor) = self.anchor.take().filter(|_| self.left > 0) else { return Ok(None) };
        let window = call(place, &self.who, R::verb(self.question.clone(), anchor, self.left.min(PAGE)))?;
        self.left = self.left.saturating_sub(window.rows.len());
        self.anchor = window.rows.last().filter(|_| window.older).map(|row| LedgerCursor::Older(row.key()));
        self.unreadable.extend(window.unreadable);
        Ok(Some(window.rows))
    }
}

fn read<R: Listed>(app: &mut App, args: ReadLedgerArgs) -> Result<()> {
    let span = args.since.as_deref().map(Span::parse).transpose()?;
    let (now, zone) = (app.now(), app.world.clock.zone());
    let question = Question {
        token: args.token.map(TokenRef::Text),
        since: span.map(|span| span.before(now, zone).unwrap_or(Timestamp(i64::MIN))),
        filter: args
            .filter
            .as_deref()
            .map(filter_syntax::parse_strict::<LedgerFilter>)
            .transpose()?
            .unwrap_or_default(),
    };
    // Use a session: a token credential would record a use per page, so the list would grow while being read.
    let who = Credential::Session(app.proved()?.1);
    let left = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let mut pages: Pages<R> =
        Pages { who, question, anchor: Some(LedgerCursor::Newest), left, unreadable: BTreeSet::new() };
    // Read the first page before writing, so that a refusal comes before any output.
    let mut page = pages.next(&app.place)?;
    if app.out.json {
        return list(app, &mut pages, page);
    }
    let mut table = Table::new(R::HEAD);
    let mut count = 0_u64;
    while let Some(rows) = page.filter(|rows| !rows.is_empty()) {
        count += rows.len() as u64;
        if app.out.quiet {
            rows.iter().try_for_each(|row| app.out.line(&row.count().to_string()))?;
        } else {
            rows.iter().for_each(|row| table.row(row.cells(app.world.clock.zone())));
            app.out.table(&mut table)?;
        }
        page = pages.next(&app.place)?;
    }
    if count == 0 && pages.unreadable.is_empty() {
        app.out.note(if pages.question.narrows() {
            "Nothing in the ledger matches."
        } else {
            "Nothing in the ledger yet."
        });
    }
    all_read("rows of the ledger", &pages.unreadable, RESTORE)
}

impl Question {
    fn narrows(&self) -> bool {
        self.token.is_some() || self.since.is_some() || !self.filter.is_empty()
    }
}

fn list<R: Listed>(app: &mut App, pages: &mut Pages<R>, mut page: Option<Vec<R>>) -> Result<()> {
    let mut written = JsonList::begin(&mut app.out, R::LIST)?;
    while let Some(rows) = page {
        for row in &rows {
            written.item(&R::Json::from(row))?;
        }
        page = pages.next(&app.place)?;
    }
    written.end_without(&pages.unreadable)?;
    all_read("rows of the ledger", &pages.unreadable, RESTORE)
}
