//! May this secret do this? The one decision, from the store's current state: nothing is remembered between two.

use super::ports::{Denial, SecretState, Snapshot, Store, Use};
use crate::domain::catalogue::set;
use crate::domain::method::MethodId;
use crate::domain::secret::{Secret, SecretFault};
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
    let Judged { decision, token } = store.read(|snapshot| judge(snapshot, &secret, method, now))?;
    let asked = method.map_or("", MethodId::as_str);
    let Caller { address, client } = caller;
    store.bookkeep(|b| match (&decision, &secret) {
        (Decision::Allowed(token), Ok(secret)) => {
            let secret = secret.public_id();
            b.record_use(&Use { token: token.id, secret, at: now, method: asked, address, client })
        }
        (Decision::Denied(reason, _), _) => {
            b.record_denial(&Denial { token, reason: reason.word(), at: now, method: asked, address, client })
        }
        (Decision::Allowed(_), Err(_)) | (Decision::UnknownMethod, _) => Ok(()),
    })?;
    Ok(decision)
}

/// A decision, and the id of the token it is about, which may have been purged.
struct Judged {
    decision: Decision,
    token: Option<TokenId>,
}

fn judge(
    snapshot: &dyn Snapshot,
    presented: &std::result::Result<Secret, SecretFault>,
    method: Option<&MethodId>,
    now: Timestamp,
) -> Result<Judged> {
    let Traced { found, refused } = trace(snapshot, presented.as_ref().map_err(|fault| *fault), now)?;
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
pub fn trace(
    snapshot: &dyn Snapshot,
    presented: std::result::Result<&Secret, SecretFault>,
    now: Timestamp,
) -> Result<Traced> {
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
