use std::path::Path;

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid};

use crate::error::{Error, Result};

/// Gives the file at `path` to the group with this name or number, so that the group can access it.
///
/// # Errors
/// [`crate::error::Kind::NotFound`] if there is no such group; [`crate::error::Kind::Failure`] if the system
/// refuses. Only root and members of the group may give a file to it.
pub fn chgrp(path: &Path, name: &str) -> Result<()> {
    let refused = |why: String| Error::failure(format!("can't set the group {name} of {}", path.display())).why(why);
    let known = match name.parse() {
        Ok(number) => Some(number),
        Err(_) => Group::from_name(name).map_err(|e| refused(e.to_string()))?.map(|group| group.gid.as_raw()),
    };
    let number = known.ok_or_else(|| {
        Error::not_found(format!("no group {name}")).next(format!(
            "Create the group and add the service's user to it: groupadd --system {name}; usermod -aG {name} USER. Then \
             start the service again"
        ))
    })?;
    rustix::fs::chown(path, None, Some(rustix::fs::Gid::from_raw(number))).map_err(|e| {
        let next = match name_of(number) {
            Some(known) => format!("Add the service's user to the group: usermod -aG {known} USER"),
            None => format!(
                "Create the group and add the service's user to it: groupadd --gid {number} NAME; usermod -aG NAME USER"
            ),
        };
        refused(e.to_string()).next(format!("{next}. Then start the service again"))
    })
}

/// Returns `true` if the system has the group with this name or number.
pub fn exists(name: &str) -> bool {
    match name.parse() {
        Ok(number) => name_of(number).is_some(),
        Err(_) => Group::from_name(name).is_ok_and(|group| group.is_some()),
    }
}

/// Returns `true` if the user `uid` is in the group with this name or number. `None` if the system doesn't know the user
/// or the group.
pub fn has_member(name: &str, uid: u32) -> Option<bool> {
    let group = match name.parse() {
        Ok(number) => Group::from_gid(Gid::from_raw(number)),
        Err(_) => Group::from_name(name),
    };
    let group = group.ok()??;
    // A container can add groups to a process that the files of the system don't name.
    let own_groups = || rustix::process::getgroups().unwrap_or_default();
    let has_own = || own_groups().iter().any(|gid| gid.as_raw() == group.gid.as_raw());
    if uid == geteuid().as_raw() && (getegid() == group.gid || has_own()) {
        return Some(true);
    }
    let user = User::from_uid(Uid::from_raw(uid)).ok()??;
    Some(user.gid == group.gid || group.mem.contains(&user.name))
}

/// Returns the name of the group with that number. `None` if the system doesn't know the group.
pub fn name_of(gid: u32) -> Option<String> {
    Group::from_gid(Gid::from_raw(gid)).ok()?.map(|group| group.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_given_to_a_group_that_exists() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let own = nix::unistd::getegid();
        chgrp(file.path(), &name_of(own.as_raw()).unwrap()).unwrap();
        chgrp(file.path(), &own.to_string()).unwrap();
        let error = chgrp(file.path(), "no-such-group-of-jeton").unwrap_err();
        assert_eq!(error.kind, crate::error::Kind::NotFound);
        assert_eq!(name_of(u32::MAX - 7), None);
        assert_eq!((has_member(&own.to_string(), geteuid().as_raw()), has_member("root", 0)), (Some(true), Some(true)));
        assert_eq!((has_member("no-such-group-of-jeton", 0), has_member("0", u32::MAX - 7)), (None, None));
        assert!(exists("root") && exists("0") && !exists("no-such-group-of-jeton") && !exists("4294967288"));
    }
}
