//! `doctor`.

use clap::Args;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Check the store completely, however long it takes
    #[arg(long)]
    pub full: bool,
}
