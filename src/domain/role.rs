//! Roles: the ceiling for an account's tokens, and for the accounts it may manage.

use crate::domain::method::Access;
use crate::domain::name::quoted;
use crate::domain::word_enum::word_enum;
use crate::error::{Error, Result};

word_enum! {
    /// A role, from the least to the most powerful.
    #[derive(PartialOrd, Ord)]
    pub enum Role {
        /// May read.
        Viewer = "viewer",
        /// May read and write.
        Member = "member",
        /// May do everything, and manages strictly lower roles.
        Admin = "admin",
        /// May do everything, and manages everyone.
        Owner = "owner",
    }
}

impl Role {
    pub fn parse(text: &str) -> Result<Self> {
        Role::from_word(text).ok_or_else(|| {
            Error::usage(format!("unknown role {}", quoted(text))).next("Use owner, admin, member or viewer")
        })
    }

    /// Returns `true` if tokens of an account with this role may call methods of `access`.
    pub const fn permits(self, access: Access) -> bool {
        match self {
            Role::Owner | Role::Admin => true,
            Role::Member => matches!(access, Access::Public | Access::Read | Access::Write),
            Role::Viewer => matches!(access, Access::Public | Access::Read),
        }
    }

    /// Returns `true` if an account with this role manages *other* accounts with the role `other`.
    pub fn manages(self, other: Role) -> bool {
        match self {
            Role::Owner => true,
            Role::Admin => other < Role::Admin,
            Role::Member | Role::Viewer => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_follow_roles() {
        let permitted = |r: Role| Access::ALL.map(|a| r.permits(a));
        assert_eq!(permitted(Role::Owner), [true, true, true, true]);
        assert_eq!(permitted(Role::Admin), [true, true, true, true]);
        assert_eq!(permitted(Role::Member), [true, true, true, false]);
        assert_eq!(permitted(Role::Viewer), [true, true, false, false]);
    }

    #[test]
    fn who_manages_whom() {
        let managed = |r: Role| Role::ALL.map(|o| r.manages(o));
        assert_eq!(managed(Role::Owner), [true, true, true, true]);
        assert_eq!(managed(Role::Admin), [true, true, false, false]);
        assert_eq!(managed(Role::Member), [false; 4]);
        assert_eq!(managed(Role::Viewer), [false; 4]);
    }
}
