//! The tokens of the demonstration, as a table.

use super::setup::OWNER;

#[derive(Clone, Copy)]
pub(super) enum Api {
    Sets(&'static [&'static str]),
    /// The methods with read access in these groups of the catalogue.
    Reads(&'static [&'static str]),
    /// All methods in these groups.
    Groups(&'static [&'static str]),
    /// All methods that the role permits.
    Inherit,
    Nothing,
}

#[derive(Clone, Copy)]
pub(super) enum SampleEvent {
    /// No change: the token is active, or expired by now.
    None,
    /// The secret was regenerated this many days ago.
    Regenerated(i64),
    /// The token was disabled this many days ago.
    Disabled(i64),
    /// The token was put into the trash this many days ago.
    Deleted(i64),
}

#[derive(Clone, Copy)]
pub(super) struct Traffic {
    /// Number of calls a day, over the eight days up to the last one.
    pub a_day: u32,
    /// Age of the last call, in minutes.
    pub last: i64,
    /// Address and client of each caller, the busiest first.
    pub from: &'static [(&'static str, &'static str)],
    /// Number of denied attempts a day in the last week.
    pub denied: u32,
    /// `false` for a token that is expected to be unused.
    pub is_expected: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub account: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub created_days_ago: i64,
    /// The expiry in the form it was typed at creation.
    pub expires: &'static str,
    pub api: Api,
    pub event: SampleEvent,
    pub traffic: Traffic,
}

const NEVER_USED: Traffic = Traffic { a_day: 0, last: 0, from: &[], denied: 0, is_expected: true };
const NONE_EXPECTED: Traffic = Traffic { is_expected: false, ..NEVER_USED };
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

type Row = (&'static str, &'static str, i64, &'static str, Api, SampleEvent, Traffic);

const fn in_use(a_day: u32, last: i64, from: &'static [(&'static str, &'static str)]) -> Traffic {
    Traffic { a_day, last, from, ..NEVER_USED }
}

/// Returns the traffic of a token that was used, and is still tried although it no longer works.
const fn denied(denied: u32, last: i64, from: &'static [(&'static str, &'static str)]) -> Traffic {
    Traffic { a_day: 1, last, from, denied, ..NEVER_USED }
}

/// Returns the traffic of a token in use whose secret was regenerated, while one of its callers still uses the old
/// secret.
const fn rotated(a_day: u32, denied: u32, last: i64, from: &'static [(&'static str, &'static str)]) -> Traffic {
    Traffic { a_day, last, from, denied, ..NEVER_USED }
}

use Api::{Groups, Inherit, Nothing, Reads, Sets};
use SampleEvent::{Deleted, Disabled, None, Regenerated};

const RUNNERS: &[(&str, &str)] = &[("10.0.0.5", "curl/8.5.0"), ("10.0.0.9", "python-requests/2.32")];
const LAPTOP: &[(&str, &str)] = &[("192.0.2.44", "IntelliJ IDEA/2026.2")];
const MAVEN: &[(&str, &str)] =
    &[("10.0.4.21", "Apache-Maven/3.9.9 (Java 21)"), ("10.0.4.22", "Apache-Maven/3.9.9 (Java 21)")];
const PROBES: &[(&str, &str)] = &[("10.0.7.2", "Prometheus/3.1"), ("10.0.7.3", "Prometheus/3.1")];
const OUTSIDE: &[(&str, &str)] = &[("203.0.113.17", "okhttp/4.12.0"), ("2001:db8::5f", "okhttp/4.12.0")];
const SCRIPTS: &[(&str, &str)] = &[("10.0.2.8", "Go-http-client/2.0")];

#[rustfmt::skip]
const DEMO: &[Row] = &[
    ("deploy-bot", "Deploys the shop from CI", 170, "1y", Sets(&["IDE Plugins"]), Regenerated(60), in_use(300, 3, RUNNERS)),
    ("deploy-docs", "Publishes the handbook after each merge", 88, "90d", Groups(&["environment.deployment"]), None, in_use(6, 2 * DAY, RUNNERS)),
    ("grafana-dashboards", "Dashboards on the office screens", 120, "never", Reads(&["environment.monitoring", "system.info"]), None, in_use(96, 11, PROBES)),
    ("backup-nightly", "Copies volumes to the other region at 02:30", 60, "6mo", Groups(&["environment.storage"]), None, in_use(4, 9 * HOUR, SCRIPTS)),
    ("laptop-ide", "", 20, "30d", Sets(&["IDE Plugins"]), None, in_use(20, 50, LAPTOP)),
    ("marketplace-sync", "Updates the app listing", 45, "1y", Sets(&["Marketplace"]), None, in_use(24, 34, SCRIPTS)),
    ("break-glass", "Emergency access; sealed in the safe", 300, "never", Inherit, None, NONE_EXPECTED),
    ("deploy-staging", "Disabled until the new cluster is ready", 140, "never", Sets(&["Maven Plugin"]), Disabled(5), denied(2, 5 * DAY, MAVEN)),
    ("old-laptop", "", 250, "1y", Sets(&["IDE Plugins"]), Disabled(41), in_use(3, 44 * DAY, LAPTOP)),
    ("deploy-legacy", "The shop before its migration", 374, "1y", Inherit, None, denied(9, 9 * DAY + HOUR, RUNNERS)),
    ("hackathon", "One weekend only", 66, "6d", Sets(&["Extended Access"]), None, in_use(12, 61 * DAY, LAPTOP)),
    ("contractor-anna", "Contractor access until the relaunch", 110, "90d", Groups(&["environment.file", "development.vcs"]), None, denied(1, 21 * DAY, OUTSIDE)),
    ("load-test", "Load test, 40 minutes", 8, "7d", Reads(&["environment.control"]), Deleted(3), in_use(40, 4 * DAY, SCRIPTS)),
    ("tmp-debug", "", 13, "never", Inherit, Deleted(12), NEVER_USED),
];

#[rustfmt::skip]
const CI: &[Row] = &[
    ("build-main", "Builds the main branch", 150, "1y", Sets(&["Maven Plugin"]), None, in_use(140, 1, MAVEN)),
    ("build-release", "Builds and signs releases", 150, "1y", Sets(&["Maven Plugin"]), None, in_use(4, 20 * HOUR, MAVEN)),
    ("maven-publish", "Uploads artifacts", 100, "6mo", Groups(&["artifacts.repository"]), Regenerated(9), rotated(18, 2, 2 * HOUR, MAVEN)),
    ("e2e-nightly", "Nightly end-to-end tests", 76, "90d", Sets(&["IDE Plugins"]), None, in_use(30, 7 * HOUR, RUNNERS)),
    ("preview-envs", "Starts and stops the environment of each branch", 75, "6mo", Groups(&["environment.control"]), None, in_use(64, 14, RUNNERS)),
    ("artifact-gc", "Deletes old builds on Sundays", 70, "1y", Groups(&["artifacts.repository"]), None, in_use(1, 4 * DAY, SCRIPTS)),
    ("smoke-eu", "", 50, "1y", Reads(&["environment.control"]), None, in_use(48, 22, PROBES)),
    ("smoke-us", "", 50, "1y", Reads(&["environment.control"]), None, in_use(48, 25, PROBES)),
    ("dns-updates", "Binds domains of previews", 30, "90d", Groups(&["environment.binder"]), None, in_use(5, 31 * HOUR, RUNNERS)),
    ("renovate", "Not in use yet", 6, "1y", Nothing, None, NEVER_USED),
    ("build-legacy", "Old CI runner, decommissioned", 340, "never", Sets(&["Maven Plugin"]), Disabled(90), denied(24, 90 * DAY, MAVEN)),
    ("build-2025", "", 376, "9mo", Sets(&["Maven Plugin"]), None, in_use(2, 104 * DAY, MAVEN)),
    ("canary-rollout", "Canary: first 5 % of each release", 101, "30d", Groups(&["environment.deployment"]), None, in_use(8, 72 * DAY, RUNNERS)),
    ("migration-march", "Moves volumes to the new storage", 235, "30d", Groups(&["environment.storage", "environment.file"]), None, in_use(60, 206 * DAY, SCRIPTS)),
    ("build-fork", "CI of a fork", 28, "30d", Sets(&["Maven Plugin"]), Deleted(27), denied(3, 27 * DAY, OUTSIDE)),
    ("pen-test", "Penetration test of last week", 19, "14d", Reads(&["system.info"]), Deleted(7), in_use(25, 8 * DAY, OUTSIDE)),
];

#[rustfmt::skip]
const METRICS: &[Row] = &[
    ("prometheus-scrape", "Runs every 15 minutes", 200, "never", Reads(&["environment.monitoring"]), None, in_use(192, 2, PROBES)),
    ("uptime-probe", "From outside", 180, "1y", Reads(&["environment.control", "system.info"]), None, in_use(144, 4, OUTSIDE)),
    ("billing-export", "Monthly invoices for accounting", 140, "1y", Reads(&["billing.account", "billing.invoice"]), None, in_use(1, 19 * DAY, SCRIPTS)),
    ("status-page", "", 86, "90d", Reads(&["environment.control"]), None, in_use(60, 6, SCRIPTS)),
    ("loki-reader", "Read-only logs for support", 64, "6mo", Reads(&["environment.monitoring"]), None, in_use(36, 40, SCRIPTS)),
    ("weekly-report", "", 33, "never", Inherit, None, NEVER_USED),
    ("grafana-old", "Replaced by grafana-dashboards", 330, "never", Inherit, Disabled(118), in_use(2, 119 * DAY, PROBES)),
    ("cloud-trial", "Trial of a dashboard service, 14 days", 58, "14d", Inherit, None, denied(4, 45 * DAY, OUTSIDE)),
    ("audit-spring", "Read access for auditors", 220, "60d", Inherit, None, in_use(6, 162 * DAY, LAPTOP)),
    ("kibana", "", 240, "1y", Reads(&["environment.monitoring"]), Deleted(16), in_use(3, 90 * DAY, SCRIPTS)),
];

pub(super) fn samples() -> impl Iterator<Item = Sample> {
    let of = |account: &'static str, rows: &'static [Row]| {
        rows.iter().map(move |&(name, description, age_days, expires, api, event, traffic)| Sample {
            account,
            name,
            description,
            created_days_ago: age_days,
            expires,
            api,
            event,
            traffic,
        })
    };
    of(OWNER, DEMO).chain(of("ci", CI)).chain(of("metrics", METRICS))
}
