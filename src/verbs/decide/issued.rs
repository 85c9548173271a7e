//! What was issued under a public id, and whether it still works.

use super::Reason;
use crate::domain::secret::{PublicId, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::{Life, Token, TokenId, Tombstone};
use crate::error::{Error, Result};
use crate::verbs::ports::{SecretState, Snapshot, StoredSecret};

/// What was issued under a public id.
#[derive(Debug, Clone)]
pub(super) enum Issued {
    /// Nothing.
    Nothing,
    /// A secret, of a token.
    Secret(StoredSecret, Box<Token>),
    /// A secret, of a token that was purged.
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

    /// The token that it was issued for.
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Issued::Nothing => None,
            Issued::Secret(_, token) => Some(token.id),
            Issued::Purged(tombstone) => Some(tombstone.token),
        }
    }

    /// Why a secret of this digest is not accepted at `now`; none where it is.
    pub fn refusal(&self, digest: &SecretDigest, now: Timestamp) -> Option<Reason> {
        match self {
            Issued::Nothing => Some(Reason::Unknown),
            Issued::Purged(tombstone) if tombstone.digest.matches(digest) => Some(Reason::Deleted),
            Issued::Purged(_) => Some(Reason::WrongSecret),
            Issued::Secret(stored, token) => Standing::of(stored, token).refusal(digest, now),
        }
    }
}

pub(super) fn orphan() -> Error {
    Error::failure("a secret without a token is stored")
}

/// All that decides whether a secret works, of it, its token and its account.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    digest: SecretDigest,
    state: SecretState,
    life: Life,
    is_account_enabled: bool,
}

impl Standing {
    /// That of a secret, of `token`.
    pub fn of(secret: &StoredSecret, token: &Token) -> Self {
        let StoredSecret { digest, state, .. } = secret;
        let (life, is_account_enabled) = (token.life(), token.owner.enabled);
        Standing { digest: digest.clone(), state: *state, life, is_account_enabled }
    }

    /// Why a secret of this digest is not accepted at `now`; none where it is.
    pub fn refusal(&self, digest: &SecretDigest, now: Timestamp) -> Option<Reason> {
        if self.digest.matches(digest) { self.ended(now) } else { Some(Reason::WrongSecret) }
    }

    /// Why the secret does not work at `now`; none where it does.
    pub fn ended(&self, now: Timestamp) -> Option<Reason> {
        let alive = match self.state {
            SecretState::Current => true,
            SecretState::Previous(until) => now < until,
            SecretState::Dead => false,
        };
        if !alive {
            return Some(Reason::Retired);
        }
        self.life.refused(self.is_account_enabled, now)
    }
}
