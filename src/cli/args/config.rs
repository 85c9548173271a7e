//! `config …`, `login`.

use clap::{Args, Subcommand};

use crate::config::{ENVIRONMENT, Key};

/// The settings and environment variables with their meaning, below the help of `config`.
pub(super) fn settings_help() -> String {
    let row = |(name, help): (&str, &str)| format!("  {name:<18}  {help}\n");
    let settings: String = Key::ALL.map(|key| row((key.name(), key.help()))).concat();
    format!("Settings:\n{settings}\nEnvironment:\n{}", ENVIRONMENT.map(row).concat().trim_end())
}

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
    /// The setting's name; see: jeton config --help
    pub key: String,
}

/// `config set`.
#[derive(Debug, Args)]
pub struct ConfigSet {
    /// The setting's name; see: jeton config --help
    pub key: String,
    /// Its value; none for api-token, which is never given on a command line
    pub value: Option<String>,
}
