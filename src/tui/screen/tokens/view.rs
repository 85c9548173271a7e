//! The token table drawn.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Tokens;
use super::columns::Columns;
use crate::domain::token::Token;
use crate::tui::modal::details;
use crate::tui::model::Model;
use crate::tui::screen::frame::{self, Around, filter_line};
use crate::tui::theme::Theme;
use crate::tui::widget::line::{cut, grouped};
use crate::verbs::tokens::Shown;

impl Tokens {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let around = Around {
            head: self.head(&model.theme),
            second: filter_line(&self.filter, self.filtering, &self.count(), columns, model),
            about: self.about(model),
        };
        let body = frame::draw(frame, area, around, model);
        let (table, pane) = frame::beside(frame, body, &model.theme);
        if let (Some(pane), Some(token)) = (pane, self.current()) {
            let lines = details::lines(token, self.usage_of(token), usize::from(pane.width), model);
            frame.render_widget(Paragraph::new(lines), pane);
        }
        self.table(frame, table, model);
    }

    fn head(&self, theme: &Theme) -> Vec<Span<'static>> {
        let limit = match self.tally.limit {
            0 => format!("{} active", self.tally.active),
            limit => format!("{} of {limit} active", self.tally.active),
        };
        let soon = match self.tally.expiring {
            0 => String::new(),
            1 => " · ! 1 expires soon".to_owned(),
            n => format!(" · ! {} expire soon", grouped(n)),
        };
        vec![Span::raw(limit), Span::styled(soon, theme.warning)]
    }

    fn count(&self) -> String {
        let count = if !self.loaded {
            "reading…".to_owned()
        } else if self.filter.is_empty() {
            match self.window.total {
                0 => "none".to_owned(),
                total => format!("{} of {}", grouped(self.position() + 1), grouped(total)),
            }
        } else {
            let more = if self.window.matching_is_least { "+" } else { "" };
            format!("{}{more} match of {}", grouped(self.window.matching), grouped(self.window.total))
        };
        format!("{count}   ↓ name ")
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let layout = Columns::fitting(usize::from(area.width));
        let height = usize::from(area.height).saturating_sub(1);
        let mut lines = vec![Line::styled(layout.heading(), theme.dim)];
        let words = self.parsed_filter().words;
        for at in self.cursor.shown(height) {
            let Some(token) = self.window.rows.get(at) else { break };
            lines.push(layout.row(token, at == self.cursor.at(), &words, model));
        }
        if self.loaded && self.window.rows.is_empty() {
            lines.push(Line::default());
            lines.push(self.empty(usize::from(area.width), theme));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn empty(&self, columns: usize, theme: &Theme) -> Line<'static> {
        if self.filter.is_empty() {
            return Line::from(vec![
                Span::raw(" No tokens yet.  "),
                Span::styled("n", theme.accent),
                Span::raw("  generates the first one."),
            ]);
        }
        let text = format!(" Nothing matches \"{}\".  Esc clears the filter.", self.filter.text());
        Line::raw(cut(&text, columns))
    }

    fn usage_of(&self, token: &Token) -> Option<&Shown> {
        self.usage.as_ref().filter(|s| s.token.id == token.id)
    }

    fn about(&self, model: &Model) -> [String; 2] {
        let Some(token) = self.current() else { return [String::new(), String::new()] };
        let about = format!("{}  {}  {}", token.name, token.hint, token.description);
        let usage = self.usage_of(token).map_or_else(String::new, |s| details::usage_sentence(&s.usage, model.now));
        [about, usage]
    }
}
