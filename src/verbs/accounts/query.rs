use super::{AccountWithCounts, with_counts};
use crate::domain::account::{Account, AccountId};
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::verbs::prelude::*;

/// Lists the actor's own account and those it manages, by name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListAccounts;

/// The answer to [`ListAccounts`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountList {
    /// The accounts.
    pub accounts: Vec<AccountWithCounts>,
    /// Accounts that are left out because their stored data is damaged.
    pub unreadable: Vec<AccountId>,
}

impl Query for ListAccounts {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<AccountList> {
        let own_account = actor.account()?;
        if !Role::ALL.into_iter().any(|role| own_account.role.manages(role)) {
            let own = with_counts(snapshot, own_account.clone(), env)?;
            return Ok(AccountList { accounts: vec![own], unreadable: Vec::new() });
        }
        let mut accounts = snapshot.accounts()?;
        accounts.retain(|a| a.id == own_account.id || own_account.role.manages(a.role));
        let mut counts = snapshot.token_counts(None, env.now)?;
        let with_counts = |account: Account| {
            let tokens = counts.remove(&account.id).unwrap_or_default();
            AccountWithCounts { account, tokens }
        };
        let accounts = accounts.into_iter().map(with_counts).collect();
        Ok(AccountList { accounts, unreadable: snapshot.unreadable_accounts()? })
    }
}

/// Returns an account, the number of its tokens, and the last use of any of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowAccount {
    /// The account to show.
    pub username: Username,
}

/// The answer to [`ShowAccount`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountDetails {
    /// The account and its tokens.
    #[serde(flatten)]
    pub counted: AccountWithCounts,
    /// The last time any of its tokens was accepted, those in the trash included.
    pub last_seen_at: Option<Timestamp>,
}

impl Query for ShowAccount {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<AccountDetails> {
        let account = authorize::resolve_managed_account(actor, snapshot, &self.username, AccountAction::Read)?;
        let last_seen_at = snapshot.last_seen(account.id)?;
        Ok(AccountDetails { counted: with_counts(snapshot, account, env)?, last_seen_at })
    }
}
