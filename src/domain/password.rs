//! Passwords as people type them.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The fewest bytes of a new password.
pub const PASSWORD_MIN: usize = 12;
/// The most bytes of a password.
pub const PASSWORD_MAX: usize = 1024;

/// A password. Wiped from memory on drop; no `Clone`, `Display` or `Serialize`.
///
/// One password can reach us as different bytes: a keyboard composes `é` or not, an editor writes a byte order mark
/// before it. What is hashed is its normal form (Unicode NFC, without the mark), so that it is the same from everywhere.
/// Hashes that were made before there was a normal form are compared with what was typed.
pub struct Password {
    typed: Zeroizing<String>,
    /// `None` where it is what was typed.
    normal: Option<Zeroizing<String>>,
}

impl Password {
    /// A password as it was typed, to be compared with a stored one.
    pub fn typed(text: Zeroizing<String>) -> Self {
        if text.is_ascii() {
            return Password { typed: text, normal: None };
        }
        // Room for any composition: growing would leave copies behind.
        let mut normal = Zeroizing::new(String::with_capacity(3 * text.len()));
        normal.extend(text.strip_prefix('\u{feff}').unwrap_or(&text).nfc());
        Password { typed: text, normal: Some(normal) }
    }

    /// A new password. See [`Password::fits`].
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] unless it can become a password.
    pub fn new(text: Zeroizing<String>) -> Result<Self> {
        let password = Self::typed(text);
        password.fits().map(|()| password)
    }

    /// Whether it may become somebody's password: it has 12 to 1024 bytes, and everybody can type it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] when it may not.
    pub fn fits(&self) -> Result<()> {
        let normal = self.normal();
        if normal.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')) {
            return Err(Error::usage("that password can't be typed")
                .why("it holds a control character, such as NUL, ESC or a stray carriage return")
                .next("Choose another, or take the character out of the file"));
        }
        let length = normal.len();
        if (PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
            return Ok(());
        }
        let what = if length < PASSWORD_MIN { "that password is too short" } else { "that password is too long" };
        Err(Error::usage(what)
            .why(format!("a password has {PASSWORD_MIN} to {PASSWORD_MAX} bytes, this one has {length}"))
            .next("Three or four words with spaces are easy to type and hard to guess"))
    }

    fn normal(&self) -> &str {
        self.normal.as_ref().unwrap_or(&self.typed)
    }

    /// Whether it is the same password as `other`, however each was typed.
    pub fn is_same(&self, other: &Password) -> bool {
        self.normal() == other.normal()
    }

    /// Whether it may have different bytes when it comes from elsewhere.
    pub fn has_forms(&self) -> bool {
        self.normal.is_some()
    }

    /// Lends the bytes of its normal form to `f`: what is hashed.
    pub fn expose<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(self.normal().as_bytes())
    }

    /// Lends the bytes as they were typed to `f`: what is compared with a hash of an earlier version.
    pub fn expose_typed<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(self.typed.as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password's Argon2id hash as a PHC string: with [`PasswordHash::NORMAL`] before it, one of the password's normal
/// form, else one of what was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl PasswordHash {
    /// Stands before the hash of a normal form.
    pub const NORMAL: &str = "nfc";

    /// The hash `phc` of a password's normal form.
    pub fn of_normal(phc: &str) -> Self {
        PasswordHash(format!("{}{phc}", Self::NORMAL))
    }

    /// The PHC string, and whether it is of the normal form.
    pub fn parts(&self) -> (&str, bool) {
        match self.0.strip_prefix(Self::NORMAL) {
            Some(phc) => (phc, true),
            None => (&self.0, false),
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Password {
        Password::typed(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn one_password_however_it_is_written() {
        let composed = typed("caf\u{e9} au lait 12");
        for same in ["cafe\u{301} au lait 12", "\u{feff}caf\u{e9} au lait 12"] {
            assert!(typed(same).is_same(&composed), "{same}");
            typed(same).expose_typed(|bytes| assert_eq!(bytes, same.as_bytes()));
        }
        assert!(!typed("cafe au lait 12").is_same(&composed));
        assert!(typed("\u{feff}correct horse battery").is_same(&typed("correct horse battery")));
    }

    #[test]
    fn what_cant_be_typed_is_no_new_password() {
        for bad in ["\0", "\u{1b}", "\r", "\t", "\u{7f}", "\u{9b}", "x\u{feff}", "\u{2028}"] {
            let refused = typed(&format!("correct horse{bad}battery")).fits().unwrap_err();
            assert_eq!(refused.kind, crate::error::Kind::Usage, "{bad:?}");
        }
        for good in ["correct horse battery", "\u{feff}correct horse battery", "пароль из слов", "密码 密码 密码"]
        {
            assert!(typed(good).fits().is_ok(), "{good}");
        }
        assert!(typed("\u{feff}0123456789").fits().is_err(), "the mark doesn't count");
    }
}
