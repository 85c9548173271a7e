//! Who may do what to accounts and to policy. A token does no more than its account would; what it must hold, each verb
//! says.

use super::{denied_first, hidden};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::ports::Snapshot;

/// What is done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manage {
    /// Looked at: always allowed with one's own.
    See,
    /// Given another password: always allowed with one's own.
    Password,
    /// Switched off or on.
    Switch,
    /// Given this role.
    Grant(Role),
    /// Deleted.
    Delete,
}

/// Whether the actor, where it is a person, has a password that nobody else knows. A person with a temporary one does
/// nothing before replacing it; the account's tokens go on.
///
/// # Errors
/// Those of [`replace_password_first`].
pub fn own_password(by: &Actor) -> Result<()> {
    match by {
        Actor::Account(account) if account.temporary_password => Err(replace_password_first(&account.username)),
        Actor::Anyone | Actor::Account(_) | Actor::Token(_) => Ok(()),
    }
}

/// A [`crate::error::Kind::Denied`] for somebody whose password is temporary, with the command that replaces it.
pub fn replace_password_first(name: &Username) -> Error {
    Error::denied(format!("the password of {name} is temporary"))
        .why("somebody else set it, so it is replaced before anything else")
        .next(format!("Run: jeton account passwd --user {name}"))
}

/// Whether the actor may change the rules of the installation.
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

/// Whether the actor may give another account `role`: an owner any, an admin those that it manages. An admin makes no
/// other admin, who would be out of its reach from then on.
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

/// The account of that name, if the actor may do `act` to it.
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
    match snapshot.account_named(name)? {
        Some(account) => may_manage(actor, &account, act).map(|()| account),
        None if actor.role == Role::Owner => Err(super::no_account(name, snapshot)?),
        None => Err(hidden(actor)),
    }
}

/// [`manage`] for several: whether the actor may comes before whether all of them are there.
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

/// Whether `actor` may do `act` to `account`, as both are known: what a face offers. A role that can be given is
/// another question, see [`give_role`].
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

/// Whether the actor may do `act` to its own account. Where it can't be taken back by oneself, it takes an owner.
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
