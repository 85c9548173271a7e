//! Interfaces apart from the store: time, randomness, slow hashing, files.

use std::path::Path;
use std::time::Duration;

use crate::domain::password::{Password, PasswordHash};
use crate::domain::secret::Secret;
use crate::domain::time::{Timestamp, Zone};
use crate::error::Result;

/// The system clock.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
    /// Returns the time zone.
    fn zone(&self) -> &dyn Zone;
    /// Returns the time since some fixed moment. Never goes back, even if the system clock is changed.
    fn monotonic(&self) -> Duration;
    /// Sleeps for `time`.
    fn sleep(&self, time: Duration);
}

/// The operating system's random generator.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]) -> Result<()>;
}

/// The result of comparing a password with a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordMatch {
    /// Another password, or no hash to compare with.
    No,
    /// The password matches.
    Yes,
    /// The password matches, but its hash is weaker than today's.
    YesNeedsRehash,
}

/// Slow hashing of passwords, two at once at most.
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    fn hash(&self, password: &Password) -> Result<PasswordHash>;
    /// Compares a password with a hash. Without a hash the call takes as long and returns [`PasswordMatch::No`].
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<PasswordMatch>;
}

/// A secret saved to a file. If dropped without [`PendingFile::persist`], the file is removed again.
pub trait PendingFile: Send {
    /// Keeps the file, because the change has committed.
    fn persist(&mut self);
    /// Returns the path of the file.
    fn path(&self) -> &Path;
}

/// Saves secrets to files on request.
pub trait SecretFileWriter: Send + Sync {
    /// Creates `path` exclusively, readable by its owner only, and syncs it.
    fn save(&self, path: &Path, secret: &Secret) -> Result<Box<dyn PendingFile>>;
}
