//! `notify`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct NotifyArgs {
    /// Send mails through sendmail -t [default]
    #[arg(long, conflicts_with = "run")]
    pub sendmail: bool,
    /// Run this program for each message, with JSON on stdin
    #[arg(long, value_name = "PROGRAM")]
    pub run: Option<PathBuf>,
    /// Sender of mails [default: jeton@ and the host's name]
    #[arg(long, value_name = "EMAIL", conflicts_with = "run")]
    pub from: Option<String>,
    /// Notify of active tokens unused for this long
    #[arg(long, value_name = "SPAN", default_value = "90d")]
    pub stale: String,
    /// Print the messages, and send and record nothing
    #[arg(long)]
    pub dry_run: bool,
}
