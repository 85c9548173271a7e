//! Sign-in attempts of the engine in memory.

use std::time::Duration;

use jeton::domain::account::{AccountId, CredentialVersion};
use jeton::domain::audit::{AuditActor, AuditEntry};
use jeton::domain::password::PasswordHash;
use jeton::domain::time::{DAY, MINUTE, Timestamp};
use jeton::error::Result;
use jeton::verbs::password_authenticator::backoff;
use jeton::verbs::ports::{Denial, FailedSignIn, FlushScope, KnownNetwork, LoginAttemptKey, SentNotice, UsageTx, Use};

use super::state::{FailedSignIns, State};

const MAX_LOGIN_ATTEMPTS: usize = 10_000;
/// Maximum number of names and sources whose failed sign-ins are counted separately.
const MAX_SOURCES: usize = 64;
/// Stands for every name that no account has.
const UNKNOWN: AccountId = AccountId(0);
/// Stands for names and sources beyond [`MAX_SOURCES`].
const OTHERS: AccountId = AccountId(-1);

impl State {
    fn set_attempts(&mut self, key: [u8; 32], failures: u32, at: Timestamp) {
        self.remove_attempts(key);
        self.login_attempts.insert(key, (failures, at));
        self.attempts_by_time.insert((at, key));
    }

    fn remove_attempts(&mut self, key: [u8; 32]) {
        if let Some((_, at)) = self.login_attempts.remove(&key) {
            self.attempts_by_time.remove(&(at, key));
        }
    }

    pub fn write_failed_sign_ins(&mut self, now: Timestamp, due: FlushScope) {
        let is_over = |at: Timestamp, window: i64| at <= now.plus(-window) || at > now;
        let is_due = |counted: &FailedSignIns| match due {
            FlushScope::WindowElapsed => is_over(counted.first_at, 10 * MINUTE),
            FlushScope::All => counted.written_at.is_none_or(|at| is_over(at, MINUTE)),
        };
        let counted = self.failed_sign_ins.iter().filter(|(_, one)| one.tries > 0 && is_due(one));
        let mut pending: Vec<((AccountId, String), FailedSignIns)> =
            counted.map(|(key, one)| (key.clone(), one.clone())).collect();
        pending.sort_by_key(|(_, one)| std::cmp::Reverse(one.tries));
        pending.truncate(if due == FlushScope::All { 16 } else { usize::MAX });
        for (key, one) in pending {
            let (target, name) = match key.0 {
                OTHERS => (String::new(), "other names".to_owned()),
                UNKNOWN => (String::new(), "an unknown name".to_owned()),
                id => (id.to_string(), self.accounts[id.0 as usize - 1].account.username.to_string()),
            };
            let source = if key.1.is_empty() { "several sources" } else { &key.1 };
            let (proof, face) = ("not proved".to_owned(), one.face);
            let actor = AuditActor { account: String::new(), name: source.to_owned(), proof, face };
            let entry = AuditEntry::new("sign-in.failed", target, name)
                .with("tries", one.tries)
                .with("first", one.first_at.rfc3339())
                .with("last", one.last_at.rfc3339());
            self.append(&actor, now, &[entry]);
            self.failed_sign_ins.insert(key, FailedSignIns { tries: 0, written_at: Some(now), ..one });
        }
        let is_quiet =
            |one: &FailedSignIns| one.tries == 0 && one.written_at.is_some_and(|at| is_over(at, 10 * MINUTE));
        self.failed_sign_ins.retain(|_, one| !is_quiet(one));
    }
}

impl UsageTx for State {
    fn reserve_login_attempt(&mut self, key: &LoginAttemptKey, now: Timestamp) -> Result<Option<Duration>> {
        let key = key.0;
        while let Some((_, old)) = self.attempts_by_time.first().copied().filter(|(at, _)| *at < now.plus(-DAY)) {
            self.remove_attempts(old);
        }
        let (failures, last_at) = self.login_attempts.get(&key).copied().unwrap_or((0, now));
        if last_at > now {
            self.set_attempts(key, failures, now);
        }
        let since = Duration::from_millis(u64::try_from(now.0.saturating_sub(last_at.0)).unwrap_or(0));
        let left = if failures == 0 { Duration::ZERO } else { backoff(failures).saturating_sub(since) };
        if !left.is_zero() {
            return Ok(Some(left));
        }
        self.set_attempts(key, failures + 1, now);
        if self.login_attempts.len() > MAX_LOGIN_ATTEMPTS {
            let oldest = self.attempts_by_time.iter().find(|(_, other)| *other != key).map(|(_, other)| *other);
            oldest.into_iter().for_each(|other| self.remove_attempts(other));
        }
        Ok(None)
    }
    fn clear_login_attempts(&mut self, key: &LoginAttemptKey) -> Result<()> {
        self.remove_attempts(key.0);
        Ok(())
    }
    fn rehash(&mut self, account: AccountId, version: CredentialVersion, hash: &PasswordHash) -> Result<()> {
        let is_same = |one: &jeton::domain::account::Account| (one.id, one.credential_version) == (account, version);
        for stored in self.accounts.iter_mut().filter(|stored| is_same(&stored.account)) {
            stored.password.clone_from(&hash.0);
        }
        Ok(())
    }
    fn record_failed_sign_in(&mut self, failed: &FailedSignIn<'_>) -> Result<()> {
        let mut key = (failed.account.unwrap_or(UNKNOWN), failed.source.chars().take(64).collect());
        if !self.failed_sign_ins.contains_key(&key) && self.failed_sign_ins.len() >= MAX_SOURCES {
            key = (OTHERS, String::new());
        }
        let (face, at) = (failed.face, failed.at);
        let new = FailedSignIns { face, tries: 0, first_at: at, last_at: at, written_at: None };
        let counted = self.failed_sign_ins.entry(key).or_insert(new);
        if counted.tries == 0 {
            counted.first_at = at;
        }
        (counted.tries, counted.last_at, counted.face) = (counted.tries + 1, at, face);
        Ok(())
    }
    fn record_use(&mut self, used: &Use<'_>) -> Result<()> {
        self.count_use(used, Timestamp::LAST);
        Ok(())
    }
    fn record_denial(&mut self, denied: &Denial<'_>) -> Result<()> {
        self.count_denial(denied);
        Ok(())
    }
    fn record_all(&mut self, uses: &[Use<'_>], denials: &[Denial<'_>]) -> Result<()> {
        let latest = uses.iter().map(|used| used.at).max().unwrap_or(Timestamp::LAST);
        uses.iter().for_each(|used| self.count_use(used, latest));
        denials.iter().for_each(|denied| self.count_denial(denied));
        Ok(())
    }
    fn record_sent_notice(&mut self, sent: &SentNotice) -> Result<()> {
        self.record_sent(sent);
        Ok(())
    }
    fn add_known_network(&mut self, network: &KnownNetwork) -> Result<()> {
        self.add_network(network);
        Ok(())
    }
    fn set_networks_known_to(&mut self, day: i64) -> Result<()> {
        self.notices.networks_known_to = Some(day);
        Ok(())
    }
    fn forget_old_episodes(&mut self, before: Timestamp, _limit: u32) -> Result<()> {
        self.notices.forget_old_episodes(before);
        Ok(())
    }
    fn prune_ledger(&mut self, before: Timestamp, _limit: u32) -> Result<u64> {
        Ok(self.prune(before))
    }
}
