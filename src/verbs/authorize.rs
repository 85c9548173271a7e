//! May this actor do that to those? The one place. A verb gets the accounts and tokens it acts on only from here,
//! inside its transaction.
//!
//! Two questions are asked of everybody: what the role of the account allows, and, where a token acts, what it holds.
//! A token never gives away what it doesn't hold: what it creates, copies, edits, regenerates, enables or restores has
//! methods that it may call itself, before and after, and expires no later ([`grant`]).
//!
#![doc = include_str!("authorize/matrix.md")]

mod accounts;
mod near;
mod resolve;

pub use accounts::{Manage, give_role, manage, manage_all, may_manage, own_password, policy, replace_password_first};
pub use resolve::{to_copy, token, tokens};

use super::actor::{Actor, Bearer};
use super::needs::Needs;
use super::ports::Snapshot;
use crate::domain::account::{Account, AccountId};
use crate::domain::catalogue::reach::beyond;
use crate::domain::expiry::Expiry;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::selection::Selection;
use crate::domain::suggest::did_you_mean;
use crate::domain::token::Token;
use crate::error::{Error, Kind, Result};

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

/// Whether no secret of `tokens` has a higher role than a token that acts, nor comes back to one when its account is
/// promoted: methods alone don't say what it may manage.
fn no_higher_role<'t>(bearer: &Bearer, tokens: impl IntoIterator<Item = &'t Token>) -> Result<()> {
    let (own, issued) = (bearer.account.role, bearer.issued_role);
    let is_higher = |token: &Token| token.highest_role() > own || token.highest_issued_role() > issued;
    if !tokens.into_iter().any(is_higher) {
        return Ok(());
    }
    let issued = if issued == own { String::new() } else { format!("; its secret was issued under {issued}") };
    Err(Error::denied(format!("the token {} can't change one with a higher role", bearer.token.name))
        .why(format!("its own role is {own}{issued}"))
        .next("Say --user U, and give the password"))
}

/// Whether a token that acts may touch what may do `held`, and leave it with `given` until `expiries`: it does no more
/// itself, and lasts no longer.
fn no_escalation<'s>(
    bearer: &Bearer,
    snapshot: &dyn Snapshot,
    held: impl IntoIterator<Item = &'s Selection>,
    given: impl IntoIterator<Item = &'s Selection> + Clone,
    expiries: impl IntoIterator<Item = Expiry>,
) -> Result<()> {
    let name = &bearer.token.name;
    // Read and indexed once, however many tokens are changed together.
    let catalogues = snapshot.catalogues()?;
    let beyond = |selections: &mut dyn Iterator<Item = &'s Selection>| {
        beyond(&catalogues, bearer.account.role, &bearer.token.selection, selections)
    };
    if beyond(&mut held.into_iter().chain(given.clone())).is_some() {
        let refused = Error::denied(format!("the token {name} can't give away what it doesn't hold"));
        // What was asked for can be named; what a token may do that is out of reach can't.
        let named = beyond(&mut given.into_iter());
        return Err(refused.why(named.unwrap_or_else(|| "the other token may do more".to_owned())));
    }
    let outlives = |expiry: Expiry| match (bearer.end, expiry) {
        (Expiry::Never, _) => false,
        (Expiry::At(_), Expiry::Never) => true,
        (Expiry::At(own), Expiry::At(at)) => at > own,
    };
    if !expiries.into_iter().any(outlives) {
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

/// The error for an account that isn't there, for an actor that sees all accounts.
pub(super) fn no_account(name: &Username, snapshot: &dyn Snapshot) -> Result<Error> {
    let accounts = snapshot.accounts()?;
    let known = accounts.iter().map(|account| account.username.as_str());
    Ok(did_you_mean(Error::not_found(format!("there is no account {name}")), name.as_str(), known))
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
        None if resolve::knows_all(by, act) => Err(no_account(name, snapshot)?),
        Some(_) | None => Err(hidden(actor)),
    }
}

/// The rights that a request asks to leave a token with. They are judged before anything about stored tokens is told.
#[derive(Debug, Clone, Default)]
pub struct Requested {
    /// The methods and sets that it names; `None` if the token keeps its own.
    pub selection: Option<Selection>,
    /// The expiry that it names; `None` if the token keeps its own.
    pub expiry: Option<Expiry>,
}

/// An account in which the actor may make a token with the rights that it asked for.
#[derive(Debug)]
pub struct NewOwner(Account);

impl NewOwner {
    /// The account.
    pub fn account(&self) -> &Account {
        &self.0
    }
}

/// The account named, else the actor's own, if the actor may make a token in it that may call `selection` until
/// `expiry`. `expiry` is `None` if what was asked for is no date at all.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`].
pub fn new_owner(
    by: &Actor,
    snapshot: &dyn Snapshot,
    name: Option<&Username>,
    selection: &Selection,
    expiry: Option<Expiry>,
) -> Result<NewOwner> {
    let rights = match by.bearer() {
        Some(bearer) => no_escalation(bearer, snapshot, [], [selection], expiry),
        None => Ok(()),
    };
    denied_first(account(by, snapshot, name, Act::Change), rights).map(|(account, ())| NewOwner(account))
}

/// `expiry`, which nobody asked for, as far as the actor may give it: a token makes none that outlives it.
pub fn shortened(by: &Actor, expiry: Expiry) -> Expiry {
    match (by.bearer().map(|bearer| bearer.end), expiry) {
        (Some(Expiry::At(end)), Expiry::At(at)) => Expiry::At(at.min(end)),
        (Some(end @ Expiry::At(_)), Expiry::Never) => end,
        (Some(Expiry::Never) | None, _) => expiry,
    }
}

/// Both, or what refuses: of two refusals the one that says that the actor may not.
///
/// # Errors
/// Those of either.
pub fn denied_first<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(error), Err(denied)) if error.kind != Kind::Denied && denied.kind == Kind::Denied => Err(denied),
        (Err(error), _) | (_, Err(error)) => Err(error),
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
    let Some(bearer) = by.bearer() else { return Ok(()) };
    no_higher_role(bearer, changes.iter().filter_map(|(before, _)| *before))?;
    let held = changes.iter().filter_map(|(before, _)| before.map(|before| &before.selection));
    let given = changes.iter().map(|(_, after)| &after.selection);
    no_escalation(bearer, snapshot, held, given, changes.iter().map(|(_, after)| after.expiry))
}

/// Says the same whether the thing is there or not.
fn hidden(actor: &Account) -> Error {
    Error::denied("that is not there, or not yours to see").why(format!(
        "the role {} manages {}",
        actor.role,
        managed_by(actor.role)
    ))
}
