//! Passwords as people type them.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The minimum length of a new password, in bytes.
pub const PASSWORD_MIN: usize = 12;
/// The maximum length of a password, in bytes.
pub const PASSWORD_MAX: usize = 1024;

/// A password. Wiped from memory on drop; no `Clone`, `Display` or `Serialize`.
///
/// The same password can arrive as different bytes. A keyboard may or may not compose `é`, and an editor may write a
/// byte order mark before the text. So jeton hashes the normal form (Unicode NFC, without the mark), which is the same
/// from everywhere. Hashes made before there was a normal form are compared with the bytes as typed.
pub struct Password {
    typed: Zeroizing<String>,
    /// `None` if the normal form equals the typed text.
    normal: Option<Zeroizing<String>>,
}

impl Password {
    /// Creates a password from typed text, for comparison with a stored one.
    pub fn typed(text: Zeroizing<String>) -> Self {
        if text.is_ascii() {
            return Password { typed: text, normal: None };
        }
        // Reserves room for any composition, because growing would leave copies in memory.
        let mut normal = Zeroizing::new(String::with_capacity(3 * text.len()));
        normal.extend(text.strip_prefix('\u{feff}').unwrap_or(&text).nfc());
        Password { typed: text, normal: Some(normal) }
    }

    /// Creates a new password. See [`Password::fits`].
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the text can't become a password.
    pub fn new(text: Zeroizing<String>) -> Result<Self> {
        let password = Self::typed(text);
        password.fits().map(|()| password)
    }

    /// Checks that the text may become a password: it has 12 to 1024 bytes, and everybody can type it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if it may not.
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

    /// `true` if `other` is the same password, even if typed as different bytes.
    pub fn is_same(&self, other: &Password) -> bool {
        self.normal() == other.normal()
    }

    /// `true` if the password may have different bytes when typed elsewhere.
    pub fn has_forms(&self) -> bool {
        self.normal.is_some()
    }

    /// Lends the bytes of the normal form to `f`. These bytes are hashed.
    pub fn expose<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(self.normal().as_bytes())
    }

    /// Lends the bytes as typed to `f`, for comparison with a hash of an earlier version.
    pub fn expose_typed<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(self.typed.as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password's Argon2id hash as a PHC string. With [`PasswordHash::NORMAL`] before it, it is a hash of the normal
/// form, else of the text as typed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl PasswordHash {
    /// Marks the hash of a normal form.
    pub const NORMAL: &str = "nfc";

    /// Wraps `phc`, the hash of a password's normal form.
    pub fn of_normal(phc: &str) -> Self {
        PasswordHash(format!("{}{phc}", Self::NORMAL))
    }

    /// Returns the PHC string, and `true` if it is a hash of the normal form.
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
