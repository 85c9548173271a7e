//! Policy: the rules of an installation, stored in the store and changed by owners.

use crate::domain::expiry::Span;
use crate::domain::suggest::did_you_mean;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// The rules of an installation. [`Policy::default`] holds the product's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Policy {
    /// `true` if members and viewers manage their own tokens.
    pub self_service: bool,
    /// Maximum number of active tokens of an account; 0 = no limit.
    pub active_tokens: u32,
    /// Maximum number of tokens of an account, including those in the trash; 0 = no limit.
    pub kept_tokens: u32,
    /// The expiry that Generate offers first; `None` = never.
    pub default_expiry: Option<Span>,
    /// The longest expiry that a token may have; `None` = no limit.
    pub max_expiry: Option<Span>,
    /// Period in which a revoked token can be restored.
    pub trash: Span,
    /// Period for which uses and denied attempts are stored.
    pub ledger_keep: Span,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            self_service: true,
            active_tokens: 10,
            kept_tokens: 1_000,
            default_expiry: Some(Span::Days(90)),
            max_expiry: None,
            trash: Span::Days(30),
            ledger_keep: Span::Days(90),
        }
    }
}

/// An object of [`Policy::pairs`].
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.pairs())
    }
}

impl TryFrom<BTreeMap<String, String>> for Policy {
    type Error = Error;

    fn try_from(rules: BTreeMap<String, String>) -> Result<Self> {
        let mut policy = Policy::default();
        rules.iter().try_for_each(|(key, value)| policy.set(key, value))?;
        match policy.pairs().iter().find(|(key, _)| !rules.contains_key(*key)) {
            Some((key, _)) => Err(Error::usage(format!("the rule {key} is missing"))),
            None => Ok(policy),
        }
    }
}

impl Policy {
    /// Returns key and value of every rule, as stored and shown.
    pub fn pairs(&self) -> [(&'static str, String); 7] {
        let span = |s: Option<Span>, none: &str| s.map_or_else(|| none.to_owned(), |s| s.to_string());
        [
            ("policy.self_service", if self.self_service { "on" } else { "off" }.to_owned()),
            ("policy.active_tokens", self.active_tokens.to_string()),
            ("policy.kept_tokens", self.kept_tokens.to_string()),
            ("policy.default_expiry", span(self.default_expiry, "never")),
            ("policy.max_expiry", span(self.max_expiry, "none")),
            ("policy.trash", self.trash.to_string()),
            ("policy.ledger_keep", self.ledger_keep.to_string()),
        ]
    }

    /// Returns the rules with `changes`: key and value of each.
    ///
    /// # Errors
    /// Those of [`Policy::set`], and [`crate::error::Kind::Usage`] for a rule that is given twice.
    pub fn with(&self, changes: &[(String, String)]) -> Result<Policy> {
        let mut policy = self.clone();
        for (at, (key, value)) in changes.iter().enumerate() {
            policy.set(key, value)?;
            if changes[..at].iter().any(|(earlier, _)| earlier == key) {
                return Err(Error::usage(format!("the rule {key} is given twice")).next("Give each rule once"));
            }
        }
        Ok(policy)
    }

    /// Sets one rule from its stored form. If a span is optional, `never` and `none` both mean that there is none.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for an unknown key or a value that doesn't fit the key.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let span = || {
            Span::parse(value).map_err(|refused| {
                let what = format!("invalid value for {key}: {}", refused.what.trim_end_matches(" is not a span"));
                Error { what, ..refused }
            })
        };
        let optional = |none: &str| match value {
            "never" | "none" => Ok(None),
            _ => span().map(Some).map_err(|e| Error { why: e.why.map(|why| format!("{why}, or {none}")), ..e }),
        };
        let limit = || {
            value.parse().map_err(|_| {
                Error::usage(format!("{key} must be a whole number from 0 to {}; 0 means no limit", u32::MAX))
            })
        };
        match key {
            "policy.self_service" => {
                self.self_service = match value {
                    "on" => true,
                    "off" => false,
                    _ => return Err(Error::usage("policy.self_service must be on or off")),
                }
            }
            "policy.active_tokens" => self.active_tokens = limit()?,
            "policy.kept_tokens" => self.kept_tokens = limit()?,
            "policy.default_expiry" => self.default_expiry = optional("never")?,
            "policy.max_expiry" => self.max_expiry = optional("none")?,
            "policy.trash" => self.trash = span()?,
            "policy.ledger_keep" => self.ledger_keep = span()?,
            _ => {
                let keys = Policy::default().pairs().map(|(key, _)| key);
                let error = Error::usage(format!("no rule \"{}\"", escape_untrusted(key)))
                    .why(format!("use one of: {}", keys.join(", ")));
                return Err(did_you_mean(error, key, keys));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_read_back() {
        let odd = Policy {
            self_service: false,
            active_tokens: 0,
            kept_tokens: 50,
            default_expiry: None,
            max_expiry: Some(Span::Years(1)),
            trash: Span::Days(7),
            ledger_keep: Span::Months(6),
        };
        let mut read = Policy::default();
        for (key, value) in odd.pairs() {
            read.set(key, &value).unwrap();
        }
        assert_eq!(read, odd);
        let refused = |error: Error, words: &[&str]| {
            let text = error.to_string();
            assert!(words.iter().all(|w| text.contains(w)), "{text}");
        };
        refused(read.set("policy.colour", "red").unwrap_err(), &["policy.trash, policy.ledger_keep"]);
        refused(read.set("policy.trash", "soon").unwrap_err(), &["policy.trash", "\"soon\"", "30d"]);
        refused(read.set("policy.trash", "never").unwrap_err(), &["policy.trash"]);
        read.set("policy.max_expiry", "never").unwrap();
        assert_eq!(read.max_expiry, None);
        assert!(read.set("policy.active_tokens", "-1").is_err());
    }
}
