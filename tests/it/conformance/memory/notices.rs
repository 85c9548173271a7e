//! Sent notices and known networks of the engine in memory.

use std::collections::BTreeMap;

use jeton::domain::time::Timestamp;
use jeton::domain::token::TokenId;
use jeton::error::Result;
use jeton::verbs::ports::ledger::UseKey;
use jeton::verbs::ports::{KnownNetwork, MAX_KNOWN_NETWORKS, NoticeReader, SentKind, SentNotice, UsedAddresses};

use super::state::State;

#[derive(Clone, Default)]
pub struct Notices {
    sent: BTreeMap<(&'static str, TokenId), SentNotice>,
    /// The first day by token and network.
    networks: BTreeMap<(TokenId, String), i64>,
    pub networks_known_to: Option<i64>,
}

impl Notices {
    pub fn purge(&mut self, token: TokenId) {
        self.sent.retain(|(kind, id), _| *id != token || *kind == SentKind::DeadSecretTried.as_str());
        self.networks.retain(|(id, _), _| *id != token);
    }

    pub fn forget_old_episodes(&mut self, before: Timestamp) {
        self.sent.retain(|_, sent| sent.kind != SentKind::DeadSecretTried || sent.about >= before);
    }
}

impl State {
    pub fn record_sent(&mut self, sent: &SentNotice) {
        if sent.kind == SentKind::DeadSecretTried || self.tokens.contains_key(&sent.token) {
            self.notices.sent.insert((sent.kind.as_str(), sent.token), *sent);
        }
    }

    pub fn add_network(&mut self, new: &KnownNetwork) {
        let networks = &mut self.notices.networks;
        let count = networks.keys().filter(|(token, _)| *token == new.token).count();
        if count < MAX_KNOWN_NETWORKS && self.tokens.contains_key(&new.token) {
            let first = networks.entry((new.token, new.network.clone())).or_insert(new.first_day);
            *first = new.first_day.min(*first);
        }
    }
}

impl NoticeReader for State {
    fn sent_notices(&self, kind: SentKind, tokens: &[TokenId]) -> Result<BTreeMap<TokenId, SentNotice>> {
        let sent = tokens.iter().filter_map(|token| self.notices.sent.get(&(kind.as_str(), *token)));
        Ok(sent.map(|sent| (sent.token, *sent)).collect())
    }
    fn known_networks(&self, tokens: &[TokenId]) -> Result<Vec<KnownNetwork>> {
        let known = self.notices.networks.iter().filter(|((token, _), _)| tokens.contains(token));
        let known = known.map(|((token, network), first_day)| KnownNetwork {
            token: *token,
            network: network.clone(),
            first_day: *first_day,
        });
        Ok(known.collect())
    }
    fn networks_known_to(&self) -> Result<Option<i64>> {
        Ok(self.notices.networks_known_to)
    }
    fn used_addresses(&self, first_day: i64, after: Option<&UseKey>, limit: usize) -> Result<UsedAddresses> {
        let keys = self.uses.keys().filter(|key| key.day >= first_day && after.is_none_or(|after| *key > after));
        let keys: Vec<&UseKey> = keys.take(limit).collect();
        let next = keys.last().filter(|_| keys.len() >= limit).map(|key| (*key).clone());
        Ok(UsedAddresses {
            rows: keys.into_iter().map(|key| (key.day, key.token, key.address.clone())).collect(),
            next,
        })
    }
}
