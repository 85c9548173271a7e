use std::fs;
use std::path::Path;

use rustix::fs::Gid;

use crate::error::{Error, Result};

/// Path of the list of groups, group(5). Groups of a directory service are given by number.
const GROUPS: &str = "/etc/group";

/// Gives the file at `path` to the group with this name or number, so that the group can access it.
///
/// # Errors
/// [`crate::error::Kind::NotFound`] if there is no such group; [`crate::error::Kind::Failure`] if the system
/// refuses. Only root and members of the group may give a file to it.
pub fn chgrp(path: &Path, name: &str) -> Result<()> {
    let refused = |why: String| Error::failure(format!("can't set the group {name} of {}", path.display())).why(why);
    let groups = fs::read_to_string(GROUPS).map_err(|e| refused(e.to_string()))?;
    let number = name.parse().ok().or_else(|| lookup_gid(&groups, name)).ok_or_else(|| {
        Error::not_found(format!("no group {name}")).why(format!("the group is not in {GROUPS}")).next(format!(
            "Create the group: groupadd --system {name}. For a group of a directory service, give its number"
        ))
    })?;
    rustix::fs::chown(path, None, Some(Gid::from_raw(number))).map_err(|e| {
        refused(e.to_string())
            .next(format!("Add the service's user to the group: usermod -aG {name} USER. Then start the service again"))
    })
}

fn lookup_gid(groups: &str, name: &str) -> Option<u32> {
    groups.lines().map(|line| line.split(':')).find_map(|mut fields| {
        (fields.next() == Some(name)).then(|| fields.nth(1))?.and_then(|number| number.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_by_name() {
        let groups = "root:x:0:\nwww-data:x:33:nginx\nbroken\n";
        assert_eq!(lookup_gid(groups, "www-data"), Some(33));
        assert_eq!(lookup_gid(groups, "www"), None);
        assert_eq!(lookup_gid(groups, "broken"), None);
    }
}
