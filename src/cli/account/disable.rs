//! `account disable`.

use super::super::args::AccountsArgs;
use super::super::{App, impact};
use super::change_report::print_revoked;
use super::usernames;
use crate::error::Result;
use crate::verbs::accounts::DisableAccounts;
use crate::verbs::impact::Removal;

pub(super) fn disable(app: &mut App, some: AccountsArgs) -> Result<()> {
    let usernames = usernames(&some)?;
    let to = if usernames.len() == 1 { "disable the account" } else { "disable the accounts" };
    let (credential, seen) = impact::write_credential(app, to, |_| Ok(Removal::Accounts(usernames.clone())))?;
    let changed = app.call(&credential, DisableAccounts { usernames, expected: seen.accounts })?;
    print_revoked(
        app,
        &changed.value,
        changed.audit_seq,
        "disabled",
        "; jeton denies the account's tokens from the next request on",
    )
}
