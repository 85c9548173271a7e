//! Permission checks: the only place for them. A verb gets the accounts and tokens it acts on only from
//! here, inside its transaction.
//!
//! Two checks apply to every actor: the account's role must allow the act, and an acting token must hold the method for
//! it. A token never gives away a right that it doesn't hold. A token that it creates, copies, edits, regenerates,
//! enables or restores has only methods that the acting token may call itself, before and after. That token also
//! expires no later than the acting one ([`check_grant`]).
//!
#![doc = include_str!("authorize/matrix.md")]

mod accounts;
mod refusals;
mod resolve;
mod suggest;

pub use accounts::{
    AccountAction, check_account_access, check_policy_access, check_role_grant, require_own_password,
    resolve_managed_account, resolve_managed_accounts, temporary_password_error,
};
pub use resolve::{find_visible, resolve_copy_source, resolve_token, resolve_tokens};
pub use suggest::near_names;

use self::refusals::{ask_role_above, managed_by, token_not_visible};
use super::actor::{Actor, Bearer};
use super::ports::Snapshot;
use super::required_scope::{READ_ACCOUNTS, RequiredScope};
use crate::domain::account::{Account, AccountId};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::permission_index::first_excess;
use crate::domain::expiry::Expiry;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::suggest::did_you_mean;
use crate::domain::token::Token;
use crate::error::{Error, Kind, Result};

/// An act on a token, ordered by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAction {
    /// Seeing a token.
    Read,
    /// Disable or revoke: always allowed on the actor's own tokens.
    Restrict,
    /// Anything else.
    Write,
}

impl TokenAction {
    /// Returns the methods of which a token needs one: the first for its own account, or the second for every account.
    const fn methods(self) -> &'static [&'static str] {
        match self {
            TokenAction::Read => RequiredScope::ReadTokens.methods(),
            TokenAction::Restrict | TokenAction::Write => RequiredScope::WriteTokens.methods(),
        }
    }
}

/// The tokens that a reference may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashScope {
    /// Tokens outside the trash.
    Live,
    /// Only tokens in the trash.
    Trashed,
    /// Tokens outside the trash or, if there are none, those in the trash.
    Any,
}

/// Checks that the actor may run a verb that needs `scope`. A password always may; a token needs one of the methods.
pub fn require_scope(actor: &Actor, scope: RequiredScope) -> Result<()> {
    let Some(bearer) = actor.bearer() else { return Ok(()) };
    match scope {
        RequiredScope::Nothing => Ok(()),
        _ if scope.methods().iter().any(|id| bearer.has_method(id)) => Ok(()),
        _ => Err(missing_scope(&bearer.token, scope)),
    }
}

pub(super) fn missing_scope(token: &Token, scope: RequiredScope) -> Error {
    match scope.methods() {
        [] => person_needed(),
        methods => Error::denied(format!("the token {} is not permitted to do this", token.name))
            .why(format!("this action needs the method {}", methods.join(" or ")))
            .next(other_proof(methods)),
    }
}

fn other_proof(methods: &[&str]) -> String {
    let methods = if methods.len() == 1 { "this method" } else { "one of these methods" };
    format!("Use a token with {methods}, or run jeton with --user ACCOUNT and enter the password")
}

/// Returns the error for a token, whatever its methods, as the actor of a verb that needs a person.
pub fn person_needed() -> Error {
    Error::denied("a token is not enough for this action")
        .why("this action needs a person with a password")
        .next("Run jeton with --user ACCOUNT and enter the password")
}

/// Returns `true` if the actor's proof reaches tokens of an account. Permission by role is checked separately.
fn scope_covers(actor: &Actor, action: TokenAction, own: bool) -> bool {
    let has_method = |bearer: &Bearer| action.methods().iter().skip(usize::from(!own)).any(|id| bearer.has_method(id));
    actor.bearer().is_none_or(has_method)
}

/// Returns `true` if the actor's proof reaches tokens of accounts other than its own. Permission by role is checked
/// separately.
pub fn scope_covers_others(actor: &Actor, action: TokenAction) -> bool {
    scope_covers(actor, action, false)
}

/// # Errors
/// [`crate::error::Kind::Denied`] with the reason.
pub fn check_token_access(
    actor: &Actor,
    action: TokenAction,
    owner: AccountId,
    owner_role: Role,
    self_service: bool,
) -> Result<()> {
    let own_account = actor.account()?;
    let own = owner == own_account.id;
    // The secret of a token can have a lower role than its account.
    let who = || match actor.bearer() {
        Some(bearer) => (format!("the token {}", bearer.token.name), "the tokens of its account"),
        None => (own_account.username.to_string(), "its own tokens"),
    };
    if !own && !own_account.role.manages(owner_role) {
        let (who, _) = who();
        return Err(Error::denied(format!("{who} can't use the tokens of this account"))
            .why(match actor.bearer().filter(|bearer| bearer.account_role != own_account.role) {
                Some(_) => format!(
                    "the token's secret was issued with the role {}; an account with this role manages {}",
                    own_account.role,
                    managed_by(own_account.role)
                ),
                None => {
                    format!("an account with the role {} manages {}", own_account.role, managed_by(own_account.role))
                }
            })
            .next(ask_role_above(own_account.role)));
    }
    if own && action == TokenAction::Write && !self_service && own_account.role < Role::Admin {
        let (who, own_tokens) = who();
        return Err(Error::denied(format!("{who} can only view, disable and revoke {own_tokens}"))
            .why("self-service is off (policy.self_service)")
            .next("Ask an owner or admin"));
    }
    match actor.bearer() {
        Some(bearer) if !scope_covers(actor, action, own) => {
            let missing: Vec<&str> = action.methods().iter().skip(usize::from(!own)).copied().collect();
            let which = if own { "with the tokens of its own account" } else { "with the tokens of other accounts" };
            Err(Error::denied(format!("the token {} is not permitted to do this {which}", bearer.token.name))
                .why(format!("this action needs the method {}", missing.join(" or ")))
                .next(other_proof(&missing)))
        }
        _ => Ok(()),
    }
}

/// Checks that `token` is not the acting token, which may neither change nor copy itself.
pub fn forbid_self_change(actor: &Actor, token: &Token) -> Result<()> {
    if actor.bearer().is_some_and(|bearer| bearer.token.id == token.id) {
        return Err(Error::denied(format!("the token {} can't change or copy itself", token.name))
            .why("a token can't extend its own lifetime or permissions")
            .next("Run jeton with --user ACCOUNT and enter the password"));
    }
    Ok(())
}

/// Checks that no secret of `tokens` has a higher role than the acting token, or would get one when its account is
/// promoted. The methods alone don't determine which accounts a token may manage.
fn forbid_higher_role<'t>(bearer: &Bearer, tokens: impl IntoIterator<Item = &'t Token>) -> Result<()> {
    let (own, issued) = (bearer.account.role, bearer.issued_role);
    let is_higher = |token: &&Token| token.highest_role() > own || token.highest_issued_role() > issued;
    let Some(higher) = tokens.into_iter().find(is_higher) else { return Ok(()) };
    // The role of the other token isn't named: the acting token may not be permitted to read it.
    let (what, why) = match higher.highest_role() > own {
        true => ("whose role is higher than its own", format!("the token that you use has the role {own}")),
        false => (
            "whose secret was issued with a higher role",
            format!("the secret that you use was issued with the role {issued}"),
        ),
    };
    Err(Error::denied(format!("the token {} can't change a token {what}", bearer.token.name))
        .why(why)
        .next("Run jeton with --user ACCOUNT and enter the password"))
}

/// Checks that an acting token can hold everything in `current` and `requested`, and lives until `expiries`. Otherwise
/// it could gain methods or time through another token. `requests_expiry` is `false` if the expiries stay as stored.
fn forbid_escalation<'s>(
    bearer: &Bearer,
    snapshot: &dyn Snapshot,
    current: impl IntoIterator<Item = &'s Selection>,
    requested: impl IntoIterator<Item = &'s Selection> + Clone,
    expiries: impl IntoIterator<Item = Expiry>,
    requests_expiry: bool,
) -> Result<()> {
    let name = &bearer.token.name;
    // Read and indexed once, however many tokens are changed together.
    let catalogues = snapshot.catalogues()?;
    let excess = |selections: &mut dyn Iterator<Item = &'s Selection>| {
        first_excess(&catalogues, bearer.account.role, &bearer.token.selection, selections)
    };
    if excess(&mut current.into_iter().chain(requested.clone())).is_some() {
        // Requested rights can be named in the error; rights of a token out of reach can't.
        let refused = match excess(&mut requested.into_iter()) {
            Some(named) => Error::denied(format!("the token {name} can't give another token more rights than its own"))
                .why(format!("the token {name} does not have {named}")),
            None => Error::denied(format!("the token {name} can't change a token with more rights than its own"))
                .why(format!("the token {name} does not have all of these rights")),
        };
        return Err(refused.next("Run jeton with --user ACCOUNT and enter the password"));
    }
    let outlives = |expiry: Expiry| match (bearer.expiry, expiry) {
        (Expiry::Never, _) => false,
        (Expiry::At(_), Expiry::Never) => true,
        (Expiry::At(own), Expiry::At(at)) => at > own,
    };
    if !expiries.into_iter().any(outlives) {
        return Ok(());
    }
    let end = bearer.expiry.at().map_or_else(String::new, |at| at.rfc3339());
    let (what, next) = match requests_expiry {
        true => ("give another token a later expiry than its own", "Choose an earlier expiry, or run jeton with"),
        false => ("change a token that expires later than its own secret", "Run jeton with"),
    };
    Err(Error::denied(format!("the token {name} can't {what}"))
        .why(format!("the secret that you use stops working at {end}"))
        .next(format!("{next} --user ACCOUNT and enter the password")))
}

/// Checks that the actor may change the methods and API sets. Such a change alters the rights of other accounts'
/// tokens.
pub fn check_catalogue_access(actor: &Actor) -> Result<()> {
    require_role(actor, Role::Admin, "change the catalogue")
}

/// Checks that the actor has the role `least`, owner or admin, or a higher one.
fn require_role(actor: &Actor, least: Role, what: &str) -> Result<()> {
    let own_account = actor.account()?;
    if own_account.role >= least {
        return Ok(());
    }
    let (only, ask) = match least {
        Role::Owner => ("owners", "Ask an owner"),
        Role::Admin | Role::Member | Role::Viewer => ("owners and admins", "Ask an owner or admin"),
    };
    let role = own_account.role;
    let error = match actor.bearer().filter(|bearer| bearer.account_role != role) {
        Some(bearer) => {
            let name = &bearer.token.name;
            let next = match bearer.account_role >= least {
                true => format!("Run jeton with --user {} and enter the password", own_account.username),
                false => ask.to_owned(),
            };
            Error::denied(format!("the token {name} can't {what}"))
                .why(format!("the secret of the token was issued with the role {role}; only {only} can do this"))
                .next(next)
        }
        None => Error::denied(format!("{} can't {what}", own_account.username))
            .why(format!("the account has the role {role}; only {only} can do this"))
            .next(ask),
    };
    Err(error)
}

/// Checks that the actor may read the audit log, which contains the acts of all accounts.
pub fn check_audit_access(actor: &Actor) -> Result<()> {
    let own_account = actor.account()?;
    if own_account.role >= Role::Admin {
        return Ok(());
    }
    let error = Error::denied("only owners and admins can read the audit log");
    Err(match actor.bearer().filter(|bearer| bearer.account_role >= Role::Admin) {
        Some(bearer) => error
            .why(format!("the secret of the token {} was issued with the role {}", bearer.token.name, own_account.role))
            .next(format!("Run jeton with --user {} and enter the password", own_account.username)),
        None => error
            .why(format!("{} has the role {}", own_account.username, own_account.role))
            .next("Ask an owner or admin"),
    })
}

/// Returns the error for an unknown account, for an actor that may know which accounts exist. Similar names are
/// suggested only if the actor may read accounts.
pub(super) fn account_not_found(actor: &Actor, name: &Username, snapshot: &dyn Snapshot) -> Result<Error> {
    let error = Error::not_found(format!("no account {name}"));
    if require_scope(actor, READ_ACCOUNTS).is_err() {
        return Ok(error);
    }
    let accounts = snapshot.accounts()?;
    let known = accounts.iter().map(|account| account.username.as_str());
    Ok(did_you_mean(error, name.as_str(), known))
}

/// Returns the named account, or else the actor's own.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`].
pub fn resolve_account(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    name: Option<&Username>,
    action: TokenAction,
) -> Result<Account> {
    let own_account = actor.account()?;
    let self_service = snapshot.policy()?.self_service;
    let Some(name) = name.filter(|n| **n != own_account.username) else {
        check_token_access(actor, action, own_account.id, own_account.role, self_service)?;
        return Ok(own_account.clone());
    };
    match snapshot.account_by_name(name)? {
        // The error must not reveal that a hidden account exists.
        Some(account) if check_token_access(actor, action, account.id, account.role, self_service).is_ok() => {
            Ok(account)
        }
        None if resolve::sees_everything(actor, action) => Err(account_not_found(actor, name, snapshot)?),
        Some(_) | None => Err(token_not_visible(actor, own_account, action)),
    }
}

/// The rights that a token has after a request. They are checked before the answer reveals anything about stored
/// tokens.
#[derive(Debug, Clone, Default)]
pub struct RequestedRights {
    /// The requested methods and sets. `None` if the token keeps its own.
    pub selection: Option<Selection>,
    /// The requested expiry. `None` if the token keeps its own.
    pub expiry: Option<Expiry>,
}

/// An account in which the actor may create a token with the requested rights.
#[derive(Debug)]
pub struct NewOwner(Account);

impl NewOwner {
    /// Returns the account that may be changed.
    pub fn account(&self) -> &Account {
        &self.0
    }
}

/// Returns the account named, else the actor's own, if the actor may create a token in it with `selection` and
/// `expiry`. `expiry` is `None` if the request has no date at all.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before [`crate::error::Kind::NotFound`].
pub fn resolve_new_owner(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    name: Option<&Username>,
    selection: &Selection,
    expiry: Option<Expiry>,
) -> Result<NewOwner> {
    let rights = match actor.bearer() {
        Some(bearer) => forbid_escalation(bearer, snapshot, [], [selection], expiry, true),
        None => Ok(()),
    };
    denied_first(resolve_account(actor, snapshot, name, TokenAction::Write), rights)
        .map(|(account, ())| NewOwner(account))
}

/// Shortens `expiry`, a default rather than a request, to the end of the acting token. A token creates none that
/// outlives it.
pub fn cap_expiry(actor: &Actor, expiry: Expiry) -> Expiry {
    match (actor.bearer().map(|bearer| bearer.expiry), expiry) {
        (Some(Expiry::At(end)), Expiry::At(at)) => Expiry::At(at.min(end)),
        (Some(end @ Expiry::At(_)), Expiry::Never) => end,
        (Some(Expiry::Never) | None, _) => expiry,
    }
}

/// Returns both values, or the error of either. Of two errors, the denial takes precedence.
pub fn denied_first<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(error), Err(denied)) if error.kind != Kind::Denied && denied.kind == Kind::Denied => Err(denied),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Checks that the actor may change each token from the first of its pair to the second. The first is `None` for a new
/// token. Every verb that saves tokens with rights calls this, whatever it has checked before.
pub fn check_grant(by: &Actor, snapshot: &dyn Snapshot, changes: &[(Option<&Token>, &Token)]) -> Result<()> {
    let self_service = snapshot.policy()?.self_service;
    for token in changes.iter().flat_map(|(before, after)| before.iter().chain([after])) {
        check_token_access(by, TokenAction::Write, token.owner.id, token.owner.role, self_service)?;
        forbid_self_change(by, token)?;
    }
    let Some(bearer) = by.bearer() else { return Ok(()) };
    forbid_higher_role(bearer, changes.iter().filter_map(|(before, _)| *before))?;
    let current = changes.iter().filter_map(|(before, _)| before.map(|before| &before.selection));
    let requested = changes.iter().map(|(_, after)| &after.selection);
    let expiries = changes.iter().map(|(_, after)| after.expiry);
    let requests_expiry = changes.iter().any(|(before, after)| before.is_none_or(|b| b.expiry != after.expiry));
    forbid_escalation(bearer, snapshot, current, requested, expiries, requests_expiry)
}
