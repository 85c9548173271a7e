//! Columns of the token table.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::expiry::Expiry;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::time::{ago, relative};
use crate::domain::token::{Status, Token};
use crate::tui::model::Model;
use crate::tui::theme::{self, Theme};
use crate::tui::widget::text_fit::{fit, highlighted};
use crate::verbs::tokens::EXPIRING_SOON;

/// Columns before the name: the cursor and the mark.
pub(super) const LEFT_WIDTH: usize = 4;

/// Returns the spans for the cursor and the mark of a row.
pub(super) fn row_start(is_current: bool, mark: bool, base: Style, theme: &Theme) -> Vec<Span<'static>> {
    let style = if is_current { base } else { theme.accent };
    let (cursor, mark) = (if is_current { "▶ " } else { "  " }, if mark { "✓ " } else { "  " });
    vec![Span::styled(cursor, base), Span::styled(mark, style)]
}

/// Returns the title of `column`, with an arrow if the table is sorted by that column.
pub(super) fn sort_title(title: &str, sort: Sort, column: SortColumn) -> String {
    match (sort.column == column, sort.descending) {
        (false, _) => title.to_owned(),
        (true, false) => format!("{title} ↓"),
        (true, true) => format!("{title} ↑"),
    }
}

/// Width of each column; 0 = hidden. Narrow screens drop the hint first, then API, then account.
pub(super) struct Columns {
    name: usize,
    status: usize,
    account: usize,
    api: usize,
    expires: usize,
    seen: usize,
    hint: usize,
}

impl Columns {
    pub(super) fn new(columns: usize) -> Self {
        let mut c = Columns { name: 14, status: 10, account: 10, api: 13, expires: 11, seen: 13, hint: 19 };
        for drop in [|c: &mut Columns| c.hint = 0, |c: &mut Columns| c.api = 0, |c: &mut Columns| c.account = 0] {
            if c.total() > columns {
                drop(&mut c);
            }
        }
        if c.total() > columns {
            c.seen = 0;
        }
        let spare = columns.saturating_sub(c.total());
        let for_api = if c.api > 0 { (spare / 3).min(12) } else { 0 };
        c.api += for_api;
        c.name = (c.name + spare - for_api).min(64).min(columns.saturating_sub(c.total() - c.name));
        c
    }

    /// Returns the width of the columns before the name, and of each shown column with the blank before it.
    fn total(&self) -> usize {
        let shown = [self.name, self.status, self.account, self.api, self.expires, self.seen, self.hint];
        LEFT_WIDTH + shown.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<usize>() - 1
    }

    pub(super) fn heading(&self, sort: Sort) -> String {
        let cells = [
            ("NAME", SortColumn::Name, self.name),
            ("STATUS", SortColumn::Status, self.status),
            ("ACCOUNT", SortColumn::Account, self.account),
            ("API", SortColumn::Api, self.api),
            ("EXPIRES", SortColumn::Expires, self.expires),
            ("LAST SEEN", SortColumn::LastSeen, self.seen),
            ("HINT", SortColumn::Hint, self.hint),
        ];
        let cells: Vec<String> = cells
            .into_iter()
            .filter(|(_, _, width)| *width > 0)
            .map(|(title, column, width)| fit(&sort_title(title, sort, column), width))
            .collect();
        format!("{}{}", " ".repeat(LEFT_WIDTH), cells.join(" "))
    }

    /// Returns a row of the table. `denied_recently`: the token no longer works but is still tried.
    pub(super) fn row(
        &self,
        token: &Token,
        (is_current, mark, denied_recently): (bool, bool, bool),
        words: &[String],
        model: &Model,
    ) -> Line<'static> {
        let theme = &model.theme;
        let base = if is_current { theme.selected } else { Style::new() };
        let (glyph, word, status) = theme::status(token, model.now, theme);
        let live = token.status(model.now) == Status::Active;
        let (expires, expires_style) = expiry_text(token.expiry, live, model);
        let seen = match token.last_seen_at {
            _ if denied_recently => "! still tried".to_owned(),
            Some(at) => ago(at, model.now),
            None => "never".to_owned(),
        };
        // On a reversed row, colours would become backgrounds.
        let over = |style: Style| if is_current { base } else { style };
        let mut spans = row_start(is_current, mark, base, theme);
        spans.extend(highlighted(&fit(token.name.as_str(), self.name), words, base, theme.matched));
        let rest = [
            (format!("{glyph} {word}"), self.status, over(status)),
            (token.owner.username.to_string(), self.account, base),
            (token.selection.summary(), self.api, base),
            (expires, self.expires, over(expires_style)),
            (seen, self.seen, if denied_recently { over(theme.warning) } else { base }),
            (token.hint.clone(), self.hint, over(theme.dim)),
        ];
        for (text, width, style) in rest.into_iter().filter(|(_, w, _)| *w > 0) {
            spans.push(Span::styled(" ", base));
            spans.push(Span::styled(fit(&text, width), style));
        }
        Line::from(spans)
    }
}

/// Returns the expiry as the table shows it: `never`, `in 12 days`, `! tomorrow`, `9 days ago`.
fn expiry_text(expiry: Expiry, live: bool, model: &Model) -> (String, Style) {
    match expiry {
        Expiry::Never => ("never".to_owned(), Style::new()),
        Expiry::At(at) => {
            let text = relative(at, model.now);
            let left = at.0.saturating_sub(model.now.0);
            if live && left > 0 && left <= EXPIRING_SOON {
                (format!("! {}", text.trim_start_matches("in ")), model.theme.warning)
            } else {
                (text, Style::new())
            }
        }
    }
}
