//! Conditions for keys, and the words for their current effect.

use super::Action;
use crate::domain::role::Role;
use crate::tui::model::Model;
use crate::tui::screen::workspace::ScreenId;
use crate::tui::widget::dialog_frame::dialog_size;

pub(super) fn always(_: &Model) -> bool {
    true
}

pub(super) fn has_token(model: &Model) -> bool {
    model.tokens().is_some_and(|t| t.current().is_some())
}

/// Returns `true` if the token under the cursor has two valid secrets.
pub(super) fn is_rotating(model: &Model) -> bool {
    model.tokens().and_then(|t| t.current()).is_some_and(|t| t.overlap(model.now).is_some())
}

pub(super) fn is_scrollable(model: &Model) -> bool {
    let (columns, rows) = dialog_size(model.size);
    model.modals.top().is_some_and(|dialog| dialog.is_scrollable(columns, rows))
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
        _ => None,
    }
}

pub(super) fn manages_others(model: &Model) -> bool {
    let role = model.role();
    Role::ALL.into_iter().any(|other| role.manages(other))
}

/// Returns `true` if the catalogue shows the contents of a set.
pub(super) fn shows_set(model: &Model) -> bool {
    model.workspace().is_some_and(|workspace| workspace.catalogue.shows_set())
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
