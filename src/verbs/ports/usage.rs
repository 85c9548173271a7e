//! Usage of one token, shown with the token and before a revocation.

use crate::domain::recent_usage::{ClientUsage, RecentUsage, RecentUse};
use crate::domain::secret::PublicId;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::domain::wire_format::{MethodUses, in_answer, method_uses};
use crate::error::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Usage of a token: the uses that would break without it, and the callers that are still denied.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// The last time that the token was accepted.
    pub last_seen_at: Option<Timestamp>,
    /// The last time that the current secret was accepted. The time of the previous secret is in the token.
    #[serde(rename = "current_last_seen_at")]
    pub current_seen_at: Option<Timestamp>,
    /// Accepted uses of today (UTC).
    pub today: u64,
    /// Accepted uses of the last 7 days, today included.
    pub week: u64,
    /// Accepted uses of each of the last [`Usage::DAYS`] days (UTC), the oldest first, today last.
    #[schemars(description = "Accepted uses of each of the last 30 days (UTC), the oldest first, today last.")]
    pub days: Vec<u64>,
    /// Denied attempts in the last 7 days.
    pub denied_week: u64,
    /// Denied attempts since the token's present state began.
    pub denied: DenialSummary,
    /// Uses of the previous secret. `None` without an overlap.
    pub previous: Option<PreviousUses>,
    /// Callers of the last 7 days, the busiest first, [`Usage::MAX_CLIENTS`] at most.
    #[serde(rename = "origins")]
    #[schemars(description = "Callers of the last 7 days, the busiest first, 5 at most.")]
    pub clients: Vec<ClientUsage>,
    /// The methods used in the last 7 days with their counts, the busiest first, [`Usage::MAX_RECENT_METHODS`] at most.
    #[serde(with = "method_uses")]
    #[schemars(
        with = "Vec<MethodUses>",
        description = "The methods used in the last 7 days, the busiest first, 10 at most."
    )]
    pub methods: Vec<(String, u64)>,
    /// The methods used in the whole ledger with their counts, the busiest first, [`Usage::MAX_METHODS`] at most.
    #[serde(rename = "methods_kept", with = "method_uses")]
    #[schemars(
        with = "Vec<MethodUses>",
        description = "The methods used in the whole retained ledger, the busiest first, 2,000 at most."
    )]
    pub all_methods: Vec<(String, u64)>,
    /// `true` if more methods were used than [`Usage::all_methods`] lists. A method that isn't listed was perhaps used.
    #[serde(rename = "methods_cut")]
    #[schemars(description = "`true` if `methods_kept` lists only a part of the used methods.")]
    pub methods_truncated: bool,
    /// The first day (UTC) with a use of any token in the ledger. Earlier uses are unknown.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub recorded_since: Option<Timestamp>,
}

impl Usage {
    /// Number of days counted separately.
    pub const DAYS: usize = 30;
    /// Maximum number of methods of the whole ledger.
    pub const MAX_METHODS: usize = 2_000;
    /// Maximum number of methods of the last 7 days.
    pub const MAX_RECENT_METHODS: usize = RecentUsage::MAX_METHODS;
    /// Maximum number of callers.
    pub const MAX_CLIENTS: usize = RecentUsage::MAX_CLIENTS;
}

/// Accepted uses of the old secret of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviousUses {
    /// Today (UTC).
    pub today: u64,
    /// In the last 7 days, including those before the rotation.
    pub week: u64,
}

/// The start of the period whose denied attempts are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DeniedSince {
    /// Since the token was disabled.
    Disabled,
    /// Since the token was revoked.
    Deleted,
    /// Since the token expired.
    Expired,
    /// Since the token got its current secret.
    Rotated,
    /// No such change, or its time is unknown: the last 7 days.
    #[default]
    Week,
}

impl DeniedSince {
    /// Returns the period in words: `since disabled`, `in 7 days`.
    pub const fn describe(self) -> &'static str {
        match self {
            DeniedSince::Disabled => "since disabled",
            DeniedSince::Deleted => "since revoked",
            DeniedSince::Expired => "since expired",
            DeniedSince::Rotated => "since rotated",
            DeniedSince::Week => "in 7 days",
        }
    }
}

/// Denied attempts of a token since its last change of state.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DenialSummary {
    /// The start of the period.
    pub since: DeniedSince,
    /// The time of the start. `None` for the last 7 days.
    pub since_at: Option<Timestamp>,
    /// Number of attempts.
    pub attempts: u64,
    /// `true` if there were more than could be counted; `attempts` is then a lower bound.
    #[serde(rename = "more")]
    pub is_lower_bound: bool,
    /// The last attempt.
    pub last: Option<LastDenial>,
}

/// The last of several denied attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastDenial {
    /// The time of the attempt.
    pub at: Timestamp,
    /// The reason of the denial, a word of [`crate::verbs::verify::DenialReason`].
    #[schemars(description = "The reason of the denial, a code of DenialReason.")]
    pub reason: String,
    /// The caller's address. If it and the client are empty, this is one of several callers.
    pub address: String,
    /// The client name that the caller gives.
    pub client: String,
}

/// Reads how tokens are used.
pub trait UsageReader {
    /// Returns the use of a token until `now`.
    fn usage(&self, token: TokenId, now: Timestamp) -> Result<Usage>;
    /// Returns the accepted uses of a token, or only of its `secret`, in the last 7 days (UTC) by method and caller: the
    /// most used first, `limit` at most.
    fn recent_uses(
        &self,
        token: TokenId,
        secret: Option<&PublicId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<RecentUse>>;
}
