//! Installation, policy, accounts and their sign-in attempts.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, Row, params};

use super::query_helpers::{
    corrupt, execute, is_unique_violation, query_all, query_one, readable, sqlite_error, try_execute,
};
use crate::domain::account::{Account, AccountId, CredentialVersion};
use crate::domain::name::{Prefix, Username};
use crate::domain::password::PasswordHash;
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::time::{DAY, Timestamp};
use crate::error::{Error, Result};
use crate::verbs::password_authenticator::backoff;
use crate::verbs::ports::{Installation, LoginAttemptKey, NewAccount, TokenCounts};

/// Maximum number of names and sources whose sign-in attempts are counted. The oldest is forgotten first.
const MAX_LOGIN_ATTEMPT_ROWS: i64 = 10_000;

pub(super) fn installation(db: &Connection) -> Result<Option<Installation>> {
    let row =
        query_one(db, "SELECT prefix, created_at FROM installation", [], |r| Ok((r.get::<_, String>(0)?, r.get(1)?)))?;
    row.map(|(prefix, at)| {
        let prefix = Prefix::parse(&prefix).map_err(|_| corrupt("the prefix"))?;
        Ok(Installation { prefix, created_at: Timestamp(at) })
    })
    .transpose()
}

pub(super) fn set_installation(db: &Connection, new: &Installation) -> Result<()> {
    execute(
        db,
        "INSERT INTO installation (id, prefix, created_at) VALUES (1, ?1, ?2)",
        params![new.prefix.as_str(), new.created_at.0],
    )?;
    Ok(())
}

pub(super) fn policy(db: &Connection) -> Result<Policy> {
    let mut policy = Policy::default();
    let pairs =
        query_all(db, "SELECT key, value FROM policy", [], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
    for (key, value) in pairs {
        policy.set(&key, &value).map_err(|_| corrupt("a policy"))?;
    }
    Ok(policy)
}

pub(super) fn set_policy(db: &Connection, policy: &Policy) -> Result<()> {
    for (key, value) in policy.pairs() {
        execute(db, "INSERT OR REPLACE INTO policy (key, value) VALUES (?1, ?2)", params![key, value])?;
    }
    Ok(())
}

const SELECT: &str = "SELECT id, username, role, enabled, temporary_password, credential_version, created_at
     FROM accounts WHERE deleted_at IS NULL";

type RawAccount = (i64, String, String, bool, bool, i64, i64);

fn read_raw(row: &Row<'_>) -> rusqlite::Result<RawAccount> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn account((id, username, role, enabled, temporary_password, version, created_at): RawAccount) -> Result<Account> {
    Ok(Account {
        id: AccountId(id),
        username: Username::parse(&username).map_err(|_| corrupt("a username"))?,
        role: Role::parse(&role).map_err(|_| corrupt("a role"))?,
        enabled,
        temporary_password,
        credential_version: CredentialVersion(version),
        created_at: Timestamp(created_at),
    })
}

pub(super) fn by_id(db: &Connection, id: AccountId) -> Result<Option<Account>> {
    query_one(db, &format!("{SELECT} AND id = ?1"), [id.0], read_raw)?.map(account).transpose()
}

pub(super) fn by_name(db: &Connection, name: &Username) -> Result<Option<Account>> {
    query_one(db, &format!("{SELECT} AND username = ?1"), [name.as_str()], read_raw)?.map(account).transpose()
}

/// Returns every readable account, by name, and the ids of unreadable ones.
pub(super) fn all_accounts(db: &Connection) -> Result<(Vec<Account>, Vec<AccountId>)> {
    let sql = format!("{SELECT} ORDER BY username");
    let read = |row: &Row<'_>| read_raw(row).map_err(sqlite_error).and_then(account);
    readable(db, &sql, [], |row| row.get(0).map(AccountId), read)
}

pub(super) fn password_hash(db: &Connection, id: AccountId) -> Result<Option<PasswordHash>> {
    query_one(db, "SELECT password_hash FROM accounts WHERE id = ?1 AND deleted_at IS NULL", [id.0], |r| {
        r.get(0).map(PasswordHash)
    })
}

pub(super) fn username_even_deleted(db: &Connection, id: AccountId) -> Result<Option<String>> {
    query_one(db, "SELECT username FROM accounts WHERE id = ?1", [id.0], |r| r.get(0))
}

pub(super) fn insert(db: &Connection, new: &NewAccount<'_>) -> Result<AccountId> {
    let inserted = try_execute(
        db,
        "INSERT INTO accounts (username, role, enabled, password_hash, temporary_password, credential_version, created_at)
         VALUES (?1, ?2, 1, ?3, ?4, 1, ?5)",
        params![new.username.as_str(), new.role.as_str(), new.password.0, new.temporary_password, new.now.0],
    );
    match inserted {
        Ok(_) => Ok(AccountId(db.last_insert_rowid())),
        Err(e) if is_unique_violation(&e) => Err(Error::conflict(format!("the username {} is taken", new.username))
            .why("a username is never used again, not even after its account was deleted")),
        Err(e) => Err(sqlite_error(e)),
    }
}

/// Returns an error if a statement that should have changed one account changed none.
fn check_updated(rows: usize, what: impl FnOnce() -> String) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::conflict(what())) }
}

pub(super) fn update(db: &Connection, account: &Account) -> Result<()> {
    let rows = execute(
        db,
        "UPDATE accounts SET role = ?3, enabled = ?4, credential_version = credential_version + 1
         WHERE id = ?1 AND credential_version = ?2 AND deleted_at IS NULL",
        params![account.id.0, account.credential_version.0, account.role.as_str(), account.enabled],
    )?;
    check_updated(rows, || {
        format!("another session changed the account {} in the meantime; your change was not made", account.username)
    })
}

pub(super) fn set_password(db: &Connection, id: AccountId, hash: &PasswordHash, temporary: bool) -> Result<()> {
    let rows = execute(
        db,
        "UPDATE accounts SET password_hash = ?2, temporary_password = ?3, credential_version = credential_version + 1
         WHERE id = ?1 AND deleted_at IS NULL",
        params![id.0, hash.0, temporary],
    )?;
    check_updated(rows, || format!("the account {id} no longer exists"))
}

pub(super) fn delete(db: &Connection, id: AccountId, now: Timestamp) -> Result<()> {
    let rows = execute(
        db,
        "UPDATE accounts SET deleted_at = ?2, enabled = 0, password_hash = '',
                credential_version = credential_version + 1
         WHERE id = ?1 AND deleted_at IS NULL",
        params![id.0, now.0],
    )?;
    check_updated(rows, || format!("the account {id} no longer exists"))
}

pub(super) fn enabled_owners(db: &Connection) -> Result<u32> {
    let sql = "SELECT count(*) FROM accounts WHERE role = 'owner' AND enabled = 1 AND deleted_at IS NULL";
    Ok(query_one(db, sql, [], |r| r.get(0))?.unwrap_or(0))
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

pub(super) fn token_counts(
    db: &Connection,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<BTreeMap<AccountId, TokenCounts>> {
    let sql = counts_sql(account.is_some());
    let rows = query_all(db, &sql, params![now.0, account.map(|a| a.0)], |r| {
        let counts = TokenCounts { active: r.get(1)?, live: r.get(2)?, trashed: r.get(3)? };
        Ok((AccountId(r.get(0)?), counts))
    })?;
    Ok(rows.into_iter().collect())
}

pub(super) fn last_seen(db: &Connection, id: AccountId) -> Result<Option<Timestamp>> {
    let seen = query_one(
        db,
        "SELECT max(at) FROM (
             SELECT (SELECT max(at) FROM last_uses WHERE token_id = t.id) AS at
             FROM tokens t WHERE t.deleted_at IS NULL AND t.account_id = ?1
             UNION ALL
             SELECT (SELECT max(at) FROM last_uses WHERE token_id = t.id)
             FROM tokens t WHERE t.deleted_at IS NOT NULL AND t.account_id = ?1)",
        [id.0],
        |r| r.get::<_, Option<i64>>(0),
    )?;
    Ok(seen.flatten().map(Timestamp))
}

pub(super) fn rehash(db: &Connection, id: AccountId, version: CredentialVersion, hash: &PasswordHash) -> Result<()> {
    execute(
        db,
        "UPDATE accounts SET password_hash = ?3 WHERE id = ?1 AND credential_version = ?2",
        params![id.0, version.0, hash.0],
    )?;
    Ok(())
}

pub(super) fn reserve_login_attempt(
    db: &Connection,
    key: &LoginAttemptKey,
    now: Timestamp,
) -> Result<Option<Duration>> {
    execute(db, "DELETE FROM sign_in_tries WHERE last_at < ?1", [now.plus(-DAY).0])?;
    let found = query_one(db, "SELECT failures, last_at FROM sign_in_tries WHERE key = ?1", [key.0], |r| {
        Ok((r.get::<_, u32>(0)?, r.get::<_, i64>(1)?))
    })?;
    if let Some((failures, last_at)) = found {
        // After a clock was set back, the wait begins again, once. No attempt may lie in the future, or its name would
        // be locked until then.
        if last_at > now.0 {
            execute(db, "UPDATE sign_in_tries SET last_at = ?2 WHERE key = ?1", params![key.0, now.0])?;
        }
        let since = Duration::from_millis(u64::try_from(now.0.saturating_sub(last_at)).unwrap_or(0));
        let left = backoff(failures).saturating_sub(since);
        if !left.is_zero() {
            return Ok(Some(left));
        }
    }
    execute(
        db,
        "INSERT INTO sign_in_tries (key, failures, last_at) VALUES (?1, 1, ?2)
         ON CONFLICT (key) DO UPDATE SET failures = min(failures + 1, 1000), last_at = ?2",
        params![key.0, now.0],
    )?;
    // Counting reads an index of 10,000 entries. Finding the oldest entry on every attempt would sort them.
    let kept = query_one(db, "SELECT count(*) FROM sign_in_tries", [], |r| r.get::<_, i64>(0))?.unwrap_or(0);
    if kept > MAX_LOGIN_ATTEMPT_ROWS {
        execute(
            db,
            "DELETE FROM sign_in_tries WHERE key IN
                (SELECT key FROM sign_in_tries WHERE key <> ?1 ORDER BY last_at LIMIT ?2)",
            params![key.0, kept - MAX_LOGIN_ATTEMPT_ROWS],
        )?;
    }
    Ok(None)
}

pub(super) fn clear_login_attempts(db: &Connection, key: &LoginAttemptKey) -> Result<()> {
    execute(db, "DELETE FROM sign_in_tries WHERE key = ?1", [key.0])?;
    Ok(())
}
