//! The stack of open dialogs.

use crate::tui::component::Component;
use crate::tui::layer::ModalId;

/// The open dialogs.
#[derive(Default)]
pub struct ModalStack {
    /// The last one is on top.
    open: Vec<(ModalId, Box<dyn Component>)>,
    last_id: u64,
    /// The last dialog that a frame has shown, and all before it.
    seen_id: u64,
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

    /// Takes note that a frame shows the dialogs.
    pub fn set_seen(&mut self) {
        self.seen_id = self.last_id;
    }

    /// Takes note that something covers the dialogs.
    pub fn set_unseen(&mut self) {
        self.seen_id = 0;
    }

    /// Returns `true` if a frame has shown the dialog.
    pub fn is_seen(&self, id: ModalId) -> bool {
        id.0 <= self.seen_id
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
