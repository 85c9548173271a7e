//! The order of the table: a column, ascending or descending.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;

use crate::domain::query::sort::{Sort, SortColumn};
use crate::tui::component::{ClickTarget, Component, DialogResult, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::fit;
use crate::tui::widget::dialog_frame::{dialog_area, dialog_click, dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::list_cursor::Cursor;

/// The dialog for the table's order.
pub struct SortDialog {
    /// The current order.
    current: Sort,
    cursor: Cursor,
    descending: bool,
}

fn describe_order(sort: Sort) -> &'static str {
    match (sort.column, sort.descending) {
        (SortColumn::Name | SortColumn::Account | SortColumn::Api | SortColumn::Hint, false) => "from A to Z",
        (SortColumn::Name | SortColumn::Account | SortColumn::Api | SortColumn::Hint, true) => "from Z to A",
        (SortColumn::Status, false) => "disabled, expired, active",
        (SortColumn::Status, true) => "active, expired, disabled",
        (SortColumn::Expires, false) => "soonest first, no expiry last",
        (SortColumn::Expires, true) => "no expiry first, soonest last",
        (SortColumn::LastSeen, false) => "unused tokens first, latest use last",
        (SortColumn::LastSeen, true) => "latest use first, unused tokens last",
        (SortColumn::Created, false) => "oldest first",
        (SortColumn::Created, true) => "newest first",
    }
}

impl SortDialog {
    /// Creates the dialog for a table in the `current` order.
    pub fn new(current: Sort) -> Self {
        let mut cursor = Cursor::default();
        let at = SortColumn::ALL.iter().position(|column| *column == current.column).unwrap_or(0);
        cursor.place_at(at, at, SortColumn::ALL.len(), SortColumn::ALL.len());
        SortDialog { current, cursor, descending: current.descending }
    }

    fn selected(&self) -> Sort {
        let column = SortColumn::ALL.get(self.cursor.position()).copied().unwrap_or_default();
        Sort { column, descending: self.descending }
    }

    /// Returns the initial direction: the table's own for its current column, else the usual one.
    fn default_direction(&self, column: SortColumn) -> bool {
        if column == self.current.column { self.current.descending } else { column.is_descending_first() }
    }
}

impl Component for SortDialog {
    fn id(&self) -> &'static str {
        "sort"
    }

    fn context(&self) -> Context {
        Context::Sort
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let row = |(at, column): (usize, SortColumn)| {
            let is_current = at == self.cursor.position();
            let sort =
                if is_current { self.selected() } else { Sort { column, descending: self.default_direction(column) } };
            let arrow = sort.arrow();
            let text = format!(
                "{} {arrow} {:<9} {}",
                if is_current { "▶" } else { " " },
                column.as_str(),
                describe_order(sort)
            );
            Line::styled(fit(&text, columns), if is_current { theme.selected } else { Style::new() })
        };
        let mut lines: Vec<_> = SortColumn::ALL.into_iter().enumerate().map(row).collect();
        lines.push(Line::default());
        draw_dialog(frame, area, "Sort by", lines, self.cursor.position(), key_hints(self, model, columns), theme);
    }

    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        let lines = SortColumn::ALL.len() + 1;
        dialog_click(self, at, dialog_area(model.size), (lines, self.cursor.position()), model)
    }

    /// A click on the column under the cursor reverses the order.
    fn on_click(&mut self, item: usize, ctx: &UpdateContext<'_>) -> Intent {
        let rows = SortColumn::ALL.len();
        if item == self.cursor.position() {
            return self.on_action(Action::Left, ctx);
        }
        if item < rows {
            self.cursor.place_at(item, item, rows, rows);
            self.descending = self.default_direction(self.selected().column);
        }
        Intent::Stay
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Intent {
        let rows = SortColumn::ALL.len();
        match action {
            Action::Accept => return Intent::Close(Some(DialogResult::Sort(self.selected()))),
            Action::Cancel => return Intent::Close(None),
            Action::Left | Action::Right => self.descending = !self.descending,
            // The key that opens the dialog cycles through the columns.
            Action::Sort => self.cursor.place_at((self.cursor.position() + 1) % rows, 0, rows, rows),
            _ if self.cursor.move_by(action, rows, rows) => {}
            _ => return Intent::Stay,
        }
        if !matches!(action, Action::Left | Action::Right) {
            self.descending = self.default_direction(self.selected().column);
        }
        Intent::Stay
    }
}
