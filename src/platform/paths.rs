//! Where things live by the XDG rules.

use std::path::PathBuf;

use directories::{BaseDirs, ProjectDirs};

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "jeton")
}

/// The user's store: `$XDG_DATA_HOME/jeton/jeton.db`. None without a home.
pub fn user_store() -> Option<PathBuf> {
    project().map(|p| p.data_dir().join("jeton.db"))
}

/// The user's configuration: `$XDG_CONFIG_HOME/jeton/config.toml`. None without a home.
pub fn user_config() -> Option<PathBuf> {
    project().map(|p| p.config_dir().join("config.toml"))
}

/// The machine's configuration.
pub fn system_config() -> PathBuf {
    PathBuf::from("/etc/jeton/config.toml")
}

/// `text` as a path; a `~/` at its head is the person's home, as in a shell.
pub fn expanded(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => PathBuf::from(text),
    }
}
