//! The servers with names and the local store, to switch to another one.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::Place;
use crate::tui::component::{ClickTarget, Component, Exit, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::{clean, cut, fit, width};
use crate::tui::widget::dialog_frame::{dialog_area, dialog_click, dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::list_cursor::Cursor;

/// Maximum number of columns of a name.
const MAX_NAME_COLUMNS: usize = 32;

/// The dialog with the places to switch to.
pub struct ServersDialog {
    cursor: Cursor,
    count: usize,
    current: Option<usize>,
}

impl ServersDialog {
    pub fn new(model: &Model) -> Self {
        let (count, current) = (model.places.len(), model.places.iter().position(|place| place.is_current));
        let mut cursor = Cursor::default();
        cursor.place_at(current.unwrap_or(0), 0, count, count);
        ServersDialog { cursor, count, current }
    }
}

impl Component for ServersDialog {
    fn id(&self) -> &'static str {
        "servers"
    }

    fn context(&self) -> Context {
        Context::Servers
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let (theme, columns) = (&model.theme, dialog_columns(area));
        let names = model.places.iter().map(|place| width(&clean(&place.label.name)));
        let name_columns = names.max().unwrap_or(0).min(MAX_NAME_COLUMNS);
        let row = |(at, place): (usize, &Place)| {
            let cursor = if at == self.cursor.position() { "▶ " } else { "  " };
            let name = cut(&clean(&place.label.name), name_columns);
            let padding = " ".repeat(name_columns.saturating_sub(width(&name)));
            let current = if place.is_current { "  •  " } else { "     " };
            let room = columns.saturating_sub(name_columns + 7);
            let style = if place.label.colour.is_some() { theme.server(place.label.colour) } else { Style::new() };
            Line::from(vec![
                Span::raw(cursor),
                Span::styled(name, style),
                Span::raw(padding + current),
                Span::styled(fit(&clean(&place.address), room), theme.dim),
            ])
        };
        let mut lines: Vec<_> = model.places.iter().enumerate().map(row).collect();
        lines.push(Line::default());
        draw_dialog(frame, area, "Switch to", lines, self.cursor.position(), key_hints(self, model, columns), theme);
    }

    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        dialog_click(self, at, dialog_area(model.size), (self.count + 1, self.cursor.position()), model)
    }

    fn on_click(&mut self, item: usize, _ctx: &UpdateContext<'_>) -> Intent {
        if item < self.count {
            self.cursor.place_at(item, item, self.count, self.count);
        }
        Intent::Stay
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Intent {
        match action {
            Action::Accept if self.current == Some(self.cursor.position()) => Intent::Close(None),
            Action::Accept => Intent::Leave(Exit::Switch(self.cursor.position())),
            Action::Cancel => Intent::Close(None),
            _ => {
                self.cursor.move_by(action, self.count, self.count);
                Intent::Stay
            }
        }
    }
}
