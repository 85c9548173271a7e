//! The filter of the token list: words, and fields such as `status:expired account:ci seen:never`.

use crate::domain::token::Status;

/// What the list is narrowed to; every part must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Each must stand in the name, description, account or hint, upper or lower case alike.
    pub words: Vec<String>,
    /// The one status wanted.
    pub status: Option<Status>,
    /// What the account's name holds.
    pub account: Option<String>,
    /// Whether it was ever seen.
    pub seen: Option<bool>,
}

impl Filter {
    /// Reads what was typed. A field that isn't one is taken as a word, so typing never fails.
    pub fn parse(text: &str) -> Self {
        let mut filter = Filter::default();
        for part in text.split_whitespace() {
            match part.split_once(':') {
                Some(("status", value)) if Status::parse(value).is_ok() => filter.status = Status::parse(value).ok(),
                Some(("account", value)) if !value.is_empty() => filter.account = Some(value.to_lowercase()),
                Some(("seen", "never")) => filter.seen = Some(false),
                Some(("seen", "ever")) => filter.seen = Some(true),
                _ => filter.words.push(part.to_lowercase()),
            }
        }
        filter
    }

    /// Whether it narrows nothing.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_words() {
        let filter = Filter::parse("status:expired Dep account:CI seen:never foo:bar");
        assert_eq!(filter.status, Some(Status::Expired));
        assert_eq!(filter.account.as_deref(), Some("ci"));
        assert_eq!(filter.seen, Some(false));
        assert_eq!(filter.words, ["dep", "foo:bar"]);
        assert!(Filter::parse("  ").is_empty());
        assert_eq!(Filter::parse("status:nonsense").words, ["status:nonsense"]);
    }
}
