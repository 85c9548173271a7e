//! The decision about a secret and a method, from the store's current state. `jeton verify`, a token that acts through
//! jeton itself, and the service ([`memory`]) share it: `Standing::refusal` decides about the secret, `ruling` about
//! the method.

pub mod continuity;
mod issued;
pub mod memory;

pub use crate::domain::denial_reason::DenialReason;

use std::collections::BTreeSet;

use self::issued::{Issued, Standing, orphan};
use super::actor::{Presented, not_accepted};
use super::authorize;
use super::needs::Needs;
use super::ports::{Denial, SecretState, Snapshot, Store, Use};
use crate::domain::catalogue::set;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, SecretFingerprint, SecretParseError};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId, Tombstone};
use crate::error::{Error, Result};

/// The decision about one presented secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Permitted.
    Allowed(Box<Accepted>),
    /// Denied, with the token if it is known and still exists.
    Denied(DenialReason, Option<Box<Token>>),
    /// The secret is good, but the method is not in the catalogue.
    UnknownMethod,
}

/// A token whose secret is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The token.
    pub token: Token,
    /// The role of the presented secret: the account's role, but never above the one under which the secret was
    /// issued.
    pub role: Role,
}

/// The source of an attempt.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The caller's address.
    pub address: &'a str,
    /// The client name that the caller gives.
    pub client: &'a str,
}

/// Decides about `presented` and records the result as a use or a denied attempt.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read or written: then nothing is allowed.
pub fn verify(
    store: &impl Store,
    presented: &str,
    method: Option<&MethodId>,
    now: Timestamp,
    caller: Caller<'_>,
) -> Result<Decision> {
    let claim = SecretFingerprint::parse(presented);
    let claim = claim.as_ref().map_err(|fault| *fault);
    let (judged, is_method) = store.read(|snapshot| {
        let known = method.map(|id| snapshot.method(id)).transpose()?.flatten();
        Ok((judge(snapshot, claim, method, now)?, known.is_some()))
    })?;
    // An unknown method may be anything, a secret included, so it is not recorded.
    let method = method.filter(|_| is_method).map_or("", MethodId::as_str);
    record(store, &judged, claim, method, now, caller)?;
    Ok(judged.decision)
}

/// A presented secret, or why it could not be parsed.
pub type Presents<'a> = std::result::Result<&'a SecretFingerprint, SecretParseError>;

/// Records the decision in the ledger.
fn record(
    store: &impl Store,
    judged: &Judged,
    claim: Presents<'_>,
    method: &str,
    at: Timestamp,
    caller: Caller<'_>,
) -> Result<()> {
    let Caller { address, client } = caller;
    store.write_usage(|b| match (&judged.decision, claim) {
        (Decision::Allowed(accepted), Ok(claim)) => {
            let (token, secret) = (accepted.token.id, claim.public_id());
            b.record_all(&[Use { token, secret, at, count: 1, method, address, client }], &[])
        }
        (Decision::Denied(reason, _), _) => b.record_denial(&Denial {
            token: judged.token,
            secret: claim.ok().filter(|_| judged.token.is_some()).map(SecretFingerprint::public_id),
            count: 1,
            reason: reason.as_str(),
            at,
            method,
            address,
            client,
        }),
        (Decision::Allowed(_), Err(_)) | (Decision::UnknownMethod, _) => Ok(()),
    })
}

/// A decision, and the id of its token, which may have been purged.
struct Judged {
    decision: Decision,
    token: Option<TokenId>,
}

fn judge(
    snapshot: &dyn Snapshot,
    presented: Presents<'_>,
    method: Option<&MethodId>,
    now: Timestamp,
) -> Result<Judged> {
    let (issued, refused) = match presented {
        Ok(claim) => {
            let issued = Issued::read(snapshot, claim.public_id())?;
            let refused = issued.refusal(claim.digest(), now);
            (issued, refused)
        }
        Err(fault) => (Issued::Nothing, Some(fault.into())),
    };
    let id = issued.token();
    let accepted = match issued {
        Issued::Nothing | Issued::Purged(_) => None,
        Issued::Secret(stored, token) => {
            let role = token.effective_role(stored.issued_role);
            Some(Accepted { token: *token, role })
        }
    };
    let permitted = || match (method, &accepted) {
        (None, _) => Ok(Some(true)),
        (Some(method), Some(Accepted { token, role })) => permits(snapshot, *role, &token.selection, method),
        (Some(_), None) => Err(orphan()),
    };
    let decision = match (ruling(refused, permitted)?, accepted) {
        (Ruling::Allowed, Some(accepted)) => Decision::Allowed(Box::new(accepted)),
        (Ruling::Allowed, None) => return Err(orphan()),
        (Ruling::Denied(reason), accepted) => Decision::Denied(reason, accepted.map(|a| Box::new(a.token))),
        (Ruling::UnknownMethod, _) => Decision::UnknownMethod,
    };
    Ok(Judged { decision, token: id })
}

/// The decision without details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Permitted.
    Allowed,
    /// Denied.
    Denied(DenialReason),
    /// The secret is good, but the method is not in the catalogue.
    UnknownMethod,
}

/// Combines both parts of the decision. `refused` is set if the secret was rejected. `permitted` returns `true` if the
/// token may call the method, `None` if no catalogue knows the method.
///
/// # Errors
/// Those of `permitted`.
fn ruling(refused: Option<DenialReason>, permitted: impl FnOnce() -> Result<Option<bool>>) -> Result<Ruling> {
    if let Some(reason) = refused {
        return Ok(Ruling::Denied(reason));
    }
    Ok(match permitted()? {
        None => Ruling::UnknownMethod,
        Some(true) => Ruling::Allowed,
        Some(false) => Ruling::Denied(DenialReason::NotPermitted),
    })
}

/// The token for which a presented secret was issued.
#[derive(Debug, Clone)]
pub enum Found {
    /// Nothing known in this store.
    Nothing,
    /// A token, and the state of its secret with this public id.
    Token(Box<Token>, SecretState),
    /// A token that was purged.
    Purged(Box<Tombstone>),
}

/// The result of tracing a presented secret.
#[derive(Debug, Clone)]
pub struct Traced {
    /// The token found. For [`DenialReason::WrongSecret`], the one of the secret with the same public id.
    pub found: Found,
    /// The reason why it is not accepted, whatever the method. `None` if it is accepted.
    pub refused: Option<DenialReason>,
}

/// Identifies a presented secret and checks if it works at `now`. Records nothing.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn trace(snapshot: &dyn Snapshot, presented: Presents<'_>, now: Timestamp) -> Result<Traced> {
    let claim = match presented {
        Ok(claim) => claim,
        Err(fault) => return Ok(Traced { found: Found::Nothing, refused: Some(fault.into()) }),
    };
    let issued = Issued::read(snapshot, claim.public_id())?;
    let refused = issued.refusal(claim.digest(), now);
    let found = match issued {
        Issued::Nothing => Found::Nothing,
        Issued::Purged(tombstone) => Found::Purged(tombstone),
        Issued::Secret(stored, token) => Found::Token(token, stored.state),
    };
    Ok(Traced { found, refused })
}

impl From<SecretParseError> for DenialReason {
    fn from(fault: SecretParseError) -> Self {
        match fault {
            SecretParseError::Malformed => DenialReason::Malformed,
            SecretParseError::Checksum => DenialReason::Checksum,
        }
    }
}

/// Returns the token that presents `secret` in order to act through jeton itself, if it may ask for a verb that takes
/// `needs`. The result is recorded as a use or a denied attempt.
///
/// # Errors
/// [`crate::error::Kind::Unauthenticated`] when it doesn't work, for whatever reason; [`crate::error::Kind::Denied`]
/// when it lacks the method, or is another than the one configured.
pub(super) fn present(
    store: &impl Store,
    presented: &Presented,
    needs: Needs,
    now: Timestamp,
    caller: Caller<'_>,
) -> Result<Token> {
    let (claim, methods) = (presented.secret.fingerprint(), needs.methods());
    let (judged, method) = store.read(|snapshot| {
        let judged = judge(snapshot, Ok(&claim), None, now)?;
        let Decision::Allowed(accepted) = &judged.decision else { return Ok((judged, methods.first())) };
        let held = management(snapshot, accepted.role, &accepted.token.selection)?;
        match methods.iter().find(|id| held.iter().any(|h| h.as_str() == **id)) {
            None if !methods.is_empty() => {
                let decision = Decision::Denied(DenialReason::NotPermitted, Some(Box::new(accepted.token.clone())));
                Ok((Judged { decision, ..judged }, methods.first()))
            }
            found => Ok((judged, found)),
        }
    })?;
    if !store.is_read_only() {
        record(store, &judged, Ok(&claim), method.copied().unwrap_or_default(), now, caller)?;
    }
    match judged.decision {
        Decision::Allowed(accepted) => presented.means(&accepted.token).map(|()| accepted.token),
        Decision::Denied(DenialReason::NotPermitted, Some(token)) => Err(authorize::missing_scope(&token, needs)),
        Decision::Denied(..) | Decision::UnknownMethod => Err(not_accepted()),
    }
}

/// Returns the management methods that a secret of `role` with `selection` may call. Only a custom selection can
/// contain them: no set and no *Inherit* does.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub(super) fn management(snapshot: &dyn Snapshot, role: Role, selection: &Selection) -> Result<BTreeSet<MethodId>> {
    let Selection::Custom(methods) = selection else { return Ok(BTreeSet::new()) };
    let mut held = BTreeSet::new();
    for id in methods.iter().filter(|id| id.is_management()) {
        if permits(snapshot, role, selection, id)? == Some(true) {
            held.insert(id.clone());
        }
    }
    Ok(held)
}

/// A secret that still works, and its token.
pub(super) struct LiveSecret {
    pub token: Token,
    /// The secret's role, see [`Accepted`].
    pub role: Role,
    /// The role under which it was issued, whatever the account's role is now.
    pub issued_role: Role,
    /// The end of the secret: that of the token, or sooner after a rotation.
    pub end: Expiry,
}

/// Returns the secret of public id `id`, if it still works. The secret was verified once, and a public id always means
/// the same secret.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub(super) fn still_living(snapshot: &dyn Snapshot, id: &PublicId, now: Timestamp) -> Result<Option<LiveSecret>> {
    let Some(stored) = snapshot.secret(id)? else { return Ok(None) };
    let token = snapshot.token(stored.token)?.ok_or_else(|| Error::failure("a secret without a token is stored"))?;
    if Standing::of(&stored, &token).ended(now).is_some() {
        return Ok(None);
    }
    let end = match (stored.state, token.expiry.at()) {
        (SecretState::Previous(until), Some(at)) => Expiry::At(until.min(at)),
        (SecretState::Previous(until), None) => Expiry::At(until),
        (SecretState::Current | SecretState::Dead, _) => token.expiry,
    };
    let role = token.effective_role(stored.issued_role);
    Ok(Some(LiveSecret { token, role, issued_role: stored.issued_role, end }))
}

/// `true` if `selection` and the ceiling of `role` both permit the method. `None` if the catalogue doesn't know the
/// method.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn permits(snapshot: &dyn Snapshot, role: Role, selection: &Selection, id: &MethodId) -> Result<Option<bool>> {
    let Some(method) = snapshot.method(id)? else { return Ok(None) };
    Ok(Some(selects(snapshot, selection, id)? && role.permits(method.access)))
}

/// `true` if `selection` contains the method, before any ceiling.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn selects(snapshot: &dyn Snapshot, selection: &Selection, id: &MethodId) -> Result<bool> {
    match selection {
        Selection::Inherit => Ok(!id.is_management()),
        Selection::Custom(methods) => Ok(methods.contains(id)),
        Selection::Sets(names) => match snapshot.method_location(id)? {
            Some(place) => set::any_contains(|name| snapshot.api_set(name), names.iter().map(String::as_str), &place),
            None => Ok(false),
        },
    }
}
