//! Opens dialogs about the token under the cursor and passes replies to them.

use super::bulk;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Layer, apply_intent};
use crate::domain::dates::Dates;
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::token::{Token, TokenRef};
use crate::error::Result;
use crate::platform::clipboard::CLEAR_DELAY;
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;
use crate::tui::modal::audit_check::AuditCheckDialog;
use crate::tui::modal::catalogue::apply::ApplyCatalogueDialog;
use crate::tui::modal::confirm::{ConfirmDialog, PendingMutation};
use crate::tui::modal::copy_token::CopyTokenDialog;
use crate::tui::modal::create_token::CreateTokenDialog;
use crate::tui::modal::edit_token::{EditTokenDialog, Field};
use crate::tui::modal::help::HelpDialog;
use crate::tui::modal::identify_secret::IdentifySecretDialog;
use crate::tui::modal::messages::MessagesDialog;
use crate::tui::modal::regenerate::RegenerateTokenDialog;
use crate::tui::modal::retire;
use crate::tui::modal::reveal_secret::CopyOutcome;
use crate::tui::modal::token_details::TokenDetailsDialog;
use crate::tui::model::{Model, RequestKind};
use crate::tui::msg::{Copied, Sent};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::screen::DialogKind;
use crate::tui::screen::tokens::Tokens;
use crate::tui::widget::form::PressResult;
use crate::verbs::tokens::{EditPreview, ShowToken, TokenDetails};

pub(super) fn open_help(model: &mut Model) -> Vec<Effect> {
    model.modals.push(Modal::Help(Box::new(HelpDialog::new(model.context()))));
    Vec::new()
}

/// Opens the list of messages.
pub(super) fn open_messages(model: &mut Model) -> Vec<Effect> {
    let messages = model.messages.iter().cloned().collect();
    model.modals.push(Modal::Messages(Box::new(MessagesDialog::new(messages))));
    Vec::new()
}

/// Opens the dialog that looks up a secret's token.
pub(super) fn open_identify_secret(model: &mut Model) -> Vec<Effect> {
    model.modals.push(Modal::IdentifySecret(Box::new(IdentifySecretDialog::new())));
    Vec::new()
}

/// Opens the confirmation of a change, with a proof of identity. A dialog without a proof field of its own can change
/// the store only this way.
pub(super) fn open_confirm(model: &mut Model, mutation: PendingMutation) -> Vec<Effect> {
    if let Some(proof) = model.auth_field() {
        model.modals.push(Modal::Confirm(Box::new(ConfirmDialog::new(mutation, proof))));
    }
    Vec::new()
}

/// Opens a dialog. A dialog about a token needs a token under the cursor.
pub(super) fn open_dialog(model: &mut Model, kind: DialogKind) -> Vec<Effect> {
    // Before the policy has arrived, the default policy is used. The store applies the real policy in any case.
    let policy = model.me.as_ref().map_or_else(Policy::default, |me| me.policy.clone());
    let current = model.tokens().and_then(|t| t.current()).cloned();
    let modal = match (kind, current) {
        (DialogKind::Account(what), _) => return super::accounts::open_account_dialog(model, what),
        (DialogKind::EditPolicy, _) => return super::policy::open_policy_dialog(model),
        (DialogKind::AuditCheck, _) => {
            model.modals.push(Modal::AuditCheck(Box::new(AuditCheckDialog::new())));
            return super::requests::check_audit_log(model);
        }
        (DialogKind::ApplyCatalogue, _) => Modal::ApplyCatalogue(Box::new(ApplyCatalogueDialog::new())),
        (DialogKind::CreateToken, _) => {
            let Some(owner) = super::accounts::owner_choice(model) else { return Vec::new() };
            let mut form = CreateTokenDialog::new(owner, policy.default_expiry, Arc::clone(&model.catalogues));
            if !model.is_by_person() {
                form.dialog_mut().shorten_default();
            }
            model.modals.push(Modal::CreateToken(Box::new(form)));
            return super::accounts::query_candidates(model);
        }
        (DialogKind::EditToken, Some(token)) => {
            let (id, known) = (token.id, details_of(model, &token).map(|shown| shown.usage.clone()));
            let mut form = EditTokenDialog::new(token, policy.default_expiry, Arc::clone(&model.catalogues));
            if let Some(usage) = &known {
                form.dialog_mut().set_usage(usage, model.now);
            }
            model.modals.push(Modal::EditToken(Box::new(form)));
            if known.is_some() {
                return Vec::new();
            }
            return super::requests::send_query(
                model,
                RequestKind::TokenDetails,
                ShowToken { token: TokenRef::Id(id) }.into(),
            );
        }
        (DialogKind::CopyToken, Some(token)) => {
            let manages = model.role() >= Role::Admin;
            Modal::CopyToken(Box::new(CopyTokenDialog::new(token, model.now, policy.default_expiry, manages)))
        }
        (DialogKind::RegenerateToken, Some(token)) => {
            Modal::RegenerateToken(Box::new(RegenerateTokenDialog::new(token, model.now, policy.default_expiry)))
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
            Modal::TokenDetails(Box::new(TokenDetailsDialog::new(token, shown)))
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
    model.modals.push(modal);
    Vec::new()
}

/// Passes the preview of an edit to the form that waits for it.
pub(super) fn on_edit_preview(model: &mut Model, layer: Option<Layer>, edited: EditPreview) -> Vec<Effect> {
    let dates = model.dates.clone();
    with_edit_dialog(model, layer, |edit| edit.on_preview(&edited, dates.get()))
}

/// Passes a token with its usage to the screen and to the dialogs about this token.
pub(super) fn on_token_details(model: &mut Model, layer: Option<Layer>, shown: TokenDetails) -> Vec<Effect> {
    let now = model.now;
    for modal in &mut model.modals {
        match modal {
            Modal::TokenDetails(details) => details.set_details(&shown),
            Modal::RevokeToken(remove) if remove.dialog().token().id == shown.token.id => {
                remove.dialog_mut().set_details(&shown)
            }
            Modal::EditToken(edit) if edit.dialog().token().id == shown.token.id => {
                edit.dialog_mut().set_usage(&shown.usage, now)
            }
            _ => {}
        }
    }
    let token = shown.token.clone();
    // A dialog may have requested a token other than the one under the cursor.
    let current = |tokens: &&mut Tokens| tokens.current().is_some_and(|token| token.id == shown.token.id);
    if let Some(tokens) = model.tokens_mut().filter(current) {
        tokens.set_details(shown);
    }
    on_stored_token(model, layer, token)
}

/// Passes a token as stored to the layer that requested it, for example a form whose edit was refused.
fn on_stored_token(model: &mut Model, layer: Option<Layer>, token: Token) -> Vec<Effect> {
    let (dates, now) = (model.dates.clone(), model.now);
    with_edit_dialog(model, layer, |edit| edit.on_stored_token(token, now, dates.get()))
}

fn with_edit_dialog(
    model: &mut Model,
    layer: Option<Layer>,
    act: impl FnOnce(&mut EditTokenDialog) -> PressResult<Field>,
) -> Vec<Effect> {
    let Some(layer @ Layer::Modal(at)) = layer else { return Vec::new() };
    let Some(Modal::EditToken(form)) = model.modals.get_mut(at) else { return Vec::new() };
    let intent = form.with_dialog(act);
    apply_intent(model, layer, intent)
}

pub(super) fn with_audit_check(model: &mut Model, act: impl Fn(&mut AuditCheckDialog, Dates<'_>)) {
    let dates = model.dates.clone();
    for modal in &mut model.modals {
        if let Modal::AuditCheck(verify) = modal {
            act(verify.dialog_mut(), dates.get());
        }
    }
}

pub(super) fn details_of<'a>(model: &'a Model, token: &Token) -> Option<&'a TokenDetails> {
    model.tokens().and_then(|t| t.details.as_ref()).filter(|s| s.token.id == token.id)
}

/// Handles the result of copying to the clipboard. A dialog that shows a secret keeps the result visible.
pub(super) fn on_copied(model: &mut Model, result: Result<Copied>) -> Vec<Effect> {
    let (text, intent) = match result {
        Ok(Copied::Temporary) => (format!("copied; cleared in {} s", CLEAR_DELAY.as_secs()), CopyOutcome::Clipboard),
        Ok(Copied::Permanent) => ("copied".to_owned(), CopyOutcome::Clipboard),
        Ok(Copied::Sent(Sent::Direct)) => {
            ("copied through your terminal (not cleared automatically)".to_owned(), CopyOutcome::Unknown)
        }
        Ok(Copied::Sent(Sent::Tmux)) => {
            ("copied through tmux (not cleared automatically); prefix ] pastes it too".to_owned(), CopyOutcome::Unknown)
        }
        Ok(Copied::Sent(Sent::TmuxPassthrough)) => {
            let text = "copied through your terminal (not cleared automatically). If pasting fails: tmux set -g \
                 allow-passthrough on"
                .to_owned();
            (text, CopyOutcome::Unknown)
        }
        Err(error) => (error.to_string(), CopyOutcome::Failed),
    };
    match model.modals.last_mut() {
        Some(Modal::RevealSecret(reveal)) => reveal.on_copied(text, intent),
        _ => {
            let id = if intent == CopyOutcome::Failed { NoticeId::NotCopied } else { NoticeId::Copied };
            model.notify(Notice::new(id, text));
        }
    }
    Vec::new()
}

/// Handles the result of saving a secret to a file.
pub(super) fn on_saved(model: &mut Model, result: Result<PathBuf>) -> Vec<Effect> {
    match result {
        Ok(path) => {
            if matches!(model.modals.last(), Some(Modal::SaveSecret(_))) {
                model.modals.pop();
            }
            if let Some(Modal::RevealSecret(reveal)) = model.modals.last_mut() {
                reveal.on_saved(format!("saved to {}, readable only by you", path.display()), true);
            }
        }
        Err(error) => {
            if let Some(Modal::SaveSecret(save)) = model.modals.last_mut() {
                save.set_problem(error.to_string());
            }
        }
    }
    Vec::new()
}
