//! `account enable`.

use super::super::App;
use super::super::args::AccountsArgs;
use super::super::change_report::print_changed;
use super::usernames;
use crate::error::Result;
use crate::verbs::accounts::EnableAccounts;

pub(super) fn enable(app: &mut App, some: AccountsArgs) -> Result<()> {
    let usernames = usernames(&some)?;
    let credential = app.write_credential()?;
    let changed = app.call(&credential, EnableAccounts { usernames, expected: Vec::new() })?;
    print_changed(app, &changed.value, "enabled")
}
