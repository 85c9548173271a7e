//! `audit`: prints the log from old to new, a page at a time, and can follow new rows.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::super::App;
use super::super::args::ReadAuditArgs;
use super::super::output::{Cell, Columns, ListTable, ListWriter, Output, check_all_readable};
use super::super::progress::ListProgress;
use super::replaced_log::WholeLog;
use crate::domain::audit::{AuditRow, summarize_details};
use crate::domain::date_format::Dates;
use crate::domain::expiry::Span;
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::query::filter_syntax;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenRef;
use crate::error::{Error, Result};
use crate::platform::resume_file::{LastRow, ResumeFile};
use crate::platform::signals;
use crate::selected_backend::SelectedBackend;
use crate::verbs::audit::ListAudit;
use crate::verbs::credential::Credential;
use crate::verbs::ports::audit_log::{AuditWindow, HashedRow};
use crate::verbs::request::call;

/// Number of rows held in memory at once.
const PAGE_SIZE: usize = 500;
/// Interval between polls for new rows.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// Number of existing rows shown before new ones.
const DEFAULT_FOLLOW_ROWS: usize = 10;

pub(super) fn read(app: &mut App, args: ReadAuditArgs) -> Result<()> {
    let mut table = ListTable::new(&COLUMNS, &args.list, &app.out)?;
    let span = args.since.as_deref().map(Span::parse).transpose()?;
    let (now, zone) = (app.now(), app.adapters.clock.zone());
    let query = AuditQuery {
        since: span.map(|span| span.before(now, zone).unwrap_or(Timestamp(i64::MIN))),
        token: args.token.map(TokenRef::Text),
        filter: args.filter.as_deref().map(filter_syntax::parse_strict::<AuditFilter>).transpose()?.unwrap_or_default(),
        // Use a session: a token credential would record a use for every poll.
        credential: Credential::Session(app.session()?),
    };
    let show = || ListProgress::show(&app.out, &app.adapters.progress, "rows");
    let mut bar = if args.follow { None } else { Some(show()?) };
    let resume = args.resume.map(ResumeFile::new);
    // The rows up to this one were read.
    let mut position = resume.as_ref().map(ResumeFile::read).transpose()?.flatten().unwrap_or(LastRow::BEFORE_FIRST);
    let is_from_newest = args.follow && span.is_none() && resume.is_none();
    let limit = args.limit.map(NonZeroUsize::get).or(is_from_newest.then_some(DEFAULT_FOLLOW_ROWS));
    let (mut anchor, until) = match limit {
        None if position == LastRow::BEFORE_FIRST => (PageCursor::Oldest, i64::MAX),
        None => (PageCursor::Newer(position.seq), i64::MAX),
        Some(limit) => query.newest_rows(&app.backend, limit)?,
    };
    if app.out.json && !args.follow {
        return list(app, &query, anchor, until, bar);
    }
    if args.follow {
        // Ctrl-C ends the program right away, so the terminal must be restored first.
        app.prompt.show_echo();
        signals::end_on_interrupt()?;
        if !app.out.json && !app.out.quiet {
            table.follow();
        }
    }
    let mut printer = Printer { table, lines: args.follow, has_begun: false };
    let mut unreadable = BTreeSet::new();
    let mut until = LastRow { seq: until, hash: None };
    loop {
        if args.follow {
            until = query.whole_log(&app.backend).last_row()?;
            if printer.has_begun && until == position && until.hash.is_some() {
                app.adapters.clock.sleep(POLL_INTERVAL);
                if signals::output_is_closed() {
                    return Ok(());
                }
                continue;
            }
        }
        let window = query.fetch(&app.backend, anchor, PAGE_SIZE)?;
        // A restored log can have as many rows as the replaced one.
        let log = query.whole_log(&app.backend);
        if args.follow && !log.contains(position)? {
            if resume.is_none() {
                return Err(Error::failure("the last row that was shown is no longer in the audit log")
                    .why("a restore replaced the log, or somebody altered the log")
                    .next(verify_hint(app)));
            }
            position = log.resume_after(app, position)?;
            anchor = PageCursor::Newer(position.seq);
            continue;
        }
        // The page may be of another log than `until`.
        if args.follow && !log.contains(until)? {
            continue;
        }
        let now = app.now();
        let dates = app.settings.dates.value.in_zone(app.adapters.clock.zone());
        let rows = rows_up_to(&window, until.seq);
        bar.as_mut().map(ListProgress::begin_output);
        printer.print(&mut app.out, dates, now, rows)?;
        app.adapters.progress.advance(rows.len() as u64);
        unreadable.extend(unreadable_rows(&window, until.seq));
        if let (Some(file), Some(last)) = (&resume, rows.last()) {
            file.write(last.into())?;
        }
        let reached = window.last_seq().filter(|last| window.newer && *last < until.seq);
        position = reached.map_or(until, |seq| {
            let hash = rows.last().filter(|last| last.row.seq == seq).map(|last| last.hash);
            LastRow { seq, hash }
        });
        anchor = PageCursor::Newer(position.seq);
        if !args.follow && reached.is_none() {
            return check_all_readable(ROWS, &unreadable, &verify_hint(app));
        }
        if args.follow
            && let Err(error) = check_all_readable(ROWS, &std::mem::take(&mut unreadable), &verify_hint(app))
        {
            app.out.note(&format!("! {error}"));
        }
    }
}

/// Returns the rows up to `until`. Rows that arrived while older ones were read are ignored.
fn rows_up_to(window: &AuditWindow, until: i64) -> &[HashedRow] {
    let count = window.rows.partition_point(|chained| chained.row.seq <= until);
    &window.rows[..count]
}

/// Noun for damaged rows in error messages.
const ROWS: &str = "rows of the audit log";

/// Returns the command that verifies the log. It needs the file of the store.
fn verify_hint(app: &App) -> String {
    match app.backend {
        SelectedBackend::Local(_) => format!("Run: {} audit verify", app.program()),
        SelectedBackend::Remote(_) => "On the machine with the store, run: jeton audit verify --store PATH".to_owned(),
    }
}

/// Returns the numbers of the damaged rows up to `until`.
fn unreadable_rows(window: &AuditWindow, until: i64) -> impl Iterator<Item = String> {
    window.unreadable.iter().filter(move |seq| **seq <= until).map(ToString::to_string)
}

/// The filter of the list, and the credential to read with.
struct AuditQuery {
    credential: Credential,
    since: Option<Timestamp>,
    token: Option<TokenRef>,
    filter: AuditFilter,
}

impl AuditQuery {
    fn whole_log<'a>(&'a self, backend: &'a SelectedBackend) -> WholeLog<'a> {
        WholeLog { backend, credential: &self.credential }
    }

    fn fetch(&self, backend: &SelectedBackend, anchor: PageCursor<i64>, limit: usize) -> Result<AuditWindow> {
        let (token, filter) = (self.token.clone(), self.filter.clone());
        call(backend, &self.credential, ListAudit { since: self.since, token, filter, cursor: anchor, limit })
    }

    /// Returns the anchor of the newest `limit` rows, and the number of the last row.
    fn newest_rows(&self, backend: &SelectedBackend, limit: usize) -> Result<(PageCursor<i64>, i64)> {
        let mut window = self.fetch(backend, PageCursor::Newest, limit.min(PAGE_SIZE))?;
        let until = window.newest;
        let mut left = limit;
        let mut first = until.saturating_add(1);
        while let Some(reached) = window.first_seq() {
            first = window.rows.first().map_or(first, |chained| chained.row.seq);
            left = left.saturating_sub(window.rows.len());
            if left == 0 || !window.older {
                break;
            }
            window = self.fetch(backend, PageCursor::Older(reached), left.min(PAGE_SIZE))?;
        }
        Ok((PageCursor::Newer(first - 1), until))
    }
}

fn list(
    app: &mut App,
    query: &AuditQuery,
    mut anchor: PageCursor<i64>,
    until: i64,
    mut bar: Option<ListProgress>,
) -> Result<()> {
    let mut window = query.fetch(&app.backend, anchor, PAGE_SIZE)?;
    bar.as_mut().map(ListProgress::begin_output);
    let mut list = ListWriter::begin("entries", app.now(), &mut app.out)?;
    let mut unreadable = BTreeSet::new();
    loop {
        unreadable.extend(unreadable_rows(&window, until));
        let rows = rows_up_to(&window, until);
        list.items(rows)?;
        app.adapters.progress.advance(rows.len() as u64);
        match window.last_seq().filter(|last| window.newer && *last < until) {
            None => {
                drop(bar);
                list.end_with_unreadable(&unreadable)?;
                return check_all_readable(ROWS, &unreadable, &verify_hint(app));
            }
            Some(last) => anchor = PageCursor::Newer(last),
        }
        window = query.fetch(&app.backend, anchor, PAGE_SIZE)?;
    }
}

static COLUMNS: Columns =
    Columns { shown: &["ROW", "TIME", "WHO", "VIA", "VERB", "TARGET", "WHAT"], more: &["TARGET ID"], has_header: true };

struct Printer {
    table: ListTable,
    /// `true` if JSON is printed as one line per row.
    lines: bool,
    /// `true` once the header, or the pager, has been started.
    has_begun: bool,
}

impl Printer {
    fn print(&mut self, out: &mut Output, dates: Dates<'_>, now: Timestamp, rows: &[HashedRow]) -> Result<()> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.table.begin(out)?;
        }
        if out.json && self.lines {
            return rows.iter().try_for_each(|chained| out.json(chained, now));
        }
        if out.quiet {
            return rows.iter().try_for_each(|chained| out.line(&chained.row.seq.to_string()));
        }
        rows.iter().for_each(|chained| self.table.row(cells(&chained.row, dates)));
        self.table.print(out)
    }
}

fn cells(row: &AuditRow, dates: Dates<'_>) -> [Cell; 8] {
    let actor = row.actor_name();
    let target = if row.target_name.is_empty() { &row.target } else { &row.target_name };
    [
        row.seq.to_string().into(),
        Cell::new(dates.second(row.at), row.at.rfc3339_ms()),
        row.proof_words().map_or_else(|| actor.to_owned(), |proof| format!("{actor} ({proof})")).into(),
        row.face.clone().into(),
        row.verb.clone().into(),
        target.clone().into(),
        summarize_details(&row.details).into(),
        row.target.clone().into(),
    ]
}
