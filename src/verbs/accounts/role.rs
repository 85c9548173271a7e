//! role: sets an account's role, which is the ceiling of its tokens from their next request on.

use super::{AccountWithCounts, audit_entry, check_owner_remains, check_unchanged, reload};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::verbs::prelude::*;

/// Gives an account a role. Its sessions end, unless it had the role already. An account with a temporary password
/// can't get a higher role.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRole {
    /// The account whose role changes.
    pub username: Username,
    /// The new role: for an owner any, for an admin member or viewer.
    pub role: Role,
    /// The account as the person saw it. It is a conflict if its role or state has changed. Empty without a check.
    #[serde(default)]
    pub expected: Vec<Account>,
}

impl Mutation for SetRole {
    type Output = AccountWithCounts;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<AccountWithCounts>> {
        let account = authorize::resolve_managed_account(actor, tx, &self.username, AccountAction::SetRole(self.role))?;
        check_unchanged(&self.expected, &account)?;
        // The person who set the temporary password knows it, and could act with the new role.
        if self.role > account.role && account.temporary_password {
            let name = &account.username;
            return Err(Error::denied(format!("{name} can't get a higher role yet"))
                .why("the account's password is temporary, because somebody else set it")
                .next(format!(
                    "Ask {name} to choose a new password first. {name} runs: jeton account passwd --user {name}"
                )));
        }
        let entry = audit_entry(Self::NAME, &account).changed("role", account.role.as_str(), self.role.as_str());
        if account.role != self.role {
            tx.update_account(&Account { role: self.role, ..account.clone() })?;
            check_owner_remains(tx, &[])?;
        }
        Ok(Audited::one(reload(tx, account.id, env)?, entry))
    }

    fn equivalent_command(&self, _out: &AccountWithCounts) -> CliLine {
        CliLine::new(&["account", "role", self.username.as_str(), self.role.as_str()])
    }
}
