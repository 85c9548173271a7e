//! May this actor do that to those? The one place. A verb gets the accounts and tokens it acts on only from here,
//! inside its transaction.

use super::actor::Actor;
use super::ports::Snapshot;
use crate::domain::account::{Account, AccountId};
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::secret::PublicId;
use crate::domain::token::{Token, TokenId, TokenRef};
use crate::error::{Error, Result};

/// What is done to a token, by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Looked at.
    See,
    /// Disabled or deleted: always allowed on one's own.
    Restrict,
    /// Anything else.
    Change,
}

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

/// Which tokens a reference may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Those outside the trash.
    Kept,
    /// Those in the trash.
    Trashed,
    /// Those outside the trash and, where there is none, those in it.
    All,
}

/// Whether `actor` may do `act` to tokens of an account.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with the reason.
pub fn permit(actor: &Account, act: Act, owner: AccountId, owner_role: Role, self_service: bool) -> Result<()> {
    if owner != actor.id {
        return if actor.role.manages(owner_role) {
            Ok(())
        } else {
            Err(Error::denied(format!("{} may not touch that account's tokens", actor.username)).why(format!(
                "the role {} manages {}",
                actor.role,
                managed_by(actor.role)
            )))
        };
    }
    let free = matches!(act, Act::See | Act::Restrict) || self_service || actor.role >= Role::Admin;
    if free {
        return Ok(());
    }
    Err(Error::denied(format!("{} may only see, disable and delete its own tokens", actor.username))
        .why("self-service is switched off here")
        .next("Ask an owner or admin"))
}

const fn managed_by(role: Role) -> &'static str {
    match role {
        Role::Owner => "everyone",
        Role::Admin => "itself, members and viewers",
        Role::Member | Role::Viewer => "only itself",
    }
}

/// Whether the actor may change what methods and API sets there are: it changes what tokens of others may do.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with the roles that may.
pub fn catalogue(by: &Actor) -> Result<()> {
    let actor = by.account()?;
    if actor.role >= Role::Admin {
        return Ok(());
    }
    Err(Error::denied(format!("{} may not change the catalogue", actor.username))
        .why(format!("its role is {}; owners and admins may", actor.role))
        .next("Ask an owner or admin"))
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
pub fn grant(by: &Actor, role: Role) -> Result<()> {
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
        grant(by, role)?;
    }
    match snapshot.account_named(name)? {
        Some(account) if actor.role.manages(account.role) => Ok(account),
        None if actor.role == Role::Owner => Err(Error::not_found(format!("there is no account {name}"))),
        Some(_) | None => Err(hidden(actor)),
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

/// The account whose tokens are meant: the one named, else the actor's own.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`].
pub fn account(by: &Actor, snapshot: &dyn Snapshot, name: Option<&Username>, act: Act) -> Result<Account> {
    let actor = by.account()?;
    let self_service = snapshot.policy()?.self_service;
    let Some(name) = name.filter(|n| **n != actor.username) else {
        permit(actor, act, actor.id, actor.role, self_service)?;
        return Ok(actor.clone());
    };
    match snapshot.account_named(name)? {
        // Whether a hidden account is there is none of the actor's business either.
        Some(account) if permit(actor, act, account.id, account.role, self_service).is_ok() => Ok(account),
        None if actor.role == Role::Owner => Err(Error::not_found(format!("there is no account {name}"))),
        Some(_) | None => Err(hidden(actor)),
    }
}

/// The token that `reference` means, if the actor may do `act` to it.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`]; [`crate::error::Kind::Conflict`] when it
/// could mean several.
pub fn token(by: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef, among: Among, act: Act) -> Result<Token> {
    let actor = by.account()?;
    let self_service = snapshot.policy()?.self_service;
    let mut found = match among {
        Among::Kept => candidates(actor, snapshot, reference, false)?,
        Among::Trashed => candidates(actor, snapshot, reference, true)?,
        Among::All => {
            let kept = candidates(actor, snapshot, reference, false)?;
            if kept.is_empty() { candidates(actor, snapshot, reference, true)? } else { kept }
        }
    };
    match found.len() {
        1 => {
            let token = found.swap_remove(0);
            permit(actor, act, token.owner.id, token.owner.role, self_service)?;
            Ok(token)
        }
        0 if actor.role == Role::Owner || means_own(actor, reference) => {
            Err(not_found(snapshot, actor, reference, among)?)
        }
        0 => Err(hidden(actor)),
        _ => {
            let names: Vec<String> = found.iter().take(5).map(|t| format!("{} ({})", t.full_name(), t.id)).collect();
            Err(Error::conflict(format!("{reference} could be several tokens"))
                .why(names.join(", "))
                .next("Say account/name, or the id"))
        }
    }
}

/// A plain name is looked for among the actor's own tokens first, so not finding it gives nothing away.
fn means_own(actor: &Account, reference: &TokenRef) -> bool {
    match reference {
        TokenRef::Id(_) => false,
        TokenRef::Typed(text) => match text.split_once('/') {
            Some((account, _)) => account == actor.username.as_str(),
            None => TokenName::parse(text).is_ok(),
        },
    }
}

fn not_found(snapshot: &dyn Snapshot, actor: &Account, reference: &TokenRef, among: Among) -> Result<Error> {
    let elsewhere = match among {
        Among::Kept => !candidates(actor, snapshot, reference, true)?.is_empty(),
        Among::Trashed => !candidates(actor, snapshot, reference, false)?.is_empty(),
        Among::All => false,
    };
    Ok(match (among, elsewhere) {
        (Among::Kept, true) => Error::not_found(format!("the token {reference} is in the trash"))
            .next(format!("Bring it back with: jeton token restore {reference}")),
        (Among::Trashed, true) => Error::not_found(format!("the token {reference} is not in the trash")),
        _ => Error::not_found(format!("there is no token {reference}"))
            .why("a token is named by its name, account/name, its hint or its id"),
    })
}

/// Says the same whether the thing is there or not.
fn hidden(actor: &Account) -> Error {
    Error::denied("that is not there, or not yours to see").why(format!(
        "the role {} manages {}",
        actor.role,
        managed_by(actor.role)
    ))
}

/// The tokens that `reference` could mean, of those that the actor may see: what is hidden neither makes a reference
/// ambiguous nor changes an answer.
fn candidates(actor: &Account, snapshot: &dyn Snapshot, reference: &TokenRef, trashed: bool) -> Result<Vec<Token>> {
    let mut found = meant(actor, snapshot, reference, trashed)?;
    found.retain(|t| t.deleted_at.is_some() == trashed);
    found.retain(|t| t.owner.id == actor.id || actor.role.manages(t.owner.role));
    found.sort_by_key(|t| t.id);
    found.dedup_by_key(|t| t.id);
    Ok(found)
}

fn meant(actor: &Account, snapshot: &dyn Snapshot, reference: &TokenRef, trashed: bool) -> Result<Vec<Token>> {
    let text = match reference {
        TokenRef::Id(id) => return Ok(snapshot.token(*id)?.into_iter().collect()),
        TokenRef::Typed(text) => text.as_str(),
    };
    if let Some((account, name)) = text.split_once('/') {
        let account = snapshot.account_named(&Username::parse(account)?)?;
        let name = TokenName::parse(name)?;
        return account.map_or(Ok(Vec::new()), |a| snapshot.tokens_named(Some(a.id), &name, trashed));
    }
    // An id or a hint means one token, whatever others are called.
    if let Some(id) = TokenId::parse(text) {
        return Ok(snapshot.token(id)?.into_iter().collect());
    }
    if let Some(token) = by_hint(snapshot, text)? {
        return Ok(vec![token]);
    }
    let name = TokenName::parse(text)?;
    let own = snapshot.tokens_named(Some(actor.id), &name, trashed)?;
    if !own.is_empty() {
        return Ok(own);
    }
    snapshot.tokens_named(None, &name, trashed)
}

fn by_hint(snapshot: &dyn Snapshot, text: &str) -> Result<Option<Token>> {
    let Some((prefix, id)) = text.split_once('_') else { return Ok(None) };
    let installed = snapshot.installation()?.is_some_and(|i| i.prefix.as_str() == prefix);
    let Some(id) = PublicId::parse(id).filter(|_| installed) else { return Ok(None) };
    match snapshot.secret(&id)? {
        Some(secret) => snapshot.token(secret.token),
        None => Ok(None),
    }
}
