//! `ledger …` and `check`.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

use super::ListOptions;

#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// List denied attempts with exact reasons, newest first
    Denied(DeniedArgs),
    /// List accepted uses by day (UTC), newest first
    Uses(ReadLedgerArgs),
}

#[derive(Debug, Args)]
pub struct DeniedArgs {
    /// Sum up the attempts by token, the last tried first
    #[arg(long)]
    pub by_token: bool,
    #[command(flatten)]
    pub rows: ReadLedgerArgs,
    /// Show the newest 10 rows, then new ones until Ctrl-C
    ///
    /// Equal attempts within a minute share a row. When the number of attempts grows, the row is shown again. With --json, each
    /// row is a line.
    #[arg(long, conflicts_with = "by_token")]
    pub follow: bool,
}

/// Options that select rows of the ledger.
#[derive(Debug, Args)]
pub struct ReadLedgerArgs {
    /// Show only this token: name, account/name, hint or id
    #[arg(long, value_name = "T")]
    pub token: Option<String>,
    /// Show only the last SPAN: 12h, 30d, 2w, 6mo, 1y …
    #[arg(long, value_name = "SPAN")]
    pub since: Option<String>,
    /// Filter by words and fields: token: method: address:
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Show only the newest N rows [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
    #[command(flatten)]
    pub list: ListOptions,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Find active tokens that expire within this span
    #[arg(long, value_name = "SPAN", default_value = "14d")]
    pub within: String,
    /// Find active tokens unused for this long
    #[arg(long, value_name = "SPAN", default_value = "90d")]
    pub stale: String,
    #[command(flatten)]
    pub list: ListOptions,
}
