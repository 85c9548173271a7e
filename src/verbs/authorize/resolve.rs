//! Resolves references to tokens. A verb gets a stored token only here, after the check that the actor may do the act.
//! No answer reveals a token's state before that.

use super::refusals::token_not_visible;
use super::{
    NewOwner, RequestedRights, TokenAction, TrashScope, cap_expiry, check_token_access, denied_first,
    forbid_escalation, forbid_higher_role, forbid_self_change, resolve_account, resolve_new_owner, scope_covers,
    scope_covers_others,
};
use crate::domain::account::Account;
use crate::domain::expiry::Expiry;
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::secret::PublicId;
use crate::domain::token::{Token, TokenId, TokenRef};
use crate::error::{Error, Kind, Result, Unknown};
use crate::verbs::actor::Actor;
use crate::verbs::ports::Snapshot;

/// Returns the token that `reference` means, if the actor may do `action` to it.
pub fn resolve_token(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    reference: &TokenRef,
    trash_scope: TrashScope,
    action: TokenAction,
) -> Result<Token> {
    let mut found = resolve_tokens(actor, snapshot, &[reference], trash_scope, action, &RequestedRights::default())?;
    found.pop().ok_or_else(|| Error::failure("the token no longer exists"))
}

/// Returns the token of that id, in the trash or not. `None` if it no longer exists, or the actor may not see it.
pub fn find_visible(actor: &Actor, snapshot: &dyn Snapshot, id: TokenId) -> Result<Option<Token>> {
    match resolve_token(actor, snapshot, &TokenRef::Id(id), TrashScope::Any, TokenAction::Read) {
        Ok(token) => Ok(Some(token)),
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Denied) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the token that each of `references` means. The actor must be permitted to do `action` to all of them and to
/// leave them with the `requested` rights.
///
/// # Errors
/// [`crate::error::Kind::Denied`] before anything else; then [`crate::error::Kind::NotFound`], and
/// [`crate::error::Kind::Conflict`] when a reference could mean several.
pub fn resolve_tokens(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    references: &[&TokenRef],
    trash_scope: TrashScope,
    action: TokenAction,
    requested: &RequestedRights,
) -> Result<Vec<Token>> {
    let mut found = Vec::with_capacity(references.len());
    for reference in references {
        found.push(Candidates::find(actor, snapshot, reference, trash_scope, action)?);
    }
    check_access(actor, snapshot, &found, action, requested)?;
    found.into_iter().zip(references).map(|(found, reference)| found.single(reference, trash_scope, action)).collect()
}

/// Returns the token that `reference` means, if the actor may see it, and the account for its copy: `into`, else its
/// own. The copy has the token's selection and ends at `expiry`. If `expiry` is `None`, it lasts as long as the token,
/// shortened to the end of the actor.
pub fn resolve_copy_source(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    reference: &TokenRef,
    into: Option<&Username>,
    expiry: Option<Expiry>,
) -> Result<(Token, NewOwner)> {
    let found = [Candidates::find(actor, snapshot, reference, TrashScope::Live, TokenAction::Read)?];
    let target = into.map(|into| resolve_account(actor, snapshot, Some(into), TokenAction::Write)).transpose();
    denied_first(target, check_access(actor, snapshot, &found, TokenAction::Read, &RequestedRights::default()))?;
    let owner = |source: &Token| {
        forbid_self_change(actor, source)?;
        let into = into.unwrap_or(&source.owner.username);
        resolve_new_owner(
            actor,
            snapshot,
            Some(into),
            &source.selection,
            Some(expiry.unwrap_or(cap_expiry(actor, source.expiry))),
        )
    };
    let [found] = found;
    found.all().try_for_each(|source| owner(source).map(drop))?;
    let source = found.single(reference, TrashScope::Live, TokenAction::Read)?;
    let owner = owner(&source)?;
    Ok((source, owner))
}

/// Tokens that a reference could mean.
struct Candidates {
    /// Tokens in the searched place.
    matching: Vec<Token>,
    /// Tokens in the other place, trash or outside, if the searched one has none.
    in_other_scope: Vec<Token>,
    /// `true` if the error "not found" reveals nothing to the actor.
    may_reveal_absence: bool,
}

impl Candidates {
    fn find(
        actor: &Actor,
        snapshot: &dyn Snapshot,
        reference: &TokenRef,
        trash_scope: TrashScope,
        action: TokenAction,
    ) -> Result<Self> {
        let find = |trashed| visible_candidates(actor, snapshot, reference, trashed, action);
        let trashed = trash_scope == TrashScope::Trashed;
        let mut matching = find(trashed)?;
        let mut in_other_scope = if matching.is_empty() { find(!trashed)? } else { Vec::new() };
        if trash_scope == TrashScope::Any && matching.is_empty() {
            matching.append(&mut in_other_scope);
        }
        let may_reveal_absence = sees_everything(actor, action)
            || (scope_covers(actor, action, true) && is_own_reference(actor.account()?, reference));
        Ok(Candidates { matching, in_other_scope, may_reveal_absence })
    }

    fn all(&self) -> impl Iterator<Item = &Token> {
        self.matching.iter().chain(&self.in_other_scope)
    }

    fn single(mut self, reference: &TokenRef, trash_scope: TrashScope, action: TokenAction) -> Result<Token> {
        match self.matching.len() {
            1 => Ok(self.matching.swap_remove(0)),
            0 => Err(not_found(reference, trash_scope, action, !self.in_other_scope.is_empty())),
            _ => {
                let named = |t: &Token| format!("{} ({})", t.full_name(), t.id);
                let mut names: Vec<String> = self.matching.iter().take(5).map(named).collect();
                if self.matching.len() > names.len() {
                    names.push("…".to_owned());
                }
                Err(Error::conflict(format!("{reference} matches several tokens"))
                    .why(names.join(", "))
                    .next("Instead of the name, use the id in brackets"))
            }
        }
    }
}

/// Checks that the actor may do `action` to every token found, in the trash or not, one or several of a name.
fn check_access(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    candidates: &[Candidates],
    action: TokenAction,
    requested: &RequestedRights,
) -> Result<()> {
    let own_account = actor.account()?;
    let self_service = snapshot.policy()?.self_service;
    for one in candidates {
        if one.all().next().is_none() {
            if !one.may_reveal_absence {
                return Err(token_not_visible(actor, own_account, action));
            }
            check_token_access(actor, action, own_account.id, own_account.role, self_service)
                .or_else(|denied| if sees_everything(actor, action) { Ok(()) } else { Err(denied) })?;
        }
        for token in one.all() {
            check_token_access(actor, action, token.owner.id, token.owner.role, self_service)?;
            if action == TokenAction::Write {
                forbid_self_change(actor, token)?;
            }
        }
    }
    match actor.bearer().filter(|_| action == TokenAction::Write) {
        None => Ok(()),
        Some(bearer) => {
            let all = || candidates.iter().flat_map(Candidates::all);
            forbid_higher_role(bearer, all())?;
            let expiries = all().map(|t| t.expiry).filter(|_| requested.expiry.is_none());
            let current = all().map(|t| &t.selection);
            let expiries = expiries.chain(requested.expiry);
            forbid_escalation(bearer, snapshot, current, &requested.selection, expiries, requested.expiry.is_some())
        }
    }
}

/// Returns `true` if nothing is hidden from the actor, so that a failed search reveals nothing.
pub(super) fn sees_everything(actor: &Actor, action: TokenAction) -> bool {
    actor.account().is_ok_and(|a| a.role == Role::Owner) && scope_covers_others(actor, action)
}

/// Returns `true` for a reference to the actor's own tokens. A plain name is searched among them first, so not finding
/// it reveals nothing.
fn is_own_reference(own_account: &Account, reference: &TokenRef) -> bool {
    match reference {
        TokenRef::Id(_) | TokenRef::Named(..) => false,
        TokenRef::Text(text) => match text.split_once('/') {
            Some((account, _)) => account == own_account.username.as_str(),
            None => TokenName::parse(text).is_ok(),
        },
    }
}

fn not_found(reference: &TokenRef, trash_scope: TrashScope, action: TokenAction, in_other_scope: bool) -> Error {
    let error = match (trash_scope, in_other_scope) {
        (TrashScope::Live, true) => {
            let error = Error::not_found(format!("the token {reference} is in the trash"));
            return match action {
                TokenAction::Restrict => error.why("jeton denies revoked tokens already"),
                TokenAction::Read | TokenAction::Write => {
                    error.next(format!("To restore the token, run: jeton token restore {reference}"))
                }
            };
        }
        (TrashScope::Trashed, true) => Error::not_found(format!("the token {reference} is not in the trash"))
            .why("only a revoked token can be restored"),
        _ => Error::not_found(format!("no token {reference}")).why("use a token's name, account/name, hint or id"),
    };
    let TokenRef::Text(typed) = reference else { return error };
    let (trashed, to_write) = (trash_scope == TrashScope::Trashed, action != TokenAction::Read);
    error.unknown(Unknown { typed: typed.clone(), trashed, to_write })
}

/// Returns the tokens that `reference` could mean. Tokens that the actor can't reach are ignored, so they can't make a
/// reference ambiguous or change an answer.
fn visible_candidates(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    reference: &TokenRef,
    trashed: bool,
    act: TokenAction,
) -> Result<Vec<Token>> {
    let own_account = actor.account()?;
    let mut found = find_by_reference(actor, snapshot, reference, trashed, act)?;
    found.retain(|t| t.deleted_at.is_some() == trashed);
    found.retain(|t| {
        let own = t.owner.id == own_account.id;
        (own || own_account.role.manages(t.owner.role)) && scope_covers(actor, act, own)
    });
    found.sort_by_key(|t| t.id);
    found.dedup_by_key(|t| t.id);
    Ok(found)
}

fn find_by_reference(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    reference: &TokenRef,
    trashed: bool,
    act: TokenAction,
) -> Result<Vec<Token>> {
    let (own_account, visibility) = (actor.account()?, actor.visibility(act)?);
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
    if let Some(token) = find_by_hint(snapshot, text)? {
        return Ok(vec![token]);
    }
    let name = TokenName::parse(text)?;
    let own = snapshot.tokens_by_name(&visibility, Some(own_account.id), &name, trashed)?;
    if !own.is_empty() {
        return Ok(own);
    }
    snapshot.tokens_by_name(&visibility, None, &name, trashed)
}

fn find_by_hint(snapshot: &dyn Snapshot, text: &str) -> Result<Option<Token>> {
    let Some((prefix, id)) = text.split_once('_') else { return Ok(None) };
    let installed = snapshot.installation()?.is_some_and(|i| i.prefix.as_str() == prefix);
    let Some(id) = PublicId::parse(id).filter(|_| installed) else { return Ok(None) };
    match snapshot.secret(&id)? {
        Some(secret) => snapshot.token(secret.token),
        None => Ok(None),
    }
}
