//! Methods: the callable operations of an API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;

use crate::domain::name::{quoted, text_newtype};
use crate::domain::untrusted_text::excerpt;
use crate::domain::word_enum::word_enum;
use crate::error::{Error, Result};

word_enum! {
    /// The effect that calling a method can have, the weakest first. A role is a ceiling for the access level.
    #[derive(PartialOrd, Ord)]
    pub enum Access {
        /// Needs no token: a proxy lets everybody call the method.
        Public = "public",
        /// Reads data.
        Read = "read",
        /// Changes data.
        Write = "write",
        /// Changes permissions, or can't be undone.
        Admin = "admin",
    }
}

impl Access {
    pub fn parse(text: &str) -> Result<Self> {
        Access::from_word(text).ok_or_else(|| {
            Error::usage(format!("no access level {}", quoted(text))).why("use read, write, admin or public")
        })
    }
}

text_newtype! {
    /// A method's id, such as `environment.control_key.StopEnv`: 1 to 200 of `A-Z a-z 0-9 . _ -`.
    MethodId
}

impl MethodId {
    pub fn parse(text: &str) -> Result<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=200).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(MethodId(text.to_owned()));
        }
        Err(Error::usage(format!("\"{}\" is not a method id", excerpt(text, 64)))
            .why("use 1-200 of the characters A-Z a-z 0-9 . _ -"))
    }

    /// Returns `true` if the method is one of jeton's own management methods. Patterns and *Inherit* never include
    /// these.
    pub fn is_management(&self) -> bool {
        self.0.starts_with("jeton.")
    }
}

impl Borrow<str> for MethodId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    pub id: MethodId,
    pub title: String,
    /// Level of the method: a role permits it or not.
    pub access: Access,
    /// URL of the documentation.
    pub docs: Option<String>,
    /// HTTP routes that lead to the method, as `VERB /path`.
    pub routes: Vec<String>,
}
