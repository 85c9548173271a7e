use nix::unistd::{Uid, User};

/// Returns the name of the user with that number. `None` if the system doesn't know the user, or if a shell would read
/// the name in another way.
pub fn name_of(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid)).ok()?.map(|user| user.name).filter(|name| is_plain(name))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_number() {
        assert_eq!(name_of(0).as_deref(), Some("root"));
        assert_eq!(name_of(u32::MAX - 7), None);
        assert!(is_plain("jeton.2_a-b") && !is_plain("$(id)") && !is_plain(""));
    }
}
