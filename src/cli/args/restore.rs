//! `restore`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct RestoreStoreArgs {
    /// The backup
    pub file: PathBuf,
    /// Show what would be lost, and restore nothing
    #[arg(long, conflicts_with = "confirm")]
    pub dry_run: bool,
    /// Deny again tokens and accounts that lost access after the backup
    #[arg(long)]
    pub reapply_revocations: bool,
    /// Confirm with the number of lost changes, or with the word unknown
    ///
    /// If the store is missing or can't be read, jeton can't count the lost changes. Then use the word unknown. Tokens
    /// that were revoked after the backup was made could work again.
    #[arg(long, value_name = "N")]
    pub confirm: Option<String>,
}
