//! A new password before it is stored.

use super::ports::PasswordHasher;
use crate::domain::password::{Password, PasswordHash};
use crate::error::{Error, Result};

/// A new password. It is hashed before the transaction begins, so that no other writer waits for it.
#[derive(Debug)]
pub enum NewPassword {
    /// The password as typed.
    Plain(Password),
    /// The hash, ready to be stored.
    Hashed(PasswordHash),
}

impl NewPassword {
    /// # Errors
    /// [`crate::error::Kind::Usage`] unless it has 12 to 1024 bytes, whatever the caller has accepted.
    pub(super) fn prepare(&mut self, hasher: &dyn PasswordHasher) -> Result<()> {
        if let NewPassword::Plain(password) = self {
            password.validate()?;
            *self = NewPassword::Hashed(hasher.hash(password)?);
        }
        Ok(())
    }

    pub(super) fn hash(&self) -> Result<&PasswordHash> {
        match self {
            NewPassword::Hashed(hash) => Ok(hash),
            NewPassword::Plain(_) => Err(Error::failure("the password could not be hashed")),
        }
    }
}
