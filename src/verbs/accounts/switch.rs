//! disable and enable: a disabled account can't sign in, and its tokens permit nothing.

use std::collections::BTreeSet;

use super::{CountedAccount, an_owner_stays, entry, stored};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, AccountAction};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::{Needs, WRITE_ACCOUNTS};
use crate::verbs::ports::Tx;
use crate::verbs::{Committed, Env, Mutation, Proof, Verb};

/// Disables accounts, all or none.
#[derive(Debug, Clone)]
pub struct DisableAccounts {
    /// The accounts.
    pub usernames: Vec<Username>,
}

/// Enables accounts, all or none. It needs a person, because their tokens work again, whatever rights those have.
#[derive(Debug, Clone)]
pub struct EnableAccounts {
    /// The accounts.
    pub usernames: Vec<Username>,
}

impl Verb for DisableAccounts {
    const NAME: &'static str = "account.disable";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = WRITE_ACCOUNTS;
    type Reply = Committed<Vec<CountedAccount>>;
}

impl Verb for EnableAccounts {
    const NAME: &'static str = "account.enable";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::Person;
    type Reply = Committed<Vec<CountedAccount>>;
}

impl Mutation for DisableAccounts {
    type Output = Vec<CountedAccount>;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<CountedAccount>>> {
        let switched = switch(by, tx, env, &self.usernames, false, Self::NAME)?;
        an_owner_stays(tx)?;
        Ok(switched)
    }

    fn equivalent_command(&self, out: &Vec<CountedAccount>) -> CliLine {
        line("disable", out)
    }
}

impl Mutation for EnableAccounts {
    type Output = Vec<CountedAccount>;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<CountedAccount>>> {
        switch(by, tx, env, &self.usernames, true, Self::NAME)
    }

    fn equivalent_command(&self, out: &Vec<CountedAccount>) -> CliLine {
        line("enable", out)
    }
}

fn line(verb: &str, accounts: &[CountedAccount]) -> CliLine {
    accounts.iter().fold(CliLine::new(&["account", verb]), |line, a| line.arg(a.account.username.as_str()))
}

/// Sets `enabled` on each account, once even if it is named several times. A second disable or enable is no error: it
/// gives the same result, and ends no session.
fn switch(
    by: &Actor,
    tx: &mut dyn Tx,
    env: &Env<'_>,
    usernames: &[Username],
    enabled: bool,
    verb: &'static str,
) -> Result<Audited<Vec<CountedAccount>>> {
    let mut switched = Vec::with_capacity(usernames.len());
    let mut entries = Vec::with_capacity(usernames.len());
    let mut met = BTreeSet::new();
    let once: Vec<&Username> = usernames.iter().filter(|u| met.insert(*u)).collect();
    for account in authorize::resolve_managed_accounts(by, tx, &once, AccountAction::SetEnabled)? {
        entries.push(entry(verb, &account).changed("enabled", account.enabled, enabled));
        if account.enabled != enabled {
            tx.update_account(&Account { enabled, ..account.clone() })?;
        }
        switched.push(stored(tx, account.id, env)?);
    }
    Audited::each(switched, entries).ok_or_else(|| Error::usage("name at least one account"))
}
