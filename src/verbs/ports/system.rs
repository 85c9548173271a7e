//! Interfaces apart from the store: time, randomness, slow hashing, files.

use std::path::Path;
use std::time::Duration;

use crate::domain::password::{Password, PasswordHash};
use crate::domain::secret::Secret;
use crate::domain::time::{Timestamp, Zone};
use crate::error::Result;

/// The time.
pub trait Clock: Send + Sync {
    /// Returns the time of day.
    fn now(&self) -> Timestamp;
    /// Returns the time zone of the machine.
    fn zone(&self) -> &dyn Zone;
    /// Returns the time since some fixed moment. Never goes back, even if the system clock is changed.
    fn monotonic(&self) -> Duration;
    /// Waits.
    fn sleep(&self, time: Duration);
}

/// Random bytes that nobody can predict.
pub trait Entropy: Send + Sync {
    /// Fills `buffer`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the system has none.
    fn fill(&self, buffer: &mut [u8]) -> Result<()>;
}

/// The result of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordMatch {
    /// Another password, or no hash to compare with.
    No,
    /// It is the password.
    Yes,
    /// The password matches, but its hash is weaker than today's.
    YesNeedsRehash,
}

/// Slow hashing of passwords, two at once at most.
pub trait PasswordHasher: Send + Sync {
    /// Returns a new hash of a password.
    fn hash(&self, password: &Password) -> Result<PasswordHash>;
    /// Compares a password with a hash. Without a hash the call takes as long and returns [`PasswordMatch::No`].
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<PasswordMatch>;
}

/// A new file for a secret. If dropped without [`PendingFile::persist`], the file is removed again.
pub trait PendingFile: Send {
    /// Writes the secret, and syncs the file.
    fn write(&mut self, secret: &Secret) -> Result<()>;
    /// Keeps the file, because the change has committed.
    fn persist(&mut self);
    /// Returns the absolute path.
    fn path(&self) -> &Path;
}

/// Creates files for secrets.
pub trait SecretFileWriter: Send + Sync {
    /// Creates `path` exclusively, readable by its owner only.
    fn reserve(&self, path: &Path) -> Result<Box<dyn PendingFile>>;

    /// Creates `path` with the secret.
    fn save(&self, path: &Path, secret: &Secret) -> Result<Box<dyn PendingFile>> {
        let mut file = self.reserve(path)?;
        file.write(secret)?;
        Ok(file)
    }
}
