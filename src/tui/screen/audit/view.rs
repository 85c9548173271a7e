//! Drawing of the audit log.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Audit;
use super::columns::{Columns, actor_name, target_name};
use crate::domain::audit::summarize_details;
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::time::ago;
use crate::tui::modal::row_details;
use crate::tui::model::Model;
use crate::tui::screen::list_layout::{self, ScreenParts, filter_line};
use crate::tui::widget::text_fit::{cut, group_digits};

impl Audit {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let parts = ScreenParts {
            head: vec![Span::styled("Audit log", model.theme.strong)],
            second: filter_line(&self.filter, &self.count(), columns, model),
            about: list_layout::unless_detail_pane(self.about(model), area),
        };
        let body = list_layout::draw(frame, area, parts, model);
        if let Some(error) = self.rows.error() {
            let lines =
                list_layout::error_lines(error, "Only owners and admins can read the audit log.", columns, model);
            frame.render_widget(Paragraph::new(lines), body);
            return;
        }
        let (table, pane) = list_layout::split_detail_pane(frame, body, &model.theme);
        if let (Some(pane), Some(current)) = (pane, self.current()) {
            frame.render_widget(Paragraph::new(row_details::pane_lines(current, pane, model)), pane);
        }
        self.table(frame, table, model);
    }

    fn count(&self) -> String {
        let total = group_digits(self.newest.unsigned_abs());
        let count = match self.current() {
            _ if self.rows.error().is_some() => return String::new(),
            _ if !self.rows.is_loaded() => "reading…".to_owned(),
            // Row numbers have no gaps.
            Some(current) if self.filter.is_empty() => {
                format!("{} of {total}", group_digits(self.newest.abs_diff(current.row.seq) + 1))
            }
            Some(_) | None => {
                if let Some(unknown) = self.filter.unknown_field::<AuditFilter>() {
                    return format!("{unknown}   ↓ when ");
                }
                let more = if self.rows.has_more() { "+" } else { "" };
                format!("{}{more} of {total} match", group_digits(self.rows.len() as u64))
            }
        };
        format!("{count}   ↓ when ")
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let layout = Columns::new(usize::from(area.width));
        let height = usize::from(area.height).saturating_sub(1);
        let mut lines = vec![Line::styled(layout.heading(), model.theme.dim)];
        let filter = self.parsed_filter();
        lines.extend(
            self.rows.visible_rows(height).map(|(one, is_current)| layout.row(&one.row, is_current, &filter, model)),
        );
        if self.rows.is_loaded() && self.rows.is_empty() {
            let columns = usize::from(area.width);
            lines.push(Line::default());
            lines.extend(if self.filter.is_empty() {
                let text = match self.is_damaged {
                    true => " No row of the audit log is readable. Run: jeton audit verify",
                    false => " Nothing has been changed yet.",
                };
                vec![Line::raw(cut(text, columns))]
            } else {
                self.filter.no_match_lines("", self.filter.unknown_field::<AuditFilter>().as_ref(), columns)
            });
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn about(&self, model: &Model) -> [String; 2] {
        let Some(chained) = self.current() else { return [String::new(), String::new()] };
        let row = &chained.row;
        let summary = summarize_details(&row.details);
        let first = if summary.is_empty() { format!("{} {}", row.verb, target_name(row)) } else { summary };
        let ago = ago(row.at, model.now);
        let clock = model.dates.get().second(row.at);
        let second = format!("{ago}, {clock}, by {} with {} ({})", actor_name(row), row.proof, row.face);
        [first, second]
    }
}
