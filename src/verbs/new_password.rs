use zeroize::Zeroizing;

use super::ports::PasswordHasher;
use crate::domain::password::{Password, PasswordHash};
use crate::domain::wire_format::SecretValue;
use crate::error::{Error, Result};

/// A new password. It is hashed before the transaction begins, so that no other writer waits for it.
#[derive(Debug)]
pub enum NewPassword {
    /// As it was typed.
    Plain(Password),
    /// Hashed, before the transaction.
    Hashed(PasswordHash),
}

impl SecretValue for Password {
    fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> Option<T> {
        self.expose_raw(|raw| std::str::from_utf8(raw).ok().map(f))
    }

    fn from_text(text: Zeroizing<String>) -> Option<Self> {
        Some(Password::from_raw(text))
    }
}

/// Only the password as typed travels. A hash from outside would be stored unseen.
impl SecretValue for NewPassword {
    fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> Option<T> {
        match self {
            NewPassword::Plain(password) => password.with_text(f),
            NewPassword::Hashed(_) => None,
        }
    }

    fn from_text(text: Zeroizing<String>) -> Option<Self> {
        Password::from_text(text).map(NewPassword::Plain)
    }
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
