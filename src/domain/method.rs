//! Methods: the callable operations of an API.

use std::borrow::Borrow;
use std::fmt;

use crate::domain::text::shown;
use crate::error::{Error, Result};

/// What calling a method can do; a role is a ceiling on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Needs no token: a proxy lets everybody call it.
    Public,
    /// Looks.
    Read,
    /// Changes.
    Write,
    /// Changes who may do what, or can't be undone.
    Admin,
}

impl Access {
    /// Every level, the weakest first.
    pub const ALL: [Access; 4] = [Access::Public, Access::Read, Access::Write, Access::Admin];

    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
        match self {
            Access::Public => "public",
            Access::Read => "read",
            Access::Write => "write",
            Access::Admin => "admin",
        }
    }

    /// # Errors
    /// [`crate::error::Kind::Usage`] with the words.
    pub fn parse(text: &str) -> Result<Self> {
        Access::ALL
            .into_iter()
            .find(|a| a.word() == text)
            .ok_or_else(|| Error::usage("no such access level").why("it is read, write, admin or public"))
    }
}

/// A method's id, such as `environment.control.StopEnv`: 1 to 200 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodId(String);

impl MethodId {
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the rule.
    pub fn parse(text: &str) -> Result<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=200).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(MethodId(text.to_owned()));
        }
        let head: String = text.chars().take(64).collect();
        Err(Error::usage(format!("\"{}\" is not a method id", shown(&head)))
            .why("a method id has 1 to 200 of A-Z a-z 0-9 . _ -"))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one of jeton's own management methods, which patterns and *Inherit* never include.
    pub fn is_management(&self) -> bool {
        self.0.starts_with("jeton.")
    }
}

impl Borrow<str> for MethodId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MethodId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One callable operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its id.
    pub id: MethodId,
    /// What it does, in a few words.
    pub title: String,
    /// What calling it can do.
    pub access: Access,
    /// Where it is documented.
    pub docs: Option<String>,
    /// HTTP routes that lead to it, as `VERB /path`.
    pub routes: Vec<String>,
}
