//! The filter of the accounts: words of the name, and `role:admin`, `status:disabled`.

use crate::domain::account::Account;
use crate::domain::filter_syntax::{self, FilterFields, Setter, set_choice};
use crate::domain::role::Role;

/// The parsed filter of the accounts. Every part must match.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Narrowed {
    /// Each word must occur in the name.
    pub(super) words: Vec<String>,
    role: Option<Role>,
    enabled: Option<bool>,
}

impl FilterFields for Narrowed {
    const FIELDS: &'static [(&'static str, Setter<Self>)] = &[
        ("role", |narrowed, value| set_choice(&mut narrowed.role, value, &Role::ALL.map(|role| (role, role.as_str())))),
        ("status", |narrowed, value| {
            set_choice(&mut narrowed.enabled, value, &[(true, "enabled"), (false, "disabled")])
        }),
    ];

    fn add_word(&mut self, word: String) {
        self.words.push(word);
    }
}

impl Narrowed {
    /// Parses the filter text. An unknown field is treated as a word, so parsing never fails.
    pub(super) fn parse(text: &str) -> Self {
        filter_syntax::parse_lenient(text)
    }

    pub(super) fn takes(&self, account: &Account) -> bool {
        self.role.is_none_or(|role| role == account.role)
            && self.enabled.is_none_or(|enabled| enabled == account.enabled)
            && self.words.iter().all(|word| account.username.as_str().contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_words() {
        let read = Narrowed::parse("CI role:ad status:dis foo:bar");
        assert_eq!(read.words, ["ci", "foo:bar"]);
        assert_eq!((read.role, read.enabled), (Some(Role::Admin), Some(false)));
        assert_eq!(Narrowed::parse("role: status:"), Narrowed::default(), "not said yet");
        assert_eq!(Narrowed::parse("role:king").words, ["role:king"]);
    }
}
