//! `account role`.

use super::super::args::RoleArgs;
use super::super::{App, impact};
use super::change_report::print_changed;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::Result;
use crate::verbs::accounts::SetRole;
use crate::verbs::impact::Removal;

pub(super) fn role(app: &mut App, args: RoleArgs) -> Result<()> {
    let (username, role) = (Username::parse(&args.name)?, Role::parse(&args.role)?);
    let removal = Removal::Role(username.clone(), role);
    let (credential, seen) = impact::write_credential(app, "change the role", |_| Ok(removal))?;
    let changed = app.call(&credential, SetRole { username, role, expected: seen.accounts })?;
    print_changed(
        app,
        &[changed.value],
        &format!("now has the role {role}. The role limits the account's tokens from the next request on"),
    )
}
