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

pub(super) fn on_a_token(model: &Model) -> bool {
    model.tokens().is_some_and(|t| t.current().is_some())
}

/// `true` if the token under the cursor, or the one in the open details, has two valid secrets.
pub(super) fn rotating(model: &Model) -> bool {
    let token = match model.modals.last() {
        Some(Modal::TokenDetails(details)) => Some(details.token()),
        _ => model.tokens().and_then(|t| t.current()),
    };
    token.is_some_and(|t| t.overlap(model.now).is_some())
}

pub(super) fn long(model: &Model) -> bool {
    let (columns, rows) = dialog_size(model.size);
    model.modals.last().is_some_and(|modal| modal.page().is_scrollable(columns, rows))
}

pub(super) fn can_go_back(model: &Model) -> bool {
    model.tokens().is_some_and(|t| t.can_go_back())
}

pub(super) fn just_deleted(model: &Model) -> bool {
    model.tokens().is_some_and(|t| !t.just_deleted.is_empty())
}

/// Returns the word for the current effect of `action`, if the action has two possible effects.
pub(super) fn dynamic_label(action: Action, model: &Model) -> Option<&'static str> {
    let either = |first: bool, one: &'static str, other: &'static str| Some(if first { one } else { other });
    match action {
        Action::Toggle => {
            let chosen = model.tokens()?.targets();
            either(chosen.is_empty() || chosen.iter().any(|token| token.enabled), "Disable", "Enable")
        }
        Action::Manage(AccountDialog::SetEnabled) => {
            let account = &model.desk()?.accounts.current()?.account;
            either(account.enabled, "Disable", "Enable")
        }
        Action::Enter => match (model.modals.last(), model.screen.page()) {
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
                Screen::Opening | Screen::SignIn(_) | Screen::Desk(_) => None,
            },
        },
        _ => None,
    }
}

pub(super) fn manages_others(model: &Model) -> bool {
    let role = model.role();
    Role::ALL.into_iter().any(|other| role.manages(other))
}

pub(super) fn on_a_row(model: &Model) -> bool {
    model.audit().is_some_and(|a| a.current().is_some())
}

pub(super) fn may_read_audit(model: &Model) -> bool {
    model.audit().is_some_and(|a| !a.rows().is_denied())
}

pub(super) fn may_read_denied(model: &Model) -> bool {
    model.desk().is_some_and(|d| !d.denied.rows().is_denied())
}

pub(super) fn on_an_attempt(model: &Model) -> bool {
    model.desk().is_some_and(|d| d.denied.current().is_some())
}

/// `true` if the open row is about a token that wasn't purged.
pub(super) fn leads_to_a_token(model: &Model) -> bool {
    let Some(Modal::DeniedRow(entry)) = model.modals.last() else { return false };
    entry.row().token.as_ref().is_some_and(|token| token.state != TokenState::Purged)
}

pub(super) fn can_drop_unused(model: &Model) -> bool {
    matches!(model.modals.last(), Some(Modal::Picker(picker)) if picker.can_drop_unused())
}

/// `true` if the catalogue shows the contents of a set.
pub(super) fn shows_a_set(model: &Model) -> bool {
    model.desk().is_some_and(|desk| desk.catalogue.shows_a_set())
}

pub(super) fn on_an_account(model: &Model) -> bool {
    model.desk().is_some_and(|d| d.accounts.current().is_some())
}

pub(super) fn may_change_rules(model: &Model) -> bool {
    model.is_by_person() && model.me.as_ref().is_some_and(|me| me.account.role == Role::Owner)
}

pub(super) fn may_apply(model: &Model) -> bool {
    model.is_by_person() && model.me.as_ref().is_some_and(|me| me.account.role >= Role::Admin)
}

pub(super) fn elsewhere(model: &Model, place: ScreenId) -> bool {
    model.in_front() != Some(place)
}
