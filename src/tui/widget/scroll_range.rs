//! The visible part of lines that may need scrolling.

use std::cmp::Ordering;
use std::ops::Range;

use ratatui::text::Line;

use crate::tui::keymap::Action;
use crate::tui::text_fit::group_digits;
use crate::tui::theme::Theme;

/// Minimum number of lines that scroll above lines that don't.
const MIN_LINES: usize = 3;

/// Returns the first of `height` rows that show `cursor`, in the middle if possible.
pub fn first_row(cursor: usize, rows: usize, height: usize) -> usize {
    cursor.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

/// Says how many rows are hidden above and below the visible ones. `None` if there are none.
pub fn hidden_rows(above: usize, below: usize, noun: &str) -> Option<String> {
    let arrows = [("↑", above), ("↓", below)].into_iter().filter(|(_, count)| *count > 0);
    let arrows: Vec<String> = arrows.map(|(arrow, count)| format!("{arrow} {}", group_digits(count as u64))).collect();
    let noun = if above + below == 1 { noun.to_owned() } else { format!("{noun}s") };
    (!arrows.is_empty()).then(|| format!("{} more {noun}", arrows.join("  ")))
}

/// The visible part of lines that scroll.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScrollRange {
    /// The first visible line.
    pub top: usize,
    /// Number of lines that fit.
    pub room: usize,
    /// Number of lines that scroll.
    pub lines: usize,
}

impl ScrollRange {
    /// Returns `true` if some lines are not visible.
    pub fn is_long(self) -> bool {
        self.lines > self.room
    }

    /// Returns the first visible line after `action`. `None` if the action does not scroll.
    pub fn scroll(self, action: Action) -> Option<usize> {
        let page = self.room.max(1);
        let top = match action {
            Action::Down => self.top + 1,
            Action::Up => self.top.saturating_sub(1),
            Action::PageDown => self.top + page,
            Action::PageUp => self.top.saturating_sub(page),
            Action::First => 0,
            Action::Last => self.lines,
            _ => return None,
        };
        Some(top.min(self.last_top()))
    }

    fn last_top(self) -> usize {
        self.lines.saturating_sub(self.room)
    }

    /// Returns the visible part of `lines` in `room` lines, from `top` on. The lines from `pinned` on don't scroll if there
    /// is room for that. If not all lines fit, a line is left for [`ScrollRange::cut`].
    pub fn new(top: usize, room: usize, lines: usize, pinned: usize) -> Self {
        let is_pinned = lines - pinned + MIN_LINES <= room;
        let range = match (lines <= room, is_pinned) {
            (true, _) => ScrollRange { top, room: lines, lines },
            (false, true) => ScrollRange { top, room: room - (lines - pinned) - 1, lines: pinned },
            (false, false) => ScrollRange { top, room: room.saturating_sub(1), lines },
        };
        ScrollRange { top: top.min(range.last_top()), ..range }
    }

    /// Scrolls so that the lines `needed` are visible; if they don't fit, the first of them.
    pub fn showing(self, needed: Range<usize>) -> Self {
        if needed.end > self.lines {
            // These lines don't scroll.
            return self;
        }
        let spare = self.room.saturating_sub(needed.len());
        let top = needed.start.saturating_sub(spare / 2);
        ScrollRange { top: top.min(self.last_top()), ..self }
    }

    /// Returns which of the lines [`ScrollRange::cut`] leaves at place `shown`. `None` for its hint.
    pub fn line_at(self, shown: usize) -> Option<usize> {
        if !self.is_long() {
            return Some(shown);
        }
        match shown.cmp(&self.room) {
            Ordering::Less => Some(self.top + shown),
            Ordering::Equal => None,
            Ordering::Greater => Some(self.lines + shown - self.room - 1),
        }
    }

    /// Removes the lines that are not visible, and says how many there are.
    pub fn cut(self, lines: &mut Vec<Line<'static>>, theme: &Theme) {
        if !self.is_long() {
            return;
        }
        let (above, below) = (self.top, self.last_top() - self.top);
        let keys = [("PgUp", above), ("PgDn", below)].into_iter().filter(|(_, count)| *count > 0);
        let keys: Vec<&str> = keys.map(|(key, _)| key).collect();
        let more = hidden_rows(above, below, "line").unwrap_or_default();
        let hint = Line::styled(format!("{more}  {}", keys.join(" ")), theme.dim);
        lines.splice(self.top + self.room..self.lines, [hint]);
        lines.drain(..self.top);
    }
}
