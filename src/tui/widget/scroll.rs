//! A list in a form that may be longer than its room. PgUp and PgDn scroll the list, wherever the focus is.

use ratatui::style::Style;

use super::frame::dialog_room;
use super::line::group_digits;
use super::sheet::Sheet;
use crate::tui::keymap::Action;
use crate::tui::screen::Facts;

/// Minimum number of visible rows, however little room there is.
const FEWEST: usize = 3;

/// Scroll position of such a list.
#[derive(Debug)]
pub struct Scroll {
    /// Lines of the dialog outside the list, including the frame.
    beside: usize,
    top: usize,
}

impl Scroll {
    /// Creates the position at the beginning of a list, in a dialog with `beside` other lines.
    pub fn new(beside: usize) -> Self {
        Scroll { beside, top: 0 }
    }

    fn height(&self, screen: usize, rows: usize) -> usize {
        screen.saturating_sub(self.beside).max(FEWEST).min(rows)
    }

    /// Scrolls a list of `rows` as `action` says. Returns `true` if `action` scrolls.
    pub fn walk(&mut self, action: Action, rows: usize, facts: &Facts<'_>) -> bool {
        let height = self.height(dialog_room(facts.size).1, rows);
        self.top = match action {
            Action::PageDown => (self.top + height).min(rows.saturating_sub(height)),
            Action::PageUp => self.top.saturating_sub(height),
            _ => return false,
        };
        true
    }

    /// `true` if some of `rows` are hidden in a dialog with room for `screen` lines.
    pub fn is_long(&self, screen: usize, rows: usize) -> bool {
        self.height(screen, rows) < rows
    }

    /// Writes as many of `rows` as fit. If some are hidden, adds their range in `total`.
    pub fn rows<S: Copy + PartialEq>(
        &self,
        sheet: &mut Sheet<'_, S>,
        rows: impl ExactSizeIterator<Item = (String, Style)>,
        total: u64,
    ) {
        let all = rows.len();
        let height = self.height(sheet.rows, all);
        let top = self.top.min(all - height);
        for (text, style) in rows.skip(top).take(height) {
            sheet.text(&text, style);
        }
        if (height as u64) < total {
            let shown = format!("  {}-{} of {}, PgUp PgDn", top + 1, top + height, group_digits(total));
            sheet.text(&shown, sheet.theme.dim);
        } else {
            sheet.blank();
        }
    }
}
