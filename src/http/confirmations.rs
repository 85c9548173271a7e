//! Proofs that a password was given: each stands for it in one call. Kept in memory, by their digests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::api::sign_in::PROOF_LIFETIME;
use crate::domain::checkpoint::hex;
use crate::error::{Error, Result};
use crate::verbs::ports::Entropy;
use crate::verbs::session::Session;

/// Number of proofs that can wait for their use. Each was paid for with a right password.
const MAX_PROOFS: usize = 1_000;
/// Number of proofs of one account, so that no account takes those of the others. A new one replaces the oldest.
const MAX_PROOFS_OF_ACCOUNT: usize = 16;

type ProofDigest = [u8; 32];

#[derive(Default)]
pub(super) struct Confirmations(Mutex<HashMap<ProofDigest, Confirmation>>);

struct Confirmation {
    session: Session,
    /// On the monotonic clock.
    expires_at: Duration,
}

impl Confirmations {
    /// Returns a new proof for `session`. `now` is a time of the monotonic clock.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if there are too many proofs, or no random bytes.
    pub fn issue(&self, session: Session, entropy: &dyn Entropy, now: Duration) -> Result<Zeroizing<String>> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes)?;
        let proof = Zeroizing::new(hex(&*bytes));
        let mut open = self.lock();
        open.retain(|_, confirmation| now < confirmation.expires_at);
        let own = open.iter().filter(|(_, other)| other.session.username() == session.username());
        let oldest = own.clone().min_by_key(|(_, other)| other.expires_at).map(|(digest, _)| *digest);
        if let Some(oldest) = oldest.filter(|_| own.count() >= MAX_PROOFS_OF_ACCOUNT) {
            open.remove(&oldest);
        }
        if open.len() >= MAX_PROOFS {
            return Err(Error::failure("the server can't confirm another password now")
                .why("too many confirmed passwords are not used yet")
                .next("Try again in a minute"));
        }
        let expires_at = now + Duration::from_secs(PROOF_LIFETIME);
        open.insert(digest(&proof), Confirmation { session, expires_at });
        Ok(proof)
    }

    /// Takes the session that `proof` stands for. `None` if the proof is unknown, expired or used.
    pub fn take(&self, proof: &str, now: Duration) -> Option<Session> {
        let confirmation = self.lock().remove(&digest(proof))?;
        (now < confirmation.expires_at).then_some(confirmation.session)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProofDigest, Confirmation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(proof: &str) -> ProofDigest {
    Sha256::digest(proof.as_bytes()).into()
}
