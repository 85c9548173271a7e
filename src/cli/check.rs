//! `jeton check`: reports problems that need attention, for cron and monitoring. Needs no password, only the store.

use super::App;
use super::args::CheckArgs;
use super::ledger::format_secret;
use super::output::{Cell, Columns, ListTable, ListWriter};
use super::progress::ListProgress;
use crate::domain::expiry::Span;
use crate::domain::time::{Timestamp, ago, relative};
use crate::error::{Error, Result};
use crate::selected_backend::SelectedBackend;
use crate::verbs::credential::Credential;
use crate::verbs::findings::{Finding, FindingCursor, FindingKind, ListFindings};
use crate::verbs::ledger::format_origin;
use crate::verbs::request::call;

/// Number of tokens read at once.
const PAGE_SIZE: usize = 1_000;

/// Runs each check in turn, a page at a time.
struct Pages {
    queries: std::vec::IntoIter<FindingKind>,
    query: Option<FindingKind>,
    after: Option<FindingCursor>,
}

impl Pages {
    fn new(args: &CheckArgs) -> Result<Self> {
        let queries = vec![
            FindingKind::Expiring(Span::parse(&args.within)?),
            FindingKind::Stale(Span::parse(&args.stale)?),
            FindingKind::DeadSecretTried,
            FindingKind::UnknownNames,
        ];
        let mut queries = queries.into_iter();
        Ok(Pages { query: queries.next(), queries, after: None })
    }

    fn next(&mut self, backend: &SelectedBackend) -> Result<Option<Vec<Finding>>> {
        let Some(query) = self.query else { return Ok(None) };
        let page =
            call(backend, &Credential::Store, ListFindings { kind: query, after: self.after, limit: PAGE_SIZE })?;
        self.after = page.next;
        if page.next.is_none() {
            self.query = self.queries.next();
        }
        Ok(Some(page.findings))
    }
}

#[derive(Default)]
struct Counts {
    expiring: u64,
    stale: u64,
    dead_secrets: u64,
    unknown_names: u64,
}

impl Counts {
    fn add(&mut self, finding: &Finding) {
        *match finding {
            Finding::Expiring { .. } => &mut self.expiring,
            Finding::Stale { .. } => &mut self.stale,
            Finding::DeadSecretTried { .. } => &mut self.dead_secrets,
            Finding::UnknownNames { .. } => &mut self.unknown_names,
        } += 1;
    }

    /// Returns the exit code, and prints the summary.
    fn finish(&self, app: &App) -> Result<()> {
        let counts = [
            (self.expiring, "expiring"),
            (self.stale, "stale"),
            (self.dead_secrets, "still tried"),
            (self.unknown_names, "with unknown names"),
        ];
        let parts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            app.out.note("Nothing needs attention.");
            return Ok(());
        }
        if app.out.quiet {
            return Err(Error::silent_findings());
        }
        let program = app.program();
        let total: u64 = counts.iter().map(|(count, _)| count).sum();
        let what = if total == 1 { "a token needs attention" } else { "tokens need attention" };
        Err(Error::findings(format!("{what}: {}", parts.join(", "))).next(format!(
            "Show a token: {program} token show TOKEN. Show denied attempts: {program} ledger denied --token TOKEN"
        )))
    }
}

static COLUMNS: Columns =
    Columns { shown: &["FINDING", "TOKEN", "WHAT", "DETAILS"], more: &["AT", "ID"], has_header: false };

pub(super) fn run(app: &mut App, args: &CheckArgs) -> Result<()> {
    let mut table = ListTable::new(&COLUMNS, &args.list, &app.out)?;
    app.backend.local()?;
    let mut pages = Pages::new(args)?;
    let mut counts = Counts::default();
    let mut bar = ListProgress::show(&app.out, &app.adapters.progress, "findings")?;
    // Read the first findings before writing, so that a refusal comes before any output.
    let mut page = pages.next(&app.backend)?;
    while page.as_ref().is_some_and(Vec::is_empty) {
        page = pages.next(&app.backend)?;
    }
    bar.begin_output();
    if app.out.json {
        let mut list = ListWriter::begin("findings", app.now(), &mut app.out)?;
        while let Some(findings) = page {
            findings.iter().for_each(|finding| counts.add(finding));
            list.items(&findings)?;
            app.adapters.progress.advance(findings.len() as u64);
            page = pages.next(&app.backend)?;
        }
        drop(bar);
        list.end()?;
        return counts.finish(app);
    }
    table.begin(&mut app.out)?;
    let mut pending_rows = 0;
    while let Some(findings) = page {
        let now = app.now();
        for finding in &findings {
            counts.add(finding);
            if app.out.quiet {
                app.out.line(&finding.token().full_name())?;
            } else {
                table.row(cells(finding, now));
                pending_rows += 1;
            }
        }
        app.adapters.progress.advance(findings.len() as u64);
        page = pages.next(&app.backend)?;
        // Align all findings of a page, of every kind.
        if pending_rows >= PAGE_SIZE || page.is_none() {
            table.print(&mut app.out)?;
            pending_rows = 0;
        }
    }
    drop(bar);
    counts.finish(app)
}

fn cells(finding: &Finding, now: Timestamp) -> [Cell; 6] {
    let (what, more) = match finding {
        Finding::Expiring { expires_at, .. } => (format!("expires {}", relative(*expires_at, now)), String::new()),
        Finding::Stale { last_seen_at: Some(at), .. } => (format!("last seen {}", ago(*at, now)), String::new()),
        Finding::Stale { last_seen_at: None, created_at, .. } => {
            (format!("never used, created {}", ago(*created_at, now)), String::new())
        }
        Finding::UnknownNames { count, names, .. } => {
            let more = if *count > names.len() as u64 { ", …" } else { "" };
            (format!("methods or API sets that no catalogue has: {count}"), format!("{}{more}", names.join(", ")))
        }
        Finding::DeadSecretTried { token, attempts } => {
            let (address, client) = format_origin(&attempts.address, &attempts.client);
            let bound = if attempts.is_lower_bound { "more than " } else { "" };
            let secret =
                attempts.secret.as_ref().map_or_else(String::new, |s| format!(", secret {}", format_secret(s)));
            (
                format!("denied attempts in 7 days: {bound}{}, last {}", attempts.attempts, ago(attempts.at, now)),
                format!("{}{secret}, from {address} {client}", token.reason_word(&attempts.reason)),
            )
        }
    };
    let at = match finding {
        Finding::UnknownNames { .. } => None,
        Finding::Expiring { expires_at, .. } => Some(*expires_at),
        Finding::Stale { last_seen_at, .. } => *last_seen_at,
        Finding::DeadSecretTried { attempts, .. } => Some(attempts.at),
    };
    let token = finding.token();
    [
        finding.reason().into(),
        Cell::new(token.describe(), token.full_name()),
        what.into(),
        more.into(),
        Cell::timestamp(at),
        token.id.to_string().into(),
    ]
}
