//! `scan`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Files and folders to search; - is stdin
    #[arg(value_name = "PATH", required_unless_present = "staged", conflicts_with = "staged")]
    pub paths: Vec<PathBuf>,
    /// Also search files that .gitignore or .ignore files leave out
    #[arg(long)]
    pub no_ignore: bool,
    /// Leave out the objects of git repositories
    #[arg(long)]
    pub no_git: bool,
    /// Search what the next commit here adds or changes, for a git hook
    #[arg(long, conflicts_with_all = ["no_ignore", "no_git"])]
    pub staged: bool,
    /// Revoke the found secrets that work; this can disable their tokens
    #[arg(long)]
    pub revoke: bool,
    /// Confirm the revocation with the number of secrets that work
    #[arg(long, value_name = "N", requires = "revoke")]
    pub confirm: Option<String>,
}
