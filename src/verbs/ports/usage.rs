//! How one token is used: what is shown beside it, and before it goes.

use crate::domain::time::Timestamp;

/// From where and with what a token was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The caller's address; where it and the client are empty, several callers together.
    pub address: String,
    /// What the caller says it is.
    pub client: String,
    /// How often in the last 7 days.
    pub uses: u64,
}

/// What would break if a token went, and who still tries it in vain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// When it was last accepted.
    pub last_seen_at: Option<Timestamp>,
    /// When its current secret was last accepted; that of the one before stands with the token.
    pub current_seen_at: Option<Timestamp>,
    /// Accepted uses of today (UTC).
    pub today: u64,
    /// Accepted uses of the last 7 days, today included.
    pub week: u64,
    /// Accepted uses of each of the last [`Usage::DAYS`] days (UTC), the oldest first, today last.
    pub days: Vec<u64>,
    /// Where from, in the last 7 days, the busiest first, [`Usage::ORIGINS_MOST`] at most.
    pub origins: Vec<Origin>,
    /// The methods used in the last 7 days with their counts, the busiest first,
    /// [`Usage::METHODS_LATELY`] at most.
    pub methods: Vec<(String, u64)>,
    /// The methods used in all of the ledger that is kept with their counts, the busiest first,
    /// [`Usage::METHODS_MOST`] at most.
    pub methods_kept: Vec<(String, u64)>,
    /// More methods were used than stand there: whether one of the others was can't be told.
    pub methods_cut: bool,
    /// The first day (UTC) of which the ledger keeps a use of any token: what was used before can't be told.
    pub kept_since: Option<Timestamp>,
    /// What the secret before the current one was still used for; none without an overlap.
    pub previous: Option<PreviousUses>,
    /// Denied attempts in the last 7 days.
    pub denied_week: u64,
    /// Denied attempts since the token's present state began.
    pub denied: DeniedEvidence,
}

impl Usage {
    /// How many days are told apart.
    pub const DAYS: usize = 30;
    /// How many methods are told at most.
    pub const METHODS_MOST: usize = 2_000;
    /// How many methods of the last 7 days are told at most.
    pub const METHODS_LATELY: usize = 10;
    /// How many callers are told at most.
    pub const ORIGINS_MOST: usize = 5;
}

/// Accepted uses of the secret that a rotation left alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PreviousUses {
    /// Today (UTC).
    pub today: u64,
    /// In the last 7 days, from before the rotation too.
    pub week: u64,
}

/// From when on denied attempts are evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeniedSince {
    /// Since it was switched off.
    Disabled(Timestamp),
    /// Since it was put into the trash.
    Deleted(Timestamp),
    /// Since it expired.
    Expired(Timestamp),
    /// Since it was given its current secret.
    Rotated(Timestamp),
    /// Nothing has happened to it, or it isn't known when: the last 7 days.
    #[default]
    Week,
}

impl DeniedSince {
    /// In words: `since disabled`, `in 7 days`.
    pub const fn words(self) -> &'static str {
        match self {
            DeniedSince::Disabled(_) => "since disabled",
            DeniedSince::Deleted(_) => "since deleted",
            DeniedSince::Expired(_) => "since expired",
            DeniedSince::Rotated(_) => "since rotated",
            DeniedSince::Week => "in 7 days",
        }
    }

    /// A word for JSON.
    pub const fn word(self) -> &'static str {
        match self {
            DeniedSince::Disabled(_) => "disabled",
            DeniedSince::Deleted(_) => "deleted",
            DeniedSince::Expired(_) => "expired",
            DeniedSince::Rotated(_) => "rotated",
            DeniedSince::Week => "week",
        }
    }

    /// When that was.
    pub const fn at(self) -> Option<Timestamp> {
        match self {
            DeniedSince::Disabled(at)
            | DeniedSince::Deleted(at)
            | DeniedSince::Expired(at)
            | DeniedSince::Rotated(at) => Some(at),
            DeniedSince::Week => None,
        }
    }
}

/// Who tried a token in vain, since something happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeniedEvidence {
    /// From when on.
    pub since: DeniedSince,
    /// How many attempts.
    pub attempts: u64,
    /// There were more than could be counted.
    pub is_least: bool,
    /// The last of them.
    pub last: Option<LastDenied>,
}

/// The last of some denied attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDenied {
    /// When it was.
    pub at: Timestamp,
    /// Why it was denied, a word of [`crate::verbs::decide::Reason`].
    pub reason: String,
    /// The caller's address; where it and the client are empty, one of several callers.
    pub address: String,
    /// What the caller says it is.
    pub client: String,
}
