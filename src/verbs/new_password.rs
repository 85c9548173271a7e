//! A new password on its way into the store.

use super::ports::PasswordHasher;
use crate::domain::password::{Password, PasswordHash};
use crate::error::{Error, Result};

/// A new password: hashed before the transaction begins, so that no other writer waits for it.
#[derive(Debug)]
pub enum NewPassword {
    /// As typed.
    Plain(Password),
    /// Ready to be stored.
    Hashed(PasswordHash),
}

impl NewPassword {
    /// # Errors
    /// [`crate::error::Kind::Usage`] unless it has 12 to 1024 bytes, whatever the face has let through.
    pub(super) fn prepare(&mut self, hasher: &dyn PasswordHasher) -> Result<()> {
        if let NewPassword::Plain(password) = self {
            password.fits()?;
            *self = NewPassword::Hashed(hasher.hash(password)?);
        }
        Ok(())
    }

    pub(super) fn hash(&self) -> Result<&PasswordHash> {
        match self {
            NewPassword::Hashed(hash) => Ok(hash),
            NewPassword::Plain(_) => Err(Error::failure("the password was not hashed")),
        }
    }
}
