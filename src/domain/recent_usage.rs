//! The accepted uses of a token in the last 7 days, of all methods or of those that a change takes away.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::domain::time::DAY;
use crate::domain::wire_format::{MethodUses, method_uses};

/// Maximum age of a recent use in milliseconds: 7 days.
pub const RECENT_USE: i64 = 7 * DAY;

/// Address and client from which a token was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientUsage {
    /// The caller's address. If it and the client are empty, this is several callers together.
    pub address: String,
    /// The client name that the caller gives.
    pub client: String,
    /// Number of uses in the last 7 days.
    pub uses: u64,
}

/// Accepted uses of the last 7 days that have method and caller in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentUse {
    /// The requested method. Empty if none was given.
    pub method: String,
    pub address: String,
    pub client: String,
    /// Number of uses of today (UTC).
    pub today: u64,
    /// Number of uses of the 7 days.
    pub week: u64,
    /// The last day with a use, since 1970 (UTC).
    pub last_day: i64,
}

/// Usage of a token in the last 7 days.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecentUsage {
    /// Accepted uses of today (UTC).
    pub today: u64,
    /// Accepted uses of the last 7 days, today included.
    pub week: u64,
    /// The last day with a use, since 1970 (UTC).
    pub last_day: Option<i64>,
    /// The callers, the busiest first, 5 at most.
    pub clients: Vec<ClientUsage>,
    /// The methods used with their counts, the busiest first, 10 at most.
    #[serde(with = "method_uses")]
    #[schemars(with = "Vec<MethodUses>")]
    pub methods: Vec<(String, u64)>,
}

impl RecentUsage {
    pub const MAX_CLIENTS: usize = 5;
    pub const MAX_METHODS: usize = 10;

    pub fn sum<'a>(uses: impl IntoIterator<Item = &'a RecentUse>) -> Self {
        let (mut sum, mut clients, mut methods) = (RecentUsage::default(), BTreeMap::new(), BTreeMap::new());
        for used in uses {
            sum.today += used.today;
            sum.week += used.week;
            sum.last_day = sum.last_day.max(Some(used.last_day));
            *clients.entry((&used.address, &used.client)).or_default() += used.week;
            if !used.method.is_empty() {
                *methods.entry(&used.method).or_default() += used.week;
            }
        }
        let to_client = |((address, client), uses): ((&String, &String), u64)| ClientUsage {
            address: address.clone(),
            client: client.clone(),
            uses,
        };
        sum.clients = busiest(clients, Self::MAX_CLIENTS).map(to_client).collect();
        sum.methods = busiest(methods, Self::MAX_METHODS).map(|(id, uses)| (id.clone(), uses)).collect();
        sum
    }
}

fn busiest<K: Ord>(counts: BTreeMap<K, u64>, limit: usize) -> impl Iterator<Item = (K, u64)> {
    let mut sorted: Vec<(K, u64)> = counts.into_iter().collect();
    sorted.sort_by_key(|(_, uses)| Reverse(*uses));
    sorted.into_iter().take(limit)
}
