//! May this actor do that to those? The one place. A verb gets the accounts and tokens it acts on only from here,
//! inside its transaction.
//!
//! Two questions are asked of everybody: what the role of the account allows, and, where a token acts, what it holds.
//! A token never gives away what it doesn't hold: what it creates, copies, edits, regenerates, enables or restores has
//! methods that it may call itself, before and after, and expires no later ([`grant`]).
//!
#![doc = include_str!("authorize/matrix.md")]

mod accounts;

pub use accounts::{Manage, give_role, manage, may_manage, policy};

use super::actor::{Actor, Bearer};
use super::needs::Needs;
use super::ports::Snapshot;
use crate::domain::account::{Account, AccountId};
use crate::domain::catalogue::reach::beyond;
use crate::domain::expiry::Expiry;
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

impl Act {
    /// The methods of which a token needs one, first the one that reaches its own account only, then the one that
    /// reaches every account.
    const fn methods(self) -> &'static [&'static str] {
        match self {
            Act::See => Needs::ReadTokens.methods(),
            Act::Restrict | Act::Change => Needs::WriteTokens.methods(),
        }
    }
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

/// Whether the actor may ask for what takes `needs` at all. A password may; a token as far as it holds a method.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with what the token lacks.
pub fn needs(by: &Actor, needs: Needs) -> Result<()> {
    let Some(bearer) = by.bearer() else { return Ok(()) };
    match needs {
        Needs::Nothing => Ok(()),
        _ if needs.methods().iter().any(|id| bearer.holds(id)) => Ok(()),
        _ => Err(lacks(&bearer.token, needs)),
    }
}

/// What to say of a token that may not ask for what takes `needs`.
pub(super) fn lacks(token: &Token, needs: Needs) -> Error {
    match needs.methods() {
        [] => Error::denied("no token may do that, whatever it holds")
            .why("it takes a person and a password")
            .next("Say --user U, and give the password"),
        methods => Error::denied(format!("the token {} may not do that", token.name))
            .why(format!("it lacks {}", methods.join(" or "))),
    }
}

/// Whether the actor's proof reaches `owner`'s tokens; what its role allows is another question.
fn reaches(by: &Actor, act: Act, own: bool) -> bool {
    let held = |bearer: &Bearer| act.methods().iter().skip(usize::from(!own)).any(|id| bearer.holds(id));
    by.bearer().is_none_or(held)
}

/// Whether the actor's proof reaches tokens of accounts beside its own; what its role allows is another question.
pub fn reaches_others(by: &Actor, act: Act) -> bool {
    reaches(by, act, false)
}

/// Whether the actor may do `act` to tokens of an account.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with the reason.
pub fn permit(by: &Actor, act: Act, owner: AccountId, owner_role: Role, self_service: bool) -> Result<()> {
    let actor = by.account()?;
    let own = owner == actor.id;
    if !own && !actor.role.manages(owner_role) {
        return Err(Error::denied(format!("{} may not touch that account's tokens", actor.username)).why(format!(
            "the role {} manages {}",
            actor.role,
            managed_by(actor.role)
        )));
    }
    if own && act == Act::Change && !self_service && actor.role < Role::Admin {
        return Err(Error::denied(format!("{} may only see, disable and delete its own tokens", actor.username))
            .why("self-service is switched off here")
            .next("Ask an owner or admin"));
    }
    match by.bearer() {
        Some(bearer) if !reaches(by, act, own) => {
            let missing: Vec<&str> = act.methods().iter().skip(usize::from(!own)).copied().collect();
            Err(Error::denied(format!("the token {} may not touch those tokens", bearer.token.name))
                .why(format!("it lacks {}", missing.join(" or "))))
        }
        _ => Ok(()),
    }
}

/// Whether the actor may change or copy `token`: a token does neither to itself.
///
/// # Errors
/// [`crate::error::Kind::Denied`] for a token that acts on itself.
pub fn not_itself(by: &Actor, token: &Token) -> Result<()> {
    if by.bearer().is_some_and(|bearer| bearer.token.id == token.id) {
        return Err(Error::denied(format!("the token {} may not change or copy itself", token.name))
            .why("whoever holds it could make it last, or do more"));
    }
    Ok(())
}

/// Whether a token that acts would leave behind only what does no more than it may do itself, and lasts no longer.
fn no_escalation(bearer: &Bearer, snapshot: &dyn Snapshot, changes: &[(Option<&Token>, &Token)]) -> Result<()> {
    let name = &bearer.token.name;
    // Read and indexed once, however many tokens are changed together.
    let catalogues = snapshot.catalogues()?;
    let selections = changes.iter().flat_map(|(before, after)| before.iter().chain([after])).map(|t| &t.selection);
    if let Some(what) = beyond(&catalogues, bearer.account.role, &bearer.token.selection, selections) {
        return Err(Error::denied(format!("the token {name} can't give away what it doesn't hold")).why(what));
    }
    let outlives = |expiry: Expiry| match (bearer.end, expiry) {
        (Expiry::Never, _) => false,
        (Expiry::At(_), Expiry::Never) => true,
        (Expiry::At(own), Expiry::At(at)) => at > own,
    };
    if !changes.iter().any(|(_, after)| outlives(after.expiry)) {
        return Ok(());
    }
    let end = bearer.end.at().map_or_else(String::new, |at| at.rfc3339());
    Err(Error::denied(format!("the token {name} can't make one that outlives it"))
        .why(format!("what was presented ends at {end}"))
        .next("Say an earlier --expires"))
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

/// Whether the actor may read the audit log: it tells of everybody.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with the roles that may.
pub fn audit(by: &Actor) -> Result<()> {
    let actor = by.account()?;
    if actor.role >= Role::Admin {
        return Ok(());
    }
    Err(Error::denied("the audit log is for owners and admins")
        .why(format!("the role of {} is {}", actor.username, actor.role))
        .next("Ask an owner or admin"))
}

/// The account whose tokens are meant: the one named, else the actor's own.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`].
pub fn account(by: &Actor, snapshot: &dyn Snapshot, name: Option<&Username>, act: Act) -> Result<Account> {
    let actor = by.account()?;
    let self_service = snapshot.policy()?.self_service;
    let Some(name) = name.filter(|n| **n != actor.username) else {
        permit(by, act, actor.id, actor.role, self_service)?;
        return Ok(actor.clone());
    };
    match snapshot.account_named(name)? {
        // Whether a hidden account is there is none of the actor's business either.
        Some(account) if permit(by, act, account.id, account.role, self_service).is_ok() => Ok(account),
        None if knows_all(by, act) => Err(Error::not_found(format!("there is no account {name}"))),
        Some(_) | None => Err(hidden(actor)),
    }
}

/// Whether the actor may leave each token as the second of its pair, which was the first or was not there. Every verb
/// that leaves tokens able to do something asks this, whatever it has asked before.
///
/// # Errors
/// [`crate::error::Kind::Denied`] with the reason.
pub fn grant(by: &Actor, snapshot: &dyn Snapshot, changes: &[(Option<&Token>, &Token)]) -> Result<()> {
    let self_service = snapshot.policy()?.self_service;
    for token in changes.iter().flat_map(|(before, after)| before.iter().chain([after])) {
        permit(by, Act::Change, token.owner.id, token.owner.role, self_service)?;
        not_itself(by, token)?;
    }
    by.bearer().map_or(Ok(()), |bearer| no_escalation(bearer, snapshot, changes))
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
        Among::Kept => candidates(by, snapshot, reference, false, act)?,
        Among::Trashed => candidates(by, snapshot, reference, true, act)?,
        Among::All => {
            let kept = candidates(by, snapshot, reference, false, act)?;
            if kept.is_empty() { candidates(by, snapshot, reference, true, act)? } else { kept }
        }
    };
    match found.len() {
        1 => {
            let token = found.swap_remove(0);
            permit(by, act, token.owner.id, token.owner.role, self_service)?;
            Ok(token)
        }
        0 if knows_all(by, act) || (reaches(by, act, true) && means_own(actor, reference)) => {
            Err(not_found(by, snapshot, reference, among, act)?)
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

/// Whether nothing is hidden from the actor: what it doesn't find is not there.
fn knows_all(by: &Actor, act: Act) -> bool {
    by.account().is_ok_and(|a| a.role == Role::Owner) && reaches_others(by, act)
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

fn not_found(by: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef, among: Among, act: Act) -> Result<Error> {
    let elsewhere = match among {
        Among::Kept => !candidates(by, snapshot, reference, true, act)?.is_empty(),
        Among::Trashed => !candidates(by, snapshot, reference, false, act)?.is_empty(),
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

/// The tokens that `reference` could mean, of those within the actor's reach: what is hidden neither makes a reference
/// ambiguous nor changes an answer.
fn candidates(
    by: &Actor,
    snapshot: &dyn Snapshot,
    reference: &TokenRef,
    trashed: bool,
    act: Act,
) -> Result<Vec<Token>> {
    let actor = by.account()?;
    let mut found = meant(by, snapshot, reference, trashed, act)?;
    found.retain(|t| t.deleted_at.is_some() == trashed);
    found.retain(|t| {
        let own = t.owner.id == actor.id;
        (own || actor.role.manages(t.owner.role)) && reaches(by, act, own)
    });
    found.sort_by_key(|t| t.id);
    found.dedup_by_key(|t| t.id);
    Ok(found)
}

fn meant(by: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef, trashed: bool, act: Act) -> Result<Vec<Token>> {
    let (actor, visibility) = (by.account()?, by.visibility(act)?);
    let text = match reference {
        TokenRef::Id(id) => return Ok(snapshot.token(*id)?.into_iter().collect()),
        TokenRef::Typed(text) => text.as_str(),
    };
    if let Some((account, name)) = text.split_once('/') {
        let account = snapshot.account_named(&Username::parse(account)?)?;
        let name = TokenName::parse(name)?;
        return account.map_or(Ok(Vec::new()), |a| snapshot.tokens_named(&visibility, Some(a.id), &name, trashed));
    }
    // An id or a hint means one token, whatever others are called.
    if let Some(id) = TokenId::parse(text) {
        return Ok(snapshot.token(id)?.into_iter().collect());
    }
    if let Some(token) = by_hint(snapshot, text)? {
        return Ok(vec![token]);
    }
    let name = TokenName::parse(text)?;
    let own = snapshot.tokens_named(&visibility, Some(actor.id), &name, trashed)?;
    if !own.is_empty() {
        return Ok(own);
    }
    snapshot.tokens_named(&visibility, None, &name, trashed)
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
