//! `scan`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Files and folders to search; - is stdin
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Also search files that .gitignore or .ignore files leave out
    #[arg(long)]
    pub no_ignore: bool,
}
