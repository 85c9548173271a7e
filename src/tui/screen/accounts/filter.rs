//! The filter of the accounts: words of the name, and `role:admin`, `status:disabled`.

use crate::domain::account::Account;
use crate::domain::query::filter_syntax::{FilterFields, Setter, set_choice};
use crate::domain::role::Role;

/// The parsed filter of the accounts. Every part must match.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Each word must occur in the name.
    pub(super) words: Vec<String>,
    role: Option<Role>,
    enabled: Option<bool>,
}

impl FilterFields for AccountFilter {
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

impl AccountFilter {
    pub(super) fn matches(&self, account: &Account) -> bool {
        self.role.is_none_or(|role| role == account.role)
            && self.enabled.is_none_or(|enabled| enabled == account.enabled)
            && self.words.iter().all(|word| account.username.as_str().contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_words_are_parsed() {
        let read = AccountFilter::parse("CI role:ad status:dis foo:bar");
        assert_eq!(read.words, ["ci", "foo:bar"]);
        assert_eq!((read.role, read.enabled), (Some(Role::Admin), Some(false)));
        assert_eq!(AccountFilter::parse("role: status:"), AccountFilter::default(), "not said yet");
        assert_eq!(AccountFilter::parse("role:king").words, ["role:king"]);
    }
}
