use std::fs;

/// Path of the list of users, passwd(5). Users of a directory service are shown by number.
const USERS: &str = "/etc/passwd";

/// Returns the name of the user with that number, if the list has it.
pub fn name_of(uid: u32) -> Option<String> {
    lookup_name(&fs::read_to_string(USERS).ok()?, uid)
}

fn lookup_name(users: &str, uid: u32) -> Option<String> {
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| plain(name))?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\n$(id):x:7:7::/:\njeton:x:990:990::/var/lib/jeton:\n";
        assert_eq!(lookup_name(users, 990).as_deref(), Some("jeton"));
        assert_eq!(lookup_name(users, 7), None, "no name that a shell would read otherwise");
        assert_eq!(lookup_name(users, 1), None);
    }
}
