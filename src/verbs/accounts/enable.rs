//! disable and enable: a disabled account can't sign in, and its tokens permit nothing.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::{AccountWithCounts, audit_entry, check_owner_remains, reload};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, AccountAction};
use crate::verbs::cli_line::CliLine;
use crate::verbs::ports::Tx;
use crate::verbs::{Env, Mutation, Verb};

/// Disables accounts, all or none.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisableAccounts {
    /// The accounts.
    pub usernames: Vec<Username>,
}

/// Enables accounts, all or none. It needs a person, because the tokens of the accounts work again with all of their
/// rights.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnableAccounts {
    /// The accounts.
    pub usernames: Vec<Username>,
}

impl Mutation for DisableAccounts {
    type Output = Vec<AccountWithCounts>;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<AccountWithCounts>>> {
        let accounts = set_enabled(actor, tx, env, &self.usernames, false, Self::NAME)?;
        check_owner_remains(tx)?;
        Ok(accounts)
    }

    fn equivalent_command(&self, out: &Vec<AccountWithCounts>) -> CliLine {
        command("disable", out)
    }
}

impl Mutation for EnableAccounts {
    type Output = Vec<AccountWithCounts>;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<AccountWithCounts>>> {
        set_enabled(actor, tx, env, &self.usernames, true, Self::NAME)
    }

    fn equivalent_command(&self, out: &Vec<AccountWithCounts>) -> CliLine {
        command("enable", out)
    }
}

fn command(verb: &str, accounts: &[AccountWithCounts]) -> CliLine {
    accounts.iter().fold(CliLine::new(&["account", verb]), |line, a| line.arg(a.account.username.as_str()))
}

/// Sets `enabled` on each account, once even if it is named several times. A second disable or enable is no error: it
/// gives the same result, and ends no session.
fn set_enabled(
    actor: &Actor,
    tx: &mut dyn Tx,
    env: &Env<'_>,
    usernames: &[Username],
    enabled: bool,
    verb: &'static str,
) -> Result<Audited<Vec<AccountWithCounts>>> {
    let mut accounts = Vec::with_capacity(usernames.len());
    let mut entries = Vec::with_capacity(usernames.len());
    let mut seen = BTreeSet::new();
    let once: Vec<&Username> = usernames.iter().filter(|u| seen.insert(*u)).collect();
    for account in authorize::resolve_managed_accounts(actor, tx, &once, AccountAction::SetEnabled)? {
        entries.push(audit_entry(verb, &account).changed("enabled", account.enabled, enabled));
        if account.enabled != enabled {
            tx.update_account(&Account { enabled, ..account.clone() })?;
        }
        accounts.push(reload(tx, account.id, env)?);
    }
    Audited::each(accounts, entries).ok_or_else(|| Error::usage("give at least one account"))
}
