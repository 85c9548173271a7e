//! disable and enable: a disabled account can't sign in, and its tokens permit nothing.

use std::collections::BTreeSet;

use super::{AccountWithCounts, audit_entry, check_owner_remains, check_unchanged, reload};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::verbs::Committed;
use crate::verbs::prelude::*;

/// Enables or disables accounts, all or none, each once even if it is named several times. A second enable or disable is
/// no error: it gives the same result, and ends no session.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetEnabled<const ENABLED: bool> {
    pub usernames: Vec<Username>,
    /// The accounts as the person saw them. It is a conflict if the role or state of one has changed. Empty without a
    /// check.
    #[serde(default)]
    pub expected: Vec<Account>,
}

/// Disables accounts, so that neither they nor their tokens work. All or none.
pub type DisableAccounts = SetEnabled<false>;
/// The enabling of accounts. It needs a person, because their tokens work again with all of their rights.
pub type EnableAccounts = SetEnabled<true>;

impl<const ENABLED: bool> Mutation for SetEnabled<ENABLED>
where
    Self: Verb<Reply = Committed<Vec<AccountWithCounts>>>,
{
    type Output = Vec<AccountWithCounts>;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<AccountWithCounts>>> {
        let mut accounts = Vec::with_capacity(self.usernames.len());
        let mut entries = Vec::with_capacity(self.usernames.len());
        let mut seen = BTreeSet::new();
        let once: Vec<&Username> = self.usernames.iter().filter(|u| seen.insert(*u)).collect();
        for account in authorize::resolve_managed_accounts(actor, tx, &once, AccountAction::SetEnabled)? {
            check_unchanged(&self.expected, &account)?;
            entries.push(audit_entry(Self::NAME, &account).changed("enabled", account.enabled, ENABLED));
            if account.enabled != ENABLED {
                tx.update_account(&Account { enabled: ENABLED, ..account.clone() })?;
            }
            accounts.push(reload(tx, account.id, env)?);
        }
        let audited = Audited::each(accounts, entries)
            .ok_or_else(|| Error::usage("no account was given; give at least one account"))?;
        if !ENABLED {
            check_owner_remains(tx, &[])?;
        }
        Ok(audited)
    }

    fn equivalent_command(&self, out: &Vec<AccountWithCounts>) -> CliLine {
        let line = CliLine::new(&["account", if ENABLED { "enable" } else { "disable" }]);
        out.iter().fold(line, |line, one| line.arg(one.account.username.as_str()))
    }
}
