//! Verbs about accounts, one file for each.

mod contact;
mod create;
mod delete;
mod enable;
mod log_in;
mod password;
mod query;
mod role;
mod sign_in;

pub use contact::SetContact;
pub use create::CreateAccount;
pub use delete::DeleteAccount;
pub use enable::{DisableAccounts, EnableAccounts};
pub(super) use log_in::live_login;
pub use log_in::{IssuedLogin, LogIn, LogOut};
pub use password::SetPassword;
pub use query::{AccountDetails, AccountList, ListAccounts, ShowAccount};
pub use role::SetRole;
pub use sign_in::{CurrentUser, GetSetup, SetupState, SignIn, WhoAmI};

use crate::domain::account::{Account, AccountId};
use crate::error::Fault;
use crate::verbs::ports::TokenCounts;
use crate::verbs::prelude::*;

/// An account and the number of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountWithCounts {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// The counts of its tokens.
    pub tokens: TokenCounts,
}

pub(super) fn with_counts(snapshot: &dyn Snapshot, account: Account, env: &Env<'_>) -> Result<AccountWithCounts> {
    let tokens = snapshot.token_counts(Some(account.id), env.now)?.remove(&account.id).unwrap_or_default();
    Ok(AccountWithCounts { account, tokens })
}

/// Returns the account after a change, with its tokens counted.
fn reload(snapshot: &dyn Snapshot, id: AccountId, env: &Env<'_>) -> Result<AccountWithCounts> {
    let account = snapshot.account(id)?.ok_or_else(|| Error::failure("the account no longer exists"))?;
    with_counts(snapshot, account, env)
}

pub(super) fn audit_entry(verb: &'static str, account: &Account) -> AuditEntry {
    AuditEntry::new(verb, account.id, account.username.as_str())
}

/// Refuses to change an account that has another role or state than in `seen`, the accounts as the person saw them.
fn check_unchanged(seen: &[Account], account: &Account) -> Result<()> {
    let is_same = |one: &Account| one.id != account.id || (one.role, one.enabled) == (account.role, account.enabled);
    if seen.iter().all(is_same) {
        return Ok(());
    }
    let what = format!("another program or session changed the account {} in the meantime", account.username);
    Err(Error::conflict(format!("{what}; your change was not made"))
        .next("Check the account's role and state, then make your change again")
        .fault(Fault::ChangedMeanwhile))
}

/// Refuses a change after which no enabled owner remains, who can manage everyone. `removed` are the accounts that will
/// no longer be enabled owners, if the snapshot is from before the change.
pub(super) fn check_owner_remains(snapshot: &dyn Snapshot, removed: &[Account]) -> Result<()> {
    let removed = removed.iter().filter(|account| account.is_enabled_owner()).count();
    if snapshot.enabled_owners()? as usize > removed { Ok(()) } else { Err(last_owner_error()) }
}

/// Explains why the last enabled owner can't be disabled, deleted or given a lower role.
pub fn last_owner_error() -> Error {
    Error::conflict("the last enabled owner can't be disabled, deleted or given another role")
        .why("without an enabled owner, nobody could manage owners and admins")
        .next(
            "First make sure that another owner is enabled. To enable a disabled owner: jeton account enable NAME. To \
             make an account an owner: jeton account role NAME owner. To create a new owner: jeton account create NAME \
             --role owner",
        )
}
