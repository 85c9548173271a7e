//! `ledger …` and `check`.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

/// `ledger …`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Denied attempts, newest first: why, with which token and secret, from where
    Denied(ReadLedgerArgs),
    /// Accepted uses by day (UTC), newest first: which token and secret, which method, from where, how often
    Uses(ReadLedgerArgs),
}

/// What to read of the ledger.
#[derive(Debug, Args)]
pub struct ReadLedgerArgs {
    /// Only this token's: its name, account/name, hint or id; a purged one by its id
    #[arg(long, value_name = "T")]
    pub token: Option<String>,
    /// Only what happened in this span until now: 12h, 30d, 6mo, 1y
    #[arg(long, value_name = "SPAN")]
    pub since: Option<String>,
    /// Words, and reason:disabled token:deploy address:10.0.0
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only the newest ones [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Active tokens that expire within this span
    #[arg(long, value_name = "SPAN", default_value = "14d")]
    pub within: String,
    /// Active tokens that were not used for this span; where never used, made that long ago
    #[arg(long, value_name = "SPAN", default_value = "90d")]
    pub stale: String,
}
