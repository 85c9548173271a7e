//! The metrics of the service, for Prometheus.

use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::ServerState;
use super::connection_eviction::OverloadCounters;
use super::faults::Fault;
use super::latency_histogram::LatencyHistogram;
use super::scraper::Scraper;
use super::store_figures::{Figures, MAX_NAMED};
use super::usage_recorder::UsageLedger;
use crate::domain::time::SECOND;
use crate::domain::token::Status;
use crate::domain::untrusted_text::escape_untrusted;
use crate::platform::logging;
use crate::service::VERSION;
use crate::store::NEWEST_SCHEMA;
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
    /// Times of the verify requests.
    pub latency: LatencyHistogram,
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
                "a request to /v1/verify names no method, or its method is in no catalogue. If a proxy sent the \
                 request, print the proxy's configuration again: jeton guide PROXY. Then reload the proxy"
            );
        }
    }
}

/// Returns all metrics in Prometheus' text format. Those of the store are left out without `figures`, and the
/// names of tokens without a `scraper`.
pub(super) fn render(service: &ServerState, figures: Option<&Figures>, scraper: Option<&Scraper>) -> String {
    service.check_faults();
    let mut text = MetricsText::default();
    text.family("build_info", "Version of jeton, and of the store's schema. The value is always 1.", &[(build(), 1)]);
    write_requests(&mut text, &service.metrics);
    write_connections(&mut text, service);
    let older = u64::from(service.metrics.is_older_store.load(Relaxed));
    let help = "1 while the service doesn't use the store. The store could be an older copy or another store.";
    text.one("store_older", help, older);
    let faults = Fault::ALL
        .map(|fault| (format!("{{fault=\"{}\"}}", fault.as_str()), u64::from(service.faults.is_ongoing(fault))));
    text.family(
        "fault",
        "1 while the fault lasts. Examples: a lost socket, an unusable new certificate, a clock that is behind.",
        &faults,
    );
    write_ledger(&mut text, &service.ledger);
    text.one("panics_total", "Internal errors (panics). Each is a bug in jeton.", load(&service.supervisor.panics));
    text.one("log_lines_lost_total", "Log lines that could not be written.", logging::lost_lines());
    text.one(
        "store_readable",
        "1 if the figures of the store could be read. If 0, the metrics of tokens and of the store's size are missing.",
        u8::from(figures.is_some()),
    );
    if let Some(figures) = figures {
        write_store(&mut text, figures);
        if let Some(scraper) = scraper {
            write_names(&mut text, figures, scraper);
        }
    }
    text.0
}

/// Text in Prometheus' format. Writing into a string doesn't fail.
#[derive(Default)]
struct MetricsText(String);

impl MetricsText {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP jeton_{name} {help}\n# TYPE jeton_{name} {kind}");
    }

    /// Writes a metric with its samples, each with its labels.
    fn family<V: Display>(&mut self, name: &str, help: &str, samples: &[(String, V)]) {
        self.head(name, if name.ends_with("_total") { "counter" } else { "gauge" }, help);
        for (labels, value) in samples {
            let _ = writeln!(self.0, "jeton_{name}{labels} {value}");
        }
    }

    /// Writes a metric without labels.
    fn one(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, help, &[(String::new(), value)]);
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Relaxed)
}

fn build() -> String {
    format!("{{version=\"{VERSION}\",schema=\"{NEWEST_SCHEMA}\"}}")
}

fn write_requests(text: &mut MetricsText, metrics: &Metrics) {
    let result = |result: &str, counter: &AtomicU64| (format!("{{result=\"{result}\"}}"), load(counter));
    let denied: u64 = metrics.denied.iter().map(load).sum();
    let lacking = load(&metrics.denied[DenialReason::NotPermitted as usize]);
    let results = [
        result("permitted", &metrics.permitted),
        result("no_credential", &metrics.no_credential),
        ("{result=\"invalid_token\"}".to_owned(), denied - lacking),
        ("{result=\"not_permitted\"}".to_owned(), lacking),
        result("unknown_method", &metrics.unknown_method),
        result("unavailable", &metrics.unavailable),
    ];
    text.family("requests_total", "Responses of /v1/verify.", &results);
    let reasons = DenialReason::ALL
        .map(|reason| (format!("{{reason=\"{}\"}}", reason.as_str()), load(&metrics.denied[reason as usize])));
    text.family("denied_total", "Denied attempts by reason.", &reasons);
    text.head(
        "verify_seconds",
        "histogram",
        "Time from a parsed request of /v1/verify to its response. Includes the wait for the batch. Excludes the \
         network and the parsing of HTTP.",
    );
    metrics.latency.write("jeton_verify_seconds", &mut text.0);
}

fn write_connections(text: &mut MetricsText, service: &ServerState) {
    let ServerState { metrics, overload: OverloadCounters { closed, refused }, .. } = service;
    text.one("connections", "Open connections.", load(&metrics.open));
    text.one("connections_total", "Accepted connections.", load(&metrics.accepted));
    text.one(
        "connections_timed_out_total",
        "Connections closed because they were idle or too slow.",
        load(&metrics.timed_out),
    );
    text.one("connections_closed_for_room_total", "Idle connections closed to make room for new ones.", load(closed));
    text.one("connections_not_accepted_total", "Failed attempts to accept a connection.", load(refused));
}

fn write_ledger(text: &mut MetricsText, ledger: &UsageLedger) {
    text.one("ledger_waiting", "Ledger rows waiting to be written.", ledger.pending());
    let help = "Seconds for which the oldest ledger row has waited to be written. Usually less than 1 second.";
    text.one("ledger_lag_seconds", help, ledger.lag().as_secs_f64());
    text.one("ledger_written_total", "Uses and denied attempts written to the ledger.", load(&ledger.stats.written));
    let lost = ledger.stats.lost();
    let help = "Uses and denied attempts that were lost before they were written to the ledger.";
    text.one("ledger_lost_total", help, lost.uses + lost.denials);
    text.one("ledger_lost_uses_total", "Uses that were lost before they were written to the ledger.", lost.uses);
    text.one(
        "ledger_faults_total",
        "Failed attempts to write to the ledger. jeton tries to write the same rows again.",
        load(&ledger.stats.faults),
    );
}

fn write_store(text: &mut MetricsText, Figures { tokens, files }: &Figures) {
    let statuses = [
        (Status::Active.as_str(), tokens.active),
        (DenialReason::AccountDisabled.as_str(), tokens.account_disabled),
        (Status::Disabled.as_str(), tokens.disabled),
        (Status::Expired.as_str(), tokens.expired),
        (Status::Deleted.as_str(), tokens.deleted),
    ];
    let statuses = statuses.map(|(status, count)| (format!("{{status=\"{status}\"}}"), count));
    let help = "Tokens by status. Tokens with the status deleted are revoked: they are in the trash.";
    text.family("tokens", help, &statuses);
    text.one("tokens_expiring", "Active tokens that expire within 30 days.", tokens.expiring);
    if let Some(first) = tokens.soonest.first() {
        let help = "The earliest expiry of all active tokens. Missing if none expires within 30 days.";
        text.one("tokens_next_expiry_timestamp_seconds", help, first.expires_at.0 / SECOND);
    }
    let sizes = [("main", files.main), ("wal", files.wal)];
    let sizes = sizes.map(|(file, size)| (format!("{{file=\"{file}\"}}"), size));
    text.family("store_bytes", "Size of the store's file, and of its write-ahead log.", &sizes);
}

fn write_names(text: &mut MetricsText, figures: &Figures, scraper: &Scraper) {
    let help = format!(
        "Expiry of the first {MAX_NAMED} active tokens that expire within 30 days. The request needs a token that may \
         call jeton.tokens.read-all. Tokens that this caller can't see are missing."
    );
    let seen = figures.tokens.soonest.iter().filter(|token| scraper.sees(token));
    let samples: Vec<_> = seen
        .map(|token| {
            let labels = format!("{{account=\"{}\",token=\"{}\"}}", label(&token.username), label(&token.name));
            (labels, token.expires_at.0 / SECOND)
        })
        .collect();
    text.family("token_expires_timestamp_seconds", &help, &samples);
}

/// Escapes a label's value. A name with other characters than names have is damaged, but must not end the value.
fn label(value: &str) -> String {
    escape_untrusted(value).replace('\\', "\\\\").replace('"', "\\\"")
}
