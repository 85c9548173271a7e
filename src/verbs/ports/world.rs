//! What verbs ask of the world beside the store: time, randomness, slow hashing, files.

use std::path::Path;
use std::time::Duration;

use crate::domain::password::{Password, PasswordHash};
use crate::domain::secret::Secret;
use crate::domain::time::{Timestamp, Zone};
use crate::error::Result;

/// The clock on the wall.
pub trait Clock: Send + Sync {
    /// The instant it shows.
    fn now(&self) -> Timestamp;
    /// The zone it stands in.
    fn zone(&self) -> &dyn Zone;
    /// Time since some fixed moment. Never goes back, whatever happens to the clock on the wall.
    fn monotonic(&self) -> Duration;
    /// Waits.
    fn sleep(&self, time: Duration);
}

/// The operating system's generator.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]) -> Result<()>;
}

/// What comparing a password with a stored hash showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or no hash to compare with.
    Wrong,
    /// The password.
    Right,
    /// The password, under a hash weaker than today's.
    RightButWeak,
}

/// Slow hashing of passwords, two at once at most.
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    fn hash(&self, password: &Password) -> Result<PasswordHash>;
    /// Compares; without a hash it costs the same and finds nothing.
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<Verdict>;
}

/// A secret saved to a file. Dropped without [`SavedSecret::keep`], the file is removed again.
pub trait SavedSecret: Send {
    /// The change has committed: the file stays.
    fn keep(&mut self);
    /// Where it is.
    fn path(&self) -> &Path;
}

/// Saves secrets to files on request.
pub trait Delivery: Send + Sync {
    /// Creates `path` exclusively, readable by its owner only, and syncs it.
    fn save(&self, path: &Path, secret: &Secret) -> Result<Box<dyn SavedSecret>>;
}
