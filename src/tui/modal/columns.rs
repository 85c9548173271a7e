//! The columns of a table, to show or hide.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::tui::component::{Component, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::fit;
use crate::tui::view_state::ViewChange;
use crate::tui::widget::dialog_frame::{dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::list_cursor::Cursor;
use crate::tui::widget::table_columns::TableSpec;

pub struct ColumnsDialog {
    /// The headings, without the first: that column is always shown.
    headings: Vec<&'static str>,
    cursor: Cursor,
}

impl ColumnsDialog {
    pub fn new(table: &'static TableSpec) -> Self {
        let headings = table.columns.iter().skip(1).map(|(heading, _)| *heading).collect();
        ColumnsDialog { headings, cursor: Cursor::default() }
    }
}

impl Component for ColumnsDialog {
    fn id(&self) -> &'static str {
        "columns"
    }

    fn context(&self) -> Context {
        Context::Columns
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let (theme, columns) = (&model.theme, dialog_columns(area));
        let row = |(at, heading): (usize, &&'static str)| {
            let is_current = at == self.cursor.position();
            let is_hidden = model.view_state.hides(heading);
            let (cursor, tick) = (if is_current { "▶" } else { " " }, if is_hidden { "[ ]" } else { "[x]" });
            let text = format!("{cursor} {tick} {}", heading.trim());
            Line::styled(fit(&text, columns), if is_current { theme.selected } else { Style::new() })
        };
        let mut lines: Vec<_> = self.headings.iter().enumerate().map(row).collect();
        lines.push(Line::default());
        lines.push(Line::styled(fit("A narrow terminal leaves out more columns.", columns), theme.dim));
        draw_dialog(frame, area, "Columns", lines, self.cursor.position(), key_hints(self, model, columns), theme);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        match (action, self.headings.get(self.cursor.position())) {
            (Action::Cancel, _) => Intent::Close(None),
            (Action::Tick, Some(heading)) => {
                let is_hidden = !ctx.model.view_state.hides(heading);
                Intent::Remember(ViewChange::Column { heading: (*heading).to_owned(), is_hidden })
            }
            _ => {
                self.cursor.move_by(action, self.headings.len(), self.headings.len());
                Intent::Stay
            }
        }
    }
}
