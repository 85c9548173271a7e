//! A list inside a form that is too long to be shown whole: PgUp and PgDn scroll it, whatever has the focus.

use ratatui::style::Style;

use super::frame::dialog_room;
use super::line::grouped;
use super::sheet::Sheet;
use crate::tui::keymap::Action;
use crate::tui::screen::Facts;

/// The fewest rows shown, however little room there is.
const FEWEST: usize = 3;

/// Where such a list stands.
#[derive(Debug)]
pub struct Scroll {
    /// How many lines of the dialog stand beside it, its frame among them.
    beside: usize,
    top: usize,
}

impl Scroll {
    /// A list from its beginning, in a dialog with `beside` more lines.
    pub fn new(beside: usize) -> Self {
        Scroll { beside, top: 0 }
    }

    fn height(&self, screen: usize, rows: usize) -> usize {
        screen.saturating_sub(self.beside).max(FEWEST).min(rows)
    }

    /// Scrolls a list of `rows` as `action` says. Whether it was one that scrolls.
    pub fn walk(&mut self, action: Action, rows: usize, facts: &Facts<'_>) -> bool {
        let height = self.height(dialog_room(facts.size).1, rows);
        self.top = match action {
            Action::PageDown => (self.top + height).min(rows.saturating_sub(height)),
            Action::PageUp => self.top.saturating_sub(height),
            _ => return false,
        };
        true
    }

    /// Whether some of `rows` are not shown where a dialog has room for `screen` lines.
    pub fn is_long(&self, screen: usize, rows: usize) -> bool {
        self.height(screen, rows) < rows
    }

    /// As many of `rows` as fit, and which of `total` they are where some are not shown.
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
            let shown = format!("  {}-{} of {}, PgUp PgDn", top + 1, top + height, grouped(total));
            sheet.text(&shown, sheet.theme.dim);
        } else {
            sheet.blank();
        }
    }
}
