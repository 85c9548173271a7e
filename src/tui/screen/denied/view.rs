//! Drawing of the denied attempts.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Denied;
use super::columns::{Columns, token_name};
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::role::Role;
use crate::domain::time::ago;
use crate::tui::modal::row_details;
use crate::tui::model::Model;
use crate::tui::screen::list_layout::{self, ScreenParts, filter_line};
use crate::tui::widget::text_fit::{count_noun, cut, group_digits};
use crate::verbs::ledger::{LedgerSecret, format_origin};
use crate::verbs::verify::DenialReason;

impl Denied {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let parts = ScreenParts {
            head: vec![Span::styled("Denied attempts", model.theme.strong)],
            second: filter_line(&self.filter, &self.count(), columns, model),
            about: list_layout::unless_detail_pane(self.about(model), area),
        };
        let body = list_layout::draw(frame, area, parts, model);
        if let Some(error) = self.rows.error() {
            let lines = list_layout::error_lines(error, &error.to_string(), columns, model);
            frame.render_widget(Paragraph::new(lines), body);
            return;
        }
        let (table, pane) = list_layout::split_detail_pane(frame, body, &model.theme);
        if let (Some(pane), Some(current)) = (pane, self.current()) {
            frame.render_widget(Paragraph::new(row_details::pane_lines(current, pane, model)), pane);
        }
        self.table(frame, table, model);
    }

    /// Returns the number of loaded rows, with `+` if there are more. Rows come and go at any time, so there is no
    /// total.
    fn count(&self) -> String {
        if self.rows.error().is_some() {
            return String::new();
        }
        let rows = group_digits(self.rows.len() as u64);
        let more = if self.rows.has_more() { "+" } else { "" };
        let unknown = self.filter.unknown_field::<LedgerFilter>();
        let count = match (self.rows.is_loaded(), unknown, self.filter.is_empty(), self.rows.position()) {
            (false, ..) => "reading…".to_owned(),
            (true, Some(unknown), ..) => format!("unknown {unknown}"),
            (true, None, false, _) => format!("{rows}{more} match"),
            (true, None, true, Some(above)) if !self.rows.is_empty() => {
                format!("{} of {rows}{more}", group_digits(above as u64 + 1))
            }
            (true, None, true, _) => format!("{rows}{more}"),
        };
        format!("{count}   ↓ when ")
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let layout = Columns::new(usize::from(area.width));
        let height = usize::from(area.height).saturating_sub(1);
        let mut lines = vec![Line::styled(layout.heading(), model.theme.dim)];
        let filter = self.parsed_filter();
        lines.extend(
            self.rows.visible_rows(height).map(|(row, is_current)| layout.row(row, is_current, &filter, model)),
        );
        if self.rows.is_loaded() && self.rows.is_empty() {
            let columns = usize::from(area.width);
            lines.push(Line::default());
            lines.extend(match self.filter.is_empty() {
                false => self.filter.no_match_lines("", self.filter.unknown_field::<LedgerFilter>().as_ref(), columns),
                true if model.role() >= Role::Admin => {
                    vec![Line::raw(cut(" No attempt has been denied yet.", columns))]
                }
                true => vec![Line::raw(cut(" No attempt with your tokens has been denied yet.", columns))],
            });
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn about(&self, model: &Model) -> [String; 2] {
        let Some(row) = self.current() else { return [String::new(), String::new()] };
        let why =
            DenialReason::parse(&row.reason).map_or_else(|| row.reason.clone(), |reason| reason.describe().to_owned());
        let with = |secret: &LedgerSecret| format!(" · {}, {}", secret.hint, secret.status.describe());
        let first = format!("{}: {why}{}", token_name(row), row.secret.as_ref().map_or_else(String::new, with));
        let (address, client) = format_origin(&row.address, &row.client);
        let second = format!(
            "{} from {address} ({client}), {}, {}",
            count_noun(row.attempts, "attempt"),
            ago(row.at, model.now),
            model.dates.get().second(row.at),
        );
        [first, second]
    }
}
