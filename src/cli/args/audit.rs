//! `audit …`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `audit`, and what stands under it.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// What to do; reading the log without one.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    /// What to read.
    #[command(flatten)]
    pub read: ReadAuditArgs,
}

impl ReadAuditArgs {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        let ReadAuditArgs { since, token, filter, limit, follow } = self;
        since.is_none() && token.is_none() && filter.is_none() && limit.is_none() && !follow
    }
}

/// What to do with the log but read it.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that the log is as it was written: exit 0 when it is whole, 6 with the first bad row when not
    Verify(VerifyAuditArgs),
    /// Append a checkpoint to a file outside the store, against which verify sees rows cut off or rewritten
    Anchor(AnchorArgs),
}

/// What to read of the log.
#[derive(Debug, Args)]
pub struct ReadAuditArgs {
    /// Only what happened in this span until now: 12h, 30d, 6mo, 1y
    #[arg(long, value_name = "SPAN")]
    pub since: Option<String>,
    /// Only what happened to this token: its name, account/name, hint or id
    #[arg(long, value_name = "T")]
    pub token: Option<String>,
    /// Words, and verb:token.revoke by:ops target:ci
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only the newest ones [default: all; with --follow 10]
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
    /// Wait for new ones, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
}

/// `audit verify`.
#[derive(Debug, Args)]
pub struct VerifyAuditArgs {
    /// A file of checkpoints that audit anchor has made
    #[arg(long, value_name = "FILE")]
    pub anchor: Option<PathBuf>,
}

/// `audit anchor`.
#[derive(Debug, Args)]
pub struct AnchorArgs {
    /// The file, best on another machine's disk; made when it isn't there
    pub file: PathBuf,
}
