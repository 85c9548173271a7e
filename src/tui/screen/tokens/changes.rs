//! The token table after a change made here.

use super::Tokens;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::Action;
use crate::tui::modal::edit_confirmation;
use crate::tui::modal::reveal_secret::RevealSecretDialog;
use crate::tui::outcome::{Outcome, Subject};
use crate::verbs::request::Response;
use crate::verbs::tokens::{
    DisableTokens, EditToken, EnableTokens, RegenerateToken, RestoreTokens, RetireToken, RevokeTokens,
};

/// Returns the key of an action.
type KeyOf<'a> = &'a dyn Fn(Action) -> String;

/// The way back from the last change made here.
#[derive(Default)]
pub enum Undo {
    /// There was no change.
    #[default]
    Nothing,
    /// These tokens were revoked.
    Restore(Vec<Token>),
    /// These tokens were disabled or enabled.
    SetEnabled(Vec<Token>),
    /// A token was edited. This edit gives it the values from before.
    Edit(Box<EditToken>),
    /// No single step leads back. The text says what to do.
    Impossible(fn(KeyOf<'_>) -> String),
}

impl Undo {
    /// Returns the way back from a change of `changed` tokens.
    fn after(outcome: &Outcome, changed: Vec<Token>, now: Timestamp) -> Self {
        if outcome.is::<RevokeTokens>() {
            return Undo::Restore(changed);
        }
        if outcome.is::<DisableTokens>() || outcome.is::<EnableTokens>() {
            return Undo::SetEnabled(changed);
        }
        if let (Some(before), [after]) = (&outcome.before_edit, changed.as_slice()) {
            return Self::of_edit(before, after, now);
        }
        Undo::Impossible(if outcome.is::<RetireToken>() {
            |key| format!("{} can't undo the end of an overlap: the old secret is gone", key(Action::Restore))
        } else {
            |key| {
                let (undo, revoke) = (key(Action::Restore), key(Action::Revoke));
                format!("{undo} can't undo a restore. To revoke again, press {revoke}")
            }
        })
    }

    /// Returns the way back from an edit of `before`, which is now `after`.
    fn of_edit(before: &Token, after: &Token, now: Timestamp) -> Self {
        let edit = EditToken::to_restore(before, after);
        if edit.expires.is_some() && before.expiry.is_past(now) {
            return Undo::Impossible(|key| {
                let (undo, disable) = (key(Action::Restore), key(Action::SetEnabled));
                format!(
                    "{undo} can't undo this edit: the old expiry is in the past. To stop the token, press {disable}"
                )
            });
        }
        // The mark would count from now on, and hide an earlier use.
        if before.expected_unused_since.is_some() && before.expected_unused_since != after.expected_unused_since {
            return Undo::Impossible(|key| {
                let (undo, edit) = (key(Action::Restore), key(Action::EditToken));
                format!("{undo} can't undo a changed mark \"expected to be unused\". Edit the token again with {edit}")
            });
        }
        Undo::Edit(Box::new(edit))
    }

    /// Takes the stored `tokens`. An edit of a token that others have changed since can't be undone.
    pub(super) fn check(&mut self, tokens: &[Token]) {
        let Undo::Edit(edit) = self else { return };
        let Some(edited) = &edit.expected else { return };
        if tokens.iter().any(|token| token.id == edited.id && token.revision.0 > edited.revision.0) {
            *self = Undo::Impossible(|key| {
                let (undo, edit) = (key(Action::Restore), key(Action::EditToken));
                format!("{undo} can't undo the edit: the token was changed since. Edit the token again with {edit}")
            });
        }
    }
}

impl Tokens {
    /// Asks to confirm the edit that undoes the last edit, once it was previewed.
    pub(super) fn confirm_undo(&self, response: &Response, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let (Response::PreviewEdit(edited), Undo::Edit(edit)) = (response, &self.source.undo) else { return None };
        let title = format!("Undo the edit of {}", edited.before.full_name());
        edit_confirmation::confirm(title, edited, (**edit).clone(), ctx)
    }

    /// Shows a change until the list is read again. A new secret is shown at once.
    pub(super) fn take_change(&mut self, outcome: &mut Outcome, now: Timestamp) -> Intent {
        let is_restoration = outcome.is::<RestoreTokens>();
        let has_old_secret = outcome.is::<RegenerateToken>();
        let is_about_one = outcome.is::<EditToken>() || outcome.is::<RetireToken>();
        match &mut outcome.subject {
            Subject::Tokens(changed) => {
                if !is_about_one {
                    self.marks.clear();
                }
                let trashed = self.source.options.trashed;
                let place = &mut self.source.on_other_side;
                match changed.iter().find(|token| token.deleted_at.is_some() != trashed) {
                    Some(moved) => *place = Some(moved.id),
                    None => *place = place.filter(|id| changed.iter().all(|token| token.id != *id)),
                }
                // Moves the cursor to the restored token, if the table shows it.
                if is_restoration && !trashed {
                    self.rows.set_target(changed.first().map(|token| token.id));
                }
                self.show_changed(&*changed);
                let changed = std::mem::take(changed);
                self.source.undo = Undo::after(outcome, changed, now);
                Intent::Stay
            }
            Subject::Issued(issued) => {
                self.source.undo = Undo::Impossible(if has_old_secret {
                    |key| {
                        let [undo, disable, revoke] = [Action::Restore, Action::SetEnabled, Action::Revoke].map(key);
                        format!(
                            "{undo} can't undo a new secret. Disable the token with {disable}, or revoke it with {revoke}"
                        )
                    }
                } else {
                    |key| {
                        let (undo, revoke) = (key(Action::Restore), key(Action::Revoke));
                        format!("{undo} can't undo a new token. To end the token, revoke it with {revoke}")
                    }
                });
                let Some(issued) = issued.take() else { return Intent::Stay };
                self.rows.set_target(Some(issued.token.id));
                Intent::push(RevealSecretDialog::new(issued.token, issued.secret, issued.warning))
            }
            // An offer to restore revoked tokens next to this message would seem to be about the purge.
            Subject::Purged(_) => {
                self.source.undo = Undo::Impossible(|key| {
                    format!("{} can't undo a purge: the tokens are gone for good", key(Action::Restore))
                });
                Intent::Stay
            }
            Subject::Bulk(_) => {
                self.marks.clear();
                self.source.undo = Undo::Impossible(|key| {
                    let undo = key(Action::Restore);
                    format!("{undo} can't undo a change of all marked tokens. To change them back, mark them again")
                });
                Intent::Stay
            }
            Subject::Accounts(_) | Subject::Secret(_) | Subject::Policy(_) | Subject::Catalogue(_) => Intent::Stay,
        }
    }
}
