//! Columns of the denied attempts.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::time::ago;
use crate::tui::model::Model;
use crate::tui::theme::{self, Theme};
use crate::tui::widget::text_fit::{fit, group_digits, highlighted};
use crate::verbs::ledger::{DeniedRow, LedgerToken, SecretStatus, format_origin};

/// Width of `2026-11-21 10:30`.
const CLOCK_COLUMNS: usize = 16;
/// Width of `12 days ago`.
const AGO_COLUMNS: usize = 11;
/// Width of the longest reason, with its glyph.
const REASON_COLUMNS: usize = 18;

/// Width of each column; 0 = hidden. Narrow lists drop the client first, then show `3 min ago` instead of the clock,
/// then cut the longest reasons. Next they drop the secret, the count and the address, in this order.
pub(super) struct Columns {
    when: usize,
    times: usize,
    reason: usize,
    token: usize,
    secret: usize,
    address: usize,
    client: usize,
}

impl Columns {
    pub(super) fn new(columns: usize) -> Self {
        let mut c = Columns {
            when: CLOCK_COLUMNS,
            times: 6,
            reason: REASON_COLUMNS,
            token: 15,
            secret: 10,
            address: 15,
            client: 14,
        };
        let narrower = [
            |c: &mut Columns| c.client = 0,
            |c: &mut Columns| c.when = AGO_COLUMNS,
            |c: &mut Columns| c.reason = 15,
            |c: &mut Columns| c.secret = 0,
            |c: &mut Columns| c.times = 0,
            |c: &mut Columns| c.address = 0,
            |c: &mut Columns| c.token = 8,
        ];
        for narrow in narrower {
            if c.total() > columns {
                narrow(&mut c);
            }
        }
        let spare = columns.saturating_sub(c.total());
        let for_client = if c.client > 0 { (spare / 3).min(24) } else { 0 };
        let for_address = if c.address > 0 { (spare / 4).min(24) } else { 0 };
        c.client += for_client;
        c.address += for_address;
        let room = columns.saturating_sub(c.total() - c.token);
        c.token = (c.token + spare - for_client - for_address).min(64).min(room);
        c
    }

    /// Returns the width of the cursor column and of each shown column with the blank before it.
    fn total(&self) -> usize {
        let shown = [self.when, self.times, self.reason, self.token, self.secret, self.address, self.client];
        2 + shown.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<usize>() - 1
    }

    pub(super) fn heading(&self) -> String {
        let cells = [
            ("WHEN", self.when),
            ("TIMES", self.times),
            ("REASON", self.reason),
            ("TOKEN", self.token),
            ("SECRET", self.secret),
            ("ADDRESS", self.address),
            ("CLIENT", self.client),
        ];
        let cells: Vec<String> = cells.into_iter().filter(|(_, w)| *w > 0).map(|(t, w)| fit(t, w)).collect();
        format!("  {}", cells.join(" "))
    }

    pub(super) fn row(&self, row: &DeniedRow, is_current: bool, filter: &LedgerFilter, model: &Model) -> Line<'static> {
        let theme = &model.theme;
        let base = if is_current { theme.selected } else { Style::new() };
        // On a reversed row, colours would become backgrounds.
        let over = |style: Style| if is_current { base } else { style };
        let when = if self.when == CLOCK_COLUMNS {
            model.dates.get().minute(row.minute())
        } else {
            ago(row.minute(), model.now)
        };
        let times = format!("{:>width$}", group_digits(row.attempts), width = self.times.saturating_sub(1));
        let (reason, style) = reason_text(row, theme);
        let (address, client) = format_origin(&row.address, &row.client);
        let highlighted_words = |field: &Option<String>| filter.words.iter().chain(field).cloned().collect::<Vec<_>>();
        let token_style = if row.token.is_some() { base } else { over(theme.dim) };
        let secret = row.secret.as_ref().map_or("", |secret| short_status(secret.status));
        let cells = [
            (when, self.when, over(theme.dim), Vec::new()),
            (times, self.times, base, Vec::new()),
            (reason, self.reason, over(style), highlighted_words(&filter.reason)),
            (token_name(row), self.token, token_style, highlighted_words(&filter.token)),
            (secret.to_owned(), self.secret, base, Vec::new()),
            (address, self.address, base, highlighted_words(&filter.address)),
            (client, self.client, over(theme.dim), filter.words.clone()),
        ];
        let mut spans = vec![Span::styled(if is_current { "▶" } else { " " }, base)];
        for (text, width, style, words) in cells.into_iter().filter(|(_, width, ..)| *width > 0) {
            spans.push(Span::styled(" ", base));
            spans.extend(highlighted(&fit(&text, width), &words, style, theme.matched));
        }
        Line::from(spans)
    }
}

/// Returns glyph and word of the reason.
pub(super) fn reason_text(row: &DeniedRow, theme: &Theme) -> (String, Style) {
    let (glyph, style) = theme::reason(&row.reason, theme);
    (format!("{glyph} {}", row.reason), style)
}

/// Returns the token's name, or a text for an unknown token.
pub(super) fn token_name(row: &DeniedRow) -> String {
    row.token.as_ref().map_or_else(|| "unknown".to_owned(), LedgerToken::full_name)
}

/// Returns a word or two about the secret.
const fn short_status(status: SecretStatus) -> &'static str {
    match status {
        SecretStatus::Previous => "in overlap",
        SecretStatus::Current
        | SecretStatus::Old
        | SecretStatus::Deleted
        | SecretStatus::Purged
        | SecretStatus::Wrong => status.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_the_width() {
        for columns in 40..220 {
            let c = Columns::new(columns);
            assert!(c.total() <= columns, "{columns}: {}", c.total());
            assert!(c.token >= 8 && c.reason >= 15, "{columns}");
        }
        let shown = |columns| {
            let c = Columns::new(columns);
            [c.when == CLOCK_COLUMNS, c.client > 0, c.secret > 0, c.times > 0, c.address > 0]
        };
        assert_eq!(shown(40), [false; 5]);
        assert_eq!(shown(72), [false, false, false, true, true], "beside the pane of 120 columns");
        assert_eq!(shown(80), [false, false, true, true, true]);
        assert_eq!(shown(110), [true; 5]);
    }
}
