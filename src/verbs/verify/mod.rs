//! The decision about a secret and a method, from the store's current state. `jeton verify`, a token that acts through
//! jeton itself, and the service share it: `SecretValidity::denial_reason` decides about the secret,
//! `decide` about the method.

pub mod rollback_detector;
mod secret_lookup;
pub(crate) mod secret_record;

pub use crate::domain::denial_reason::DenialReason;
pub use secret_lookup::{FoundLogin, SecretLookup, SecretOwner, look_up};

use std::collections::BTreeSet;

use self::secret_record::{SecretRecord, SecretValidity, orphan_secret};
use super::authorize;
use super::credential::TokenCredential;
use super::ports::{Denial, SecretState, Snapshot, Store, Use};
use super::required_scope::RequiredScope;
use super::session::token_rejected;
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::resolved_set;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, SecretFingerprint, SecretParseError};
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::error::Result;

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request may pass.
    Allowed(Box<AcceptedToken>),
    /// Denied, with the token if it is known and still exists.
    Denied(DenialReason, Option<Box<Token>>),
    /// The secret is good, but the method is not in the catalogue.
    UnknownMethod,
}

/// A token whose secret is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedToken {
    /// The token that was presented.
    pub token: Token,
    /// The role of the presented secret: the account's role, but never above the one under which the secret was
    /// issued.
    pub role: Role,
}

/// The origin of a request.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The client's address.
    pub address: &'a str,
    /// The client name that the caller gives.
    pub client: &'a str,
}

/// Decides about the `presented` secret and records the result as a use or a denied attempt.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read or written: then nothing is allowed.
pub fn verify(
    store: &impl Store,
    presented: &str,
    method: Option<&MethodId>,
    now: Timestamp,
    origin: Origin<'_>,
) -> Result<Decision> {
    let claim = SecretFingerprint::parse(presented);
    let claim = claim.as_ref().map_err(|fault| *fault);
    let (outcome, is_method) = store.read(|snapshot| {
        let known = method.map(|id| snapshot.method(id)).transpose()?.flatten();
        Ok((evaluate(snapshot, claim, method, now)?, known.is_some()))
    })?;
    // An unknown method may be anything, a secret included, so it is not recorded.
    let method = method.filter(|_| is_method).map_or("", MethodId::as_str);
    record(store, &outcome, claim, method, now, origin)?;
    Ok(outcome.decision)
}

/// A presented secret, or why it could not be parsed.
pub type PresentedSecret<'a> = std::result::Result<&'a SecretFingerprint, SecretParseError>;

fn record(
    store: &impl Store,
    outcome: &DecisionRecord,
    claim: PresentedSecret<'_>,
    method: &str,
    at: Timestamp,
    origin: Origin<'_>,
) -> Result<()> {
    let Origin { address, client } = origin;
    store.write_usage(|b| match (&outcome.decision, claim) {
        (Decision::Allowed(accepted), Ok(claim)) => {
            let (token, secret) = (accepted.token.id, claim.public_id());
            b.record_all(&[Use { token, secret, at, count: 1, method, address, client }], &[])
        }
        (Decision::Denied(reason, _), _) => b.record_denial(&Denial {
            token: outcome.token,
            secret: claim.ok().filter(|_| outcome.token.is_some()).map(SecretFingerprint::public_id),
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
struct DecisionRecord {
    decision: Decision,
    token: Option<TokenId>,
}

fn evaluate(
    snapshot: &dyn Snapshot,
    presented: PresentedSecret<'_>,
    method: Option<&MethodId>,
    now: Timestamp,
) -> Result<DecisionRecord> {
    let (record, denial_reason) = match presented {
        Ok(claim) => {
            let record = SecretRecord::read(snapshot, claim.public_id())?;
            let denial_reason = record.denial_reason(claim.digest(), now);
            (record, denial_reason)
        }
        Err(fault) => (SecretRecord::Unknown, Some(fault.into())),
    };
    let id = record.token();
    let accepted = match record {
        SecretRecord::Unknown | SecretRecord::Purged(_) => None,
        SecretRecord::Secret(stored, token) => {
            let role = token.effective_role(stored.issued_role);
            Some(AcceptedToken { token: *token, role })
        }
    };
    let permitted = || match (method, &accepted) {
        (None, _) => Ok(Some(true)),
        (Some(method), Some(AcceptedToken { token, role })) => permits(snapshot, *role, &token.selection, method),
        (Some(_), None) => Err(orphan_secret()),
    };
    let decision = match (decide(denial_reason, permitted)?, accepted) {
        (DecisionKind::Allowed, Some(accepted)) => Decision::Allowed(Box::new(accepted)),
        (DecisionKind::Allowed, None) => return Err(orphan_secret()),
        (DecisionKind::Denied(reason), accepted) => Decision::Denied(reason, accepted.map(|a| Box::new(a.token))),
        (DecisionKind::UnknownMethod, _) => Decision::UnknownMethod,
    };
    Ok(DecisionRecord { decision, token: id })
}

/// The decision without details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionKind {
    /// The request may pass.
    Allowed,
    /// The request is denied, for this reason.
    Denied(DenialReason),
    /// The secret is good, but the method is not in the catalogue.
    UnknownMethod,
}

/// Combines both parts of the decision. `denial_reason` is set if the secret was rejected. `permitted` returns `true`
/// if the token may call the method, `None` if no catalogue has the method.
///
/// # Errors
/// Those of `permitted`.
pub(crate) fn decide(
    denial_reason: Option<DenialReason>,
    permitted: impl FnOnce() -> Result<Option<bool>>,
) -> Result<DecisionKind> {
    if let Some(reason) = denial_reason {
        return Ok(DecisionKind::Denied(reason));
    }
    Ok(match permitted()? {
        None => DecisionKind::UnknownMethod,
        Some(true) => DecisionKind::Allowed,
        Some(false) => DecisionKind::Denied(DenialReason::NotPermitted),
    })
}

impl From<SecretParseError> for DenialReason {
    fn from(fault: SecretParseError) -> Self {
        match fault {
            SecretParseError::Malformed => DenialReason::Malformed,
            SecretParseError::Checksum => DenialReason::Checksum,
        }
    }
}

/// Returns the token of a `presented` credential that acts through jeton itself, if it may run a verb that needs
/// `scope`. The result is recorded as a use or a denied attempt, but not an accepted one that is no use.
///
/// # Errors
/// [`crate::error::Kind::Unauthenticated`] if the secret doesn't work, for whatever reason;
/// [`crate::error::Kind::Denied`] if the token lacks the method, or is not the configured one.
pub(super) fn authorize_bearer(
    store: &impl Store,
    presented: &TokenCredential,
    scope: RequiredScope,
    now: Timestamp,
    origin: Origin<'_>,
    is_use: bool,
) -> Result<Token> {
    let (claim, methods) = (presented.secret.fingerprint(), scope.methods());
    let (outcome, method) = store.read(|snapshot| {
        let outcome = evaluate(snapshot, Ok(&claim), None, now)?;
        let Decision::Allowed(accepted) = &outcome.decision else { return Ok((outcome, methods.first())) };
        let own_methods = management_methods(snapshot, accepted.role, &accepted.token.selection)?;
        match methods.iter().find(|id| own_methods.iter().any(|h| h.as_str() == **id)) {
            None if !methods.is_empty() => {
                let decision = Decision::Denied(DenialReason::NotPermitted, Some(Box::new(accepted.token.clone())));
                Ok((DecisionRecord { decision, ..outcome }, methods.first()))
            }
            found => Ok((outcome, found)),
        }
    })?;
    let is_recorded = is_use || !matches!(outcome.decision, Decision::Allowed(_));
    if is_recorded && !store.is_read_only() {
        record(store, &outcome, Ok(&claim), method.copied().unwrap_or_default(), now, origin)?;
    }
    match outcome.decision {
        Decision::Allowed(accepted) => presented.check_expected(&accepted.token).map(|()| accepted.token),
        Decision::Denied(DenialReason::NotPermitted, Some(token)) => Err(authorize::missing_scope(&token, scope)),
        Decision::Denied(..) | Decision::UnknownMethod => Err(token_rejected()),
    }
}

/// Returns the management methods that a secret of `role` with `selection` may call. Only a custom selection can
/// contain them: no set and no *Inherit* does.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub(super) fn management_methods(
    snapshot: &dyn Snapshot,
    role: Role,
    selection: &Selection,
) -> Result<BTreeSet<MethodId>> {
    let Selection::Custom(methods) = selection else { return Ok(BTreeSet::new()) };
    let mut permitted = BTreeSet::new();
    for id in methods.iter().filter(|id| id.is_management()) {
        if permits(snapshot, role, selection, id)? == Some(true) {
            permitted.insert(id.clone());
        }
    }
    Ok(permitted)
}

/// A secret that still works, and its token.
pub(super) struct LiveSecret {
    pub token: Token,
    /// The secret's role, see [`AcceptedToken`].
    pub role: Role,
    /// The role under which the secret was issued, whatever the account's role is now.
    pub issued_role: Role,
    /// The end of the secret: that of the token, or sooner after a rotation.
    pub expiry: Expiry,
}

/// Returns the secret of public id `id`, if it still works. The secret was verified once, and a public id always means
/// the same secret.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub(super) fn live_secret(snapshot: &dyn Snapshot, id: &PublicId, now: Timestamp) -> Result<Option<LiveSecret>> {
    let Some(stored) = snapshot.secret(id)? else { return Ok(None) };
    let token = snapshot.token(stored.token)?.ok_or_else(orphan_secret)?;
    if SecretValidity::new(&stored, &token).end_reason(now).is_some() {
        return Ok(None);
    }
    let expiry = match (stored.state, token.expiry.at()) {
        (SecretState::Previous(until), Some(at)) => Expiry::At(until.min(at)),
        (SecretState::Previous(until), None) => Expiry::At(until),
        (SecretState::Current | SecretState::Dead, _) => token.expiry,
    };
    let role = token.effective_role(stored.issued_role);
    Ok(Some(LiveSecret { token, role, issued_role: stored.issued_role, expiry }))
}

/// Returns `true` if `selection` and the ceiling of `role` both permit the method. `None` if no catalogue has the
/// method.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn permits(snapshot: &dyn Snapshot, role: Role, selection: &Selection, id: &MethodId) -> Result<Option<bool>> {
    let Some(method) = snapshot.method(id)? else { return Ok(None) };
    Ok(Some(selects(snapshot, selection, id)? && role.permits(method.access)))
}

/// Returns `true` if `selection` contains the method, before any ceiling.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn selects(snapshot: &dyn Snapshot, selection: &Selection, id: &MethodId) -> Result<bool> {
    match selection {
        Selection::Inherit => Ok(!id.is_management()),
        Selection::Custom(methods) => Ok(methods.contains(id)),
        Selection::Sets(names) => match snapshot.method_location(id)? {
            Some(place) => {
                resolved_set::any_contains(|name| snapshot.api_set(name), names.iter().map(String::as_str), &place)
            }
            None => Ok(false),
        },
    }
}
