//! Rows of a log, the newest first.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::loaded_rows::ListRow;
use crate::tui::component::Intent;
use crate::tui::keymap::Action;
use crate::tui::modal::row_details::{self, DetailDialog, DetailRow};
use crate::tui::model::Model;

/// A row of a log.
pub trait LogRow: DetailRow + Clone + 'static {
    /// The key type; newer rows have greater keys.
    type Key: Ord + Clone;
    fn key(&self) -> Self::Key;
}

impl<R: LogRow> ListRow for R {
    type Key = <R as LogRow>::Key;
    const NEWEST_FIRST: bool = true;

    fn key(&self) -> Self::Key {
        LogRow::key(self)
    }

    fn on_action(&self, action: Action) -> Intent {
        match action {
            Action::Details => Intent::push(DetailDialog::new(self.clone())),
            _ => DetailRow::on_action(self, action),
        }
    }

    fn pane_lines(&self, pane: Rect, model: &Model) -> Vec<Line<'static>> {
        row_details::pane_lines(self, pane, model)
    }
}
