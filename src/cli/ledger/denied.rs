//! `ledger denied`: denied attempts.

use super::super::App;
use super::super::args::ReadLedgerArgs;
use super::format_secret;
use super::list::{LedgerList, LedgerQuery, dash, or_dash, print_list};
use crate::domain::date_format::Dates;
use crate::domain::query::page_cursor::PageCursor;
use crate::error::Result;
use crate::verbs::ledger::{DeniedKey, DeniedRow, LedgerToken, ListDenied, format_origin};

pub(super) fn denied(app: &mut App, args: ReadLedgerArgs) -> Result<()> {
    print_list::<DeniedRow>(app, args)
}

impl LedgerList for DeniedRow {
    type Key = DeniedKey;
    type Verb = ListDenied;
    const LIST: &'static str = "denied";
    const EMPTY: &'static str = "The ledger has no denied attempts.";
    const HEAD: &'static [&'static str] =
        &["TIME", "ATTEMPTS", "REASON", "TOKEN", "SECRET", "METHOD", "ADDRESS", "CLIENT"];

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

    fn cells(&self, dates: Dates<'_>) -> Vec<String> {
        let token = self.token.as_ref().map_or_else(|| "unknown".to_owned(), LedgerToken::describe);
        let (address, client) = format_origin(&self.address, &self.client);
        vec![
            dates.minute(self.minute()),
            self.attempts.to_string(),
            self.reason.clone(),
            token,
            self.secret.as_ref().map_or_else(dash, format_secret),
            or_dash(&self.method),
            address,
            client,
        ]
    }
}
