//! The report of a change of accounts, as text or JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::propagation::PropagationCheck;
use crate::error::Result;
use crate::verbs::accounts::AccountWithCounts;

/// Reports the change of each account.
pub(super) fn print_changed(app: &mut App, accounts: &[AccountWithCounts], what: &str) -> Result<()> {
    if !app.out.json {
        accounts.iter().for_each(|a| app.out.note(&format!("✓ {} {what}", a.account.username)));
        return Ok(());
    }
    app.print_json(&to_json(accounts))
}

/// Reports accounts that lost access, and if the running service already denies their tokens.
pub(super) fn print_revoked(
    app: &mut App,
    accounts: &[AccountWithCounts],
    seq: i64,
    what: &str,
    fallback_text: &str,
) -> Result<()> {
    let service = PropagationCheck::run(app, seq);
    if app.out.json {
        return service.print_json(app, &to_json(accounts));
    }
    print_changed(app, accounts, &format!("{what}{}", service.suffix("the account's tokens", fallback_text)))?;
    service.warn_unconfirmed(app);
    Ok(())
}

/// The answer of a change of one account or several.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum ChangedAccounts<'a> {
    /// The account.
    Account(&'a AccountWithCounts),
    /// The accounts.
    Accounts(&'a [AccountWithCounts]),
}

fn to_json(accounts: &[AccountWithCounts]) -> ChangedAccounts<'_> {
    match accounts {
        [only] => ChangedAccounts::Account(only),
        several => ChangedAccounts::Accounts(several),
    }
}
