//! `config …`.

use clap::{Args, Subcommand};

use crate::config::{ENVIRONMENT, ServerField, SettingKey};

/// Returns the settings and environment variables with their meaning, for the help of `config`.
pub(super) fn settings_help() -> String {
    let row = |(name, help): (&str, &str)| format!("  {name:<18}  {help}\n");
    let mut settings: String = SettingKey::all().map(|key| row((key.name(), key.help()))).collect();
    settings.extend(ServerField::help().map(|(name, help)| row((&name, help))));
    format!("Settings:\n{settings}\nEnvironment:\n{}", ENVIRONMENT.map(row).concat().trim_end())
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// List all settings with their values and sources
    #[command(visible_alias = "ls")]
    List,
    /// Print a setting's value
    Get(ConfigKeyArgs),
    /// Change a setting in your configuration
    Set {
        /// Setting's name; see: jeton config --help
        key: String,
        /// Value; without a value, api-token is read from stdin or a prompt
        value: Option<String>,
    },
    /// Remove a setting from your configuration
    #[command(visible_aliases = ["rm", "remove"])]
    Unset(ConfigKeyArgs),
}

/// A setting's name.
#[derive(Debug, Args)]
pub struct ConfigKeyArgs {
    /// Setting's name; see: jeton config --help
    pub key: String,
}
