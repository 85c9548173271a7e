//! `policy …`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the rules in force
    #[command(visible_alias = "ls")]
    List,
    /// Change rules, all or none (owners only)
    Set(SetPolicyArgs),
}

#[derive(Debug, Args)]
pub struct SetPolicyArgs {
    /// One rule as KEY VALUE, or several rules as KEY=VALUE
    #[arg(required = true, value_name = "KEY VALUE|KEY=VALUE")]
    pub words: Vec<String>,
    /// Show what would be lost, and change nothing
    #[arg(long, conflicts_with = "confirm")]
    pub dry_run: bool,
    /// Confirm with the number of tokens that can't be restored any more
    #[arg(long, value_name = "N")]
    pub confirm: Option<u64>,
}
