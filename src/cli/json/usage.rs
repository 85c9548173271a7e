//! JSON answers about the usage of a token.

use schemars::JsonSchema;
use serde::Serialize;

use super::instant;
use crate::domain::recent_usage::ClientUsage;
use crate::verbs::ports::{DenialSummary, LastDenial, Usage};

/// Usage of a token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
pub struct UsageJson {
    last_seen_at: Option<String>,
    current_last_seen_at: Option<String>,
    today: u64,
    week: u64,
    /// Uses on each of the last 30 days (UTC), the oldest first.
    days: Vec<u64>,
    denied_week: u64,
    denied: DeniedEvidenceJson,
    /// `null` without an overlap.
    previous: Option<PreviousUsesJson>,
    origins: Vec<OriginJson>,
    methods: Vec<MethodUsesJson>,
    /// Uses by method in the whole ledger that is retained.
    methods_kept: Vec<MethodUsesJson>,
    /// `true` if there are more methods than listed.
    methods_cut: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Origin")]
struct OriginJson {
    address: String,
    client: String,
    uses: u64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MethodUses")]
struct MethodUsesJson {
    method: String,
    uses: u64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PreviousUses")]
struct PreviousUsesJson {
    today: u64,
    week: u64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeniedEvidence")]
struct DeniedEvidenceJson {
    since: &'static str,
    since_at: Option<String>,
    attempts: u64,
    /// `true` if `attempts` is only a lower bound.
    more: bool,
    last: Option<LastDeniedJson>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LastDenied")]
struct LastDeniedJson {
    at: String,
    reason: String,
    address: String,
    client: String,
}

impl From<&Usage> for UsageJson {
    fn from(usage: &Usage) -> Self {
        let origin =
            |o: &ClientUsage| OriginJson { address: o.address.clone(), client: o.client.clone(), uses: o.uses };
        let methods = |list: &[(String, u64)]| {
            list.iter().map(|(method, uses)| MethodUsesJson { method: method.clone(), uses: *uses }).collect()
        };
        UsageJson {
            last_seen_at: instant(usage.last_seen_at),
            current_last_seen_at: instant(usage.current_seen_at),
            today: usage.today,
            week: usage.week,
            days: usage.days.clone(),
            denied_week: usage.denied_week,
            denied: DeniedEvidenceJson::from(&usage.denied),
            previous: usage.previous.map(|p| PreviousUsesJson { today: p.today, week: p.week }),
            origins: usage.clients.iter().map(origin).collect(),
            methods: methods(&usage.methods),
            methods_kept: methods(&usage.all_methods),
            methods_cut: usage.methods_truncated,
        }
    }
}

impl From<&DenialSummary> for DeniedEvidenceJson {
    fn from(denied: &DenialSummary) -> Self {
        let last = |last: &LastDenial| LastDeniedJson {
            at: last.at.rfc3339(),
            reason: last.reason.clone(),
            address: last.address.clone(),
            client: last.client.clone(),
        };
        DeniedEvidenceJson {
            since: denied.since.as_str(),
            since_at: instant(denied.since.at()),
            attempts: denied.attempts,
            more: denied.is_lower_bound,
            last: denied.last.as_ref().map(last),
        }
    }
}
