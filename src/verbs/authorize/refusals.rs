//! Errors for an actor that may not do something, or must not learn whether something exists.

use super::{TokenAction, scope_covers_others};
use crate::domain::account::Account;
use crate::domain::role::Role;
use crate::error::Error;
use crate::verbs::actor::Actor;

/// Returns the accounts that `role` manages, for an error.
pub(super) const fn managed_by(role: Role) -> &'static str {
    match role {
        Role::Owner => "every account",
        Role::Admin => "its own account, members and viewers",
        Role::Member | Role::Viewer => "only its own account",
    }
}

/// Returns the advice to ask somebody who manages more than `role` does.
pub(super) const fn ask_role_above(role: Role) -> &'static str {
    match role {
        Role::Owner | Role::Admin => "Ask an owner",
        Role::Member | Role::Viewer => "Ask an owner or admin",
    }
}

/// Returns an error that is the same for existing and missing accounts.
pub(super) fn account_not_visible(own_account: &Account) -> Error {
    Error::denied("the account does not exist, or you are not permitted to manage it")
        .why(format!("an account with the role {} manages {}", own_account.role, managed_by(own_account.role)))
        .next(format!("Check the name, or {}", ask_role_above(own_account.role).to_lowercase()))
}

/// Returns an error that is the same for existing and missing tokens, and for those of hidden accounts.
pub(super) fn token_not_visible(actor: &Actor, own_account: &Account, action: TokenAction) -> Error {
    let by_role = account_not_visible(own_account);
    let what = "the account or token does not exist, or you are not permitted to use it".to_owned();
    let error = Error { what, ..by_role };
    let next =
        "Check the name of the account or token. To use a password instead of the token, run jeton with --user ACCOUNT";
    match actor.bearer() {
        Some(bearer) if !scope_covers_others(actor, action) => error
            .why(format!(
                "the token {} can use only the tokens of {}. For tokens of other accounts, this token needs the method \
                 {}",
                bearer.token.name,
                own_account.username,
                action.methods().last().copied().unwrap_or_default()
            ))
            .next(next),
        Some(bearer) if bearer.account_role != own_account.role => error
            .why(format!(
                "the secret of the token {} was issued with the role {}; an account with this role manages {}",
                bearer.token.name,
                own_account.role,
                managed_by(own_account.role)
            ))
            .next(next),
        Some(_) | None => error,
    }
}
