//! `policy …`.

use clap::{Args, Subcommand};

/// `policy …`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// The rules in force
    #[command(visible_alias = "ls")]
    List,
    /// Change rules, all or none; owners may
    Set(SetPolicyArgs),
}

/// `policy set`.
#[derive(Debug, Args)]
pub struct SetPolicyArgs {
    /// A rule and its value, as KEY VALUE, or several as KEY=VALUE; policy. before a key may be left out
    #[arg(required = true, value_name = "KEY VALUE|KEY=VALUE")]
    pub words: Vec<String>,
}
