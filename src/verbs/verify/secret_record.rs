//! Secrets and tombstones by public id, and their validity.

use super::DenialReason;
use crate::domain::secret::{PublicId, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::{Lifecycle, Token, TokenId, Tombstone};
use crate::error::{Error, Result};
use crate::verbs::ports::{SecretState, Snapshot, StoredSecret};

/// The stored data under a public id.
#[derive(Debug, Clone)]
pub(crate) enum SecretRecord {
    /// Never issued.
    Unknown,
    Secret(StoredSecret, Box<Token>),
    Purged(Box<Tombstone>),
}

impl SecretRecord {
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the store can't be read.
    pub fn read(snapshot: &dyn Snapshot, id: &PublicId) -> Result<Self> {
        if let Some(stored) = snapshot.secret(id)? {
            let token = snapshot.token(stored.token)?.ok_or_else(orphan_secret)?;
            return Ok(SecretRecord::Secret(stored, Box::new(token)));
        }
        Ok(snapshot.tombstone(id)?.map_or(SecretRecord::Unknown, |tombstone| SecretRecord::Purged(Box::new(tombstone))))
    }

    pub fn token(&self) -> Option<TokenId> {
        match self {
            SecretRecord::Unknown => None,
            SecretRecord::Secret(_, token) => Some(token.id),
            SecretRecord::Purged(tombstone) => Some(tombstone.purged.token),
        }
    }

    /// Returns the reason why a secret of this digest is not accepted at `now`. `None` if it is accepted.
    pub fn denial_reason(&self, digest: &SecretDigest, now: Timestamp) -> Option<DenialReason> {
        match self {
            SecretRecord::Unknown => Some(DenialReason::Unknown),
            SecretRecord::Purged(tombstone) if tombstone.digest.matches(digest) => Some(DenialReason::Deleted),
            SecretRecord::Purged(_) => Some(DenialReason::WrongSecret),
            SecretRecord::Secret(stored, token) => SecretValidity::new(stored, token).denial_reason(digest, now),
        }
    }
}

pub(super) fn orphan_secret() -> Error {
    Error::failure("the store is damaged")
        .why("a stored secret has no token")
        .next("Restore a backup, on the machine of the store: jeton restore FILE")
}

/// The facts that decide if a secret works, taken from the secret, its token and its account.
#[derive(Debug, Clone)]
pub(crate) struct SecretValidity {
    digest: SecretDigest,
    state: SecretState,
    lifecycle: Lifecycle,
    is_account_enabled: bool,
}

impl SecretValidity {
    pub fn new(secret: &StoredSecret, token: &Token) -> Self {
        let StoredSecret { digest, state, .. } = secret;
        let (life, is_account_enabled) = (token.lifecycle(), token.owner.enabled);
        SecretValidity { digest: digest.clone(), state: *state, lifecycle: life, is_account_enabled }
    }

    /// Returns the reason why a secret of this digest is not accepted at `now`. `None` if it is accepted.
    pub fn denial_reason(&self, digest: &SecretDigest, now: Timestamp) -> Option<DenialReason> {
        if self.digest.matches(digest) { self.end_reason(now) } else { Some(DenialReason::WrongSecret) }
    }

    /// Returns the reason why the secret does not work at `now`. `None` if it works.
    pub fn end_reason(&self, now: Timestamp) -> Option<DenialReason> {
        let alive = match self.state {
            SecretState::Current => true,
            SecretState::Previous(until) => now < until,
            SecretState::Dead => false,
        };
        if !alive {
            return Some(DenialReason::Retired);
        }
        self.lifecycle.denial_reason(self.is_account_enabled, now)
    }
}
