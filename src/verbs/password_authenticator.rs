//! Verifies passwords. Each attempt is counted before it is made, and hashed outside any transaction. Cost and answer
//! are the same for an unknown account, a disabled account and a wrong password.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::ports::{
    Clock, FailedSignIn, FlushScope, LoginAttemptKey, Maintenance, PasswordHasher, PasswordMatch, Store,
};
use super::session::Session;
use crate::domain::account::AccountId;
use crate::domain::audit::Face;
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Result};

/// Longest wait after failed sign-ins.
pub const MAX_WAIT: Duration = Duration::from_secs(60);
/// Interval of checks during a wait: another attempt may have succeeded in the meantime.
const RECHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Returns the wait after `failures` failed attempts: none, 1, 2, 4 … 60 s.
pub fn backoff(failures: u32) -> Duration {
    match failures {
        0 => Duration::ZERO,
        n => Duration::from_secs(1 << (n - 1).min(6)).min(MAX_WAIT),
    }
}

pub(super) struct PasswordAuthenticator<'a, S> {
    pub store: &'a S,
    pub clock: &'a dyn Clock,
    pub hasher: &'a dyn PasswordHasher,
    /// The source of the attempts, e.g. `uid 1000`.
    pub source: &'a str,
    pub face: Face,
    /// Maximum wait for the delay of an earlier attempt.
    pub max_wait: Duration,
}

impl<S: Store + Maintenance> PasswordAuthenticator<'_, S> {
    /// # Errors
    /// [`crate::error::Kind::Unauthenticated`]: the same message for an unknown account, a disabled account and a wrong
    /// password, or the time to wait.
    pub fn authenticate(&self, username: &Username, password: &Password) -> Result<Session> {
        let key = self.key(username);
        // In a read-only store no attempt can be counted. A user who can open that file has its hashes anyway.
        let is_counted = !self.store.is_read_only();
        if is_counted {
            self.reserve_attempt(&key)?;
        }
        let (account, hash) = self.store.read(|s| {
            let account = s.account_by_name(username)?;
            let hash = account.as_ref().map(|a| s.password_hash(a.id)).transpose()?.flatten();
            Ok((account, hash))
        })?;
        let password_match = self.hasher.verify(password, hash.as_ref())?;
        let named = account.as_ref().map(|a| a.id);
        let Some(account) = account.filter(|a| a.enabled && password_match != PasswordMatch::No) else {
            // Recorded before the answer, so that every wrong password leaves a trace.
            if is_counted {
                self.record_failure(named)?;
            }
            return Err(Error::unauthenticated("wrong username or password, or the account is disabled")
                .next("Try again, or ask an owner or admin to check the account"));
        };
        let new_hash = match password_match {
            PasswordMatch::YesNeedsRehash => Some(self.hasher.hash(password)?),
            PasswordMatch::Yes | PasswordMatch::No => None,
        };
        if !is_counted {
            return Ok(Session::for_account(&account));
        }
        self.store.write_usage(|b| {
            b.clear_login_attempts(&key)?;
            new_hash.as_ref().map_or(Ok(()), |hash| b.rehash(account.id, account.credential_version, hash))
        })?;
        Ok(Session::for_account(&account))
    }

    /// Counts a failed sign-in for the audit log.
    fn record_failure(&self, account: Option<AccountId>) -> Result<()> {
        let at = self.clock.now();
        let failed = FailedSignIn { account, source: self.source, face: self.face, at };
        self.store.write_usage(|b| b.record_failed_sign_in(&failed))?;
        self.store.write_failed_sign_ins(at, FlushScope::WindowElapsed)
    }

    /// Counts the attempt, and waits as long as `max_wait` allows. Two concurrent correct attempts wait for each other
    /// only until the first has cleared its count.
    fn reserve_attempt(&self, key: &LoginAttemptKey) -> Result<()> {
        let mut remaining = self.max_wait;
        loop {
            let now = self.clock.now();
            let Some(wait) = self.store.write_usage(|b| b.reserve_login_attempt(key, now))? else { return Ok(()) };
            if wait > remaining {
                let seconds = wait.as_secs_f64().ceil();
                let mut refused =
                    Error::unauthenticated(format!("the next sign-in attempt is possible in {seconds} s"))
                        .why("the last sign-in with this username failed or is not finished");
                refused.retry_after = Some(wait);
                return Err(refused);
            }
            let pause = wait.min(RECHECK_INTERVAL);
            self.clock.sleep(pause);
            remaining = remaining.saturating_sub(pause);
        }
    }

    fn key(&self, username: &Username) -> LoginAttemptKey {
        let mut hash = Sha256::new();
        hash.update((self.source.len() as u64).to_be_bytes());
        hash.update(self.source.as_bytes());
        hash.update(username.as_str().as_bytes());
        LoginAttemptKey(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let seconds: Vec<u64> = (0..10).map(|n| backoff(n).as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff(u32::MAX), MAX_WAIT);
    }
}
