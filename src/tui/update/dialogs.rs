//! Opens dialogs about the token under the cursor and passes replies to them.

use super::bulk;
use std::sync::Arc;

use super::open;
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::token::Token;
use crate::tui::effect::Effect;
use crate::tui::modal::audit_check::AuditCheckDialog;
use crate::tui::modal::catalogue::apply::ApplyCatalogueDialog;
use crate::tui::modal::confirm::{ConfirmDialog, PendingMutation};
use crate::tui::modal::copy_token::CopyTokenDialog;
use crate::tui::modal::create_token::CreateTokenDialog;
use crate::tui::modal::edit_token::EditTokenDialog;
use crate::tui::modal::help::HelpDialog;
use crate::tui::modal::identify_secret::IdentifySecretDialog;
use crate::tui::modal::messages::MessagesDialog;
use crate::tui::modal::regenerate::RegenerateTokenDialog;
use crate::tui::modal::retire;
use crate::tui::modal::token_details::TokenDetailsDialog;
use crate::tui::model::Model;
use crate::tui::screen::{Component, DialogKind};
use crate::verbs::tokens::TokenDetails;

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

/// Opens a dialog. A dialog about a token needs a token under the cursor.
pub(super) fn open_dialog(model: &mut Model, kind: DialogKind) -> Vec<Effect> {
    // Before the policy has arrived, the default policy is used. The store applies the real policy in any case.
    let policy = model.me.as_ref().map_or_else(Policy::default, |me| me.policy.clone());
    let current = model.tokens().and_then(|t| t.current()).cloned();
    let dialog: Box<dyn Component> = match (kind, current) {
        (DialogKind::Account(what), _) => return super::accounts::open_account_dialog(model, what),
        (DialogKind::EditPolicy, _) => return super::policy::open_policy_dialog(model),
        (DialogKind::AuditCheck, _) => Box::new(AuditCheckDialog::new()),
        (DialogKind::ApplyCatalogue, _) => Box::new(ApplyCatalogueDialog::new()),
        (DialogKind::CreateToken, _) => {
            let Some(owner) = super::accounts::owner_choice(model) else { return Vec::new() };
            let mut form = CreateTokenDialog::new(owner, policy.default_expiry, Arc::clone(&model.catalogues));
            if !model.is_by_person() {
                form.dialog_mut().shorten_default();
            }
            Box::new(form)
        }
        (DialogKind::EditToken, Some(token)) => {
            let usage = details_of(model, &token).map(|shown| shown.usage.clone());
            let mut form = EditTokenDialog::new(token, policy.default_expiry, Arc::clone(&model.catalogues));
            if let Some(usage) = &usage {
                form.dialog_mut().set_usage(usage, model.now);
            }
            Box::new(form)
        }
        (DialogKind::CopyToken, Some(token)) => {
            let manages = model.role() >= Role::Admin;
            Box::new(CopyTokenDialog::new(token, model.now, policy.default_expiry, manages))
        }
        (DialogKind::RegenerateToken, Some(token)) => {
            Box::new(RegenerateTokenDialog::new(token, model.now, policy.default_expiry))
        }
        (DialogKind::EndOverlap, Some(token)) => {
            return match retire::pending_retire(&token, model.now) {
                Some(wanted) => open_confirm(model, wanted),
                None => Vec::new(),
            };
        }
        (DialogKind::SetEnabled | DialogKind::Revoke | DialogKind::Restore | DialogKind::Purge, _) => {
            return bulk::open_bulk_dialog(model, kind);
        }
        (DialogKind::TokenDetails, Some(token)) => {
            let shown = details_of(model, &token).cloned();
            Box::new(TokenDetailsDialog::new(token, shown))
        }
        (
            DialogKind::EditToken
            | DialogKind::CopyToken
            | DialogKind::RegenerateToken
            | DialogKind::EndOverlap
            | DialogKind::TokenDetails,
            None,
        ) => return Vec::new(),
    };
    open(model, dialog)
}

pub(super) fn details_of<'a>(model: &'a Model, token: &Token) -> Option<&'a TokenDetails> {
    model.tokens().and_then(|t| t.details.as_ref()).filter(|s| s.token.id == token.id)
}
