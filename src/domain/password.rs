//! Passwords as people type them.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The minimum length of a new password, in bytes.
pub const MIN_PASSWORD_LEN: usize = 12;
/// The maximum length of a password, in bytes.
pub const MAX_PASSWORD_LEN: usize = 1024;

/// A password. Wiped from memory on drop; no `Clone`, `Display` or `Serialize`.
///
/// The same password can arrive as different bytes. A keyboard may or may not compose `é`, and an editor may write a
/// byte order mark before the text. So jeton hashes the normal form (Unicode NFC, without the mark), which is the same
/// from everywhere. Hashes made before there was a normal form are compared with the bytes as typed.
pub struct Password {
    raw: Zeroizing<String>,
    /// `None` if the normal form equals the typed text.
    normalized: Option<Zeroizing<String>>,
}

impl Password {
    /// Creates a password from typed text, for comparison with a stored one.
    pub fn from_raw(text: Zeroizing<String>) -> Self {
        if text.is_ascii() {
            return Password { raw: text, normalized: None };
        }
        // Reserves room for any composition, because growing would leave copies in memory.
        let mut normal = Zeroizing::new(String::with_capacity(3 * text.len()));
        normal.extend(text.strip_prefix('\u{feff}').unwrap_or(&text).nfc());
        Password { raw: text, normalized: Some(normal) }
    }

    /// Creates a new password. See [`Password::validate`].
    pub fn new(text: Zeroizing<String>) -> Result<Self> {
        let password = Self::from_raw(text);
        password.validate().map(|()| password)
    }

    /// Checks that the text may become a password: it has 12 to 1024 bytes, and everybody can type it.
    pub fn validate(&self) -> Result<()> {
        let normal = self.normalized();
        if normal.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')) {
            return Err(Error::usage("the password contains a character that can't be typed at sign-in")
                .why("control characters (such as ESC), line breaks and byte order marks are not allowed")
                .next(
                    "Choose another password. If the password comes from a file, remove this character from the file",
                ));
        }
        let length = normal.len();
        if (MIN_PASSWORD_LEN..=MAX_PASSWORD_LEN).contains(&length) {
            return Ok(());
        }
        let (what, next) = match length < MIN_PASSWORD_LEN {
            true => (
                "the password is too short",
                "Use three or four words with spaces: they are easy to type and hard to guess",
            ),
            false => ("the password is too long", "Use a shorter password"),
        };
        Err(Error::usage(what)
            .why(format!("use {MIN_PASSWORD_LEN} to {MAX_PASSWORD_LEN} bytes; this password has {length}"))
            .next(next))
    }

    fn normalized(&self) -> &str {
        self.normalized.as_ref().unwrap_or(&self.raw)
    }

    /// Returns `true` if `other` is the same password, even if typed as different bytes.
    pub fn is_same_as(&self, other: &Password) -> bool {
        self.normalized() == other.normalized()
    }

    /// Returns `true` if the password may have different bytes when typed elsewhere.
    pub fn has_variants(&self) -> bool {
        self.normalized.is_some()
    }

    /// Lends the bytes of the normal form to `f`. These bytes are hashed.
    pub fn expose<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(self.normalized().as_bytes())
    }

    /// Lends the bytes as typed to `f`, for comparison with a hash of an earlier version.
    pub fn expose_raw<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        f(self.raw.as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A password's Argon2id hash as a PHC string. With [`PasswordHash::NORMALIZED_PREFIX`] before it, it is a hash of the
/// normal form, else of the text as typed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl PasswordHash {
    /// Marks the hash of a normal form.
    pub const NORMALIZED_PREFIX: &str = "nfc";

    pub fn from_normalized_phc(phc: &str) -> Self {
        PasswordHash(format!("{}{phc}", Self::NORMALIZED_PREFIX))
    }

    /// Returns the PHC string, and `true` if it is a hash of the normal form.
    pub fn parts(&self) -> (&str, bool) {
        match self.0.strip_prefix(Self::NORMALIZED_PREFIX) {
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
        Password::from_raw(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn one_password_however_it_is_written() {
        let composed = typed("caf\u{e9} au lait 12");
        for same in ["cafe\u{301} au lait 12", "\u{feff}caf\u{e9} au lait 12"] {
            assert!(typed(same).is_same_as(&composed), "{same}");
            typed(same).expose_raw(|bytes| assert_eq!(bytes, same.as_bytes()));
        }
        assert!(!typed("cafe au lait 12").is_same_as(&composed));
        assert!(typed("\u{feff}correct horse battery").is_same_as(&typed("correct horse battery")));
    }

    #[test]
    fn untypable_text_is_no_new_password() {
        for bad in ["\0", "\u{1b}", "\r", "\t", "\u{7f}", "\u{9b}", "x\u{feff}", "\u{2028}"] {
            let refused = typed(&format!("correct horse{bad}battery")).validate().unwrap_err();
            assert_eq!(refused.kind, crate::error::Kind::Usage, "{bad:?}");
        }
        for good in ["correct horse battery", "\u{feff}correct horse battery", "пароль из слов", "密码 密码 密码"]
        {
            assert!(typed(good).validate().is_ok(), "{good}");
        }
        assert!(typed("\u{feff}0123456789").validate().is_err(), "the mark doesn't count");
    }
}
