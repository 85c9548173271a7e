//! May this secret do this? The one decision, from the store's current state: nothing is remembered between two.

use std::collections::BTreeSet;

use super::actor::{Presented, not_accepted};
use super::authorize;
use super::needs::Needs;
use super::ports::{Denial, SecretState, Snapshot, Store, Use};
use crate::domain::catalogue::set;
use crate::domain::method::MethodId;
use crate::domain::secret::{PublicId, Secret, SecretDigest, SecretFault};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::error::{Error, Result};

/// Why an attempt was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not of the form of a secret.
    Malformed,
    /// Mistyped or cut: the checksum differs.
    Checksum,
    /// Of the form, but not ours.
    Unknown,
    /// A known public id with another secret behind it.
    WrongSecret,
    /// A secret that a newer one replaced.
    Retired,
    /// Past its expiry.
    Expired,
    /// Switched off.
    Disabled,
    /// In the trash.
    Deleted,
    /// Its account is switched off.
    AccountDisabled,
    /// The method is not among those it may call.
    NotPermitted,
}

impl Reason {
    /// A word for the store and for JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Reason::Malformed => "malformed",
            Reason::Checksum => "checksum",
            Reason::Unknown => "unknown",
            Reason::WrongSecret => "wrong-secret",
            Reason::Retired => "retired",
            Reason::Expired => "expired",
            Reason::Disabled => "disabled",
            Reason::Deleted => "deleted",
            Reason::AccountDisabled => "account-disabled",
            Reason::NotPermitted => "not-permitted",
        }
    }

    /// The reason in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Reason::Malformed => "that is not a secret of the form jeton issues",
            Reason::Checksum => "the secret is mistyped or cut: its checksum differs",
            Reason::Unknown => "no such secret was issued here",
            Reason::WrongSecret => "the head of the secret is known, the rest is wrong",
            Reason::Retired => "the secret was replaced by a newer one",
            Reason::Expired => "the token is expired",
            Reason::Disabled => "the token is disabled",
            Reason::Deleted => "the token is deleted",
            Reason::AccountDisabled => "the token's account is disabled",
            Reason::NotPermitted => "the token may not call that method",
        }
    }
}

/// The decision about one presented secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Permitted.
    Allowed(Box<Token>),
    /// Denied, with the token where it is known.
    Denied(Reason, Option<Box<Token>>),
    /// The secret is good, but the method is not in the catalogue.
    UnknownMethod,
}

/// Where an attempt came from.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Its address.
    pub address: &'a str,
    /// What it says it is.
    pub client: &'a str,
}

/// Decides about `presented` and records the outcome as a use or a denied attempt.
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
    let secret = Secret::parse(presented);
    let decision = store.read(|snapshot| decide(snapshot, &secret, method, now))?;
    let asked = method.map_or("", MethodId::as_str);
    let Caller { address, client } = caller;
    store.bookkeep(|b| match (&decision, &secret) {
        (Decision::Allowed(token), Ok(secret)) => {
            let secret = secret.public_id();
            b.record_use(&Use { token: token.id, secret, at: now, method: asked, address, client })
        }
        (Decision::Denied(reason, token), _) => {
            let token = token.as_ref().map(|t| t.id);
            b.record_denial(&Denial { token, reason: reason.word(), at: now, method: asked, address, client })
        }
        (Decision::Allowed(_), Err(_)) | (Decision::UnknownMethod, _) => Ok(()),
    })?;
    Ok(decision)
}

fn decide(
    snapshot: &dyn Snapshot,
    presented: &std::result::Result<Secret, SecretFault>,
    method: Option<&MethodId>,
    now: Timestamp,
) -> Result<Decision> {
    let denied = |reason, token: Option<Token>| Ok(Decision::Denied(reason, token.map(Box::new)));
    let secret = match presented {
        Ok(secret) => secret,
        Err(SecretFault::Malformed) => return denied(Reason::Malformed, None),
        Err(SecretFault::Checksum) => return denied(Reason::Checksum, None),
    };
    let token = match living(snapshot, secret.public_id(), Some(&secret.digest()), now)? {
        Ok(token) => token,
        Err((reason, token)) => return denied(reason, token),
    };
    match method {
        None => Ok(Decision::Allowed(Box::new(token))),
        Some(id) => match permits(snapshot, &token, id)? {
            None => Ok(Decision::UnknownMethod),
            Some(true) => Ok(Decision::Allowed(Box::new(token))),
            Some(false) => denied(Reason::NotPermitted, Some(token)),
        },
    }
}

/// The token that presents `secret` in order to act through jeton itself, where it may ask for what takes `needs`. The
/// outcome is recorded as a use or a denied attempt.
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
    let (secret, methods) = (&*presented.secret, needs.methods());
    let (outcome, method) = store.read(|snapshot| {
        let token = match living(snapshot, secret.public_id(), Some(&secret.digest()), now)? {
            Ok(token) => token,
            Err(denied) => return Ok((Err(denied), methods.first())),
        };
        let held = management(snapshot, &token)?;
        let holds = |id: &&&str| held.iter().any(|h| h.as_str() == **id);
        Ok(match methods.iter().find(holds) {
            None if !methods.is_empty() => (Err((Reason::NotPermitted, Some(token))), methods.first()),
            found => (Ok(token), found),
        })
    })?;
    let method = method.copied().unwrap_or_default();
    let Caller { address, client } = caller;
    store.bookkeep(|b| match &outcome {
        Ok(token) => {
            b.record_use(&Use { token: token.id, secret: secret.public_id(), at: now, method, address, client })
        }
        Err((reason, token)) => {
            let token = token.as_ref().map(|t| t.id);
            b.record_denial(&Denial { token, reason: reason.word(), at: now, method, address, client })
        }
    })?;
    match outcome {
        Ok(token) => presented.means(&token).map(|()| token),
        Err((Reason::NotPermitted, Some(token))) => Err(authorize::lacks(&token, needs)),
        Err(_) => Err(not_accepted()),
    }
}

/// The management methods that `token` may call. They are picked by hand only: no set and no *Inherit* holds one.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub(super) fn management(snapshot: &dyn Snapshot, token: &Token) -> Result<BTreeSet<MethodId>> {
    let Selection::Custom(methods) = &token.selection else { return Ok(BTreeSet::new()) };
    let mut held = BTreeSet::new();
    for id in methods.iter().filter(|id| id.is_management()) {
        if permits(snapshot, token, id)? == Some(true) {
            held.insert(id.clone());
        }
    }
    Ok(held)
}

/// The token behind the secret `id` if it works now, or why it doesn't. Without a digest the secret was compared
/// before: what a public id stands for never changes.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub(super) fn living(
    snapshot: &dyn Snapshot,
    id: &PublicId,
    digest: Option<&SecretDigest>,
    now: Timestamp,
) -> Result<std::result::Result<Token, (Reason, Option<Token>)>> {
    let Some(stored) = snapshot.secret(id)? else { return Ok(Err((Reason::Unknown, None))) };
    let token = snapshot.token(stored.token)?.ok_or_else(|| Error::failure("a secret without a token is stored"))?;
    let alive = match stored.state {
        SecretState::Current => true,
        SecretState::Previous(until) => now < until,
        SecretState::Dead => false,
    };
    let reason = match token.status(now) {
        _ if digest.is_some_and(|d| !stored.digest.matches(d)) => Reason::WrongSecret,
        _ if !alive => Reason::Retired,
        Status::Deleted => Reason::Deleted,
        Status::Disabled => Reason::Disabled,
        Status::Expired => Reason::Expired,
        Status::Active if !token.owner.enabled => Reason::AccountDisabled,
        Status::Active => return Ok(Ok(token)),
    };
    Ok(Err((reason, Some(token))))
}

/// Selected methods ∩ the role's ceiling; none when the catalogue doesn't know the method.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn permits(snapshot: &dyn Snapshot, token: &Token, id: &MethodId) -> Result<Option<bool>> {
    let Some(method) = snapshot.method(id)? else { return Ok(None) };
    let selected = match &token.selection {
        Selection::Inherit => !id.is_management(),
        Selection::Custom(methods) => methods.contains(id),
        Selection::Sets(names) => match snapshot.method_place(id)? {
            Some(place) => set::holds(|name| snapshot.api_set(name), names.iter().map(String::as_str), &place)?,
            None => false,
        },
    };
    Ok(Some(selected && token.owner.role.permits(method.access)))
}
