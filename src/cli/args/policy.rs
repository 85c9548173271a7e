//! `policy …`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the rules in force
    #[command(visible_alias = "ls")]
    List,
    /// Change rules, all or none (owners only)
    Set {
        /// One rule as KEY VALUE, or several rules as KEY=VALUE
        #[arg(required = true, value_name = "KEY VALUE|KEY=VALUE")]
        words: Vec<String>,
    },
}
