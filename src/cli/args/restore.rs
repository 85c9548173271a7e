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
    /// Confirm with the number of lost changes, or with the word unknown
    ///
    /// The word unknown is for a store that is missing or can't be read: then nobody can count the lost changes. Tokens that
    /// were revoked after the backup was made may work again.
    #[arg(long, value_name = "N")]
    pub confirm: Option<String>,
}
