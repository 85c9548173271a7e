//! `policy …`.

use clap::{Args, Subcommand};

/// `policy …`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the rules in force
    #[command(visible_alias = "ls")]
    List,
    /// Change rules, all or none (owners only)
    Set(SetPolicyArgs),
}

/// `policy set`.
#[derive(Debug, Args)]
pub struct SetPolicyArgs {
    /// One rule as KEY VALUE, or several rules as KEY=VALUE
    #[arg(required = true, value_name = "KEY VALUE|KEY=VALUE")]
    pub words: Vec<String>,
}
