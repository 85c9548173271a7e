//! Denied attempts, summed up by token.

use ratatui::style::Style;

use super::attempts::describe_denial;
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::time::{HOUR, ago};
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, group_digits};
use crate::tui::theme;
use crate::tui::widget::table_columns::{AGO_COLUMNS, Cell, TableSpec};
use crate::verbs::ledger::{DeniedTokenRow, LedgerToken, UNKNOWN_SECRETS, format_origin, reason_word};

/// Time since the last attempt in which a token counts as tried now.
const TRIED_NOW: i64 = HOUR;

/// Narrow lists drop the address first, then the count. Next they cut the longest reasons.
pub(super) const TABLE: TableSpec = TableSpec {
    columns: &[("", 1), ("TOKEN", 17), ("REASON", 18), ("ATTEMPTS", 8), ("LAST", AGO_COLUMNS), ("FROM", 15)],
    narrower: &[&[(5, 0)], &[(3, 0)], &[(2, 15)], &[(1, 8)]],
    shares: &[(5, 2, 24)],
    widest: 1,
    ..TableSpec::EMPTY
};

pub(super) fn cells(row: &DeniedTokenRow, filter: &LedgerFilter, model: &Model) -> Vec<Cell> {
    let theme = &model.theme;
    let plain = Style::new();
    let (glyph, style) = theme::reason(&row.reason, theme);
    let is_now = row.at.0 > model.now.0.saturating_sub(TRIED_NOW);
    let reason = reason_word(row.token.as_ref(), &row.reason);
    let (mark, last) = if is_now { ("‼", theme.danger) } else { ("", plain) };
    let (address, others) = row.caller();
    let from = if others == 0 { address } else { format!("{address} +{others}") };
    vec![
        Cell::new(mark, theme.danger),
        Cell::matching(token_name(row), plain, &filter.words, filter.token.as_ref()),
        Cell::matching(format!("{glyph} {reason}"), style, &filter.words, filter.reason.as_ref()),
        Cell::new(format!("{:>8}", group_digits(row.attempts)), plain),
        Cell::new(ago(row.at, model.now), last),
        Cell::matching(from, plain, &filter.words, filter.address.as_ref()),
    ]
}

pub(super) fn about(row: &DeniedTokenRow, model: &Model) -> [String; 2] {
    let first = describe_denial(&token_name(row), &row.reason, row.secret.as_ref());
    let (_, client) = format_origin(&row.address, &row.client);
    let last = format!("the last {}, {}", ago(row.at, model.now), model.dates.get().second(row.at));
    [first, format!("{} from {} ({client}), {last}", count_noun(row.attempts, "attempt"), row.origin())]
}

/// Returns the token's name, or a text for the attempts without a known token.
fn token_name(row: &DeniedTokenRow) -> String {
    row.token.as_ref().map_or_else(|| UNKNOWN_SECRETS.to_owned(), LedgerToken::full_name)
}
