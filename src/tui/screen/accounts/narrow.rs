//! The filter of the accounts: words of the name, and `role:admin`, `status:disabled`.

use crate::domain::account::Account;
use crate::domain::role::Role;

/// What the accounts are narrowed to; every part must hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Narrowed {
    /// Each must stand in the name.
    pub(super) words: Vec<String>,
    role: Option<Role>,
    enabled: Option<bool>,
}

/// The one of `all` whose word begins with `head`. `Err` when none does; nothing while several do.
fn the_one<T: Copy>(head: &str, all: &[(T, &str)]) -> Result<Option<T>, ()> {
    let mut found = all.iter().filter(|(_, word)| word.starts_with(head));
    let first = found.next().ok_or(())?;
    Ok(found.next().is_none().then_some(first.0))
}

impl Narrowed {
    /// Reads what was typed. A field that isn't one is taken as a word, so typing never fails.
    pub(super) fn parse(text: &str) -> Self {
        let roles = Role::ALL.map(|role| (role, role.word()));
        let states = [(true, "enabled"), (false, "disabled")];
        let mut narrowed = Narrowed::default();
        for part in text.split_whitespace() {
            let part = part.to_lowercase();
            let read = match part.split_once(':') {
                Some(("role", head)) => the_one(head, &roles).map(|role| narrowed.role = role.or(narrowed.role)),
                Some(("status", head)) => the_one(head, &states).map(|on| narrowed.enabled = on.or(narrowed.enabled)),
                _ => Err(()),
            };
            if read.is_err() {
                narrowed.words.push(part);
            }
        }
        narrowed
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
