//! Disable: an account with its active tokens.

use crate::tui::modal::confirm_change::PendingMutation;
use crate::tui::text_fit::count_noun;
use crate::verbs::accounts::{AccountWithCounts, DisableAccounts};
use crate::verbs::impact::Removal;

/// Describes the effects of disabling an account with its active tokens.
pub(super) fn describe(counted: &AccountWithCounts) -> String {
    let name = &counted.account.username;
    let tokens = match counted.tokens.active {
        0 => "The account has no active tokens".to_owned(),
        1 => "The service will deny the account's 1 active token from the next request on".to_owned(),
        n => format!(
            "The service will deny all {} of the account from the next request on",
            count_noun(n.into(), "active token")
        ),
    };
    format!("{name} can't sign in any more. {tokens}. Nothing is lost: the account can be enabled again.")
}

/// Returns the change that disables the account of `counted`.
pub fn pending_disable(counted: &AccountWithCounts) -> PendingMutation {
    let usernames = vec![counted.account.username.clone()];
    let title = format!("Disable {}", counted.account.username);
    let verb = DisableAccounts { usernames: usernames.clone(), expected: vec![counted.account.clone()] };
    PendingMutation::new(title, describe(counted), verb).taking(Removal::Accounts(usernames))
}
