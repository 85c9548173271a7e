//! `config …`, `login`.

use clap::{Args, Subcommand};

/// `login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The account [default: --user, the configured one, or the only one there is]
    #[arg(value_name = "U")]
    pub username: Option<String>,
}

/// `config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every setting, its value and where it comes from
    #[command(visible_alias = "ls")]
    List,
    /// One setting's value
    Get(ConfigKey),
    /// Change a setting in the user's configuration; a token is read from stdin or asked for
    Set(ConfigSet),
    /// Take a setting out of the user's configuration
    #[command(visible_aliases = ["rm", "remove"])]
    Unset(ConfigKey),
}

/// A setting's name.
#[derive(Debug, Args)]
pub struct ConfigKey {
    /// store, username, api-token-name, api-token, lock.after or confirm.remember
    pub key: String,
}

/// `config set`.
#[derive(Debug, Args)]
pub struct ConfigSet {
    /// store, username, api-token-name, api-token, lock.after or confirm.remember
    pub key: String,
    /// Its value; none for api-token, which is never given on a command line
    pub value: Option<String>,
}
