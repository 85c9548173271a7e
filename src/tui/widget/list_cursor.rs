//! A cursor in a list of rows, of which only some fit on the screen.

use std::ops::Range;

use crate::tui::keymap::Action;

/// The row under the cursor and the first visible row, both counted from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    at: usize,
    top: usize,
}

impl Cursor {
    /// Returns the row under the cursor; 0 if there are no rows.
    pub fn position(self) -> usize {
        self.at
    }

    /// Returns the distance of the cursor from the first visible row.
    pub fn row_on_screen(self) -> usize {
        self.at.saturating_sub(self.top)
    }

    /// Returns the visible rows on a screen of `height`.
    pub fn visible_rows(self, height: usize) -> Range<usize> {
        self.top..self.top + height
    }

    /// Puts the cursor on row `at` of `rows`. If possible, the row is `row_on_screen` rows below the first visible row,
    /// on a screen of `height`.
    pub fn place_at(&mut self, at: usize, row_on_screen: usize, rows: usize, height: usize) {
        self.at = at.min(rows.saturating_sub(1));
        self.top = self.at.saturating_sub(row_on_screen);
        self.keep_visible(rows, height);
    }

    /// Scrolls as little as needed to show the cursor, and leaves no unused rows.
    pub fn keep_visible(&mut self, rows: usize, height: usize) {
        let height = height.max(1);
        self.top = self.top.min(rows.saturating_sub(height));
        self.top = self.top.clamp((self.at + 1).saturating_sub(height), self.at);
    }

    /// Moves the cursor if `action` is a move, and returns `true` then.
    pub fn move_by(&mut self, action: Action, rows: usize, height: usize) -> bool {
        let screen = isize::try_from(height.max(1)).unwrap_or(1);
        let delta = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => screen,
            Action::PageUp => -screen,
            Action::First => isize::MIN,
            Action::Last => isize::MAX,
            _ => return false,
        };
        self.at = self.at.saturating_add_signed(delta).min(rows.saturating_sub(1));
        self.keep_visible(rows, height);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scrolls_as_little_as_needed() {
        let mut cursor = Cursor::default();
        for _ in 0..3 {
            assert!(cursor.move_by(Action::Down, 10, 3));
        }
        assert_eq!((cursor.position(), cursor.visible_rows(3)), (3, 1..4));
        cursor.move_by(Action::Up, 10, 3);
        assert_eq!((cursor.position(), cursor.visible_rows(3)), (2, 1..4));
        cursor.move_by(Action::Last, 10, 3);
        assert_eq!((cursor.position(), cursor.visible_rows(3)), (9, 7..10));
        assert!(!cursor.move_by(Action::Accept, 10, 3));
    }

    #[test]
    fn stays_on_its_screen_row() {
        let mut cursor = Cursor::default();
        cursor.place_at(50, 4, 100, 10);
        assert_eq!((cursor.row_on_screen(), cursor.visible_rows(10)), (4, 46..56));
        cursor.place_at(99, 0, 100, 10);
        assert_eq!(cursor.visible_rows(10), 90..100, "no room is left unused");
        cursor.place_at(99, 0, 3, 10);
        assert_eq!((cursor.position(), cursor.visible_rows(10)), (2, 0..10));
    }

    proptest! {
        #[test]
        fn it_is_always_on_the_screen(
            rows in 0usize..40,
            height in 0usize..12,
            actions in prop::collection::vec(
                prop::sample::select(vec![
                    Action::Down, Action::Up, Action::PageDown, Action::PageUp, Action::First, Action::Last,
                ]),
                0..60,
            ),
        ) {
            let mut cursor = Cursor::default();
            for action in actions {
                cursor.move_by(action, rows, height);
                prop_assert!(cursor.position() < rows.max(1));
                prop_assert!(cursor.visible_rows(height.max(1)).contains(&cursor.position()));
            }
        }
    }
}
