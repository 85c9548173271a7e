//! Marks that keys set along with a move of the cursor.

use super::list_screen::{ListScreen, Source};
use super::loaded_rows::LoadedRows;
use super::marks::MAX_MARKED;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::Action;
use crate::tui::notice::NoticeId;
use crate::tui::text_fit::group_digits;

impl<S: Source> ListScreen<S> {
    /// Marks or unmarks the row under the cursor, and moves to the next row.
    pub(super) fn mark_current(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let Some(row) = self.rows.current() else { return Intent::Stay };
        if !self.marks.toggle(row, ctx.now) {
            return too_many_marked::<S>();
        }
        self.move_cursor(Action::Down, ctx);
        self.on_marks_changed(ctx)
    }

    /// Handles a change of the marks along with a move of the cursor. Rows that a query finds are counted again.
    fn on_marks_changed(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let counted = if self.marks.is_by_query() { self.read_marked() } else { Intent::Stay };
        Intent::All(vec![self.on_cursor_moved(ctx), counted])
    }

    /// Moves to the next or previous row and marks on the way.
    pub(super) fn extend_marks(&mut self, walk: Action, ctx: &UpdateContext<'_>) -> Intent {
        let place = |rows: &LoadedRows<S::Row>| rows.current().cloned().zip(rows.position());
        let left = place(&self.rows);
        self.move_cursor(walk, ctx);
        let (Some((from, at)), Some((to, reached))) = (left, place(&self.rows)) else { return Intent::Stay };
        match self.marks.extend((&from, at), (&to, reached), ctx.now) {
            true => self.on_marks_changed(ctx),
            false => too_many_marked::<S>(),
        }
    }
}

fn too_many_marked<S: Source>() -> Intent {
    let (max, noun) = (group_digits(MAX_MARKED as u64), S::NOUN);
    let text = format!("At most {max} {noun} can be marked or unmarked one by one. Filter the list, then mark all");
    Intent::Notify(NoticeId::MarkLimit, text)
}
