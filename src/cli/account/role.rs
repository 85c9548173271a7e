//! `account role`.

use super::super::change_report::print_changed;
use super::super::{App, impact};
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::Result;
use crate::verbs::accounts::SetRole;
use crate::verbs::impact::Removal;

pub(super) fn role(app: &mut App, name: &str, role: &str) -> Result<()> {
    let (username, role) = (Username::parse(name)?, Role::parse(role)?);
    let removal = Removal::Role(username.clone(), role);
    let (credential, seen) = impact::write_credential(app, "change the role", |_| Ok(removal))?;
    let changed = app.call(&credential, SetRole { username, role, expected: seen.into_accounts() })?;
    print_changed(
        app,
        &[changed.value],
        &format!(
            "now has the role {role}. From the next request on, this role limits the account's tokens. A token that \
             was issued with a lower role keeps the lower role. To give the token the new role, regenerate the token"
        ),
    )
}
