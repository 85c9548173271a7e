//! A list in a form that may need scrolling. PgUp and PgDn scroll the list, wherever the focus is.

use ratatui::style::Style;

use super::dialog_frame::dialog_size;
use super::form_layout::FormLayout;
use crate::tui::component::UpdateContext;
use crate::tui::keymap::Action;
use crate::tui::text_fit::group_digits;

/// Minimum number of visible rows, however little room there is.
const MIN_ROWS: usize = 3;

/// Scroll position of such a list.
#[derive(Debug)]
pub struct ScrollList {
    /// Lines of the dialog outside the list, including the frame.
    other_lines: usize,
    top: usize,
}

impl ScrollList {
    /// Creates the position at the beginning of a list, in a dialog with `other_lines` other lines.
    pub fn new(other_lines: usize) -> Self {
        ScrollList { other_lines, top: 0 }
    }

    fn height(&self, screen: usize, rows: usize) -> usize {
        screen.saturating_sub(self.other_lines).max(MIN_ROWS).min(rows)
    }

    /// Scrolls a list of `rows` if `action` scrolls, and returns `true` then.
    pub fn scroll(&mut self, action: Action, rows: usize, ctx: &UpdateContext<'_>) -> bool {
        let height = self.height(dialog_size(ctx.size).1, rows);
        self.top = match action {
            Action::PageDown => (self.top + height).min(rows.saturating_sub(height)),
            Action::PageUp => self.top.saturating_sub(height),
            _ => return false,
        };
        true
    }

    /// Returns `true` if some of `rows` are hidden in a dialog with room for `screen` lines.
    pub fn is_long(&self, screen: usize, rows: usize) -> bool {
        self.height(screen, rows) < rows
    }

    /// Writes as many of `rows` as fit. If some are hidden, adds their range in `total`.
    pub fn draw<S: Copy + PartialEq>(
        &self,
        layout: &mut FormLayout<'_, S>,
        rows: impl ExactSizeIterator<Item = (String, Style)>,
        total: u64,
    ) {
        let all = rows.len();
        let height = self.height(layout.rows, all);
        let top = self.top.min(all - height);
        for (text, style) in rows.skip(top).take(height) {
            layout.text_line(&text, style);
        }
        if (height as u64) < total {
            let shown = format!("  {}-{} of {}, PgUp PgDn", top + 1, top + height, group_digits(total));
            layout.text_line(&shown, layout.theme.dim);
        } else {
            layout.blank();
        }
    }
}
