//! May this secret do this? The one decision, from the store's current state: nothing is remembered between two.

use std::collections::BTreeSet;

use super::actor::{Presented, not_accepted};
use super::authorize;
use super::needs::Needs;
use super::ports::{Denial, SecretState, Snapshot, Store, Use};
use crate::domain::catalogue::set;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::secret::{PublicId, Secret, SecretFault};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token, TokenId, Tombstone};
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
    /// Denied, with the token where it is known and still there.
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
    let secret = secret.as_ref().map_err(|fault| *fault);
    let judged = store.read(|snapshot| judge(snapshot, secret, method, now))?;
    record(store, &judged, secret, method.map_or("", MethodId::as_str), now, caller)?;
    Ok(judged.decision)
}

/// What somebody presents: a secret, or what is none.
type Parsed<'a> = std::result::Result<&'a Secret, SecretFault>;

/// Tells the ledger.
fn record(
    store: &impl Store,
    judged: &Judged,
    secret: Parsed<'_>,
    method: &str,
    at: Timestamp,
    caller: Caller<'_>,
) -> Result<()> {
    let Caller { address, client } = caller;
    store.bookkeep(|b| match (&judged.decision, secret) {
        (Decision::Allowed(token), Ok(secret)) => {
            b.record_use(&Use { token: token.id, secret: secret.public_id(), at, count: 1, method, address, client })
        }
        (Decision::Denied(reason, _), _) => b.record_denial(&Denial {
            token: judged.token,
            secret: secret.ok().filter(|_| judged.token.is_some()).map(Secret::public_id),
            count: 1,
            reason: reason.word(),
            at,
            method,
            address,
            client,
        }),
        (Decision::Allowed(_), Err(_)) | (Decision::UnknownMethod, _) => Ok(()),
    })
}

/// A decision, and the id of the token it is about, which may have been purged.
struct Judged {
    decision: Decision,
    token: Option<TokenId>,
}

fn judge(snapshot: &dyn Snapshot, presented: Parsed<'_>, method: Option<&MethodId>, now: Timestamp) -> Result<Judged> {
    let Traced { found, refused } = trace(snapshot, presented, now)?;
    let (token, id) = match found {
        Found::Nothing => (None, None),
        Found::Purged(tombstone) => (None, Some(tombstone.token)),
        Found::Token(token, _) => (Some(token), None),
    };
    let id = id.or(token.as_ref().map(|t| t.id));
    let decision = match (refused, token, method) {
        (Some(reason), token, _) => Decision::Denied(reason, token),
        (None, Some(token), None) => Decision::Allowed(token),
        (None, Some(token), Some(method)) => match permits(snapshot, &token, method)? {
            None => Decision::UnknownMethod,
            Some(true) => Decision::Allowed(token),
            Some(false) => Decision::Denied(Reason::NotPermitted, Some(token)),
        },
        (None, None, _) => return Err(Error::failure("a secret without a token is stored")),
    };
    Ok(Judged { decision, token: id })
}

/// What a presented secret was issued for.
#[derive(Debug, Clone)]
pub enum Found {
    /// Nothing that is known here.
    Nothing,
    /// A token, and what the secret of that head is to it.
    Token(Box<Token>, SecretState),
    /// A token that was purged.
    Purged(Box<Tombstone>),
}

/// What became of a presented secret.
#[derive(Debug, Clone)]
pub struct Traced {
    /// What it was issued for. For [`Reason::WrongSecret`]: what the secret with the same head was.
    pub found: Found,
    /// Why it is not accepted, whatever the method; none where it is.
    pub refused: Option<Reason>,
}

/// Finds out what a presented secret is, and whether it works at `now`. Records nothing.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub fn trace(snapshot: &dyn Snapshot, presented: Parsed<'_>, now: Timestamp) -> Result<Traced> {
    let nothing = |reason| Ok(Traced { found: Found::Nothing, refused: Some(reason) });
    let secret = match presented {
        Ok(secret) => secret,
        Err(SecretFault::Malformed) => return nothing(Reason::Malformed),
        Err(SecretFault::Checksum) => return nothing(Reason::Checksum),
    };
    let Some(stored) = snapshot.secret(secret.public_id())? else {
        let Some(tombstone) = snapshot.tombstone(secret.public_id())? else { return nothing(Reason::Unknown) };
        let right = tombstone.digest.matches(&secret.digest());
        let refused = Some(if right { Reason::Deleted } else { Reason::WrongSecret });
        return Ok(Traced { found: Found::Purged(Box::new(tombstone)), refused });
    };
    let token = snapshot.token(stored.token)?.ok_or_else(|| Error::failure("a secret without a token is stored"))?;
    let right = stored.digest.matches(&secret.digest());
    let refused = if right { refusal(&token, stored.state, now) } else { Some(Reason::WrongSecret) };
    Ok(Traced { found: Found::Token(Box::new(token), stored.state), refused })
}

/// Why a secret in `state` does not work at `now`.
fn refusal(token: &Token, state: SecretState, now: Timestamp) -> Option<Reason> {
    let alive = match state {
        SecretState::Current => true,
        SecretState::Previous(until) => now < until,
        SecretState::Dead => false,
    };
    if !alive {
        return Some(Reason::Retired);
    }
    match token.status(now) {
        Status::Deleted => Some(Reason::Deleted),
        Status::Disabled => Some(Reason::Disabled),
        Status::Expired => Some(Reason::Expired),
        Status::Active if !token.owner.enabled => Some(Reason::AccountDisabled),
        Status::Active => None,
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
    let (judged, method) = store.read(|snapshot| {
        let judged = judge(snapshot, Ok(secret), None, now)?;
        let Decision::Allowed(token) = &judged.decision else { return Ok((judged, methods.first())) };
        let held = management(snapshot, token)?;
        match methods.iter().find(|id| held.iter().any(|h| h.as_str() == **id)) {
            None if !methods.is_empty() => {
                let decision = Decision::Denied(Reason::NotPermitted, Some(token.clone()));
                Ok((Judged { decision, ..judged }, methods.first()))
            }
            found => Ok((judged, found)),
        }
    })?;
    record(store, &judged, Ok(secret), method.copied().unwrap_or_default(), now, caller)?;
    match judged.decision {
        Decision::Allowed(token) => presented.means(&token).map(|()| *token),
        Decision::Denied(Reason::NotPermitted, Some(token)) => Err(authorize::lacks(&token, needs)),
        Decision::Denied(..) | Decision::UnknownMethod => Err(not_accepted()),
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

/// The token whose secret `id` was right once, if it still works, and when that secret ends: what a public id stands for
/// never changes.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the store can't be read.
pub(super) fn still_living(snapshot: &dyn Snapshot, id: &PublicId, now: Timestamp) -> Result<Option<(Token, Expiry)>> {
    let Some(stored) = snapshot.secret(id)? else { return Ok(None) };
    let token = snapshot.token(stored.token)?.ok_or_else(|| Error::failure("a secret without a token is stored"))?;
    if refusal(&token, stored.state, now).is_some() {
        return Ok(None);
    }
    let end = match (stored.state, token.expiry.at()) {
        (SecretState::Previous(until), Some(at)) => Expiry::At(until.min(at)),
        (SecretState::Previous(until), None) => Expiry::At(until),
        (SecretState::Current | SecretState::Dead, _) => token.expiry,
    };
    Ok(Some((token, end)))
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
