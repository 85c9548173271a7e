//! `ledger denied`: denied attempts.

use super::super::App;
use super::super::args::DeniedArgs;
use super::list::{LedgerList, LedgerQuery, print_list};
use super::{follow, secret_cell};
use crate::cli::output::{Cell, Columns};
use crate::domain::date_format::Dates;
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::{MAX_ROWS, PageCursor};
use crate::error::Result;
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, DeniedTokenKey, DeniedTokenRow, LedgerToken, ListDenied, ListDeniedTokens, UNKNOWN_SECRETS,
    format_origin, reason_word,
};

pub(super) fn denied(app: &mut App, args: DeniedArgs) -> Result<()> {
    match (args.follow, args.by_token) {
        (true, _) => follow::follow(app, args.rows),
        (false, true) => print_list::<DeniedTokenRow>(app, args.rows),
        (false, false) => print_list::<DeniedRow>(app, args.rows),
    }
}

impl LedgerList for DeniedRow {
    type Key = DeniedKey;
    type Verb = ListDenied;
    type Filter = LedgerFilter;
    const LIST: &'static str = "denied";
    const EMPTY: &'static str = "The ledger has no denied attempts that you can see.";

    fn columns() -> &'static Columns {
        &Columns {
            shown: &["TIME", "ATTEMPTS", "REASON", "TOKEN", "SECRET", "METHOD", "ADDRESS", "CLIENT"],
            more: &[],
            has_header: true,
        }
    }

    fn verb(
        LedgerQuery { token, since, filter }: LedgerQuery,
        anchor: PageCursor<Self::Key>,
        limit: usize,
    ) -> ListDenied {
        ListDenied { token, since, filter, cursor: anchor, limit }
    }

    fn key(&self) -> Self::Key {
        self.key
    }

    fn count(&self) -> u64 {
        self.attempts
    }

    fn cells(&self, dates: Dates<'_>) -> Vec<Cell> {
        let token = self.token.as_ref().map_or_else(|| "unknown".to_owned(), LedgerToken::describe);
        let (address, client) = format_origin(&self.address, &self.client);
        vec![
            Cell::time(dates.minute(self.minute()), Some(self.minute())),
            self.attempts.to_string().into(),
            Cell::new(reason_word(self.token.as_ref(), &self.reason), &*self.reason),
            token.into(),
            secret_cell(self.secret.as_ref()),
            Cell::or_dash(&self.method),
            Cell::new(address, &*self.address),
            Cell::new(client, &*self.client),
        ]
    }
}

impl LedgerList for DeniedTokenRow {
    type Key = DeniedTokenKey;
    type Verb = ListDeniedTokens;
    type Filter = LedgerFilter;
    const LIST: &'static str = "tokens";
    const EMPTY: &'static str = "The ledger has no denied attempts that you can see.";
    /// Each page sums up all attempts.
    const PAGE_SIZE: usize = MAX_ROWS;

    fn columns() -> &'static Columns {
        &Columns {
            shown: &["TOKEN", "REASON", "ATTEMPTS", "LAST", "FROM"],
            more: &["SECRET", "CLIENT"],
            has_header: true,
        }
    }

    fn verb(
        LedgerQuery { token, since, filter }: LedgerQuery,
        anchor: PageCursor<Self::Key>,
        limit: usize,
    ) -> ListDeniedTokens {
        ListDeniedTokens { token, since, filter, cursor: anchor, limit }
    }

    fn key(&self) -> Self::Key {
        self.key
    }

    fn count(&self) -> u64 {
        self.attempts
    }

    fn cells(&self, dates: Dates<'_>) -> Vec<Cell> {
        vec![
            self.token.as_ref().map_or_else(|| UNKNOWN_SECRETS.to_owned(), LedgerToken::describe).into(),
            Cell::new(reason_word(self.token.as_ref(), &self.reason), &*self.reason),
            self.attempts.to_string().into(),
            Cell::time(dates.minute(self.at), Some(self.at)),
            Cell::new(self.origin(), &*self.address),
            secret_cell(self.secret.as_ref()),
            Cell::or_dash(&self.client),
        ]
    }
}
