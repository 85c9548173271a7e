//! Conditions for keys, and the words for their current effect.

use super::Action;
use crate::domain::role::Role;
use crate::tui::modal::Modal;
use crate::tui::model::{Model, Screen};
use crate::tui::screen::AccountDialog;
use crate::tui::screen::workspace::ScreenId;
use crate::tui::widget::frame::dialog_size;
use crate::verbs::ledger::TokenState;

pub(super) fn always(_: &Model) -> bool {
    true
}

pub(super) fn has_token(model: &Model) -> bool {
    model.tokens().is_some_and(|t| t.current().is_some())
}

/// Returns `true` if the token under the cursor, or the one in the open details, has two valid secrets.
pub(super) fn is_rotating(model: &Model) -> bool {
    let token = match model.modals.last() {
        Some(Modal::TokenDetails(details)) => Some(details.token()),
        _ => model.tokens().and_then(|t| t.current()),
    };
    token.is_some_and(|t| t.overlap(model.now).is_some())
}

pub(super) fn is_scrollable(model: &Model) -> bool {
    let (columns, rows) = dialog_size(model.size);
    model.modals.last().is_some_and(|modal| modal.page().is_scrollable(columns, rows))
}

pub(super) fn can_go_back(model: &Model) -> bool {
    model.tokens().is_some_and(|t| t.can_go_back())
}

pub(super) fn can_undo_revoke(model: &Model) -> bool {
    model.tokens().is_some_and(|t| !t.just_revoked.is_empty())
}

/// Returns the word for the current effect of `action`, if the action has two possible effects.
pub(super) fn dynamic_label(action: Action, model: &Model) -> Option<&'static str> {
    let either = |first: bool, one: &'static str, other: &'static str| Some(if first { one } else { other });
    match action {
        Action::SetEnabled => {
            let targets = model.tokens()?.targets();
            either(targets.is_empty() || targets.iter().any(|token| token.enabled), "Disable", "Enable")
        }
        Action::Account(AccountDialog::SetEnabled) => {
            let account = &model.workspace()?.accounts.current()?.account;
            either(account.enabled, "Disable", "Enable")
        }
        Action::Accept => match (model.modals.last(), model.screen.component()) {
            (Some(modal), _) => modal.page().enter_label(),
            (None, Some(page)) => page.enter_label(),
            (None, None) => None,
        },
        Action::ShowSecret => model.modals.iter().rev().find_map(|modal| match modal {
            Modal::RevealSecret(reveal) => either(reveal.is_shown(), "Hide", "Show"),
            _ => None,
        }),
        Action::Cancel => match model.modals.last() {
            Some(Modal::Help(help)) => either(help.is_filtered(), "Clear", "Close"),
            Some(_) => None,
            None => match model.screen {
                Screen::FirstRun(_) => Some("Quit"),
                Screen::ReplacePassword(_) => Some("Back"),
                Screen::Loading | Screen::SignIn(_) | Screen::Workspace(_) => None,
            },
        },
        _ => None,
    }
}

pub(super) fn manages_others(model: &Model) -> bool {
    let role = model.role();
    Role::ALL.into_iter().any(|other| role.manages(other))
}

pub(super) fn has_audit_row(model: &Model) -> bool {
    model.audit().is_some_and(|a| a.current().is_some())
}

pub(super) fn may_read_audit(model: &Model) -> bool {
    model.audit().is_some_and(|a| !a.rows().is_denied())
}

pub(super) fn may_read_denied(model: &Model) -> bool {
    model.workspace().is_some_and(|d| !d.denied.rows().is_denied())
}

pub(super) fn has_denied_row(model: &Model) -> bool {
    model.workspace().is_some_and(|d| d.denied.current().is_some())
}

/// Returns `true` if the open row is about a token that wasn't purged.
pub(super) fn row_has_token(model: &Model) -> bool {
    let Some(Modal::DeniedRow(entry)) = model.modals.last() else { return false };
    entry.row().token.as_ref().is_some_and(|token| token.state != TokenState::Purged)
}

pub(super) fn can_drop_unused(model: &Model) -> bool {
    matches!(model.modals.last(), Some(Modal::Picker(picker)) if picker.can_drop_unused())
}

/// Returns `true` if the catalogue shows the contents of a set.
pub(super) fn shows_set(model: &Model) -> bool {
    model.workspace().is_some_and(|workspace| workspace.catalogue.shows_set())
}

pub(super) fn has_account(model: &Model) -> bool {
    model.workspace().is_some_and(|d| d.accounts.current().is_some())
}

pub(super) fn may_edit_policy(model: &Model) -> bool {
    model.is_by_person() && model.me.as_ref().is_some_and(|me| me.account.role == Role::Owner)
}

pub(super) fn may_apply_catalogue(model: &Model) -> bool {
    model.is_by_person() && model.me.as_ref().is_some_and(|me| me.account.role >= Role::Admin)
}

pub(super) fn is_other_screen(model: &Model, screen: ScreenId) -> bool {
    model.active_screen() != Some(screen)
}
