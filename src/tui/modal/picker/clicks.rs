//! Effects of clicks on the picker.

use ratatui::layout::{Position, Rect};

use super::tree::Row;
use super::view::{BodyParts, dialog_parts, screen_body};
use super::{Focus, Picker, PickerMode};
use crate::tui::component::ClickTarget;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::widget::dialog_frame::dialog_area;
use crate::tui::widget::key_hints::hint_at;
use crate::tui::widget::scroll_range::first_row;

/// A part of the picker that can be clicked.
enum PickerPart {
    /// A key that is shown, or the search.
    Key(Action),
    /// A row of the tree.
    Tree(usize),
    /// A row of the sets.
    Set(usize),
}

impl Picker {
    /// Returns what is at a position. A click on the row under the cursor ticks the row, or folds the group. Rows of the
    /// sets are counted after those of the tree.
    pub(super) fn target_at(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        Some(match self.part_at(at, dialog_area(model.size), model)? {
            PickerPart::Key(action) => ClickTarget::Key(action),
            _ if self.focus == Focus::Leaving => return None,
            PickerPart::Tree(row) if !self.is_on_sets() && row == self.tree.cursor() => {
                ClickTarget::Key(match self.tree.rows().get(row)? {
                    Row::Group(group) if self.tree.is_folded(*group) => Action::Right,
                    Row::Group(_) => Action::Left,
                    Row::Method(_) => Action::Tick,
                })
            }
            PickerPart::Tree(row) => ClickTarget::Item(row),
            PickerPart::Set(row) if self.is_on_sets() && row == self.sets.cursor() => {
                ClickTarget::Key(if self.shows_ticks() { Action::Tick } else { Action::Accept })
            }
            PickerPart::Set(row) => ClickTarget::Item(self.tree.rows().len() + row),
        })
    }

    /// Puts the cursor on the row with this number.
    pub(super) fn go_to_item(&mut self, item: usize) {
        let distance = |from: usize, to: usize| isize::try_from(to).unwrap_or(0) - isize::try_from(from).unwrap_or(0);
        match item.checked_sub(self.tree.rows().len()) {
            None => {
                self.focus = Focus::Tree;
                self.tree.step(distance(self.tree.cursor(), item));
            }
            Some(row) => {
                self.focus = Focus::Sets;
                self.sets.step(distance(self.sets.cursor(), row));
            }
        }
    }

    /// Returns what is at a position of the terminal, whose area above the footer is `area`.
    fn part_at(&self, at: Position, area: Rect, model: &Model) -> Option<PickerPart> {
        let body = match self.mode {
            PickerMode::Browse => screen_body(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }),
            PickerMode::Pick(_) => {
                let (body, keys) = dialog_parts(area);
                if let Some(action) = hint_at(self, at, keys, model) {
                    return Some(PickerPart::Key(action));
                }
                body
            }
        };
        if body.contains(at) && at.y == body.y {
            return Some(PickerPart::Key(Action::Filter));
        }
        let BodyParts { tree, sets } = self.parts(body);
        let line_in = |part: Option<Rect>| part.filter(|part| part.contains(at)).map(|part| (part, at.y - part.y));
        if let Some((part, line)) = line_in(tree) {
            let rows = self.tree.rows().len();
            let row = first_row(self.tree.cursor(), rows, part.height.into()) + usize::from(line);
            return (row < rows).then_some(PickerPart::Tree(row));
        }
        let (part, line) = line_in(sets)?;
        self.set_at(line.into(), part.width.into(), part.height.into()).map(PickerPart::Set)
    }
}
