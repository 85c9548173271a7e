//! Denied attempts, one row for those of a minute that differ only in their time.

use ratatui::style::Style;

use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::time::ago;
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, group_digits};
use crate::tui::theme;
use crate::tui::widget::table_columns::{AGO_COLUMNS, CLOCK_COLUMNS, Cell, TableColumns, TableSpec};
use crate::verbs::ledger::{DeniedRow, LedgerSecret, LedgerToken, SecretStatus, format_origin, reason_word};
use crate::verbs::verify::DenialReason;

/// Width of the longest reason, with its glyph.
const REASON_COLUMNS: usize = 18;
/// Width of the count of attempts, and of the blank after it.
const TIMES_COLUMNS: usize = 6;

/// Narrow lists drop the client first, then show `3 min ago` instead of the clock, then drop the secret and cut the
/// longest reasons and methods. Next they drop the count, the address and the method, in this order.
pub(super) const TABLE: TableSpec = TableSpec {
    columns: &[
        ("WHEN", CLOCK_COLUMNS),
        ("TIMES", TIMES_COLUMNS),
        ("REASON", REASON_COLUMNS),
        ("TOKEN", 15),
        ("SECRET", 10),
        ("METHOD", 24),
        ("ADDRESS", 15),
        ("CLIENT", 14),
    ],
    narrower: &[
        &[(7, 0)],
        &[(0, AGO_COLUMNS)],
        &[(4, 0)],
        &[(2, 15)],
        &[(5, 15)],
        &[(1, 0)],
        &[(6, 0)],
        &[(5, 0)],
        &[(3, 8)],
    ],
    shares: &[(5, 3, 40), (7, 4, 24), (6, 5, 24)],
    widest: 3,
    ..TableSpec::EMPTY
};

pub(super) fn cells(row: &DeniedRow, filter: &LedgerFilter, columns: &TableColumns, model: &Model) -> Vec<Cell> {
    let theme = &model.theme;
    let (plain, dim) = (Style::new(), theme.dim);
    let (glyph, style) = theme::reason(&row.reason, theme);
    let token_style = if row.token.is_some() { plain } else { dim };
    let (address, client) = format_origin(&row.address, &row.client);
    let secret = row.secret.as_ref().map_or("", |secret| short_status(secret.status));
    let reason = reason_word(row.token.as_ref(), &row.reason);
    vec![
        // The last attempt of the minute, as in the lines below the table.
        Cell::new(columns.time(row.at, model), dim),
        Cell::new(format!("{:>width$}", group_digits(row.attempts), width = TIMES_COLUMNS - 1), plain),
        Cell::matching(format!("{glyph} {reason}"), style, &filter.words, filter.reason.as_ref()),
        Cell::matching(token_name(row), token_style, &filter.words, filter.token.as_ref()),
        Cell::new(secret, plain),
        Cell::matching(row.method.as_str(), plain, &filter.words, filter.method.as_ref()).keeping_end(),
        Cell::matching(address, plain, &filter.words, filter.address.as_ref()),
        Cell::matching(client, dim, &filter.words, None),
    ]
}

pub(super) fn about(row: &DeniedRow, model: &Model) -> [String; 2] {
    let first = describe_denial(&token_name(row), &row.reason, row.secret.as_ref());
    let (address, client) = format_origin(&row.address, &row.client);
    let method = if row.method.is_empty() { String::new() } else { format!(" of {}", row.method) };
    let second = format!(
        "{}{method} from {address} ({client}), {}, {}",
        count_noun(row.attempts, "attempt"),
        ago(row.at, model.now),
        model.dates.get().second(row.at),
    );
    [first, second]
}

/// Returns the token's name, or a text for an unknown token.
fn token_name(row: &DeniedRow) -> String {
    row.token.as_ref().map_or_else(|| "unknown".to_owned(), LedgerToken::full_name)
}

/// Returns the line about a denied token: its name, the reason in words, and the secret.
pub(super) fn describe_denial(token: &str, reason: &str, secret: Option<&LedgerSecret>) -> String {
    let why = DenialReason::from_word(reason).map_or(reason, |reason| reason.describe());
    format!("{token}: {why}{}", describe_secret(secret))
}

/// Describes the secret in the line about a row.
pub fn describe_secret(secret: Option<&LedgerSecret>) -> String {
    secret.map_or_else(String::new, |secret| format!(" · {}, {}", secret.hint, secret.status.describe()))
}

/// Returns a word or two about the secret.
pub const fn short_status(status: SecretStatus) -> &'static str {
    match status {
        SecretStatus::Previous => "in overlap",
        SecretStatus::Deleted => "revoked",
        SecretStatus::Current | SecretStatus::Old | SecretStatus::Purged | SecretStatus::Wrong => status.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_the_width() {
        let at = |columns| TableColumns::new(&TABLE, columns);
        for columns in 40..220 {
            let c = at(columns);
            assert!(c.total() <= columns, "{columns}: {}", c.total());
            assert!(c.width(3) >= 8 && c.width(2) >= 15, "{columns}");
        }
        let shown = |columns| {
            let c = at(columns);
            let columns = [7, 4, 1, 6, 5].map(|column| c.width(column) > 0);
            (c.width(0) == CLOCK_COLUMNS, columns)
        };
        assert_eq!(shown(40), (false, [false; 5]));
        assert_eq!(shown(72), (false, [false, false, false, false, true]), "beside the pane of 120 columns");
        assert_eq!(shown(80), (false, [false, false, false, true, true]));
        assert_eq!(shown(132), (true, [true; 5]));
    }
}
