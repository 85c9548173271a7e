//! Permission checks for accounts and policy. A token can do no more than its account; each verb declares the method
//! that the token needs.

use super::{denied_first, hidden};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::ports::Snapshot;

/// An act on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manage {
    /// Read: always allowed on the actor's own account.
    See,
    /// Set another password: always allowed on the actor's own account.
    Password,
    /// Disable or enable.
    Switch,
    /// Give this role.
    Grant(Role),
    /// Delete.
    Delete,
}

/// Checks that a person has a password that nobody else knows. A person with a temporary one must replace it first;
/// the account's tokens keep working.
///
/// # Errors
/// Those of [`replace_password_first`].
pub fn own_password(by: &Actor) -> Result<()> {
    match by {
        Actor::Account(account) if account.temporary_password => Err(replace_password_first(&account.username)),
        Actor::Anyone | Actor::Account(_) | Actor::Token(_) => Ok(()),
    }
}

/// Returns a [`crate::error::Kind::Denied`] for a person with a temporary password, with the command that replaces it.
pub fn replace_password_first(name: &Username) -> Error {
    Error::denied(format!("the password of {name} is temporary"))
        .why("somebody else set it, so it is replaced before anything else")
        .next(format!("Run: jeton account passwd --user {name}"))
}

/// Checks that the actor may change the rules of the installation.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with the role that may.
pub fn policy(by: &Actor) -> Result<()> {
    let actor = by.account()?;
    if actor.role == Role::Owner {
        return Ok(());
    }
    Err(Error::denied(format!("{} may not change policy", actor.username))
        .why(format!("its role is {}; owners may", actor.role))
        .next("Ask an owner"))
}

/// Checks that the actor may give another account `role`: an owner any, an admin those that it manages. An admin can't
/// create another admin, who would be out of its reach from then on.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with the roles that it may give.
pub fn give_role(by: &Actor, role: Role) -> Result<()> {
    let actor = by.account()?;
    if actor.role.manages(role) {
        return Ok(());
    }
    let granted = match actor.role {
        Role::Owner | Role::Admin => "an admin gives the roles member and viewer",
        Role::Member | Role::Viewer => "owners and admins give roles",
    };
    Err(Error::denied(format!("{} may not give the role {role}", actor.username)).why(granted).next("Ask an owner"))
}

/// Returns the account of that name, if the actor may do `act` to it.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`].
pub fn manage(by: &Actor, snapshot: &dyn Snapshot, name: &Username, act: Manage) -> Result<Account> {
    let actor = by.account()?;
    if *name == actor.username {
        return itself(actor, act).map(|()| actor.clone());
    }
    if let Manage::Grant(role) = act {
        give_role(by, role)?;
    }
    match snapshot.account_by_name(name)? {
        Some(account) => may_manage(actor, &account, act).map(|()| account),
        None if actor.role == Role::Owner => Err(super::no_account(by, name, snapshot)?),
        None => Err(hidden(actor)),
    }
}

/// Does the same as [`manage`] for several accounts. All permissions are checked before the existence of any account.
///
/// # Errors
/// Those of [`manage`].
pub fn manage_all(by: &Actor, snapshot: &dyn Snapshot, names: &[&Username], act: Manage) -> Result<Vec<Account>> {
    let mut all = Ok(Vec::with_capacity(names.len()));
    for name in names {
        all = denied_first(all, manage(by, snapshot, name, act)).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    all
}

/// Checks that `actor` may do `act` to `account`, if both are known. Screens use this to offer actions. Roles that can
/// be given are checked by [`give_role`].
///
/// # Errors
/// [`crate::error::Kind::Denied`].
pub fn may_manage(actor: &Account, account: &Account, act: Manage) -> Result<()> {
    if actor.id == account.id {
        itself(actor, act)
    } else if actor.role.manages(account.role) {
        Ok(())
    } else {
        Err(hidden(actor))
    }
}

/// Checks that the actor may do `act` to its own account. An act that the actor couldn't undo itself needs an owner.
fn itself(actor: &Account, act: Manage) -> Result<()> {
    let (what, from) = match act {
        Manage::See | Manage::Password => return Ok(()),
        Manage::Switch => ("switch itself off", Role::Admin),
        Manage::Grant(_) => ("change its own role", Role::Owner),
        Manage::Delete => ("delete itself", Role::Owner),
    };
    if actor.role >= from {
        return Ok(());
    }
    let (who, next) = match from {
        Role::Owner => ("only an owner may", "Ask an owner"),
        Role::Admin | Role::Member | Role::Viewer => ("owners and admins may", "Ask an owner or admin"),
    };
    Err(Error::denied(format!("{} may not {what}", actor.username)).why(who).next(next))
}
