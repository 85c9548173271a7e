//! Sign-in attempts of the engine in memory, and the last uses of tokens. The rest of the ledger is not kept.

use std::collections::BTreeMap;
use std::time::Duration;

use jeton::domain::account::{AccountId, CredentialVersion};
use jeton::domain::password::PasswordHash;
use jeton::domain::recent_usage::RecentUse;
use jeton::domain::role::Role;
use jeton::domain::time::{DAY, Timestamp, utc_day_number};
use jeton::domain::token::TokenId;
use jeton::error::Result;
use jeton::verbs::findings::{FindingPage, FindingQuery};
use jeton::verbs::password_authenticator::backoff;
use jeton::verbs::ports::ledger::{
    DeniedKey, DeniedRow, Ledger, LedgerQuery, LedgerSizePart, LedgerWindow, SizeCursor, UseKey, UseRow,
};
use jeton::verbs::ports::{Denial, FailedSignIn, LoginAttemptKey, Usage, UsageReader, UsageTx, Use};

use super::not_kept;
use super::state::State;

const MAX_LOGIN_ATTEMPTS: usize = 10_000;

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
    fn record_use(&mut self, used: &Use<'_>) -> Result<()> {
        let (_, last) = self.last_uses.entry(used.secret.clone()).or_insert((used.token, used.at));
        *last = used.at.max(*last);
        let [method, address, client] = [used.method, used.address, used.client].map(str::to_owned);
        *self.daily_uses.entry((used.token, utc_day_number(used.at), method, address, client)).or_default() +=
            used.count;
        Ok(())
    }
    fn record_failed_sign_in(&mut self, _failed: &FailedSignIn<'_>) -> Result<()> {
        not_kept()
    }
    fn record_denial(&mut self, _denied: &Denial<'_>) -> Result<()> {
        not_kept()
    }
    fn record_all(&mut self, _uses: &[Use<'_>], _denials: &[Denial<'_>]) -> Result<()> {
        not_kept()
    }
    fn prune_ledger(&mut self, _before: Timestamp, _limit: u32) -> Result<u64> {
        not_kept()
    }
}

impl UsageReader for State {
    fn recent_uses(&self, token: TokenId, now: Timestamp, limit: usize) -> Result<Vec<RecentUse>> {
        let today = utc_day_number(now);
        let mut sums: BTreeMap<[&str; 3], RecentUse> = BTreeMap::new();
        for ((of, day, method, address, client), uses) in &self.daily_uses {
            if *of != token || !(today - 6..=today).contains(day) {
                continue;
            }
            let [m, a, c] = [method, address, client].map(Clone::clone);
            let sum = sums.entry([method, address, client]).or_insert_with(|| RecentUse {
                method: m,
                address: a,
                client: c,
                today: 0,
                week: 0,
                last_day: *day,
            });
            sum.today += if *day == today { *uses } else { 0 };
            sum.week += uses;
            sum.last_day = sum.last_day.max(*day);
        }
        let mut rows: Vec<RecentUse> = sums.into_values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.week));
        rows.truncate(limit);
        Ok(rows)
    }
    fn usage(&self, _token: TokenId, _now: Timestamp) -> Result<Usage> {
        not_kept()
    }
}

impl Ledger for State {
    fn owner_of_purged(&self, token: TokenId) -> Result<Option<(AccountId, Role)>> {
        let owner = self.tombstones.values().find(|(stone, _)| stone.purged.token == token).map(|(_, owner)| *owner);
        Ok(owner
            .and_then(|id| self.accounts.iter().find(|a| a.account.id == id))
            .map(|a| (a.account.id, a.account.role)))
    }
    fn denied_window(&self, _query: &LedgerQuery<DeniedKey>) -> Result<LedgerWindow<DeniedRow>> {
        not_kept()
    }
    fn uses_window(&self, _query: &LedgerQuery<UseKey>) -> Result<LedgerWindow<UseRow>> {
        not_kept()
    }
    fn ledger_head(&self) -> Result<i64> {
        not_kept()
    }
    fn ledger_size_part(&self, _after: &SizeCursor, _limit: usize) -> Result<LedgerSizePart> {
        not_kept()
    }
    fn ledger_oldest(&self) -> Result<Option<Timestamp>> {
        not_kept()
    }
    fn finding_page(&self, _query: &FindingQuery) -> Result<FindingPage> {
        not_kept()
    }
}
