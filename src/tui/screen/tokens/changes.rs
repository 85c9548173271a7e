//! The token table after a change made here.

use super::Tokens;
use crate::domain::token::Token;
use crate::tui::component::Intent;
use crate::tui::modal::reveal_secret::RevealSecretDialog;
use crate::tui::outcome::{Outcome, Subject};
use crate::verbs::tokens::{EditToken, RestoreTokens, RetireToken, RevokeTokens};

impl Tokens {
    /// Shows a change until the list is read again. A new secret is shown at once.
    pub(super) fn take_change(&mut self, outcome: &mut Outcome) -> Intent {
        let (is_revocation, is_restoration) = (outcome.is::<RevokeTokens>(), outcome.is::<RestoreTokens>());
        let is_about_one = outcome.is::<EditToken>() || outcome.is::<RetireToken>();
        match &mut outcome.subject {
            Subject::Tokens(changed) => {
                if !is_about_one {
                    self.marks.clear();
                }
                // Moves the cursor to the restored token, if the table shows it.
                if is_restoration && !self.options.trashed {
                    self.focus = changed.first().map(|token| token.id);
                }
                self.show_changed(changed);
                self.just_revoked = if is_revocation { std::mem::take(changed) } else { Vec::new() };
                Intent::Stay
            }
            Subject::Issued(issued) => {
                self.just_revoked.clear();
                let Some(issued) = issued.take() else { return Intent::Stay };
                self.focus = Some(issued.token.id);
                Intent::push(RevealSecretDialog::new(issued.token, issued.secret, issued.warning))
            }
            // An offer to restore revoked tokens next to this message would seem to be about the purge.
            Subject::Purged(_) => {
                self.just_revoked.clear();
                Intent::Stay
            }
            Subject::Accounts(_) | Subject::Policy(_) | Subject::Catalogue(_) => Intent::Stay,
        }
    }

    /// Shows changed tokens before the list is read again, so that the next key acts on their new state.
    fn show_changed(&mut self, changed: &[Token]) {
        for row in &mut self.window.rows {
            if let Some(token) = changed.iter().find(|t| t.id == row.id) {
                *row = token.clone();
            }
        }
    }
}
