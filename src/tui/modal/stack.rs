//! The stack of open dialogs.

use crate::domain::time::Timestamp;
use crate::tui::component::Component;
use crate::tui::layer::ModalId;

/// Time for which a question that has taken the place of another must be on the screen before it can be answered, in
/// milliseconds: longer than between two presses of a double one.
const SETTLING_TIME: i64 = 500;

/// Time after a paste in which a dialog that has been opened since can't be answered, in milliseconds: the text may have held
/// an end mark, and its rest may arrive key by key.
const PASTE_TIME: i64 = 1_000;

/// The open dialogs.
#[derive(Default)]
pub struct ModalStack {
    /// The last one is on top.
    open: Vec<(ModalId, Box<dyn Component>)>,
    last_id: u64,
    /// The last dialog that a frame has shown, and all before it.
    seen_id: u64,
    /// `true` if the next frame shows another question in a dialog, or shows one again.
    asks_again: bool,
    /// The time from which on such a question can be answered.
    settled_at: Option<Timestamp>,
    /// The last dialog opened before the last paste, and the time of that paste.
    pasted: Option<(u64, Timestamp)>,
}

impl ModalStack {
    /// Opens a dialog on top.
    pub fn push(&mut self, dialog: Box<dyn Component>) -> ModalId {
        self.last_id += 1;
        let id = ModalId(self.last_id);
        self.open.push((id, dialog));
        id
    }

    /// Returns the dialogs, the top one last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn Component> {
        self.open.iter().map(|(_, dialog)| &**dialog)
    }

    /// Returns the dialogs for an update, the top one last.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut dyn Component> {
        self.open.iter_mut().map(|(_, dialog)| &mut **dialog)
    }

    /// Returns the ids of the dialogs, the top one last.
    pub fn ids(&self) -> Vec<ModalId> {
        self.open.iter().map(|(id, _)| *id).collect()
    }

    /// Returns the top dialog.
    pub fn top(&self) -> Option<&dyn Component> {
        self.iter().next_back()
    }

    /// Returns the id of the top dialog.
    pub fn top_id(&self) -> Option<ModalId> {
        self.open.last().map(|(id, _)| *id)
    }

    /// Returns the open dialog with this id.
    pub fn get(&self, id: ModalId) -> Option<&dyn Component> {
        self.open.iter().find(|(open, _)| *open == id).map(|(_, dialog)| &**dialog)
    }

    /// Returns the open dialog with this id, for an update.
    pub fn get_mut(&mut self, id: ModalId) -> Option<&mut dyn Component> {
        self.open.iter_mut().find(|(open, _)| *open == id).map(|(_, dialog)| &mut **dialog)
    }

    /// Returns `true` if no dialog is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes note that a frame shows the dialogs since `now`.
    pub fn set_seen(&mut self, now: Timestamp) {
        self.seen_id = self.last_id;
        if std::mem::take(&mut self.asks_again) {
            self.settled_at = Some(now.plus(SETTLING_TIME));
        }
    }

    /// Takes note that something covers the dialogs, or that one of them asks another question than a frame has shown. A key
    /// that was pressed twice, or repeats, must not answer what comes next.
    pub fn set_unseen(&mut self) {
        (self.seen_id, self.asks_again) = (0, true);
    }

    /// Takes note that text was pasted.
    pub fn on_paste(&mut self, now: Timestamp) {
        self.pasted = Some((self.last_id, now));
    }

    /// Returns `true` if a frame has shown the dialog, long enough before `now` if it took the place of something else or
    /// follows a paste.
    pub fn is_seen(&self, id: ModalId, now: Timestamp) -> bool {
        // The clock may have been set back.
        let is_new = self.settled_at.is_some_and(|at| (1..=SETTLING_TIME).contains(&(at.0 - now.0)));
        let follows_paste =
            self.pasted.is_some_and(|(last, at)| id.0 > last && (0..PASTE_TIME).contains(&(now.0 - at.0)));
        id.0 <= self.seen_id && !is_new && !follows_paste
    }

    /// Closes the dialog with this id and those above it.
    pub fn close(&mut self, id: ModalId) {
        if let Some(at) = self.open.iter().position(|(open, _)| *open == id) {
            self.open.truncate(at);
        }
    }

    /// Closes all dialogs.
    pub fn clear(&mut self) {
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_that_replaces_another_is_answered_later() {
        let mut stack = ModalStack { last_id: 1, ..ModalStack::default() };
        let (id, at) = (ModalId(1), Timestamp);
        assert!(!stack.is_seen(id, at(0)));
        stack.set_seen(at(0));
        assert!(stack.is_seen(id, at(0)));
        stack.set_unseen();
        assert!(!stack.is_seen(id, at(9_000)));
        stack.set_seen(at(9_000));
        stack.set_seen(at(9_100));
        assert!(!stack.is_seen(id, at(9_000)) && !stack.is_seen(id, at(9_499)));
        assert!(stack.is_seen(id, at(9_500)) && stack.is_seen(id, at(0)));
    }

    #[test]
    fn dialog_opened_by_the_rest_of_a_paste_is_answered_later() {
        let mut stack = ModalStack { last_id: 1, ..ModalStack::default() };
        stack.on_paste(Timestamp(0));
        stack.last_id = 2;
        stack.set_seen(Timestamp(60));
        let is_seen = |id, now| stack.is_seen(ModalId(id), Timestamp(now));
        assert!(is_seen(1, 60), "the dialog into which the text was pasted");
        assert!(!is_seen(2, 60) && !is_seen(2, 999) && is_seen(2, 1_000));
    }
}
