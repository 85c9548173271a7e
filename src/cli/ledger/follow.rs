//! `ledger denied --follow`: prints denied attempts as they come, until Ctrl-C.
//!
//! The ledger adds up equal attempts of a minute in one row. Such a row is printed again when its count has grown.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use super::list::{LedgerList, LedgerQuery};
use crate::cli::App;
use crate::cli::args::ReadLedgerArgs;
use crate::cli::output::{ListTable, RESTORE_HINT, check_all_readable};
use crate::cli::suggested_commands::begin_with;
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::time::MINUTE;
use crate::error::Result;
use crate::platform::signals;
use crate::verbs::credential::Credential;
use crate::verbs::ledger::{DeniedKey, DeniedRow, LedgerWindow};
use crate::verbs::request::call;

/// Number of rows read at once.
const PAGE_SIZE: usize = 500;
/// Number of existing rows shown before new ones.
const DEFAULT_ROWS: usize = 10;
/// Interval between polls for new attempts.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Minutes before the newest row in which rows may still grow: a service writes its ledger in batches.
const OPEN_MINUTES: i64 = 5;

/// The rows of the last minutes, with their counts.
struct Follower {
    credential: Credential,
    query: LedgerQuery,
    shown: BTreeMap<DeniedKey, u64>,
    /// The minute of the newest row of the ledger.
    newest: i64,
    unreadable: BTreeSet<String>,
}

pub(super) fn follow(app: &mut App, args: ReadLedgerArgs) -> Result<()> {
    let mut table = ListTable::new(DeniedRow::columns(), &args.list, &app.out)?;
    let limit = args.limit.map(NonZeroUsize::get);
    let query = LedgerQuery::new::<DeniedRow>(app, args)?;
    // A session: a token credential would record a use for every poll.
    let credential = Credential::Session(app.session()?);
    // Ctrl-C ends the program right away, so the terminal must be restored first.
    app.prompt.show_echo();
    signals::end_on_interrupt()?;
    if !app.out.json && !app.out.quiet {
        table.follow();
    }
    let limit = limit.unwrap_or(if query.since.is_some() { usize::MAX } else { DEFAULT_ROWS });
    let newest = app.now().0.div_euclid(MINUTE);
    let mut follower = Follower { credential, query, shown: BTreeMap::new(), newest, unreadable: BTreeSet::new() };
    // The older rows of the last minutes are not shown until they grow.
    let known = follower.changed(app)?;
    follower.shown = known.iter().map(|row| (row.key(), row.attempts)).collect();
    let first = follower.newest_rows(app, limit)?;
    table.begin(&mut app.out)?;
    follower.print(app, &mut table, first)?;
    loop {
        app.adapters.clock.sleep(POLL_INTERVAL);
        if signals::output_is_closed() {
            return Ok(());
        }
        let rows = follower.changed(app)?;
        follower.print(app, &mut table, rows)?;
    }
}

impl Follower {
    /// Returns the minute of the newest row, whatever the filter is. So the rows before it are not searched again and again.
    fn newest_minute(&self, app: &App) -> Result<Option<i64>> {
        let whole = LedgerQuery { token: None, since: None, filter: LedgerFilter::default() };
        let window = call(&app.backend, &self.credential, DeniedRow::verb(whole, PageCursor::Newest, 1))?;
        Ok(window.rows.first().map(|row| row.key().minute))
    }

    fn fetch(&self, app: &App, cursor: PageCursor<DeniedKey>, limit: usize) -> Result<LedgerWindow<DeniedRow>> {
        call(&app.backend, &self.credential, DeniedRow::verb(self.query.clone(), cursor, limit))
    }

    /// Returns the newest rows, the oldest first.
    fn newest_rows(&mut self, app: &App, limit: usize) -> Result<Vec<DeniedRow>> {
        let (mut rows, mut cursor) = (Vec::new(), PageCursor::Newest);
        while rows.len() < limit {
            let window = self.fetch(app, cursor, PAGE_SIZE.min(limit - rows.len()))?;
            self.unreadable.extend(window.unreadable);
            rows.extend(window.rows);
            match rows.last().filter(|_| window.older) {
                Some(row) => cursor = PageCursor::Older(row.key()),
                None => break,
            }
        }
        rows.reverse();
        Ok(rows)
    }

    /// Returns the rows that are new or have grown, the oldest first.
    fn changed(&mut self, app: &App) -> Result<Vec<DeniedRow>> {
        let from = self.newest;
        self.newest = self.newest_minute(app)?.unwrap_or(from);
        let mut cursor = PageCursor::Newer(DeniedKey { minute: from.min(self.newest) - OPEN_MINUTES, row: i64::MAX });
        let mut rows = Vec::new();
        loop {
            let window = self.fetch(app, cursor, PAGE_SIZE)?;
            self.unreadable.extend(window.unreadable);
            let last = window.rows.first().map(LedgerList::key);
            let has_grown = |row: &DeniedRow| self.shown.get(&row.key()).is_none_or(|count| row.attempts > *count);
            rows.extend(window.rows.into_iter().rev().filter(has_grown));
            match last.filter(|_| window.newer) {
                Some(last) => cursor = PageCursor::Newer(last),
                None => return Ok(rows),
            }
        }
    }

    fn print(&mut self, app: &mut App, table: &mut ListTable, rows: Vec<DeniedRow>) -> Result<()> {
        for row in rows {
            self.shown.insert(row.key(), row.attempts);
            if app.out.json {
                app.out.json(&row, app.now())?;
            } else if app.out.quiet {
                app.out.line(&row.attempts.to_string())?;
            } else {
                table.row(row.cells(app.dates()));
            }
        }
        table.print(&mut app.out)?;
        self.shown.retain(|key, _| key.minute > self.newest - OPEN_MINUTES);
        if let Err(error) =
            check_all_readable("rows of the ledger", &std::mem::take(&mut self.unreadable), RESTORE_HINT)
        {
            app.out.note(&format!("! {}", begin_with(error, &app.program())));
        }
        Ok(())
    }
}
