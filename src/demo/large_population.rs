//! Generates the tokens of a large store: names, purposes, selections, expiries and uses, from a random generator
//! with a fixed seed.

use super::seeded_rng::SeededRng;
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::expiry::Expiry;
use crate::domain::method::MethodId;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::role::Role;
use crate::domain::time::{DAY, HOUR, Timestamp};
use crate::error::Result;

const TEAMS: [&str; 20] = [
    "payments",
    "search",
    "checkout",
    "catalog",
    "identity",
    "billing",
    "support",
    "data",
    "mobile",
    "web",
    "platform",
    "security",
    "media",
    "logistics",
    "partners",
    "research",
    "mail",
    "maps",
    "ads",
    "office",
];
const TASKS: [&str; 24] = [
    "deploy", "build", "backup", "smoke", "e2e", "migrate", "report", "sync", "scrape", "probe", "rollout", "publish",
    "dns", "preview", "cleanup", "export", "import", "alerts", "laptop", "plugin", "nightly", "canary", "restore",
    "gc",
];
const PLACES: [&str; 12] =
    ["eu", "us", "ap", "staging", "prod", "main", "release", "docs", "shop", "edge", "north", "lab"];
const PURPOSES: [&str; 8] = [
    "",
    "Runs after each merge",
    "Requested by the on-call team",
    "Copies volumes to the other region at 02:30",
    "Updates the product listing",
    "Dashboards on the office screens",
    "Until the relaunch",
    "Starts and stops the environment of each branch",
];
const SETS: [&str; 4] = ["IDE Plugins", "Maven Plugin", "Marketplace", "Extended Access"];
const ORIGINS: [(&str, &str); 6] = [
    ("10.0.0.5", "curl/8.5.0"),
    ("10.0.0.9", "python-requests/2.32"),
    ("10.0.4.21", "Apache-Maven/3.9.9 (Java 21)"),
    ("192.0.2.44", "IntelliJ IDEA/2026.2"),
    ("203.0.113.17", "okhttp/4.12.0"),
    ("10.0.2.8", "Go-http-client/2.0"),
];
/// Age of the oldest tokens, in days. The newest were made just now.
const OLDEST_DAY: i64 = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlannedState {
    Enabled,
    Disabled,
    Trashed,
}

pub(super) struct PlannedToken {
    pub name: TokenName,
    pub description: Description,
    pub selection: Selection,
    pub expiry: Expiry,
    pub created_at: Timestamp,
    pub state: PlannedState,
    /// Days on which the token was used.
    pub days_ago: Vec<u16>,
}

impl PlannedToken {
    /// Returns `true` if the token's secret is accepted at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state == PlannedState::Enabled && !self.expiry.is_past(now)
    }
}

pub(super) struct Population {
    rng: SeededRng,
    tokens: u32,
    methods: Vec<MethodId>,
}

impl Population {
    pub fn new(tokens: u32, catalogue: &Catalogue) -> Self {
        Population { rng: SeededRng::new(7), tokens, methods: catalogue.methods().map(|m| m.id.clone()).collect() }
    }

    pub fn account(n: u32) -> Result<(Username, Role)> {
        let team = TEAMS[n as usize % TEAMS.len()];
        let role = match n % 100 {
            0..70 => Role::Member,
            70..98 => Role::Viewer,
            _ => Role::Admin,
        };
        Ok((Username::parse(&format!("{team}-{:04}", n as usize / TEAMS.len() + 1))?, role))
    }

    fn below(&mut self, end: usize) -> usize {
        self.rng.below(end)
    }

    fn one_of<T: Copy>(&mut self, choices: &[T], otherwise: T) -> T {
        self.rng.choose(choices).copied().unwrap_or(otherwise)
    }

    pub fn token(&mut self, n: u32, now: Timestamp) -> Result<PlannedToken> {
        let (task, place) = (self.one_of(&TASKS, "deploy"), self.one_of(&PLACES, "eu"));
        let age = (OLDEST_DAY * DAY) as i128 * i128::from(self.tokens - n) / i128::from(self.tokens);
        let made = now.plus(-(age as i64));
        let state = match self.below(100) {
            0..3 => PlannedState::Trashed,
            3..8 => PlannedState::Disabled,
            _ => PlannedState::Enabled,
        };
        let expiry = match self.below(10) {
            0..4 => Expiry::Never,
            4 => Expiry::At(now.plus(-(self.below(300) as i64) * DAY - HOUR).max(made.plus(HOUR))),
            _ => Expiry::At(now.plus(self.below(365) as i64 * DAY + self.below(24) as i64 * HOUR + HOUR)),
        };
        Ok(PlannedToken {
            name: TokenName::parse(&format!("{task}-{place}-{n:07}"))?,
            description: Description::parse(self.one_of(&PURPOSES, ""))?,
            selection: self.selection(),
            expiry,
            created_at: made,
            state,
            days_ago: self.days(i64::try_from(age).unwrap_or(0) / DAY),
        })
    }

    fn selection(&mut self) -> Selection {
        match self.below(20) {
            0..8 => Selection::Inherit,
            8..15 => Selection::Sets([self.one_of(&SETS, SETS[0]).to_owned()].into()),
            15 => Selection::Sets(SETS.iter().take(2 + self.below(2)).map(|s| (*s).to_owned()).collect()),
            16 => Selection::nothing(),
            _ => {
                let first = self.below(self.methods.len().saturating_sub(8));
                let count = 1 + self.below(5);
                Selection::Custom(self.methods.iter().skip(first).take(count).cloned().collect())
            }
        }
    }

    /// Returns the days of use. Three in ten tokens were ever used, most of these lately, and a few of them daily.
    fn days(&mut self, age: i64) -> Vec<u16> {
        let age = u16::try_from(age).unwrap_or(0);
        match self.below(100) {
            0..20 => vec![(self.below(7) as u16).min(age)],
            20..29 => vec![(self.below(390) as u16).min(age)],
            29 => (0..=6.min(age)).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns a call on a day: time, method, address and client.
    pub fn call(&mut self, days_ago: u16, now: Timestamp) -> (Timestamp, String, &'static str, &'static str) {
        let at = now.plus(-i64::from(days_ago) * DAY - self.below(3_600_000) as i64);
        let at_method = self.below(self.methods.len());
        let method = self.methods.get(at_method).map_or_else(String::new, |m| m.to_string());
        let (address, client) = self.one_of(&ORIGINS, ORIGINS[0]);
        (at, method, address, client)
    }
}
