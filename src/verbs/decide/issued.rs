//! Secrets and tombstones by public id, and their validity.

use super::DenialReason;
use crate::domain::secret::{PublicId, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::{Lifecycle, Token, TokenId, Tombstone};
use crate::error::{Error, Result};
use crate::verbs::ports::{SecretState, Snapshot, StoredSecret};

/// The stored data under a public id.
#[derive(Debug, Clone)]
pub(super) enum Issued {
    /// Never issued.
    Nothing,
    /// A secret and its token.
    Secret(StoredSecret, Box<Token>),
    /// A secret of a purged token.
    Purged(Box<Tombstone>),
}

impl Issued {
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn read(snapshot: &dyn Snapshot, id: &PublicId) -> Result<Self> {
        if let Some(stored) = snapshot.secret(id)? {
            let token = snapshot.token(stored.token)?.ok_or_else(orphan)?;
            return Ok(Issued::Secret(stored, Box::new(token)));
        }
        Ok(snapshot.tombstone(id)?.map_or(Issued::Nothing, |tombstone| Issued::Purged(Box::new(tombstone))))
    }

    /// Returns the token for which the secret was issued.
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Issued::Nothing => None,
            Issued::Secret(_, token) => Some(token.id),
            Issued::Purged(tombstone) => Some(tombstone.token),
        }
    }

    /// Returns the reason why a secret of this digest is not accepted at `now`. `None` if it is accepted.
    pub fn refusal(&self, digest: &SecretDigest, now: Timestamp) -> Option<DenialReason> {
        match self {
            Issued::Nothing => Some(DenialReason::Unknown),
            Issued::Purged(tombstone) if tombstone.digest.matches(digest) => Some(DenialReason::Deleted),
            Issued::Purged(_) => Some(DenialReason::WrongSecret),
            Issued::Secret(stored, token) => Standing::of(stored, token).refusal(digest, now),
        }
    }
}

pub(super) fn orphan() -> Error {
    Error::failure("a secret without a token is stored")
}

/// Everything that decides if a secret works, taken from the secret, its token and its account.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    digest: SecretDigest,
    state: SecretState,
    life: Lifecycle,
    is_account_enabled: bool,
}

impl Standing {
    /// Creates the standing of a secret of `token`.
    pub fn of(secret: &StoredSecret, token: &Token) -> Self {
        let StoredSecret { digest, state, .. } = secret;
        let (life, is_account_enabled) = (token.lifecycle(), token.owner.enabled);
        Standing { digest: digest.clone(), state: *state, life, is_account_enabled }
    }

    /// Returns the reason why a secret of this digest is not accepted at `now`. `None` if it is accepted.
    pub fn refusal(&self, digest: &SecretDigest, now: Timestamp) -> Option<DenialReason> {
        if self.digest.matches(digest) { self.ended(now) } else { Some(DenialReason::WrongSecret) }
    }

    /// Returns the reason why the secret does not work at `now`. `None` if it works.
    pub fn ended(&self, now: Timestamp) -> Option<DenialReason> {
        let alive = match self.state {
            SecretState::Current => true,
            SecretState::Previous(until) => now < until,
            SecretState::Dead => false,
        };
        if !alive {
            return Some(DenialReason::Retired);
        }
        self.life.denial_reason(self.is_account_enabled, now)
    }
}
