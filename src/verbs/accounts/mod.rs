//! Verbs about accounts, one file for each.

mod create;
mod delete;
mod look;
mod password;
mod role;
mod session;
mod switch;

pub use create::CreateAccount;
pub use delete::DeleteAccount;
pub use look::{AccountList, ListAccounts, ShowAccount, ShownAccount};
pub use password::SetPassword;
pub use role::SetRole;
pub use session::{Greet, Greeting, Me, SignIn, WhoAmI};
pub use switch::{DisableAccounts, EnableAccounts};

use crate::domain::account::{Account, AccountId};
use crate::domain::audit::AuditEntry;
use crate::error::{Error, Result};
use crate::verbs::Env;
use crate::verbs::ports::{Snapshot, TokenCounts};

/// An account and the number of its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedAccount {
    /// The account.
    pub account: Account,
    /// The counts of its tokens.
    pub tokens: TokenCounts,
}

/// Counts the tokens of `account`.
fn counted(snapshot: &dyn Snapshot, account: Account, env: &Env<'_>) -> Result<CountedAccount> {
    let tokens = snapshot.token_counts(Some(account.id), env.now)?.remove(&account.id).unwrap_or_default();
    Ok(CountedAccount { account, tokens })
}

/// Returns the account after a change, with its tokens counted.
fn stored(snapshot: &dyn Snapshot, id: AccountId, env: &Env<'_>) -> Result<CountedAccount> {
    let account = snapshot.account(id)?.ok_or_else(|| Error::failure("the account is not there"))?;
    counted(snapshot, account, env)
}

/// Creates an audit entry about `account`.
fn entry(verb: &'static str, account: &Account) -> AuditEntry {
    AuditEntry::new(verb, account.id, account.username.as_str())
}

/// Refuses a change that would leave no enabled owner, who can manage everyone. Counted as the transaction would leave
/// them.
fn an_owner_stays(snapshot: &dyn Snapshot) -> Result<()> {
    if snapshot.enabled_owners()? > 0 {
        return Ok(());
    }
    Err(Error::conflict("the last enabled owner stays an owner, enabled and undeleted")
        .why("nobody else could manage everyone")
        .next("Make somebody else an owner first: jeton account role NAME owner"))
}
