//! Passwords as people type them.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The fewest bytes of a new password.
pub const PASSWORD_MIN: usize = 12;
/// The most bytes of a password.
pub const PASSWORD_MAX: usize = 1024;

/// A password. Wiped from memory on drop; no `Clone`, `Display` or `Serialize`.
pub struct Password(Zeroizing<String>);

impl Password {
    /// A password as it was typed, to be compared with a stored one.
    pub fn typed(text: Zeroizing<String>) -> Self {
        Password(text)
    }

    /// A new password. See [`Password::fits`].
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] unless it has 12 to 1024 bytes.
    pub fn new(text: Zeroizing<String>) -> Result<Self> {
        let password = Password(text);
        password.fits().map(|()| password)
    }

    /// Whether it may become somebody's password.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] unless it has 12 to 1024 bytes.
    pub fn fits(&self) -> Result<()> {
        let length = self.0.len();
        if (PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
            return Ok(());
        }
        let what = if length < PASSWORD_MIN { "that password is too short" } else { "that password is too long" };
        Err(Error::usage(what)
            .why(format!("a password has {PASSWORD_MIN} to {PASSWORD_MAX} bytes, this one has {length}"))
            .next("Three or four words with spaces are easy to type and hard to guess"))
    }

    /// Whether it is the same as `other`, both of which one person has typed.
    pub fn is_same(&self, other: &Password) -> bool {
        self.0 == other.0
    }

    /// Lends the bytes to `f`, the one way to them.
    pub fn expose<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(self.0.as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password's Argon2id hash as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
