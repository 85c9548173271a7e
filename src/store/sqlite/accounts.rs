//! Installation, policy and accounts.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::query_helpers::{
    corrupt, execute, execute_unique, query_all, query_one, query_value, readable, sql_limit, tuple,
};
use super::sqlite_tx::SqliteTx;
use super::tokens;
use crate::domain::account::{Account, AccountId};
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::password::PasswordHash;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::ports::{
    AccountReader, AccountWriter, Installation, InstallationReader, InstallationWriter, NewAccount, TokenCounts,
};

impl InstallationReader for SqliteTx<'_> {
    fn installation(&self) -> Result<Option<Installation>> {
        query_one(self.0, "SELECT prefix, created_at FROM installation", [], |r| {
            Ok(Installation { prefix: r.get(0)?, created_at: r.get(1)? })
        })
    }

    fn policy(&self) -> Result<Policy> {
        let mut policy = Policy::default();
        for (key, value) in query_all(self.0, "SELECT key, value FROM policy", [], tuple::<(String, String)>)? {
            policy.set(&key, &value).map_err(|_| corrupt("a rule of the policy"))?;
        }
        Ok(policy)
    }
}

impl InstallationWriter for SqliteTx<'_> {
    fn set_installation(&mut self, new: &Installation) -> Result<()> {
        let sql = "INSERT INTO installation (id, prefix, created_at) VALUES (1, ?1, ?2)";
        execute(self.0, sql, params![new.prefix.as_str(), new.created_at.0]).map(drop)
    }

    fn set_policy(&mut self, policy: &Policy) -> Result<()> {
        for (key, value) in policy.pairs() {
            execute(self.0, "INSERT OR REPLACE INTO policy (key, value) VALUES (?1, ?2)", params![key, value])?;
        }
        Ok(())
    }
}

const SELECT: &str = "SELECT id, username, role, enabled, temporary_password, credential_version, created_at, contact
     FROM accounts WHERE deleted_at IS NULL";

/// Selects the usernames between `?1` and `?2`.
pub(super) const USERNAMES: &str = "
    SELECT username FROM accounts
    WHERE deleted_at IS NULL AND username >= ?1 AND username < ?2 ORDER BY username LIMIT ?3";

fn read(r: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: r.get(0)?,
        username: r.get(1)?,
        role: r.get(2)?,
        enabled: r.get(3)?,
        temporary_password: r.get(4)?,
        credential_version: r.get(5)?,
        created_at: r.get(6)?,
        contact: r.get(7)?,
    })
}

impl AccountReader for SqliteTx<'_> {
    fn account(&self, id: AccountId) -> Result<Option<Account>> {
        query_one(self.0, &format!("{SELECT} AND id = ?1"), [id.0], read)
    }

    fn account_by_name(&self, name: &Username) -> Result<Option<Account>> {
        query_one(self.0, &format!("{SELECT} AND username = ?1"), [name.as_str()], read)
    }

    fn accounts(&self) -> Result<Vec<Account>> {
        Ok(all_accounts(self.0)?.0)
    }

    fn usernames(&self, beginning: &str, limit: usize) -> Result<Vec<String>> {
        let behind = format!("{beginning}{}", char::MAX);
        query_all(self.0, USERNAMES, params![beginning, behind, sql_limit(limit)], |r| r.get(0))
    }

    fn unreadable_accounts(&self) -> Result<Vec<AccountId>> {
        Ok(all_accounts(self.0)?.1)
    }

    fn password_hash(&self, id: AccountId) -> Result<Option<PasswordHash>> {
        let sql = "SELECT password_hash FROM accounts WHERE id = ?1 AND deleted_at IS NULL";
        query_one(self.0, sql, [id.0], |r| r.get(0).map(PasswordHash))
    }

    fn token_counts(&self, account: Option<AccountId>, now: Timestamp) -> Result<BTreeMap<AccountId, TokenCounts>> {
        let sql = counts_sql(account.is_some());
        let rows = query_all(self.0, &sql, params![now.0, account.map(|a| a.0)], |r| {
            Ok((r.get(0)?, TokenCounts { active: r.get(1)?, live: r.get(2)?, trashed: r.get(3)? }))
        })?;
        Ok(rows.into_iter().collect())
    }

    fn live_tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        let sql = format!("{} WHERE t.account_id = ?1 AND t.deleted_at IS NULL ORDER BY t.name", tokens::SELECT);
        tokens::find(self.0, &sql, &[&account.0])
    }

    fn last_seen(&self, id: AccountId) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(at) FROM (
                       SELECT (SELECT max(at) FROM last_uses WHERE token_id = t.id) AS at
                       FROM tokens t WHERE t.deleted_at IS NULL AND t.account_id = ?1
                       UNION ALL
                       SELECT (SELECT max(at) FROM last_uses WHERE token_id = t.id)
                       FROM tokens t WHERE t.deleted_at IS NOT NULL AND t.account_id = ?1)";
        Ok(query_value(self.0, sql, [id.0])?.flatten())
    }

    fn enabled_owners(&self) -> Result<u32> {
        let sql = "SELECT count(*) FROM accounts WHERE role = 'owner' AND enabled = 1 AND deleted_at IS NULL";
        Ok(query_value(self.0, sql, [])?.unwrap_or(0))
    }
}

/// Returns every readable account, by name, and the ids of unreadable ones.
fn all_accounts(db: &Connection) -> Result<(Vec<Account>, Vec<AccountId>)> {
    let sql = format!("{SELECT} ORDER BY username");
    readable(db, &sql, [], read)
}

impl AccountWriter for SqliteTx<'_> {
    fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<AccountId> {
        let sql = "INSERT INTO accounts (username, role, enabled, password_hash, temporary_password,
                                         credential_version, created_at, contact)
                   VALUES (?1, ?2, 1, ?3, ?4, 1, ?5, ?6)";
        let contact = new.contact.map(Contact::as_str);
        let (username, role) = (new.username.as_str(), new.role.as_str());
        let row = params![username, role, new.password.0, new.temporary_password, new.now.0, contact];
        execute_unique(self.0, sql, row, || {
            Error::conflict(format!("the username {} is taken", new.username))
                .why("a username stays taken, even after its account was deleted")
                .next("Choose another username")
        })?;
        Ok(AccountId(self.0.last_insert_rowid()))
    }

    fn update_account(&mut self, account: &Account) -> Result<()> {
        let sql = "UPDATE accounts SET role = ?3, enabled = ?4, credential_version = credential_version + 1
                   WHERE id = ?1 AND credential_version = ?2 AND deleted_at IS NULL";
        let row = params![account.id.0, account.credential_version.0, account.role.as_str(), account.enabled];
        let name = &account.username;
        check_updated(execute(self.0, sql, row)?, || {
            format!("another program or session changed the account {name} in the meantime; your change was not made")
        })
        .map_err(|error| error.next("Check the account's current values, then make your change again"))
    }

    fn set_password(&mut self, id: AccountId, hash: &PasswordHash, temporary: bool) -> Result<()> {
        let sql = "UPDATE accounts SET password_hash = ?2, temporary_password = ?3,
                          credential_version = credential_version + 1
                   WHERE id = ?1 AND deleted_at IS NULL";
        let rows = execute(self.0, sql, params![id.0, hash.0, temporary])?;
        check_updated(rows, || format!("the account {id} no longer exists; nothing was changed"))
    }

    fn set_contact(&mut self, id: AccountId, contact: Option<&Contact>) -> Result<()> {
        let sql = "UPDATE accounts SET contact = ?2 WHERE id = ?1 AND deleted_at IS NULL";
        let rows = execute(self.0, sql, params![id.0, contact.map(Contact::as_str)])?;
        check_updated(rows, || format!("the account {id} no longer exists; nothing was changed"))
    }

    fn delete_account(&mut self, id: AccountId, now: Timestamp) -> Result<()> {
        let sql = "UPDATE accounts SET deleted_at = ?2, enabled = 0, password_hash = '', contact = NULL,
                          credential_version = credential_version + 1
                   WHERE id = ?1 AND deleted_at IS NULL";
        let rows = execute(self.0, sql, params![id.0, now.0])?;
        check_updated(rows, || format!("the account {id} no longer exists; nothing was changed"))
    }
}

/// Returns an error if a statement that should have changed one account changed none.
fn check_updated(rows: usize, what: impl FnOnce() -> String) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::conflict(what())) }
}

/// Counts tokens per account. The numbers of live and trashed tokens come from maintained counters. The active ones are
/// counted along their index, which is named explicitly: without statistics SQLite would read every enabled token.
pub(super) fn counts_sql(of_one: bool) -> String {
    let (counted, live) = if of_one { ("c.account_id = ?2", "AND account_id = ?2") } else { ("?2 IS NULL", "") };
    format!(
        "SELECT c.account_id, coalesce(l.active, 0), c.kept, c.trashed FROM token_counts c LEFT JOIN (
             SELECT account_id, count(*) AS active FROM tokens INDEXED BY tokens_live_of_account
             WHERE deleted_at IS NULL AND enabled = 1 AND (expires_at IS NULL OR expires_at > ?1) {live}
             GROUP BY account_id) l USING (account_id)
         WHERE c.kept + c.trashed > 0 AND {counted}"
    )
}
