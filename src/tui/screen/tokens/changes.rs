//! The token table after a change made here.

use super::Tokens;
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
                if is_restoration && !self.source.options.trashed {
                    self.rows.set_target(changed.first().map(|token| token.id));
                }
                self.show_changed(&*changed);
                self.source.just_revoked = if is_revocation { std::mem::take(changed) } else { Vec::new() };
                Intent::Stay
            }
            Subject::Issued(issued) => {
                self.source.just_revoked.clear();
                let Some(issued) = issued.take() else { return Intent::Stay };
                self.rows.set_target(Some(issued.token.id));
                Intent::push(RevealSecretDialog::new(issued.token, issued.secret, issued.warning))
            }
            // An offer to restore revoked tokens next to this message would seem to be about the purge.
            Subject::Purged(_) => {
                self.source.just_revoked.clear();
                Intent::Stay
            }
            Subject::Bulk(_) => {
                self.marks.clear();
                self.source.just_revoked.clear();
                Intent::Stay
            }
            Subject::Accounts(_) | Subject::Secret(_) | Subject::Policy(_) | Subject::Catalogue(_) => Intent::Stay,
        }
    }
}
