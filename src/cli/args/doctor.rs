//! `doctor`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Check the store completely, however long it takes
    #[arg(long)]
    pub full: bool,
    /// Compare a file from jeton guide with what the guide prints now
    #[arg(long, value_name = "FILE")]
    pub proxy: Vec<PathBuf>,
}
