//! `audit …`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListOptions;

/// `audit` and its subcommands.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The subcommand; `None` reads the log.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    #[command(flatten)]
    pub read: ReadAuditArgs,
}

impl ReadAuditArgs {
    /// Returns `true` if no option was given.
    pub fn is_empty(&self) -> bool {
        let ReadAuditArgs { since, token, filter, limit, follow, resume, list } = self;
        since.is_none()
            && token.is_none()
            && filter.is_none()
            && limit.is_none()
            && !follow
            && resume.is_none()
            && list.is_empty()
    }
}

/// Subcommands of `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify the audit log's hash chain (exit 6: faults)
    ///
    /// Everybody who can open the store can run this command. It takes neither --user nor a password.
    Verify {
        /// Compare the log with checkpoints in this file (see audit anchor)
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
    /// Append a checkpoint of the log to a file outside the store
    ///
    /// Everybody who can open the store can run this command. It takes neither --user nor a password.
    Anchor {
        /// File of checkpoints, best on another machine; created if missing
        file: PathBuf,
    },
}

/// Options that select rows of the log.
#[derive(Debug, Args)]
pub struct ReadAuditArgs {
    /// Show only the last SPAN: 12h, 30d, 2w, 6mo, 1y …
    #[arg(long, value_name = "SPAN")]
    pub since: Option<String>,
    /// Show only this token: name, account/name, hint or id
    #[arg(long, value_name = "T")]
    pub token: Option<String>,
    /// Filter by words and fields: verb:token.revoke by:ops target:ci
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Show only the newest N rows [default: all; 10 with --follow]
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
    /// Wait for new rows until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// Begin after the row saved in FILE; save the last shown row to FILE
    #[arg(long, value_name = "FILE", requires = "follow", conflicts_with_all = ["since", "limit"])]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub list: ListOptions,
}
