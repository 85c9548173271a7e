//! `backup`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// New file for the backup; its folder must exist
    pub file: PathBuf,
    /// Also append the backup's last audit row to this anchor file
    #[arg(long, value_name = "ANCHOR")]
    pub anchor: Option<PathBuf>,
}
