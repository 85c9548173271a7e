//! Verbs about accounts, a file each.

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

/// An account and how many tokens it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedAccount {
    /// The account.
    pub account: Account,
    /// Its tokens.
    pub tokens: TokenCounts,
}

/// `account` with its tokens as they are counted now.
fn counted(snapshot: &dyn Snapshot, account: Account, env: &Env<'_>) -> Result<CountedAccount> {
    let tokens = snapshot.token_counts(Some(account.id), env.now)?.remove(&account.id).unwrap_or_default();
    Ok(CountedAccount { account, tokens })
}

/// The account as a change has left it, with its tokens.
fn stored(snapshot: &dyn Snapshot, id: AccountId, env: &Env<'_>) -> Result<CountedAccount> {
    let account = snapshot.account(id)?.ok_or_else(|| Error::failure("the account is not there"))?;
    counted(snapshot, account, env)
}

/// An audit entry about `account`.
fn entry(verb: &'static str, account: &Account) -> AuditEntry {
    AuditEntry::new(verb, account.id, account.username.as_str())
}

/// Refuses a change that would leave nobody who manages everyone, counted as the transaction would leave them.
fn an_owner_stays(snapshot: &dyn Snapshot) -> Result<()> {
    if snapshot.enabled_owners()? > 0 {
        return Ok(());
    }
    Err(Error::conflict("the last enabled owner stays an owner, enabled and undeleted")
        .why("nobody else could manage everyone")
        .next("Make somebody else an owner first: jeton account role NAME owner"))
}
