//! `account passwd`.

use super::super::App;
use super::super::args::PasswdArgs;
use super::super::change_report::print_changed;
use super::super::new_password::new_password;
use crate::domain::name::Username;
use crate::error::Result;
use crate::verbs::accounts::{SetPassword, ShowAccount};

pub(super) fn passwd(app: &mut App, args: PasswdArgs) -> Result<()> {
    app.require_person()?;
    let named = args.name.as_deref().map(Username::parse).transpose()?;
    let username = named.map_or_else(|| app.username_or_sole(), Ok)?;
    // The actor's own password may be temporary.
    let is_own = app.username_or_sole()? == username;
    let credential = app.write_credential_allowing(is_own)?;
    let given = app.prompt.given_new_password(args.password.new_password_file.as_deref())?;
    if given.is_none() && !is_own {
        // The verb checks the permission too. Checking here refuses before anyone chooses a password.
        app.call(&credential, ShowAccount { username: username.clone() })?;
    }
    let password = new_password(app, &username, given)?;
    let changed = app.call(&credential, SetPassword { username, password })?;
    let what = if changed.value.account.temporary_password {
        "has a temporary password and must choose a new password at the next sign-in. The account's logins have ended. \
         The account's tokens are not affected"
    } else {
        "has a new password. The account's logins have ended. The account's tokens are not affected"
    };
    print_changed(app, &[changed.value], what)
}
