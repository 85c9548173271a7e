//! `account disable`.

use super::super::args::AccountsArgs;
use super::super::change_report::{RevokedText, print_revoked};
use super::super::{App, impact};
use super::usernames;
use crate::error::Result;
use crate::verbs::accounts::DisableAccounts;
use crate::verbs::impact::Removal;

pub(super) fn disable(app: &mut App, some: AccountsArgs) -> Result<()> {
    let usernames = usernames(&some)?;
    let to = if usernames.len() == 1 { "disable the account" } else { "disable the accounts" };
    let (credential, seen) = impact::write_credential(app, to, |_| Ok(Removal::Accounts(usernames.clone())))?;
    let changed = app.call(&credential, DisableAccounts { usernames, expected: seen.into_accounts() })?;
    let text = RevokedText {
        done: "disabled",
        subject: "the account's tokens",
        fallback_text: "; jeton denies the account's tokens from the next request on",
    };
    print_revoked(app, &changed.value, None, changed.audit_seq, &text)
}
