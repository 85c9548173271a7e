//! `ledger uses`: accepted uses by day.

use super::super::App;
use super::super::args::ReadLedgerArgs;
use super::list::{LedgerList, LedgerQuery, print_list};
use super::secret_cell;
use crate::cli::output::{Cell, Columns};
use crate::domain::date_format::{DateFormat, Dates};
use crate::domain::query::filter_syntax::FilterFields;
use crate::domain::query::ledger_filter::{LedgerFilter, UseFilter};
use crate::domain::query::page_cursor::PageCursor;
use crate::error::{Error, Result};
use crate::verbs::ledger::{ListUses, UseKey, UseRow, format_origin};

pub(super) fn uses(app: &mut App, args: ReadLedgerArgs) -> Result<()> {
    if args.filter.as_deref().is_some_and(|text| LedgerFilter::parse(text).reason.is_some()) {
        return Err(Error::usage("uses can't be filtered by reason")
            .why("only denied attempts have a reason")
            .next("List denied attempts: jeton ledger denied"));
    }
    print_list::<UseRow>(app, args)
}

impl LedgerList for UseRow {
    type Key = UseKey;
    type Verb = ListUses;
    type Filter = UseFilter;
    const LIST: &'static str = "uses";
    const EMPTY: &'static str = "The ledger has no uses that you can see.";

    fn columns() -> &'static Columns {
        &Columns {
            shown: &["DAY (UTC)", "USES", "TOKEN", "SECRET", "METHOD", "ADDRESS", "CLIENT"],
            more: &[],
            has_header: true,
        }
    }

    fn verb(
        LedgerQuery { token, since, filter }: LedgerQuery,
        anchor: PageCursor<Self::Key>,
        limit: usize,
    ) -> ListUses {
        ListUses { token, since, filter, cursor: anchor, limit }
    }

    fn key(&self) -> Self::Key {
        UseRow::key(self)
    }

    fn count(&self) -> u64 {
        self.uses
    }

    fn cells(&self, dates: Dates<'_>) -> Vec<Cell> {
        let (address, client) = format_origin(&self.address, &self.client);
        vec![
            Cell::new(dates.format.utc_day(self.day), DateFormat::Iso.utc_day(self.day)),
            self.uses.to_string().into(),
            self.token.describe().into(),
            secret_cell(self.secret.as_ref()),
            Cell::or_dash(&self.method),
            Cell::new(address, &*self.address),
            Cell::new(client, &*self.client),
        ]
    }
}
