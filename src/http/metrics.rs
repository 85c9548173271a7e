//! The metrics of the service, for Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::ServerState;
use super::connection_eviction::OverloadCounters;
use super::faults::Fault;
use crate::platform::logging;
use crate::verbs::verify::DenialReason;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerifyOutcome {
    Permitted,
    NoCredential,
    Denied(DenialReason),
    /// The request can't be decided: no catalogue has the method, or no method was named.
    UnknownMethod,
    /// The request can't be decided: the store can't be read.
    Unavailable,
}

/// Counters since the start of the service.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    permitted: AtomicU64,
    no_credential: AtomicU64,
    unavailable: AtomicU64,
    unknown_method: AtomicU64,
    denied: [AtomicU64; DenialReason::ALL.len()],
    pub open: AtomicU64,
    pub accepted: AtomicU64,
    pub timed_out: AtomicU64,
    /// `true` if the store is older than the state that was seen, or is another store.
    pub is_older_store: AtomicBool,
}

impl Metrics {
    pub fn count(&self, outcome: VerifyOutcome) {
        let counter = match outcome {
            VerifyOutcome::Permitted => &self.permitted,
            VerifyOutcome::NoCredential => &self.no_credential,
            VerifyOutcome::Unavailable => &self.unavailable,
            VerifyOutcome::UnknownMethod => &self.unknown_method,
            VerifyOutcome::Denied(reason) => &self.denied[reason as usize],
        };
        let count = counter.fetch_add(1, Relaxed) + 1;
        // Logged at the first, second, fourth … request, because each request would log the same.
        if outcome == VerifyOutcome::UnknownMethod && count.is_power_of_two() {
            tracing::warn!(
                count,
                "a proxy asked for a method that is in no catalogue; print the proxy's configuration again and \
                 reload the proxy: jeton guide PROXY"
            );
        }
    }
}

/// Returns all metrics in Prometheus' text format.
pub(super) fn render(service: &ServerState) -> String {
    service.check_faults();
    let ServerState { metrics, ledger, .. } = service;
    let mut text = String::new();
    let mut family = |name: &str, help: &str, values: &[(String, u64)]| {
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        // Writing into a string doesn't fail.
        let _ = writeln!(text, "# HELP jeton_{name} {help}\n# TYPE jeton_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "jeton_{name}{labels} {value}");
        }
    };
    let of = |counter: &AtomicU64| counter.load(Relaxed);
    let result = |result: &str, counter: &AtomicU64| (format!("{{result=\"{result}\"}}"), of(counter));
    let denied: u64 = metrics.denied.iter().map(of).sum();
    let lacking = of(&metrics.denied[DenialReason::NotPermitted as usize]);
    let results = [
        result("permitted", &metrics.permitted),
        result("no_credential", &metrics.no_credential),
        ("{result=\"invalid_token\"}".to_owned(), denied - lacking),
        ("{result=\"not_permitted\"}".to_owned(), lacking),
        result("unknown_method", &metrics.unknown_method),
        result("unavailable", &metrics.unavailable),
    ];
    family("requests_total", "Responses of /v1/verify.", &results);
    let reasons = DenialReason::ALL
        .map(|reason| (format!("{{reason=\"{}\"}}", reason.as_str()), of(&metrics.denied[reason as usize])));
    family("denied_total", "Denied attempts by reason.", &reasons);
    let one = |value: u64| [(String::new(), value)];
    family("connections", "Open connections.", &one(of(&metrics.open)));
    family("connections_total", "Accepted connections.", &one(of(&metrics.accepted)));
    family("connections_timed_out_total", "Connections closed because they were idle.", &one(of(&metrics.timed_out)));
    let older = u64::from(metrics.is_older_store.load(Relaxed));
    family("store_older", "1 while the store is an older copy or another store.", &one(older));
    let faults = Fault::ALL
        .map(|fault| (format!("{{fault=\"{}\"}}", fault.as_str()), u64::from(service.faults.is_ongoing(fault))));
    family(
        "fault",
        "1 while a socket, the proof values or a new certificate can't be used, or the clock is behind.",
        &faults,
    );
    family("ledger_waiting", "Ledger rows waiting to be written.", &one(ledger.pending() as u64));
    family("ledger_written_total", "Uses and denied attempts written.", &one(of(&ledger.stats.written)));
    let lost = ledger.stats.lost();
    family(
        "ledger_dropped_total",
        "Uses and denied attempts not written to the ledger.",
        &one(lost.uses + lost.denials),
    );
    family("ledger_lost_uses_total", "Accepted uses not written to the ledger.", &one(lost.uses));
    family(
        "ledger_faults_total",
        "Failed attempts to write to the ledger. jeton tries to write the same rows again.",
        &one(of(&ledger.stats.faults)),
    );
    let OverloadCounters { closed, refused } = &service.overload;
    family("connections_closed_for_room_total", "Idle connections closed to make room.", &one(of(closed)));
    family("connections_not_accepted_total", "Failed accepts of connections.", &one(of(refused)));
    family("panics_total", "Internal errors (panics). Each is a fault of jeton.", &one(of(&service.supervisor.panics)));
    family("log_lines_lost_total", "Log lines that could not be written.", &one(logging::lost_lines()));
    text
}
