//! Permission checks for accounts and policy. A token can do no more than its account; each verb declares the method
//! that the token needs.

use super::refusals::account_not_visible;
use super::{denied_first, require_role};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::ports::Snapshot;

/// A change of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountAction {
    /// Read: always allowed on the actor's own account.
    Read,
    /// Set another password: always allowed on the actor's own account.
    Password,
    /// Set the contact: always allowed on the actor's own account.
    SetContact,
    /// Disable or enable.
    SetEnabled,
    /// Giving it this role.
    SetRole(Role),
    /// Deleting it with its tokens.
    Delete,
}

/// Checks that a person has no temporary password. A person with a temporary one must replace it first; the account's
/// tokens keep working.
pub fn require_own_password(actor: &Actor) -> Result<()> {
    match actor {
        Actor::Account(account) if account.temporary_password => Err(temporary_password_error(&account.username)),
        Actor::LocalUser | Actor::Account(_) | Actor::Token(_) => Ok(()),
    }
}

/// Returns a [`crate::error::Kind::Denied`] for a person with a temporary password, with the command that replaces it.
pub fn temporary_password_error(name: &Username) -> Error {
    Error::denied(format!("the password of {name} is temporary"))
        .why("somebody else set this password, so you must choose a new password first")
        .next(format!("Run: jeton account passwd --user {name}"))
}

/// # Errors
/// [`crate::error::Kind::Denied`] with the role that may.
pub fn check_policy_access(actor: &Actor) -> Result<()> {
    require_role(actor, Role::Owner, "change the policy")
}

/// Checks that the actor may give another account `role`: an owner any, an admin those that it manages. An admin can't
/// create another admin, who would be out of its reach from then on.
pub fn check_role_grant(actor: &Actor, role: Role) -> Result<()> {
    let own_account = actor.account()?;
    if own_account.role.manages(role) {
        return Ok(());
    }
    let granted = match own_account.role {
        Role::Owner | Role::Admin => "an admin can give only the roles member and viewer",
        Role::Member | Role::Viewer => "only owners and admins can create accounts and give roles",
    };
    let next = if Role::Admin.manages(role) { "Ask an owner or admin" } else { "Ask an owner" };
    Err(Error::denied(format!("{} can't give the role {role}", own_account.username)).why(granted).next(next))
}

/// Returns the account of that name, if the actor may do `action` to it.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`].
pub fn resolve_managed_account(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    name: &Username,
    action: AccountAction,
) -> Result<Account> {
    let own_account = actor.account()?;
    if *name == own_account.username {
        return check_self_action(own_account, action).map(|()| own_account.clone());
    }
    if let AccountAction::SetRole(role) = action {
        check_role_grant(actor, role)?;
    }
    match snapshot.account_by_name(name)? {
        Some(account) => check_account_access(own_account, &account, action).map(|()| account),
        None if own_account.role == Role::Owner => Err(super::account_not_found(actor, name, snapshot)?),
        None => Err(account_not_visible(own_account)),
    }
}

/// Does the same as [`resolve_managed_account`] for several accounts. All permissions are checked before the existence
/// of any account.
pub fn resolve_managed_accounts(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    names: &[&Username],
    action: AccountAction,
) -> Result<Vec<Account>> {
    let mut all = Ok(Vec::with_capacity(names.len()));
    for name in names {
        all = denied_first(all, resolve_managed_account(actor, snapshot, name, action)).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    all
}

/// Checks that the actor with `own_account` may do `action` to `account`. Screens use this to offer actions. Roles that
/// can be given are checked by [`check_role_grant`].
pub fn check_account_access(own_account: &Account, account: &Account, action: AccountAction) -> Result<()> {
    if own_account.id == account.id {
        check_self_action(own_account, action)
    } else if own_account.role.manages(account.role) {
        Ok(())
    } else {
        Err(account_not_visible(own_account))
    }
}

/// Checks that the actor may do `action` to its own account. An act that the actor couldn't undo itself needs an owner.
fn check_self_action(own_account: &Account, action: AccountAction) -> Result<()> {
    let (what, from) = match action {
        AccountAction::Read | AccountAction::Password | AccountAction::SetContact => return Ok(()),
        AccountAction::SetEnabled => ("disable or enable its own account", Role::Admin),
        AccountAction::SetRole(_) => ("change its own role", Role::Owner),
        AccountAction::Delete => ("delete its own account", Role::Owner),
    };
    if own_account.role >= from {
        return Ok(());
    }
    let (allowed, next) = match from {
        Role::Owner => ("only an owner can do this", "Ask an owner"),
        Role::Admin | Role::Member | Role::Viewer => ("only owners and admins can do this", "Ask an owner or admin"),
    };
    Err(Error::denied(format!("{} can't {what}", own_account.username)).why(allowed).next(next))
}
