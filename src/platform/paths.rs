//! Paths of files according to the XDG rules.

use std::path::PathBuf;

use directories::{BaseDirs, ProjectDirs};

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "jeton")
}

/// Returns the path of the user's store: `$XDG_DATA_HOME/jeton/jeton.db`. `None` without a home folder.
pub fn user_store() -> Option<PathBuf> {
    project().map(|p| p.data_dir().join("jeton.db"))
}

/// Returns the path of the user's configuration: `$XDG_CONFIG_HOME/jeton/config.toml`. `None` without a home
/// folder.
pub fn user_config() -> Option<PathBuf> {
    project().map(|p| p.config_dir().join("config.toml"))
}

pub fn system_config() -> PathBuf {
    PathBuf::from("/etc/jeton/config.toml")
}

/// Converts `text` to a path. A leading `~/` is the user's home, as in a shell.
pub fn expand_home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => PathBuf::from(text),
    }
}
