//! Rows of a log, the newest first.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::loaded_rows::ListRow;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::Action;
use crate::tui::modal::row_details;
use crate::tui::model::Model;
use crate::tui::widget::scroll_view::{Content, ScrollView};

pub trait LogRow: Content + Clone {
    /// The key type; newer rows have greater keys.
    type Key: Ord + Clone;
    fn key(&self) -> Self::Key;
    /// See [`ListRow::had_key`].
    fn had_key(&self, key: &Self::Key) -> bool {
        self.key() == *key
    }
    /// See [`ListRow::is_event`].
    fn is_event(&self) -> bool {
        true
    }
}

impl<R: LogRow> ListRow for R {
    type Key = <R as LogRow>::Key;
    const NEWEST_FIRST: bool = true;

    fn key(&self) -> Self::Key {
        LogRow::key(self)
    }

    fn had_key(&self, key: &Self::Key) -> bool {
        LogRow::had_key(self, key)
    }

    fn is_event(&self) -> bool {
        LogRow::is_event(self)
    }

    fn on_action(&self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let mut row = self.clone();
        match action {
            Action::Details => Intent::push(ScrollView::new(row)),
            _ => Content::on_action(&mut row, action, ctx).unwrap_or(Intent::Stay),
        }
    }

    fn pane_lines(&self, pane: Rect, model: &Model) -> Vec<Line<'static>> {
        row_details::pane_lines(self, pane, model)
    }
}
