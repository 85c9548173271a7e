use nix::unistd::{Uid, User};

/// Returns the name of the user with that number. `None` if the system doesn't know the user, or if a shell would read
/// the name in another way.
pub fn name_of(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid)).ok()?.map(|user| user.name).filter(|name| is_plain(name))
}

/// Returns the number of the user with this name or number. `None` if the system doesn't know the user.
pub fn uid_of(name: &str) -> Option<u32> {
    match name.parse() {
        Ok(number) => Some(number),
        Err(_) => User::from_name(name).ok()?.map(|user| user.uid.as_raw()),
    }
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
        assert_eq!((uid_of("root"), uid_of("17"), uid_of("no-such-user-of-jeton")), (Some(0), Some(17), None));
        assert!(is_plain("jeton.2_a-b") && !is_plain("$(id)") && !is_plain(""));
    }
}
