//! Decided events that are not yet written, with equal ones counted together.
//!
//! Their memory is bounded, however long the store can't be written. At the bound, details are dropped first, then
//! denied attempts, then the oldest uses. Dropped events are counted as lost.

use std::collections::HashMap;
use std::fmt;
use std::mem;

use foldhash::fast::RandomState;

use super::{Count, UsageKey};
use crate::domain::time::{DAY, MINUTE};
use crate::domain::token::TokenId;

/// Maximum memory of all waiting entries, in bytes.
pub(super) const MAX_SIZE: usize = 24 * 1024 * 1024;
/// Memory of one entry, including its share of both maps and its caller.
const ENTRY_SIZE: usize = 304;
const ORIGIN_SIZE: usize = 96;
/// Maximum number of separate callers and methods per token, or for unknown tokens. Thus a client that changes its name
/// with every request can fill neither memory nor store.
const MAX_KEYS_PER_TOKEN: usize = 100;
const MINUTES_OF_DAY: i64 = DAY / MINUTE;

/// Uses and denied attempts that will not be recorded.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct LostCounts {
    pub uses: u64,
    pub denials: u64,
}

impl LostCounts {
    fn add(&mut self, key: &UsageKey, count: u64) {
        match key.reason {
            None => self.uses += count,
            Some(_) => self.denials += count,
        }
    }
}

impl fmt::Display for LostCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted =
            |count: u64, what| (count > 0).then(|| format!("{count} {what}{}", if count == 1 { "" } else { "s" }));
        let both = [counted(self.uses, "accepted use"), counted(self.denials, "denied attempt")];
        f.write_str(&both.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }
}

/// A step that frees memory, the least harmful first.
#[derive(Clone, Copy)]
enum CoarsenStep {
    DenialCallers,
    DenialMinutes,
    UseCallers,
    UseMethods,
}

impl CoarsenStep {
    const ALL: [CoarsenStep; 4] =
        [CoarsenStep::DenialCallers, CoarsenStep::DenialMinutes, CoarsenStep::UseCallers, CoarsenStep::UseMethods];

    fn coarsen(self, key: &mut UsageKey) {
        match (self, key.reason) {
            (CoarsenStep::DenialCallers, Some(_)) | (CoarsenStep::UseCallers, None) => key.origin = None,
            (CoarsenStep::DenialMinutes, Some(_)) => {
                (key.secret, key.method) = (None, None);
                key.period -= key.period.rem_euclid(MINUTES_OF_DAY);
            }
            (CoarsenStep::UseMethods, None) => key.method = None,
            _ => {}
        }
    }
}

/// The waiting entries with their counts.
#[derive(Default)]
pub(super) struct UsageCounts {
    map: HashMap<UsageKey, Count, RandomState>,
    /// Number of entries per token, or without a token.
    keys_per_token: HashMap<Option<TokenId>, usize, RandomState>,
    size: usize,
}

impl UsageCounts {
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Adds `count` to the entry with the same key. Returns the events that were dropped to make room.
    pub fn add(&mut self, mut key: UsageKey, count: Count) -> LostCounts {
        if self.keys_per_token.get(&key.token).is_some_and(|apart| *apart >= MAX_KEYS_PER_TOKEN)
            && !self.map.contains_key(&key)
        {
            key.origin = None;
        }
        self.insert(key, count);
        if self.size > MAX_SIZE { self.make_room() } else { LostCounts::default() }
    }

    /// Adds all entries of `other`. Swaps the two if `other` is larger.
    pub fn merge(&mut self, mut other: UsageCounts) -> LostCounts {
        if other.len() > self.len() {
            mem::swap(self, &mut other);
        }
        let mut lost = LostCounts::default();
        for (key, count) in other.map {
            let more = self.add(key, count);
            lost = LostCounts { uses: lost.uses + more.uses, denials: lost.denials + more.denials };
        }
        lost
    }

    pub fn into_entries(self) -> Vec<(UsageKey, Count)> {
        self.map.into_iter().collect()
    }

    /// Counts all waiting events.
    pub fn total(&self) -> LostCounts {
        let mut lost = LostCounts::default();
        self.map.iter().for_each(|(key, count)| lost.add(key, count.count));
        lost
    }

    fn insert(&mut self, key: UsageKey, count: Count) {
        let (size, token) = (size_of_key(&key), key.token);
        let stored = self.map.entry(key).or_insert_with(|| {
            self.size += size;
            *self.keys_per_token.entry(token).or_default() += 1;
            Count { count: 0, at: count.at }
        });
        stored.add(count);
    }

    /// Frees a quarter of the maximum memory.
    fn make_room(&mut self) -> LostCounts {
        let enough = MAX_SIZE / 4 * 3;
        for step in CoarsenStep::ALL {
            for (mut key, count) in mem::take(self).map {
                step.coarsen(&mut key);
                self.insert(key, count);
            }
            if self.size <= enough {
                return LostCounts::default();
            }
        }
        let mut entries: Vec<_> = mem::take(self).map.into_iter().collect();
        // Denied attempts are dropped before uses, the oldest of each first. Entries from the end are retained while
        // there is room.
        entries.sort_unstable_by_key(|(key, count)| (key.reason.is_none(), count.at));
        let mut lost = LostCounts::default();
        while let Some((key, count)) = entries.pop() {
            if self.size + size_of_key(&key) > enough {
                lost.add(&key, count.count);
            } else {
                self.insert(key, count);
            }
        }
        lost
    }
}

impl FromIterator<(UsageKey, Count)> for UsageCounts {
    /// Collects entries without a bound, since they were within the bound before.
    fn from_iter<I: IntoIterator<Item = (UsageKey, Count)>>(entries: I) -> Self {
        let mut counts = UsageCounts::default();
        entries.into_iter().for_each(|(key, count)| counts.insert(key, count));
        counts
    }
}

fn size_of_key(key: &UsageKey) -> usize {
    ENTRY_SIZE + key.origin.as_ref().map_or(0, |origin| ORIGIN_SIZE + origin.client.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::secret::PublicId;
    use crate::domain::time::Timestamp;
    use crate::http::usage_recorder::Origin;
    use crate::verbs::verify::DenialReason;

    fn origin(n: u64) -> Option<Arc<Origin>> {
        Some(Arc::new(Origin { address: None, client: format!("{n:0>120}") }))
    }

    fn used(token: i64, n: u64) -> UsageKey {
        let secret = PublicId::parse("abcd1234");
        UsageKey { token: Some(TokenId(token)), secret, reason: None, method: None, origin: origin(n), period: 0 }
    }

    fn denied(token: i64, n: u64) -> UsageKey {
        UsageKey { reason: Some(DenialReason::Unknown), period: n as i64, ..used(token, n) }
    }

    fn at(n: u64) -> Count {
        Count { count: 1, at: Timestamp(n as i64) }
    }

    /// Adds all keys. Returns the remaining counts, the lost events and the total.
    fn filled(keys: impl Iterator<Item = UsageKey>) -> (UsageCounts, LostCounts, u64) {
        let (mut counts, mut lost, mut count) = (UsageCounts::default(), LostCounts::default(), 0);
        for (n, key) in (0..).zip(keys) {
            let went = counts.add(key, at(n));
            lost = LostCounts { uses: lost.uses + went.uses, denials: lost.denials + went.denials };
            count += 1;
            assert!(counts.size <= MAX_SIZE);
        }
        (counts, lost, count)
    }

    #[test]
    fn lost_counts_omit_what_was_not_lost() {
        let texts = [(2, 1), (1, 0), (0, 3)].map(|(uses, denials)| LostCounts { uses, denials }.to_string());
        insta::assert_snapshot!(texts.join("\n"), @"
        2 accepted uses and 1 denied attempt
        1 accepted use
        3 denied attempts
        ");
    }

    #[test]
    fn counts_outlive_their_details_in_a_long_fault() {
        // One denial per minute over days, for a hundred tokens.
        let (counts, lost, count) = filled((0..200_000).map(|n| denied(n % 100, n as u64 / 100)));
        assert_eq!((lost, counts.total()), (LostCounts::default(), LostCounts { uses: 0, denials: count }));
        let (counts, lost, count) = filled((0..200_000).map(|n| used(n % 20_000, n as u64)));
        assert_eq!((lost, counts.total()), (LostCounts::default(), LostCounts { uses: count, denials: 0 }));
    }

    #[test]
    fn denied_attempts_are_dropped_before_uses_and_counted() {
        let most = (MAX_SIZE / ENTRY_SIZE) as i64;
        let mixed = (0..most / 2).flat_map(|n| [used(n, 0), denied(n, 0), denied(-n - 1, 0)]);
        let (counts, lost, count) = filled(mixed);
        let stored = counts.total();
        assert_eq!(lost.uses, 0, "there is room for all of them");
        assert!(lost.denials > 0);
        assert_eq!(stored.uses + stored.denials + lost.denials, count);
        // More uses than there is room for, without any detail: the oldest are dropped.
        let (counts, lost, count) = filled((0..2 * most).map(|n| used(n, 0)));
        assert_eq!(counts.total().uses + lost.uses, count);
        assert!(lost.uses > 0);
        let oldest = counts.map.keys().filter_map(|key| key.token).min();
        assert!(oldest.is_some_and(|token| token.0 >= lost.uses as i64), "{oldest:?}");
    }
}
