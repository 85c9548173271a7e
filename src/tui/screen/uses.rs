//! The screen of accepted uses by day (UTC), newest first.

use ratatui::style::Style;

use super::denied::{describe_secret, short_status};
use super::list::list_screen::{ListScreen, Source};
use super::list::loaded_rows::{Anchor, Page};
use super::list::log_row::LogRow;
use crate::domain::query::ledger_filter::UseFilter;
use crate::domain::role::Role;
use crate::tui::component::Damaged;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, group_digits};
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::verbs::ledger::{ListUses, UseKey, UseRow, format_origin};
use crate::verbs::request::{Request, Response};

pub type Uses = ListScreen<AcceptedUses>;

#[derive(Default)]
pub struct AcceptedUses;

/// Width of the count of uses, and of the blank after it.
const USES_COLUMNS: usize = 10;

impl LogRow for UseRow {
    type Key = UseKey;

    fn key(&self) -> UseKey {
        UseRow::key(self)
    }
}

impl Source for AcceptedUses {
    type Row = UseRow;
    type Filter = UseFilter;
    const ID: &'static str = "uses";
    const CONTEXT: Context = Context::Uses;
    const ORDER: &'static str = "↓ day";
    const SHOWS_LEDGER: bool = true;
    /// Narrow lists drop the client first, then the secret. Next they cut the method, then drop the address and the
    /// method.
    const TABLE: TableSpec = TableSpec {
        columns: &[
            ("DAY (UTC)", 10),
            ("     USES", USES_COLUMNS),
            ("TOKEN", 15),
            ("SECRET", 10),
            ("METHOD", 24),
            ("ADDRESS", 15),
            ("CLIENT", 14),
        ],
        narrower: &[&[(6, 0)], &[(3, 0)], &[(4, 15)], &[(5, 0)], &[(4, 0)], &[(2, 8)]],
        shares: &[(4, 2, 40), (5, 5, 24), (6, 5, 24)],
        widest: 2,
        ..TableSpec::EMPTY
    };

    fn request(&self, filter: UseFilter, anchor: Anchor<UseKey>, limit: usize) -> Request {
        ListUses { token: None, since: None, filter: filter.into(), cursor: anchor.into(), limit }.into()
    }

    fn take_page(&mut self, response: &mut Response, _filter: &UseFilter) -> Option<Page<UseRow>> {
        if let Response::ListUses(window) = response { Some(window.into()) } else { None }
    }

    fn damaged(response: &Response) -> Option<Damaged> {
        if let Response::ListUses(window) = response { Some(window.into()) } else { None }
    }

    fn cells(&self, row: &UseRow, UseFilter(filter): &UseFilter, _columns: &TableColumns, model: &Model) -> Vec<Cell> {
        let (plain, dim) = (Style::new(), model.theme.dim);
        let (address, client) = format_origin(&row.address, &row.client);
        let secret = row.secret.as_ref().map_or("", |secret| short_status(secret.status));
        vec![
            Cell::new(model.dates.get().format.utc_day(row.day), dim),
            Cell::new(format!("{:>width$}", group_digits(row.uses), width = USES_COLUMNS - 1), plain),
            Cell::matching(row.token.full_name(), plain, &filter.words, filter.token.as_ref()),
            Cell::new(secret, plain),
            Cell::matching(or_dash(&row.method), plain, &filter.words, filter.method.as_ref()).keeping_end(),
            Cell::matching(address, plain, &filter.words, filter.address.as_ref()),
            Cell::matching(client, dim, &filter.words, None),
        ]
    }

    fn about(&self, row: &UseRow, model: &Model) -> [String; 2] {
        let secret = describe_secret(row.secret.as_ref());
        let (address, client) = format_origin(&row.address, &row.client);
        let day = model.dates.get().format.utc_day(row.day);
        let method = if row.method.is_empty() { "method not recorded" } else { &row.method };
        [
            format!("{}: {method}{secret}", row.token.full_name()),
            format!("{} from {address} ({client}) on {day} (UTC)", count_noun(row.uses, "use")),
        ]
    }

    fn empty_text(&self, model: &Model) -> &'static str {
        match model.role() >= Role::Admin {
            true => "No uses of tokens are recorded.",
            false => "No uses of your tokens are recorded.",
        }
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_the_width() {
        let at = |columns| TableColumns::new(&AcceptedUses::TABLE, columns);
        for columns in 40..220 {
            let c = at(columns);
            assert!(c.total() <= columns, "{columns}: {}", c.total());
            assert!(c.width(0) == 10 && c.width(1) == USES_COLUMNS && c.width(2) >= 8, "{columns}");
        }
        let shown = |columns| {
            let c = at(columns);
            [c.width(6) > 0, c.width(3) > 0, c.width(5) > 0, c.width(4) > 0]
        };
        assert_eq!(shown(40), [false; 4]);
        assert_eq!(shown(72), [false, false, true, true], "beside the pane of 120 columns");
        assert_eq!(shown(80), [false, false, true, true]);
        assert_eq!(shown(110), [true; 4]);
    }
}
