//! Finds uses of tokens from new networks. The ledger counts uses by day, so all networks of a token's first day are
//! those of its first use.

use std::collections::{BTreeMap, BTreeSet};

use super::{DueNotice, NewNetworkUse, Notice, SendRecord, record};
use crate::domain::network::network_of;
use crate::domain::time::{Timestamp, utc_day_number};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ledger::{LedgerToken, TokenState, UseKey};
use crate::verbs::ports::{KnownNetwork, MAX_KNOWN_NETWORKS, Snapshot, Store};

/// Number of rows of uses read at once.
const PAGE_SIZE: usize = 10_000;
/// Maximum number of networks that are seen but not recorded. They take up about 100 MB.
const MAX_SEEN: usize = 1_000_000;

pub(super) struct NewNetworks {
    first_day: i64,
    /// `true` if the networks of this ledger were never read. All of them are learned, without a notice.
    only_learns: bool,
    after: Option<UseKey>,
    seen: SeenNetworks,
    /// The new networks of the last page.
    new: BTreeMap<TokenId, Vec<KnownNetwork>>,
}

/// Networks of this run that were not recorded yet, because nobody got a notice.
#[derive(Default)]
struct SeenNetworks {
    of_token: BTreeMap<TokenId, TokenNetworks>,
    count: usize,
}

impl SeenNetworks {
    fn add(&mut self, network: &KnownNetwork) {
        let of_token = self.of_token.entry(network.token).or_default();
        let before = of_token.names.len();
        of_token.add(network);
        self.count += of_token.names.len() - before;
    }

    fn remove(&mut self, token: TokenId) {
        self.count -= self.of_token.remove(&token).map_or(0, |networks| networks.names.len());
    }
}

#[derive(Default)]
struct TokenNetworks {
    names: BTreeSet<String>,
    first_day: Option<i64>,
}

impl TokenNetworks {
    fn add(&mut self, network: &KnownNetwork) {
        self.names.insert(network.network.clone());
        self.first_day = Some(self.first_day.map_or(network.first_day, |day| day.min(network.first_day)));
    }
}

impl NewNetworks {
    pub fn new(snapshot: &dyn Snapshot, now: Timestamp) -> Result<Self> {
        let known_to = snapshot.networks_known_to()?;
        // One day more, because the uses around midnight may have been recorded after the last run. A clock that was set
        // back must not skip days.
        let first_day = known_to.map_or(i64::MIN, |day| day.min(utc_day_number(now)) - 1);
        let (seen, new) = (SeenNetworks::default(), BTreeMap::new());
        Ok(NewNetworks { first_day, only_learns: known_to.is_none(), after: None, seen, new })
    }

    /// Frees the memory of networks that the store knows now.
    pub fn forget(&mut self, recorded: &[KnownNetwork]) {
        recorded.iter().for_each(|network| self.seen.remove(network.token));
    }

    pub fn only_learns(&self) -> bool {
        self.only_learns
    }

    /// Returns the first day with uses that this run must leave to the next one, if there are too many networks without a
    /// notice. `None` if a page can be read.
    pub fn full_at(&self) -> Option<i64> {
        self.after.as_ref().filter(|_| self.seen.count >= MAX_SEEN).map(|after| after.day)
    }

    /// Reads a page of uses, and learns the networks about which there is no notice. Returns `true` after the last page.
    pub fn read_page(&mut self, store: &impl Store, dry_run: bool) -> Result<bool> {
        let (page, mut known_of) = store.read(|snapshot| {
            let page = snapshot.used_addresses(self.first_day, self.after.as_ref(), PAGE_SIZE)?;
            let tokens: BTreeSet<TokenId> = page.rows.iter().map(|(_, token, _)| *token).collect();
            let mut known_of: BTreeMap<TokenId, TokenNetworks> = BTreeMap::new();
            let known = snapshot.known_networks(&Vec::from_iter(tokens.iter().copied()))?;
            known.iter().for_each(|network| known_of.entry(network.token).or_default().add(network));
            for token in tokens {
                if let Some(seen) = self.seen.of_token.get(&token) {
                    let known = known_of.entry(token).or_default();
                    known.names.extend(seen.names.iter().cloned());
                    known.first_day = known.first_day.or(seen.first_day);
                }
            }
            Ok((page, known_of))
        })?;
        let mut learned = Vec::new();
        for (day, token, address) in page.rows {
            let Some(network) = network_of(&address) else { continue };
            let known = known_of.entry(token).or_default();
            if known.names.len() >= MAX_KNOWN_NETWORKS || known.names.contains(&network) {
                continue;
            }
            let is_first_use = known.first_day.is_none_or(|first_day| day <= first_day);
            let new = KnownNetwork { token, network, first_day: day };
            known.add(&new);
            if self.only_learns || is_first_use {
                if dry_run {
                    self.seen.add(&new);
                }
                learned.push(new);
            } else {
                self.seen.add(&new);
                self.new.entry(token).or_default().push(new);
            }
        }
        if !learned.is_empty() && !dry_run {
            record(store, &[SendRecord::Networks(learned)])?;
        }
        self.after = page.next;
        Ok(self.after.is_none())
    }

    /// Takes the notices of the pages since the last call. A purged token gets none.
    pub fn take_due(&mut self, snapshot: &dyn Snapshot) -> Result<Vec<DueNotice>> {
        let mut due = Vec::new();
        for (id, networks) in &self.new {
            let Some(token) = snapshot.token(*id)? else { continue };
            let state = if token.deleted_at.is_some() { TokenState::Trashed } else { TokenState::Live };
            let token = LedgerToken { id: *id, account: Some(token.owner.username), name: Some(token.name), state };
            let names = networks.iter().map(|network| network.network.clone()).collect();
            due.push(DueNotice {
                notice: Notice::NewNetwork(NewNetworkUse { token, networks: names }),
                record: SendRecord::Networks(networks.clone()),
            });
        }
        self.new.clear();
        Ok(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(token: i64, name: usize) -> KnownNetwork {
        KnownNetwork { token: TokenId(token), network: name.to_string(), first_day: 1 }
    }

    /// The next run begins with the day of the first use that this one doesn't read.
    #[test]
    fn reading_ends_when_too_many_networks_have_no_notice() {
        let (method, address, client) = (String::new(), String::new(), String::new());
        let after = UseKey { day: 7, token: TokenId(1), secret: String::new(), method, address, client };
        let (after, new, mut seen) = (Some(after), BTreeMap::new(), SeenNetworks::default());
        (0..MAX_SEEN).for_each(|n| seen.add(&network((n / MAX_KNOWN_NETWORKS) as i64, n)));
        seen.add(&network(0, 0));
        let mut networks = NewNetworks { first_day: 1, only_learns: false, after, seen, new };
        assert_eq!(networks.full_at(), Some(7));
        networks.forget(&[network(0, 0), network(0, 1)]);
        assert_eq!((networks.full_at(), networks.seen.count), (None, MAX_SEEN - MAX_KNOWN_NETWORKS));
    }
}
