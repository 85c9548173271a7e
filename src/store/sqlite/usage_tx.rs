//! Bookkeeping of usage and sign-in attempts in an open transaction.

use std::time::Duration;

use rusqlite::params;

use super::query_helpers::{execute, query_one, query_value, tuple};
use super::sqlite_tx::SqliteTx;
use super::{failed_sign_in_audit, notices, usage_journal, uses_and_denials};
use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::password::PasswordHash;
use crate::domain::time::{DAY, Timestamp};
use crate::error::Result;
use crate::verbs::password_authenticator::backoff;
use crate::verbs::ports::{Denial, FailedSignIn, KnownNetwork, LoginAttemptKey, SentNotice, UsageTx, Use};

/// Maximum number of names and sources whose sign-in attempts are counted. The oldest is forgotten first.
const MAX_LOGIN_ATTEMPT_ROWS: i64 = 10_000;

impl UsageTx for SqliteTx<'_> {
    fn reserve_login_attempt(&mut self, key: &LoginAttemptKey, now: Timestamp) -> Result<Option<Duration>> {
        execute(self.0, "DELETE FROM sign_in_tries WHERE last_at < ?1", [now.plus(-DAY).0])?;
        let sql = "SELECT failures, last_at FROM sign_in_tries WHERE key = ?1";
        if let Some((failures, last_at)) = query_one(self.0, sql, [key.0], tuple::<(u32, i64)>)? {
            // After a clock was set back, the wait begins again, once. No attempt may lie in the future, or its name would
            // be locked until then.
            if last_at > now.0 {
                execute(self.0, "UPDATE sign_in_tries SET last_at = ?2 WHERE key = ?1", params![key.0, now.0])?;
            }
            let since = Duration::from_millis(u64::try_from(now.0.saturating_sub(last_at)).unwrap_or(0));
            let left = backoff(failures).saturating_sub(since);
            if !left.is_zero() {
                return Ok(Some(left));
            }
        }
        let sql = "INSERT INTO sign_in_tries (key, failures, last_at) VALUES (?1, 1, ?2)
                   ON CONFLICT (key) DO UPDATE SET failures = min(failures + 1, 1000), last_at = ?2";
        execute(self.0, sql, params![key.0, now.0])?;
        // Counting reads an index of 10,000 entries. Finding the oldest entry on every attempt would sort them.
        let kept = query_value(self.0, "SELECT count(*) FROM sign_in_tries", [])?.unwrap_or(0);
        if kept > MAX_LOGIN_ATTEMPT_ROWS {
            let sql = "DELETE FROM sign_in_tries WHERE key IN
                       (SELECT key FROM sign_in_tries WHERE key <> ?1 ORDER BY last_at LIMIT ?2)";
            execute(self.0, sql, params![key.0, kept - MAX_LOGIN_ATTEMPT_ROWS])?;
        }
        Ok(None)
    }
    fn record_failed_sign_in(&mut self, failed: &FailedSignIn<'_>) -> Result<()> {
        failed_sign_in_audit::record(self.0, failed)
    }
    fn clear_login_attempts(&mut self, key: &LoginAttemptKey) -> Result<()> {
        execute(self.0, "DELETE FROM sign_in_tries WHERE key = ?1", [key.0]).map(drop)
    }
    fn rehash(&mut self, id: AccountId, version: CredentialVersion, hash: &PasswordHash) -> Result<()> {
        let sql = "UPDATE accounts SET password_hash = ?3 WHERE id = ?1 AND credential_version = ?2";
        execute(self.0, sql, params![id.0, version.0, hash.0]).map(drop)
    }
    fn record_use(&mut self, used: &Use<'_>) -> Result<()> {
        uses_and_denials::record_use(self.0, used, Timestamp::LAST)
    }
    fn record_denial(&mut self, denied: &Denial<'_>) -> Result<()> {
        uses_and_denials::record_denial(self.0, denied)
    }
    fn record_all(&mut self, uses: &[Use<'_>], denials: &[Denial<'_>]) -> Result<()> {
        usage_journal::record(self.0, uses, denials)
    }
    fn record_sent_notice(&mut self, sent: &SentNotice) -> Result<()> {
        notices::record_sent(self.0, sent)
    }
    fn add_known_network(&mut self, network: &KnownNetwork) -> Result<()> {
        notices::add_network(self.0, network)
    }
    fn set_networks_known_to(&mut self, day: i64) -> Result<()> {
        notices::set_networks_known_to(self.0, day)
    }
    fn forget_old_episodes(&mut self, before: Timestamp, limit: u32) -> Result<()> {
        notices::forget_old_episodes(self.0, before, limit)
    }
    fn prune_ledger(&mut self, before: Timestamp, limit: u32) -> Result<u64> {
        uses_and_denials::prune(self.0, before, limit)
    }
}
