//! Accounts of the engine in memory.

use std::collections::BTreeMap;

use jeton::domain::account::{Account, AccountId, CredentialVersion};
use jeton::domain::contact::Contact;
use jeton::domain::name::Username;
use jeton::domain::password::PasswordHash;
use jeton::domain::role::Role;
use jeton::domain::secret::PublicId;
use jeton::domain::time::Timestamp;
use jeton::domain::token::Token;
use jeton::error::{Error, Result};
use jeton::verbs::ports::{
    AccountReader, AccountWriter, KeyedCallReader, KeyedCallWriter, LoginReader, LoginWriter, MAX_KEYED_CALLS,
    MAX_LOGINS, NewAccount, StoredCall, StoredLogin, TokenCounts,
};

use super::state::{State, StoredAccount};

impl State {
    fn existing(&self) -> impl Iterator<Item = &StoredAccount> {
        self.accounts.iter().filter(|stored| !stored.is_deleted)
    }

    /// Applies `change` to an account and raises its credential version.
    fn change_account(&mut self, id: AccountId, change: impl FnOnce(&mut StoredAccount)) -> Result<()> {
        let stored = self.accounts.iter_mut().find(|stored| stored.account.id == id && !stored.is_deleted);
        let stored = stored.ok_or_else(|| Error::conflict("no such account"))?;
        stored.account.credential_version.0 += 1;
        change(stored);
        Ok(())
    }
}

impl AccountReader for State {
    fn account(&self, id: AccountId) -> Result<Option<Account>> {
        Ok(self.existing().find(|stored| stored.account.id == id).map(|stored| stored.account.clone()))
    }
    fn account_by_name(&self, username: &Username) -> Result<Option<Account>> {
        Ok(self.existing().find(|stored| stored.account.username == *username).map(|stored| stored.account.clone()))
    }
    fn accounts(&self) -> Result<Vec<Account>> {
        let mut accounts: Vec<Account> = self.existing().map(|stored| stored.account.clone()).collect();
        accounts.sort_by(|a, b| a.username.as_str().cmp(b.username.as_str()));
        Ok(accounts)
    }
    fn usernames(&self, beginning: &str, limit: usize) -> Result<Vec<String>> {
        let names = self.accounts()?.into_iter().map(|account| account.username.to_string());
        Ok(names.filter(|name| name.starts_with(beginning)).take(limit).collect())
    }
    fn unreadable_accounts(&self) -> Result<Vec<AccountId>> {
        Ok(Vec::new())
    }
    fn password_hash(&self, id: AccountId) -> Result<Option<PasswordHash>> {
        let stored = self.existing().find(|stored| stored.account.id == id);
        Ok(stored.map(|stored| PasswordHash(stored.password.clone())))
    }
    fn token_counts(&self, account: Option<AccountId>, now: Timestamp) -> Result<BTreeMap<AccountId, TokenCounts>> {
        let mut counts: BTreeMap<AccountId, TokenCounts> = BTreeMap::new();
        for token in self.tokens.values().filter(|token| account.is_none_or(|id| token.account == id)) {
            let counts = counts.entry(token.account).or_default();
            counts.active += u32::from(token.is_active(now));
            counts.live += u32::from(token.deleted_at.is_none());
            counts.trashed += u32::from(token.deleted_at.is_some());
        }
        Ok(counts)
    }
    fn live_tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        let mut tokens = self.find(|token| token.account == account && token.deleted_at.is_none());
        tokens.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        Ok(tokens)
    }
    fn last_seen(&self, account: AccountId) -> Result<Option<Timestamp>> {
        Ok(self.find(|token| token.account == account).into_iter().filter_map(|token| token.last_seen_at).max())
    }
    fn enabled_owners(&self) -> Result<u32> {
        let owners = self.existing().filter(|stored| stored.account.role == Role::Owner && stored.account.enabled);
        Ok(owners.count() as u32)
    }
}

impl AccountWriter for State {
    fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<AccountId> {
        if self.accounts.iter().any(|stored| stored.account.username == *new.username) {
            return Err(Error::conflict("the username is taken"));
        }
        let id = AccountId(self.accounts.len() as i64 + 1);
        let account = Account {
            id,
            username: new.username.clone(),
            role: new.role,
            enabled: true,
            temporary_password: new.temporary_password,
            contact: new.contact.cloned(),
            credential_version: CredentialVersion(1),
            created_at: new.now,
        };
        self.accounts.push(StoredAccount { account, password: new.password.0.clone(), is_deleted: false });
        Ok(id)
    }
    fn update_account(&mut self, account: &Account) -> Result<()> {
        let stored = AccountReader::account(self, account.id)?;
        if stored.is_none_or(|stored| stored.credential_version != account.credential_version) {
            return Err(Error::conflict("the account was changed meanwhile"));
        }
        self.change_account(account.id, |stored| {
            (stored.account.role, stored.account.enabled) = (account.role, account.enabled);
        })
    }
    fn set_password(&mut self, account: AccountId, password: &PasswordHash, temporary: bool) -> Result<()> {
        self.change_account(account, |stored| {
            stored.password.clone_from(&password.0);
            stored.account.temporary_password = temporary;
        })
    }
    fn set_contact(&mut self, account: AccountId, contact: Option<&Contact>) -> Result<()> {
        let stored = self.accounts.iter_mut().find(|stored| stored.account.id == account && !stored.is_deleted);
        stored.ok_or_else(|| Error::conflict("no such account"))?.account.contact = contact.cloned();
        Ok(())
    }
    fn delete_account(&mut self, account: AccountId, _now: Timestamp) -> Result<()> {
        self.change_account(account, |stored| {
            (stored.is_deleted, stored.account.enabled) = (true, false);
            stored.account.contact = None;
            stored.password.clear();
        })
    }
}

impl LoginReader for State {
    fn login(&self, id: &PublicId) -> Result<Option<StoredLogin>> {
        Ok(self.logins.iter().find(|login| login.public_id == *id).cloned())
    }
}

impl LoginWriter for State {
    fn insert_login(&mut self, new: &StoredLogin, now: Timestamp) -> Result<()> {
        self.logins.retain(|login| {
            login.account != new.account
                || (login.name != new.name
                    && now < login.expires_at
                    && login.credential_version == new.credential_version)
        });
        self.logins.push(new.clone());
        let of_account = self.logins.iter().filter(|login| login.account == new.account).count();
        if of_account > MAX_LOGINS as usize {
            let oldest = self.logins.iter().position(|login| login.account == new.account).unwrap();
            self.logins.remove(oldest);
        }
        Ok(())
    }
    fn delete_login(&mut self, id: &PublicId) -> Result<()> {
        self.logins.retain(|login| login.public_id != *id);
        Ok(())
    }
}

impl KeyedCallReader for State {
    fn keyed_call(&self, account: AccountId, key: &str) -> Result<Option<StoredCall>> {
        Ok(self.keyed_calls.get(&(account, key.to_owned())).cloned())
    }
}

impl KeyedCallWriter for State {
    fn insert_keyed_call(&mut self, account: AccountId, key: &str, call: &StoredCall, oldest: Timestamp) -> Result<()> {
        self.keyed_calls.retain(|(owner, _), call| *owner != account || call.created_at >= oldest);
        self.keyed_calls.insert((account, key.to_owned()), call.clone());
        let others = self.keyed_calls.iter().filter(|((owner, other), _)| *owner == account && other != key);
        let mut others: Vec<_> = others.map(|((_, other), call)| (call.created_at, other.clone())).collect();
        others.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (_, other) in others.into_iter().skip(MAX_KEYED_CALLS as usize - 1) {
            self.keyed_calls.remove(&(account, other));
        }
        Ok(())
    }
}
