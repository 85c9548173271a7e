//! Names and free text that people choose: usernames, token names, descriptions, secret prefixes.

use crate::domain::secret::contains_secret;
use crate::domain::untrusted_text::{excerpt, is_control_or_bidi};
use crate::error::{Error, Result};

const USERNAME_RULE: &str = "use 1-32 of the characters a-z 0-9 . _ -, and begin with a letter or digit";
const TOKEN_NAME_RULE: &str = "use 1-64 of the characters A-Z a-z 0-9 . _ -, and begin with a letter or digit";
/// The longest description, in characters.
pub const MAX_DESCRIPTION_LEN: usize = 200;
/// The longest token name, in characters.
pub const MAX_TOKEN_NAME_LEN: usize = 64;
/// The longest username, in characters.
pub const MAX_USERNAME_LEN: usize = 32;

fn is_well_formed(text: &str, max: usize, letter: fn(&u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let inner = |b: &u8| letter(b) || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    (1..=max).contains(&bytes.len())
        && bytes.iter().all(inner)
        && bytes.first().is_some_and(|b| letter(b) || b.is_ascii_digit())
}

/// Returns at most the first 64 characters of refused input, safe to show. Never shows a secret.
pub(super) fn quoted(text: &str) -> String {
    if contains_secret(text) {
        return "a secret".to_owned();
    }
    format!("\"{}\"", excerpt(text, 64))
}

/// Refuses secrets: these texts are stored, shown and logged, and a secret must not get there.
pub(super) fn reject_secret(text: &str) -> Result<()> {
    if !contains_secret(text) {
        return Ok(());
    }
    Err(Error::usage("names, descriptions and contacts can't contain a secret")
        .why("other people can see these texts. Nothing was saved")
        .next(
            "Leave out the secret. A description can contain the token's hint: the part of the secret before the \
             second _. If anyone else saw the secret, regenerate the token",
        ))
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(super) use text_newtype;

text_newtype! {
    /// An account's name: `[a-z0-9][a-z0-9._-]{0,31}`.
    Username
}
text_newtype! {
    /// A token's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`, unique among its account's untrashed tokens.
    TokenName
}
text_newtype! {
    /// Free text of up to 200 characters, without control, bidirectional or zero-width characters.
    Description
}
text_newtype! {
    /// The start of every secret of an installation: `[a-z][a-z0-9]{1,9}`.
    Prefix
}

impl Username {
    pub fn parse(text: &str) -> Result<Self> {
        if is_well_formed(text, MAX_USERNAME_LEN, u8::is_ascii_lowercase) {
            return Ok(Username(text.to_owned()));
        }
        let refused = Error::usage(format!("{} is not a username", quoted(text))).why(USERNAME_RULE);
        let lower = text.to_lowercase();
        if is_well_formed(&lower, MAX_USERNAME_LEN, u8::is_ascii_lowercase) {
            return Err(refused.next(format!("Try \"{lower}\"")));
        }
        Err(refused)
    }
}

impl TokenName {
    pub fn parse(text: &str) -> Result<Self> {
        reject_secret(text)?;
        if is_well_formed(text, MAX_TOKEN_NAME_LEN, u8::is_ascii_alphabetic) {
            return Ok(TokenName(text.to_owned()));
        }
        Err(Error::usage(format!("{} is not a token name", quoted(text))).why(TOKEN_NAME_RULE))
    }
}

impl Description {
    /// # Errors
    /// [`crate::error::Kind::Usage`] if the text is too long or contains a character that could control a terminal.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        reject_secret(text)?;
        let length = text.chars().count();
        if length > MAX_DESCRIPTION_LEN {
            return Err(Error::usage("the description is too long")
                .why(format!("the description has {length} characters, and the limit is {MAX_DESCRIPTION_LEN}"))
                .next("Shorten the description"));
        }
        match text.chars().find(|c| is_control_or_bidi(*c)) {
            Some(c) => Err(Error::usage(format!("the description contains {}", c.escape_unicode()))
                .why("control characters, invisible characters and text-direction characters are not allowed")),
            None => Ok(Description(text.to_owned())),
        }
    }

    pub fn none() -> Self {
        Description(String::new())
    }
}

impl Prefix {
    pub fn parse(text: &str) -> Result<Self> {
        if Prefix::is_valid(text.as_bytes()) {
            return Ok(Prefix(text.to_owned()));
        }
        Err(Error::usage(format!("{} is not a secret prefix", quoted(text)))
            .why("use 2-10 lowercase letters and digits, and begin with a letter"))
    }

    pub fn is_valid(text: &[u8]) -> bool {
        let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        (2..=10).contains(&text.len()) && text[0].is_ascii_lowercase() && text.iter().all(inner)
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Prefix("jtn".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_checked() {
        for good in ["a", "0", "ops", "a.b_c-d", &"a".repeat(32)] {
            assert_eq!(Username::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", ".a", "a b", "a:b", "ä", "а", "a\u{1b}[2J", &"a".repeat(33)] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Username::parse("Ops").unwrap_err().next.unwrap().contains("\"ops\""));
    }

    #[test]
    fn token_names_are_checked() {
        for good in ["ci-deploy", "A.b_C-9", &"x".repeat(64)] {
            assert_eq!(TokenName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-x", "a:b", "a/b", "a b", "é", &"x".repeat(65), "x\u{1b}]52;c;\u{7}"] {
            let refused = TokenName::parse(bad).unwrap_err();
            assert!(!refused.to_string().chars().any(is_control_or_bidi), "{bad:?}");
        }
    }

    #[test]
    fn descriptions_are_checked() {
        assert_eq!(Description::parse("  Deploys the shop  ").unwrap().as_str(), "Deploys the shop");
        assert!(Description::parse(&"é".repeat(200)).is_ok());
        assert!(Description::parse(&"é".repeat(201)).is_err());
        for bad in ["a\u{202e}b", "a\u{200b}b", "a\nb", "a\u{85}b"] {
            assert!(Description::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn prefixes_are_checked() {
        assert!(Prefix::parse("jtn").is_ok());
        for bad in ["", "j", "1ab", "Jtn", "jt_n", "abcdefghijk"] {
            assert!(Prefix::parse(bad).is_err(), "{bad}");
        }
    }
}
