//! The ledger of the engine in memory.

use std::collections::{BTreeMap, BTreeSet};

use jeton::domain::account::{Account, AccountId};
use jeton::domain::denial_reason::DenialReason;
use jeton::domain::expiry::Expiry;
use jeton::domain::name::Prefix;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::recent_usage::{ClientUsage, RecentUse};
use jeton::domain::role::Role;
use jeton::domain::secret::PublicId;
use jeton::domain::time::{DAY, MINUTE, Timestamp, utc_day_number};
use jeton::domain::token::{Status, Token, TokenId};
use jeton::error::Result;
use jeton::verbs::findings::{
    DeadSecretAttempts, Finding, FindingCriterion, FindingCursor, FindingPage, FindingQuery, MAX_UNKNOWN_NAMES,
};
use jeton::verbs::ports::ledger::{
    DeniedKey, DeniedRow, DeniedTokenKey, DeniedTokenRow, Ledger, LedgerQuery, LedgerSecret, LedgerSizePart,
    LedgerToken, LedgerWindow, SecretStatus, SizeCursor, TokenState, UseKey, UseRow, is_aggregated,
};
use jeton::verbs::ports::{
    Denial, DenialSummary, DeniedSince, LastDenial, PreviousUses, SecretState, Usage, UsageReader, Use,
};

use super::super::denied_tokens::summed_window;
use super::super::ledger_windows::{Row, holds};
use super::state::{AttemptKey, Attempts, State, StoredToken};
use super::{Start, section};

/// The limits of rows kept separately: a token's uses of a day, and the denials of a token or of none in a minute.
const MAX_USES_PER_DAY: usize = 1_000;
const MAX_DENIALS_PER_MINUTE: usize = 100;

impl State {
    pub fn prefix(&self) -> Prefix {
        self.installation.as_ref().map_or_else(Prefix::default, |installation| installation.prefix.clone())
    }

    fn token_ref(&self, id: TokenId, secret: &str, now: Timestamp) -> (LedgerToken, Option<LedgerSecret>) {
        let (named, state) = match self.tokens.get(&id) {
            Some(token) => {
                let state = if token.deleted_at.is_some() { TokenState::Trashed } else { TokenState::Live };
                (Some((self.owner(token).username.clone(), token.name.clone())), state)
            }
            None => {
                let stone = self.tombstones.values().map(|(stone, _)| &stone.purged).find(|purged| purged.token == id);
                (stone.map(|purged| (purged.account.clone(), purged.name.clone())), TokenState::Purged)
            }
        };
        let secret = PublicId::parse(secret).map(|public| {
            let status = match (self.secrets.get(&public).map(|stored| stored.state), state) {
                (None, _) | (_, TokenState::Purged) => SecretStatus::Purged,
                (Some(SecretState::Dead), _) => SecretStatus::Old,
                (Some(SecretState::Previous(until)), _) if until <= now => SecretStatus::Old,
                (_, TokenState::Trashed) => SecretStatus::Deleted,
                (Some(SecretState::Previous(_)), _) => SecretStatus::Previous,
                (Some(SecretState::Current), _) => SecretStatus::Current,
            };
            LedgerSecret { hint: public.hint(&self.prefix()), status }
        });
        let (account, name) = named.unzip();
        (LedgerToken { id, account, name, state }, secret)
    }

    fn denied_row(&self, key: &AttemptKey, attempts: &Attempts, now: Timestamp) -> DeniedRow {
        let (token, secret) = key.token.map(|id| self.token_ref(id, &key.secret, now)).unzip();
        let is_wrong = key.reason == DenialReason::WrongSecret.as_str();
        let as_tried = |secret| if is_wrong { LedgerSecret { status: SecretStatus::Wrong, ..secret } } else { secret };
        DeniedRow {
            key: DeniedKey { minute: key.minute, row: attempts.row },
            at: attempts.last_at,
            attempts: attempts.count,
            reason: key.reason.clone(),
            token,
            secret: secret.flatten().map(as_tried),
            method: key.method.clone(),
            address: key.address.clone(),
            client: key.client.clone(),
            several_callers: is_aggregated(&key.address, &key.client),
        }
    }

    fn owners(&self) -> BTreeMap<TokenId, Account> {
        let owners = self.tokens.iter().map(|(id, token)| (*id, token.account));
        let owners = owners.chain(self.tombstones.values().map(|(stone, owner)| (stone.purged.token, *owner)));
        owners.map(|(id, owner)| (id, self.accounts[owner.0 as usize - 1].account.clone())).collect()
    }

    fn ledger_section<R: Row>(&self, mut rows: Vec<R>, query: &LedgerQuery<R::Key>) -> LedgerWindow<R> {
        let owners = self.owners();
        rows.retain(|row| holds(row, query, &owners));
        rows.sort_by_key(|row| std::cmp::Reverse(row.key()));
        let above = |key: &R::Key| rows.partition_point(|row| row.key() > *key);
        let start = match &query.cursor {
            PageCursor::Newest => Start::From(0),
            PageCursor::Oldest => Start::Before(rows.len()),
            PageCursor::Newer(key) => Start::Before(above(key)),
            PageCursor::Older(key) => Start::From(rows.partition_point(|row| row.key() >= *key)),
            PageCursor::Around(key) => Start::Around(above(key)),
        };
        let range = section(start, rows.len(), query.limit);
        LedgerWindow {
            newer: range.start > 0 || matches!(query.cursor, PageCursor::Older(_)),
            older: range.end < rows.len() || matches!(query.cursor, PageCursor::Newer(_)),
            rows: rows[range].to_vec(),
            unreadable: Vec::new(),
        }
    }

    /// Counts a use. A last use that is further ahead than `latest` comes from a wrong clock.
    pub fn count_use(&mut self, used: &Use<'_>, latest: Timestamp) {
        let wrong = latest.max(used.at).plus(MINUTE);
        let (_, last) = self.last_uses.entry(used.secret.clone()).or_insert((used.token, used.at));
        *last = if *last > wrong { used.at } else { used.at.max(*last) };
        let mut key = UseKey {
            day: utc_day_number(used.at),
            token: used.token,
            secret: used.secret.as_str().to_owned(),
            method: used.method.to_owned(),
            address: used.address.to_owned(),
            client: used.client.to_owned(),
        };
        let of_day = |kept: &&UseKey| (kept.token, kept.day) == (key.token, key.day);
        if !self.uses.contains_key(&key) && self.uses.keys().filter(of_day).count() >= MAX_USES_PER_DAY {
            (key.address, key.client) = (String::new(), String::new());
        }
        *self.uses.entry(key).or_default() += used.count;
    }

    pub fn count_denial(&mut self, denied: &Denial<'_>) {
        let mut key = AttemptKey {
            minute: denied.at.0.div_euclid(MINUTE),
            token: denied.token,
            reason: denied.reason.to_owned(),
            secret: denied.secret.map_or("", PublicId::as_str).to_owned(),
            method: denied.method.to_owned(),
            address: denied.address.to_owned(),
            client: denied.client.to_owned(),
        };
        if key.token.is_none() {
            key.method.clear();
            let first =
                self.attempts.keys().find(|kept| AttemptKey { client: kept.client.clone(), ..key.clone() } == **kept);
            key.client = first.map_or(key.client, |kept| kept.client.clone());
        }
        let of_minute = |kept: &&AttemptKey| (kept.token, kept.minute) == (key.token, key.minute);
        let is_new = !self.attempts.contains_key(&key);
        if is_new && self.attempts.keys().filter(of_minute).count() >= MAX_DENIALS_PER_MINUTE {
            (key.method, key.address, key.client) = Default::default();
        }
        self.last_attempt += 1;
        let new = Attempts { row: self.last_attempt, count: 0, last_at: denied.at };
        let attempts = self.attempts.entry(key).or_insert(new);
        attempts.count += denied.count;
        attempts.last_at = denied.at.max(attempts.last_at);
    }

    /// Deletes what is older than `before`, and returns the number of rows.
    pub fn prune(&mut self, before: Timestamp) -> u64 {
        let count = |state: &State| state.uses.len() + state.attempts.len();
        let old = count(self);
        self.uses.retain(|key, _| key.day >= utc_day_number(before));
        self.attempts.retain(|key, _| key.minute >= before.0.div_euclid(MINUTE));
        (old - count(self)) as u64
    }

    /// Returns the denied attempts of a token in a period, the last one last.
    fn attempts_of(&self, token: TokenId, since: Timestamp, now: Timestamp) -> Vec<(&AttemptKey, &Attempts)> {
        let minutes = since.0.div_euclid(MINUTE)..=now.0.div_euclid(MINUTE);
        let of_token =
            self.attempts.iter().filter(|(key, _)| key.token == Some(token) && minutes.contains(&key.minute));
        let mut found: Vec<_> = of_token.collect();
        found.sort_by_key(|(key, attempts)| (key.minute, attempts.last_at, attempts.row));
        found
    }

    fn denial_summary(
        &self,
        token: TokenId,
        (since, since_at): (DeniedSince, Option<Timestamp>),
        now: Timestamp,
    ) -> DenialSummary {
        let from = since_at.unwrap_or_else(|| now.plus(-7 * DAY));
        let mut found = self.attempts_of(token, from, now);
        found.retain(|(_, attempts)| attempts.last_at >= from);
        let last = found.last().map(|(key, attempts)| LastDenial {
            at: attempts.last_at,
            reason: key.reason.clone(),
            address: key.address.clone(),
            client: key.client.clone(),
        });
        let attempts = found.iter().map(|(_, attempts)| attempts.count).sum();
        DenialSummary { since, since_at, attempts, is_lower_bound: false, last }
    }

    fn denied_since(&self, token: &Token, now: Timestamp) -> (DeniedSince, Option<Timestamp>) {
        match (token.status(now), token.deleted_at, token.expiry) {
            (Status::Deleted, Some(at), _) => (DeniedSince::Deleted, Some(at)),
            (Status::Disabled, ..) => {
                let target = token.id.to_string();
                let rows = self.audit.iter().rev().map(|stored| &stored.row).filter(|row| row.target == target);
                let since = rows.take_while(|row| row.verb != "token.enable");
                let first = since.filter(|row| ["token.disable", "token.restore"].contains(&row.verb.as_str())).last();
                first.map_or_else(Default::default, |row| (DeniedSince::Disabled, Some(row.at)))
            }
            (Status::Expired, _, Expiry::At(at)) => (DeniedSince::Expired, Some(at)),
            _ => {
                let is_old = |state| state != SecretState::Current;
                match self.secrets.values().any(|secret| secret.token == token.id && is_old(secret.state)) {
                    true => (DeniedSince::Rotated, Some(token.secret_since)),
                    false => Default::default(),
                }
            }
        }
    }

    fn dead_secret_attempts(&self, id: TokenId, now: Timestamp, since: Timestamp) -> Option<Finding> {
        let mut tried = self.attempts_of(id, since, now);
        let works = self.tokens.get(&id).is_some_and(|token| self.works(token, now));
        let dead = DenialReason::of_dead_secrets(works);
        tried.retain(|(key, _)| dead.iter().any(|reason| reason.as_str() == key.reason));
        let (key, last) = tried.last()?;
        let (token, secret) = self.token_ref(id, &key.secret, now);
        let attempts = DeadSecretAttempts {
            attempts: tried.iter().map(|(_, attempts)| attempts.count).sum(),
            is_lower_bound: false,
            reason: key.reason.clone(),
            at: last.last_at,
            secret,
            address: key.address.clone(),
            client: key.client.clone(),
        };
        Some(Finding::DeadSecretTried { token, attempts })
    }
}

/// Sums up equal keys and returns the largest sums first, `limit` at most.
fn busiest<K: Ord>(uses: impl Iterator<Item = (K, u64)>, limit: usize) -> Vec<(K, u64)> {
    let mut sums: BTreeMap<K, u64> = BTreeMap::new();
    uses.for_each(|(key, count)| *sums.entry(key).or_default() += count);
    let mut sums: Vec<(K, u64)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sums.truncate(limit);
    sums
}

impl UsageReader for State {
    fn recent_uses(
        &self,
        token: TokenId,
        secret: Option<&PublicId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<RecentUse>> {
        let today = utc_day_number(now);
        let mut sums: BTreeMap<[&str; 3], RecentUse> = BTreeMap::new();
        let is_recent = |key: &UseKey| {
            let is_of_secret = secret.is_none_or(|id| id.as_str() == key.secret);
            key.token == token && is_of_secret && (today - 6..=today).contains(&key.day)
        };
        for (key, uses) in self.uses.iter().filter(|(key, _)| is_recent(key)) {
            let (method, address, client) = (key.method.clone(), key.address.clone(), key.client.clone());
            let new = RecentUse { method, address, client, today: 0, week: 0, last_day: key.day };
            let sum = sums.entry([&key.method, &key.address, &key.client]).or_insert(new);
            sum.today += if key.day == today { *uses } else { 0 };
            sum.week += uses;
            sum.last_day = sum.last_day.max(key.day);
        }
        let mut rows: Vec<RecentUse> = sums.into_values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.week));
        rows.truncate(limit);
        Ok(rows)
    }
    fn usage(&self, token: TokenId, now: Timestamp) -> Result<Usage> {
        let today = utc_day_number(now);
        let uses = || self.uses.iter().filter(|(key, _)| key.token == token && key.day <= today);
        let days = |secret: Option<&PublicId>| -> Vec<u64> {
            let of_day = |key: &UseKey, day| key.day == day && secret.is_none_or(|id| id.as_str() == key.secret);
            let sum = |day| uses().filter(|(key, _)| of_day(key, day)).map(|(_, count)| count).sum();
            (today - Usage::DAYS as i64 + 1..=today).map(sum).collect()
        };
        let week = |days: &[u64]| days[Usage::DAYS - 7..].iter().sum();
        let recent = || uses().filter(|(key, _)| key.day > today - 7);
        let clients = recent().map(|(key, count)| ((key.address.clone(), key.client.clone()), *count));
        let client = |((address, client), uses)| ClientUsage { address, client, uses };
        let of_method =
            |(key, count): (&UseKey, &u64)| Some((key.method.clone(), *count)).filter(|(m, _)| !m.is_empty());
        let of_state = |f: fn(SecretState) -> bool| {
            self.secrets.iter().find(|(_, secret)| secret.token == token && f(secret.state)).map(|(public, _)| public)
        };
        let current = of_state(|state| state == SecretState::Current);
        let known = self.tokens.get(&token).map(|stored| self.compose(token, stored));
        let overlaps = known.as_ref().is_some_and(|token| token.overlap(now).is_some());
        let old = of_state(|state| matches!(state, SecretState::Previous(_))).filter(|_| overlaps);
        let denied = known.as_ref().map(|token| self.denied_since(token, now)).unwrap_or_default();
        let all = days(None);
        Ok(Usage {
            last_seen_at: known.and_then(|token| token.last_seen_at),
            current_seen_at: current.and_then(|public| self.last_uses.get(public)).map(|(_, at)| *at),
            today: all[Usage::DAYS - 1],
            week: week(&all),
            clients: busiest(clients, Usage::MAX_CLIENTS).into_iter().map(client).collect(),
            methods: busiest(recent().filter_map(of_method), Usage::MAX_RECENT_METHODS),
            all_methods: busiest(uses().filter_map(of_method), Usage::MAX_METHODS),
            methods_truncated: false,
            recorded_since: self.uses.keys().map(|key| Timestamp(key.day * DAY)).min(),
            previous: old
                .map(|public| days(Some(public)))
                .map(|days| PreviousUses { today: days[Usage::DAYS - 1], week: week(&days) }),
            denied_week: self.denial_summary(token, Default::default(), now).attempts,
            denied: self.denial_summary(token, denied, now),
            days: all,
        })
    }
}

impl Ledger for State {
    fn denied_tokens_window(&self, query: &LedgerQuery<DeniedTokenKey>) -> Result<LedgerWindow<DeniedTokenRow>> {
        let rows = self.attempts.iter().map(|(key, attempts)| self.denied_row(key, attempts, query.now));
        Ok(summed_window(rows.collect(), query, &self.owners()))
    }
    fn denied_window(&self, query: &LedgerQuery<DeniedKey>) -> Result<LedgerWindow<DeniedRow>> {
        let rows = self.attempts.iter().map(|(key, attempts)| self.denied_row(key, attempts, query.now));
        Ok(self.ledger_section(rows.collect(), query))
    }
    fn uses_window(&self, query: &LedgerQuery<UseKey>) -> Result<LedgerWindow<UseRow>> {
        let row = |(key, uses): (&UseKey, &u64)| {
            let (token, secret) = self.token_ref(key.token, &key.secret, query.now);
            let UseKey { day, secret: public_id, method, address, client, .. } = key.clone();
            let several_callers = is_aggregated(&address, &client);
            UseRow { day, uses: *uses, token, secret, method, address, client, several_callers, public_id }
        };
        Ok(self.ledger_section(self.uses.iter().map(row).collect(), query))
    }
    fn ledger_version(&self) -> Result<i64> {
        Ok(self.version)
    }
    fn ledger_size_part(&self, _after: SizeCursor, _limit: usize) -> Result<LedgerSizePart> {
        let rows = self.uses.len() + self.attempts.len();
        Ok(LedgerSizePart { bytes: 100 * rows as u64, next: None })
    }
    fn ledger_oldest(&self) -> Result<Option<Timestamp>> {
        let days = self.uses.keys().map(|key| Timestamp(key.day * DAY));
        Ok(days.chain(self.attempts.keys().map(|key| Timestamp(key.minute * MINUTE))).min())
    }
    fn owner_of_purged(&self, token: TokenId) -> Result<Option<(AccountId, Role)>> {
        let owner = self.tombstones.values().find(|(stone, _)| stone.purged.token == token).map(|(_, owner)| *owner);
        Ok(owner.map(|id| (id, self.accounts[id.0 as usize - 1].account.role)))
    }
    fn finding_page(&self, query: &FindingQuery) -> Result<FindingPage> {
        let now = query.now;
        let active = || self.tokens.iter().filter(|(_, token)| self.works(token, now));
        let named = |id: TokenId| self.token_ref(id, "", now).0;
        let mut all: Vec<(FindingCursor, Finding)> = match query.criterion {
            FindingCriterion::ExpiringBy(by) => {
                let ends = active().filter_map(|(id, token)| Some((*id, token.expiry.at()?)));
                let found = |(id, expires_at): (TokenId, Timestamp)| {
                    (FindingCursor(expires_at.0, id.0), Finding::Expiring { token: named(id), expires_at })
                };
                ends.filter(|(_, at)| *at <= by).map(found).collect()
            }
            FindingCriterion::StaleSince(before) => {
                let tokens = active().map(|(id, stored)| self.compose(*id, stored));
                let stale = tokens.filter(|token| {
                    token.expected_unused_since.is_none() && token.last_seen_at.unwrap_or(token.created_at) <= before
                });
                let found = |Token { id, last_seen_at, created_at, .. }: Token| {
                    let finding = Finding::Stale { token: named(id), last_seen_at, created_at };
                    (FindingCursor(last_seen_at.map_or(0, |at| at.0), id.0), finding)
                };
                stale.map(found).collect()
            }
            FindingCriterion::DeadSecretTriedSince(since) => {
                let tried: BTreeSet<TokenId> = self.attempts.keys().filter_map(|key| key.token).collect();
                let found = |id: TokenId| Some((FindingCursor(id.0, 0), self.dead_secret_attempts(id, now, since)?));
                tried.into_iter().filter_map(found).collect()
            }
            FindingCriterion::UnknownNames => {
                let found = |(id, stored): (&TokenId, &StoredToken)| {
                    let mut names = self.unknown_names(&self.compose(*id, stored).selection);
                    let (count, token) = (names.len() as u64, named(*id));
                    names.truncate(MAX_UNKNOWN_NAMES);
                    (count > 0).then_some((FindingCursor(id.0, 0), Finding::UnknownNames { token, count, names }))
                };
                active().filter_map(found).collect()
            }
        };
        all.retain(|(at, _)| query.after.is_none_or(|after| (at.0, at.1) > (after.0, after.1)));
        all.sort_by_key(|(at, _)| (at.0, at.1));
        all.truncate(query.limit);
        let next = all.last().filter(|_| all.len() >= query.limit).map(|(at, _)| *at);
        Ok(FindingPage { findings: all.into_iter().map(|(_, finding)| finding).collect(), next })
    }
}
