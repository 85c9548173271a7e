//! Dialogs. They form a stack, and the top one takes all input.

pub mod account;
pub mod api_selection_choice;
pub mod audit_check;
pub mod catalogue;
pub mod change_matching;
pub mod columns;
pub mod confirm_change;
pub mod copy_token;
pub mod create_token;
pub mod edit_confirmation;
mod edit_conflict;
pub mod edit_policy;
pub mod edit_token;
pub mod end_overlap;
mod expected_use_choice;
pub mod filters;
pub mod help;
pub mod identify_secret;
mod impact;
mod ledger_details;
pub mod owner_choice;
pub mod palette;
pub mod past_notices;
pub mod picker;
pub mod purge;
pub mod regenerate;
pub mod removal;
pub mod restore;
pub mod reveal_secret;
mod revoke_made_tokens;
pub mod revoke_tokens;
pub mod row_details;
pub mod save_secret;
mod servers;
mod shown_tokens;
pub mod sort_order;
pub mod stack;
pub mod token_details;
mod token_diff;
pub mod token_usage;

use help::KeyList;
use identify_secret::IdentifySecretDialog;
use palette::Palette;
use past_notices::PastNotices;
use servers::ServersDialog;

use crate::tui::component::Component;
use crate::tui::keymap::Action;
use crate::tui::model::Model;

/// Returns the dialog that `action` opens over every `page`; `None` for other actions.
pub fn global(action: Action, page: &dyn Component, model: &Model) -> Option<Box<dyn Component>> {
    match action {
        Action::Help => Some(Box::new(KeyList::new(page.context()))),
        Action::Palette => Some(Box::new(Palette::new(page, model))),
        Action::Messages => Some(Box::new(PastNotices::new(model.messages.iter().cloned().collect()))),
        Action::Servers => Some(Box::new(ServersDialog::new(model))),
        Action::IdentifySecret => Some(Box::new(IdentifySecretDialog::new(model.is_read_only))),
        _ => None,
    }
}
