//! The notices that were sent, so that each is sent once. The data is bounded: for each token a row of each kind and
//! [`MAX_KNOWN_NETWORKS`] networks.

use std::collections::BTreeMap;

use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::domain::word_enum::word_enum;
use crate::error::Result;
use crate::verbs::ports::ledger::UseKey;

/// Maximum number of networks that are known of a token. A token with that many is used from everywhere, and gets no
/// more notices about networks.
pub const MAX_KNOWN_NETWORKS: usize = 200;

word_enum! {
    /// The kind of a notice whose sending is recorded by token.
    pub enum SentKind {
        /// The token expires soon.
        Expiring = "expiring",
        /// The token is not used.
        Stale = "stale",
        /// A dead secret of the token is still tried.
        DeadSecretTried = "still-tried",
    }
}

/// The last notice of a kind about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentNotice {
    /// The token.
    pub token: TokenId,
    /// The kind.
    pub kind: SentKind,
    /// The threshold in days. 0 for a kind without thresholds.
    pub threshold: i64,
    /// The expiry, the last use, or the last attempt that the notice was about.
    pub about: Timestamp,
}

/// A network from which a token was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownNetwork {
    /// The token.
    pub token: TokenId,
    /// The network, as [`crate::domain::network::network_of`] names it.
    pub network: String,
    /// The day of the first use (UTC), since 1970.
    pub first_day: i64,
}

/// Addresses of uses, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsedAddresses {
    /// The day since 1970 (UTC), the token and the address of each use.
    pub rows: Vec<(i64, TokenId, String)>,
    /// The start of the next page. `None` after the last.
    pub next: Option<UseKey>,
}

/// Reads the notices that were sent.
pub trait NoticeReader {
    /// Returns the last notices of a kind about `tokens`.
    fn sent_notices(&self, kind: SentKind, tokens: &[TokenId]) -> Result<BTreeMap<TokenId, SentNotice>>;
    /// Returns the networks of `tokens`, ordered by token and network.
    fn known_networks(&self, tokens: &[TokenId]) -> Result<Vec<KnownNetwork>>;
    /// Returns the day up to which the networks of the ledger are known. `None` before the first reading.
    fn networks_known_to(&self) -> Result<Option<i64>>;
    /// Returns the addresses of uses of `first_day` or later, after `after`, `limit` rows at most.
    fn used_addresses(&self, first_day: i64, after: Option<&UseKey>, limit: usize) -> Result<UsedAddresses>;
}
