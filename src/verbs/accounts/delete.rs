//! delete: removes an account for good; its name is never given to another.

use std::slice;

use super::{AccountWithCounts, audit_entry, check_owner_remains, check_unchanged, with_counts};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::domain::set_hash::SetHash;
use crate::verbs::confirmation::mismatch;
use crate::verbs::prelude::*;
use crate::verbs::tokens::{hash_of, move_to_trash};

/// Deletes an account that has no active token. Its other tokens go into the trash, and stay there. The deletion needs
/// a person, because the account can't be restored.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteAccount {
    /// The account to delete.
    pub username: Username,
    /// The typed confirmation: the account's name.
    pub confirmation: String,
    /// The account as the person saw it. It is a conflict if its role or state has changed. Empty without a check.
    #[serde(default)]
    pub expected: Vec<Account>,
    /// The tokens that the person saw: [`crate::verbs::impact::Impact::set`]. It is a conflict if they have changed.
    #[serde(default)]
    pub expected_tokens: Option<SetHash>,
}

impl Mutation for DeleteAccount {
    type Output = AccountWithCounts;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<AccountWithCounts>> {
        let account = authorize::resolve_managed_account(actor, tx, &self.username, AccountAction::Delete)?;
        check_unchanged(&self.expected, &account)?;
        // The advice about active tokens is to disable the account, which the last owner can't do.
        check_owner_remains(tx, slice::from_ref(&account))?;
        check_no_active_tokens(&with_counts(tx, account.clone(), env)?)?;
        if self.confirmation != account.username.as_str() {
            return Err(mismatch("nothing was deleted", format!("expected the account's name: {}", account.username)));
        }
        let mut tokens = tx.live_tokens(account.id)?;
        if let Some(seen) = self.expected_tokens {
            let what = "the account's tokens changed after they were shown; nothing was deleted";
            hash_of(&tokens)?.check_seen(seen, what)?;
        }
        let mut entries = vec![
            audit_entry(Self::NAME, &account)
                .with("role", account.role.as_str())
                .with("enabled", account.enabled)
                .with("trashed", tokens.len()),
        ];
        for token in &mut tokens {
            entries.push(move_to_trash(token, tx, env)?.with("with", Self::NAME));
        }
        tx.delete_account(account.id, env.now)?;
        let deleted = with_counts(tx, Account { enabled: false, ..account }, env)?;
        Audited::each(deleted, entries).ok_or_else(|| Error::failure("nothing was deleted"))
    }

    fn equivalent_command(&self, out: &AccountWithCounts) -> CliLine {
        let name = out.account.username.as_str();
        CliLine::new(&["account", "delete", name]).option("confirm", name)
    }
}

/// Refuses to delete an account with active tokens, because they may still be in use.
fn check_no_active_tokens(counted: &AccountWithCounts) -> Result<()> {
    let name = &counted.account.username;
    let has = match counted.tokens.active {
        0 => return Ok(()),
        1 => "1 active token".to_owned(),
        n => format!("{n} active tokens"),
    };
    let next = if counted.account.enabled {
        format!(
            "To delete the account, first disable or revoke its tokens. Or disable the account: \
             jeton account disable {name}"
        )
    } else {
        "The account is disabled, so its tokens are denied already. To delete the account, first disable or \
         revoke its tokens"
            .to_owned()
    };
    Err(Error::conflict(format!("the account {name} can't be deleted"))
        .why(format!("the account has {has}"))
        .next(next))
}
