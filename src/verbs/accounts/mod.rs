//! Verbs about accounts, one file for each.

mod create;
mod delete;
mod enable;
mod password;
mod query;
mod role;
mod sign_in;

pub use create::CreateAccount;
pub use delete::DeleteAccount;
pub use enable::{DisableAccounts, EnableAccounts};
pub use password::SetPassword;
pub use query::{AccountDetails, AccountList, ListAccounts, ShowAccount};
pub use role::SetRole;
pub use sign_in::{CurrentUser, GetSetup, SetupState, SignIn, WhoAmI};

use crate::domain::account::{Account, AccountId};
use crate::verbs::ports::TokenCounts;
use crate::verbs::prelude::*;
use schemars::JsonSchema;

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

fn audit_entry(verb: &'static str, account: &Account) -> AuditEntry {
    AuditEntry::new(verb, account.id, account.username.as_str())
}

/// Refuses a change that would leave no enabled owner, who can manage everyone. Counted as the transaction would leave
/// them.
fn check_owner_remains(snapshot: &dyn Snapshot) -> Result<()> {
    if snapshot.enabled_owners()? > 0 {
        return Ok(());
    }
    Err(Error::conflict("the last enabled owner can't be disabled, deleted or given another role")
        .why("without an enabled owner, nobody could manage owners and admins")
        .next("Make another account an owner first: jeton account role NAME owner"))
}
