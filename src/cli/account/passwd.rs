//! `account passwd`.

use super::super::App;
use super::super::args::PasswdArgs;
use super::super::change_report::print_changed;
use super::super::new_password::new_password;
use crate::domain::name::Username;
use crate::error::Result;
use crate::verbs::accounts::SetPassword;

pub(super) fn passwd(app: &mut App, args: PasswdArgs) -> Result<()> {
    let named = args.name.as_deref().map(Username::parse).transpose()?;
    let username = named.map_or_else(|| app.username_or_sole(), Ok)?;
    let credential = app.password_credential(&username)?;
    let given = app.prompt.given_new_password(args.password.new_password_file.as_deref())?;
    let password = new_password(app, &username, given)?;
    let changed = app.call(&credential, SetPassword { username, password })?;
    let what = if changed.value.account.temporary_password {
        "has a temporary password and must choose a new password at the next sign-in. The account's tokens keep \
         working"
    } else {
        "has a new password; the account's tokens keep working"
    };
    print_changed(app, &[changed.value], what)
}
