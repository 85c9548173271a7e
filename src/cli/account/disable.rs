//! `account disable`.

use super::super::App;
use super::super::args::AccountsArgs;
use super::change_report::print_revoked;
use super::usernames;
use crate::error::Result;
use crate::verbs::accounts::DisableAccounts;

pub(super) fn disable(app: &mut App, some: AccountsArgs) -> Result<()> {
    let usernames = usernames(&some)?;
    let credential = app.write_credential()?;
    let changed = app.call(&credential, DisableAccounts { usernames })?;
    print_revoked(
        app,
        &changed.value,
        changed.audit_seq,
        "disabled",
        "; jeton denies the account's tokens from the next request on",
    )
}
