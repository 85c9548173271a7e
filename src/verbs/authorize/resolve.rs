//! Resolves references to tokens. A verb learns about a stored token only here, after the check that the actor may do
//! the act. No answer reveals a token's state before that.

use super::{
    Act, Among, NewOwner, Requested, account, denied_first, hidden, new_owner, no_escalation, no_higher_role,
    not_itself, permit, reaches, reaches_others, shortened,
};
use crate::domain::account::Account;
use crate::domain::expiry::Expiry;
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::secret::PublicId;
use crate::domain::token::{Token, TokenId, TokenRef};
use crate::error::{Error, Result, Unknown};
use crate::verbs::actor::Actor;
use crate::verbs::ports::Snapshot;

/// Returns the token that `reference` means, if the actor may do `act` to it.
///
/// # Errors
/// Those of [`tokens`].
pub fn token(by: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef, among: Among, act: Act) -> Result<Token> {
    let mut found = tokens(by, snapshot, &[reference], among, act, &Requested::default())?;
    found.pop().ok_or_else(|| Error::failure("the token is not there"))
}

/// Returns the token that each of `references` means. The actor must be permitted to do `act` to all of them and to
/// leave them with the `requested` rights.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before anything else; then [`crate::error::Kind::NotFound`], and
/// [`crate::error::Kind::Conflict`] when a reference could mean several.
pub fn tokens(
    by: &Actor,
    snapshot: &dyn Snapshot,
    references: &[&TokenRef],
    among: Among,
    act: Act,
    requested: &Requested,
) -> Result<Vec<Token>> {
    let mut found = Vec::with_capacity(references.len());
    for reference in references {
        found.push(Found::look(by, snapshot, reference, among, act)?);
    }
    judge(by, snapshot, &found, act, requested)?;
    found.into_iter().zip(references).map(|(found, reference)| found.only(reference, among, act)).collect()
}

/// Returns the token that `reference` means, if the actor may see it, and the account for its copy: `into`, else its
/// own. The copy has the token's selection and ends at `expiry`. If `expiry` is `None`, it lasts as long as the token,
/// shortened to the end of the actor.
///
/// # Errors
/// Those of [`tokens`] and [`super::new_owner`].
pub fn to_copy(
    by: &Actor,
    snapshot: &dyn Snapshot,
    reference: &TokenRef,
    into: Option<&Username>,
    expiry: Option<Expiry>,
) -> Result<(Token, NewOwner)> {
    let found = [Found::look(by, snapshot, reference, Among::Kept, Act::See)?];
    let target = into.map(|into| account(by, snapshot, Some(into), Act::Change)).transpose();
    denied_first(target, judge(by, snapshot, &found, Act::See, &Requested::default()))?;
    let owner = |source: &Token| {
        not_itself(by, source)?;
        let into = into.unwrap_or(&source.owner.username);
        new_owner(by, snapshot, Some(into), &source.selection, Some(expiry.unwrap_or(shortened(by, source.expiry))))
    };
    let [found] = found;
    found.all().try_for_each(|source| owner(source).map(drop))?;
    let source = found.only(reference, Among::Kept, Act::See)?;
    let owner = owner(&source)?;
    Ok((source, owner))
}

/// Tokens that a reference could mean.
struct Found {
    /// Tokens in the searched place.
    there: Vec<Token>,
    /// Tokens in the other place, trash or outside, if the searched one has none.
    elsewhere: Vec<Token>,
    /// `true` if the error "not found" reveals nothing to the actor.
    open: bool,
}

impl Found {
    fn look(by: &Actor, snapshot: &dyn Snapshot, reference: &TokenRef, among: Among, act: Act) -> Result<Self> {
        let find = |trashed| candidates(by, snapshot, reference, trashed, act);
        let trashed = among == Among::Trashed;
        let mut there = find(trashed)?;
        let mut elsewhere = if there.is_empty() { find(!trashed)? } else { Vec::new() };
        if among == Among::All && there.is_empty() {
            there.append(&mut elsewhere);
        }
        let open = knows_all(by, act) || (reaches(by, act, true) && means_own(by.account()?, reference));
        Ok(Found { there, elsewhere, open })
    }

    fn all(&self) -> impl Iterator<Item = &Token> {
        self.there.iter().chain(&self.elsewhere)
    }

    fn only(mut self, reference: &TokenRef, among: Among, act: Act) -> Result<Token> {
        match self.there.len() {
            1 => Ok(self.there.swap_remove(0)),
            0 => Err(not_found(reference, among, act, !self.elsewhere.is_empty())),
            _ => {
                let named = |t: &Token| format!("{} ({})", t.full_name(), t.id);
                let names: Vec<String> = self.there.iter().take(5).map(named).collect();
                Err(Error::conflict(format!("{reference} could be several tokens"))
                    .why(names.join(", "))
                    .next("Say account/name, or the id"))
            }
        }
    }
}

/// Checks that the actor may do `act` to every token found, in the trash or not, one or several of a name.
fn judge(by: &Actor, snapshot: &dyn Snapshot, found: &[Found], act: Act, requested: &Requested) -> Result<()> {
    let actor = by.account()?;
    let self_service = snapshot.policy()?.self_service;
    for one in found {
        if one.all().next().is_none() {
            if !one.open {
                return Err(hidden(actor));
            }
            permit(by, act, actor.id, actor.role, self_service)
                .or_else(|denied| if knows_all(by, act) { Ok(()) } else { Err(denied) })?;
        }
        for token in one.all() {
            permit(by, act, token.owner.id, token.owner.role, self_service)?;
            if act == Act::Change {
                not_itself(by, token)?;
            }
        }
    }
    match by.bearer().filter(|_| act == Act::Change) {
        None => Ok(()),
        Some(bearer) => {
            let all = || found.iter().flat_map(Found::all);
            no_higher_role(bearer, all())?;
            let kept = all().map(|t| t.expiry).filter(|_| requested.expiry.is_none());
            let held = all().map(|t| &t.selection);
            no_escalation(bearer, snapshot, held, &requested.selection, kept.chain(requested.expiry))
        }
    }
}

/// `true` if nothing is hidden from the actor, so that a failed search reveals nothing.
pub(super) fn knows_all(by: &Actor, act: Act) -> bool {
    by.account().is_ok_and(|a| a.role == Role::Owner) && reaches_others(by, act)
}

/// `true` for a reference to the actor's own tokens. A plain name is searched among them first, so not finding it
/// reveals nothing.
fn means_own(actor: &Account, reference: &TokenRef) -> bool {
    match reference {
        TokenRef::Id(_) | TokenRef::Named(..) => false,
        TokenRef::Text(text) => match text.split_once('/') {
            Some((account, _)) => account == actor.username.as_str(),
            None => TokenName::parse(text).is_ok(),
        },
    }
}

fn not_found(reference: &TokenRef, among: Among, act: Act, elsewhere: bool) -> Error {
    let error = match (among, elsewhere) {
        (Among::Kept, true) => {
            return Error::not_found(format!("the token {reference} is in the trash"))
                .next(format!("Bring it back with: jeton token restore {reference}"));
        }
        (Among::Trashed, true) => Error::not_found(format!("the token {reference} is not in the trash")),
        _ => Error::not_found(format!("there is no token {reference}"))
            .why("a token is named by its name, account/name, its hint or its id"),
    };
    let TokenRef::Text(typed) = reference else { return error };
    let (trashed, to_write) = (among == Among::Trashed, act != Act::See);
    error.unknown(Unknown { typed: typed.clone(), trashed, to_write })
}

/// Returns the tokens that `reference` could mean. Tokens that the actor can't reach are ignored, so they can't make a
/// reference ambiguous or change an answer.
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
        TokenRef::Id(id) | TokenRef::Named(id, _) => return Ok(snapshot.token(*id)?.into_iter().collect()),
        TokenRef::Text(text) => text.as_str(),
    };
    if let Some((account, name)) = text.split_once('/') {
        let account = snapshot.account_by_name(&Username::parse(account)?)?;
        let name = TokenName::parse(name)?;
        return account.map_or(Ok(Vec::new()), |a| snapshot.tokens_by_name(&visibility, Some(a.id), &name, trashed));
    }
    // An id or a hint means one token, whatever the names of others are.
    if let Some(id) = TokenId::parse(text) {
        return Ok(snapshot.token(id)?.into_iter().collect());
    }
    if let Some(token) = by_hint(snapshot, text)? {
        return Ok(vec![token]);
    }
    let name = TokenName::parse(text)?;
    let own = snapshot.tokens_by_name(&visibility, Some(actor.id), &name, trashed)?;
    if !own.is_empty() {
        return Ok(own);
    }
    snapshot.tokens_by_name(&visibility, None, &name, trashed)
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
