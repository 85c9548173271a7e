//! The token table drawn.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Tokens;
use super::columns::Columns;
use crate::domain::token::Token;
use crate::tui::modal::details;
use crate::tui::model::{Model, Tone};
use crate::tui::theme::Theme;
use crate::tui::widget::line::{clean, cut, fit, grouped, width};
use crate::verbs::tokens::Shown;

/// From how many columns on the detail pane stands beside the table.
const WIDE: u16 = 116;
/// Columns of the detail pane.
const PANE: u16 = 46;

impl Tokens {
    /// Draws the screen.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let row = |y: u16| Rect { x: area.x, y: area.y + y, width: area.width, height: 1 }.intersection(area);
        let columns = usize::from(area.width);
        frame.render_widget(self.head(columns, model), row(0));
        frame.render_widget(self.filter_line(columns, model), row(1));
        let rule = || Line::styled("─".repeat(columns), theme.dim);
        frame.render_widget(rule(), row(2));
        let bottom = area.height.saturating_sub(4);
        frame.render_widget(rule(), row(bottom));

        let mut table = Rect { y: area.y + 3, height: bottom.saturating_sub(3), ..area };
        if area.width >= WIDE {
            table.width -= PANE + 2;
            let pane = Rect { x: area.x + table.width + 2, width: PANE, ..table };
            let bar = vec![Line::styled("│", theme.dim); usize::from(table.height)];
            frame.render_widget(Paragraph::new(bar), Rect { x: pane.x - 1, width: 1, ..table });
            if let Some(token) = self.current() {
                let lines = details::lines(token, self.usage_of(token), usize::from(PANE - 1), model);
                frame.render_widget(Paragraph::new(lines), Rect { x: pane.x + 1, width: PANE - 1, ..pane });
            }
        }
        self.table(frame, table, model);
        for (i, line) in self.bottom(columns, model).into_iter().enumerate() {
            frame.render_widget(line, row(bottom + 1 + i as u16));
        }
    }

    fn head(&self, columns: usize, model: &Model) -> Line<'static> {
        let theme = &model.theme;
        let who = model.me.as_ref().map_or_else(String::new, |me| {
            format!("{}@{} · {}", me.account.username, clean(&model.host), me.account.role)
        });
        let limit = match self.tally.limit {
            0 => format!("{} active", self.tally.active),
            limit => format!("{} of {limit} active", self.tally.active),
        };
        let soon = match self.tally.expiring {
            0 => String::new(),
            1 => " · ! 1 expires soon".to_owned(),
            n => format!(" · ! {} expire soon", grouped(n)),
        };
        // A narrow screen cuts who signed in rather than what expires.
        let name = " jeton";
        let room = columns.saturating_sub(width(name) + width(&limit) + width(&soon) + 2);
        let spans = vec![
            Span::styled(name, theme.strong),
            Span::raw(fit(&format!("  {who}"), room)),
            Span::raw(" "),
            Span::raw(limit),
            Span::styled(soon, theme.warning),
        ];
        Line::from(spans)
    }

    fn filter_line(&self, columns: usize, model: &Model) -> Line<'static> {
        let theme = &model.theme;
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
        let right = format!("{count}   ↓ name ");
        let room = columns.saturating_sub(width(&right) + 4);
        let mut spans = vec![Span::styled(" / ", if self.filtering { theme.accent } else { theme.dim })];
        if self.filtering || !self.filter.is_empty() {
            spans.extend(self.filter.spans(room.min(40), self.filtering, theme));
            spans.push(Span::raw(" ".repeat(room.saturating_sub(40) + 1)));
        } else {
            let demo = model
                .demo
                .as_ref()
                .map_or_else(String::new, |d| format!("demo, its password: {}", d.password.as_str()));
            spans.push(Span::styled(fit(&demo, room), theme.warning));
            spans.push(Span::raw(" "));
        }
        spans.push(Span::styled(right, theme.dim));
        Line::from(spans)
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let layout = Columns::fitting(usize::from(area.width));
        let height = usize::from(area.height).saturating_sub(1);
        let mut lines = vec![Line::styled(layout.heading(), theme.dim)];
        let words = self.parsed_filter().words;
        for (i, token) in self.window.rows.iter().enumerate().skip(self.top).take(height) {
            lines.push(layout.row(token, i == self.cursor, &words, model));
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

    fn bottom(&self, columns: usize, model: &Model) -> [Line<'static>; 2] {
        let theme = &model.theme;
        if let Some(notice) = &model.notice {
            let (glyph, style) = match notice.tone {
                Tone::Good => ("✓", theme.good),
                Tone::Bad => ("!", theme.danger),
            };
            let cli = notice.cli.as_ref().map_or_else(String::new, |cli| format!("   = {cli}"));
            return [
                Line::from(vec![
                    Span::styled(format!(" {glyph} "), style),
                    Span::raw(cut(&notice.text, columns.saturating_sub(4))),
                ]),
                Line::styled(cut(&cli, columns), theme.dim),
            ];
        }
        let Some(token) = self.current() else { return [Line::default(), Line::default()] };
        let about = format!("{}  {}  {}", token.name, token.hint, token.description);
        let usage = self.usage_of(token).map_or_else(String::new, |s| details::usage_sentence(&s.usage, model.now));
        [Line::raw(cut(&format!(" {about}"), columns)), Line::styled(cut(&format!(" {usage}"), columns), theme.dim)]
    }
}
