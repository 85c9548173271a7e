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
    /// Take away again the access that was ended after the backup
    #[arg(long)]
    pub reapply_revocations: bool,
    /// Number of lost changes, or unknown: then revoked tokens work again
    ///
    /// The word unknown is for a store that is lost or can't be read. Nobody can list then which tokens were revoked after the
    /// backup: they work again until you revoke them.
    #[arg(long, value_name = "N")]
    pub confirm: Option<String>,
}
