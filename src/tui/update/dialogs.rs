//! Opens the dialogs that every screen can open.

use super::open;
use crate::tui::effect::Effect;
use crate::tui::modal::confirm_change::{ConfirmDialog, PendingMutation};
use crate::tui::modal::help::HelpDialog;
use crate::tui::modal::identify_secret::IdentifySecretDialog;
use crate::tui::modal::past_notices::MessagesDialog;
use crate::tui::model::Model;

pub(super) fn open_help(model: &mut Model) -> Vec<Effect> {
    open(model, Box::new(HelpDialog::new(model.context())))
}

/// Opens the list of messages.
pub(super) fn open_messages(model: &mut Model) -> Vec<Effect> {
    let messages = model.messages.iter().cloned().collect();
    open(model, Box::new(MessagesDialog::new(messages)))
}

/// Opens the dialog that looks up a secret's token.
pub(super) fn open_identify_secret(model: &mut Model) -> Vec<Effect> {
    open(model, Box::new(IdentifySecretDialog::new()))
}

/// Opens the confirmation of a change, with a proof of identity. A dialog without a proof field of its own can change
/// the store only this way.
pub(super) fn open_confirm(model: &mut Model, mutation: PendingMutation) -> Vec<Effect> {
    if let Some(proof) = model.auth_field() {
        return open(model, Box::new(ConfirmDialog::new(mutation, proof)));
    }
    Vec::new()
}
