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

pub(super) struct NewNetworks {
    first_day: i64,
    /// `true` if the networks of this ledger were never read. All of them are learned, without a notice.
    only_learns: bool,
    after: Option<UseKey>,
    /// Networks of this run that were not recorded yet.
    seen: BTreeMap<TokenId, TokenNetworks>,
    /// The new networks of the last page.
    new: BTreeMap<TokenId, Vec<KnownNetwork>>,
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
        let (seen, new) = (BTreeMap::new(), BTreeMap::new());
        Ok(NewNetworks { first_day, only_learns: known_to.is_none(), after: None, seen, new })
    }

    /// Frees the memory of networks that the store knows now.
    pub fn forget(&mut self, recorded: &[KnownNetwork]) {
        recorded.iter().for_each(|network| drop(self.seen.remove(&network.token)));
    }

    pub fn only_learns(&self) -> bool {
        self.only_learns
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
                if let Some(seen) = self.seen.get(&token) {
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
                    self.seen.entry(token).or_default().add(&new);
                }
                learned.push(new);
            } else {
                self.seen.entry(token).or_default().add(&new);
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
