//! The token table after a change made here.

use super::Tokens;
use crate::domain::token::Token;
use crate::tui::component::Intent;
use crate::tui::keymap::Action;
use crate::tui::modal::reveal_secret::RevealSecretDialog;
use crate::tui::outcome::{Outcome, Subject};
use crate::verbs::tokens::{DisableTokens, EditToken, EnableTokens, RestoreTokens, RetireToken, RevokeTokens};

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
    /// No single step leads back. The text says what to do.
    Impossible(fn(KeyOf<'_>) -> String),
}

impl Undo {
    /// Returns the way back from a change of `changed` tokens.
    fn of(outcome: &Outcome, changed: Vec<Token>) -> Self {
        if outcome.is::<RevokeTokens>() {
            return Undo::Restore(changed);
        }
        if outcome.is::<DisableTokens>() || outcome.is::<EnableTokens>() {
            return Undo::SetEnabled(changed);
        }
        Undo::Impossible(if outcome.is::<EditToken>() {
            |key| {
                let (undo, edit) = (key(Action::Restore), key(Action::EditToken));
                format!("{undo} can't undo an edit. Edit the token again with {edit}")
            }
        } else if outcome.is::<RetireToken>() {
            |key| format!("{} can't undo the end of an overlap: the old secret is gone", key(Action::Restore))
        } else {
            |key| {
                let (undo, revoke) = (key(Action::Restore), key(Action::Revoke));
                format!("{undo} can't undo a restore. To revoke again, press {revoke}")
            }
        })
    }
}

impl Tokens {
    /// Shows a change until the list is read again. A new secret is shown at once.
    pub(super) fn take_change(&mut self, outcome: &mut Outcome) -> Intent {
        let is_restoration = outcome.is::<RestoreTokens>();
        let is_about_one = outcome.is::<EditToken>() || outcome.is::<RetireToken>();
        match &mut outcome.subject {
            Subject::Tokens(changed) => {
                if !is_about_one {
                    self.marks.clear();
                }
                // Moves the cursor to the restored token, if the table shows it.
                if is_restoration && !self.source.options.trashed {
                    self.rows.set_target(changed.first().map(|token| token.id));
                }
                self.show_changed(&*changed);
                let changed = std::mem::take(changed);
                self.source.undo = Undo::of(outcome, changed);
                Intent::Stay
            }
            Subject::Issued(issued) => {
                self.source.undo = Undo::Impossible(|key| {
                    let [undo, disable, revoke] = [Action::Restore, Action::SetEnabled, Action::Revoke].map(key);
                    format!(
                        "{undo} can't undo a new secret. Disable the token with {disable}, or revoke it with {revoke}"
                    )
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
