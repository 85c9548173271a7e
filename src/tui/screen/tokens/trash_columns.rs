//! Columns of the trash.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::columns::{row_start, sort_title};
use crate::domain::expiry::Expiry;
use crate::domain::policy::Policy;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::time::ago;
use crate::domain::token::Token;
use crate::tui::model::Model;
use crate::tui::widget::text_fit::{fit, highlighted};

/// Width of each column; 0 = hidden. Narrow screens drop API first, then account, then the deletion date.
pub(super) struct Columns {
    name: usize,
    account: usize,
    api: usize,
    deleted: usize,
    until: usize,
}

impl Columns {
    pub(super) fn new(columns: usize) -> Self {
        let mut c = Columns { name: 16, account: 12, api: 14, deleted: 13, until: 16 };
        for drop in [|c: &mut Columns| c.api = 0, |c: &mut Columns| c.account = 0, |c: &mut Columns| c.deleted = 0] {
            if c.total() > columns {
                drop(&mut c);
            }
        }
        let spare = columns.saturating_sub(c.total());
        c.name = (c.name + spare).min(64).min(columns.saturating_sub(c.total() - c.name));
        c
    }

    fn total(&self) -> usize {
        let shown = [self.name, self.account, self.api, self.deleted, self.until];
        super::columns::LEFT_WIDTH + shown.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<usize>() - 1
    }

    pub(super) fn heading(&self, sort: Sort) -> String {
        let cells = [
            (sort_title("NAME", sort, SortColumn::Name), self.name),
            (sort_title("ACCOUNT", sort, SortColumn::Account), self.account),
            (sort_title("API", sort, SortColumn::Api), self.api),
            ("REVOKED".to_owned(), self.deleted),
            ("RESTORABLE UNTIL".to_owned(), self.until),
        ];
        let cells: Vec<String> = cells.into_iter().filter(|(_, w)| *w > 0).map(|(t, w)| fit(&t, w)).collect();
        format!("{}{}", " ".repeat(super::columns::LEFT_WIDTH), cells.join(" "))
    }

    pub(super) fn row(
        &self,
        token: &Token,
        is_current: bool,
        mark: bool,
        words: &[String],
        model: &Model,
    ) -> Line<'static> {
        let theme = &model.theme;
        let base = if is_current { theme.selected } else { Style::new() };
        let deleted = token.deleted_at.map_or_else(String::new, |at| ago(at, model.now));
        let mut spans = row_start(is_current, mark, base, theme);
        spans.extend(highlighted(&fit(token.name.as_str(), self.name), words, base, theme.matched));
        let rest = [
            (token.owner.username.to_string(), self.account),
            (token.selection.summary(), self.api),
            (deleted, self.deleted),
            (restorable_until(token, model), self.until),
        ];
        for (text, width) in rest.into_iter().filter(|(_, w)| *w > 0) {
            spans.push(Span::styled(format!(" {}", fit(&text, width)), base));
        }
        Line::from(spans)
    }
}

/// Returns the last day on which the token can be restored.
fn restorable_until(token: &Token, model: &Model) -> String {
    let dates = model.dates.get();
    let keep = model.me.as_ref().map_or_else(|| Policy::default().trash, |me| me.policy.trash);
    match token.deleted_at.and_then(|at| keep.after(at, dates.zone)) {
        Some(until) if until <= model.now => "expired".to_owned(),
        Some(until) => dates.last_day(Expiry::At(until)),
        None => String::new(),
    }
}
