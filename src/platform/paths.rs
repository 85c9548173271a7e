//! Paths of files according to the XDG rules.

use std::io;
use std::path::{Path, PathBuf};

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

/// Returns the folder of the user's themes: `$XDG_CONFIG_HOME/jeton/themes`. `None` without a home folder.
pub fn user_themes() -> Option<PathBuf> {
    project().map(|p| p.config_dir().join("themes"))
}

/// Returns the path of the user's keys: `$XDG_CONFIG_HOME/jeton/keys.toml`. `None` without a home folder.
pub fn user_keys() -> Option<PathBuf> {
    project().map(|p| p.config_dir().join("keys.toml"))
}

/// Returns the folder for what the screens remember: `$XDG_STATE_HOME/jeton`. `None` without a home folder.
pub fn user_state() -> Option<PathBuf> {
    project()?.state_dir().map(Path::to_owned)
}

pub fn system_config() -> PathBuf {
    PathBuf::from("/etc/jeton/config.toml")
}

/// Path of the management socket of the system's service. Only root can create its folder.
const SYSTEM_MANAGEMENT_SOCKET: &str = "/run/jeton/manage.sock";

/// Returns the path of the management socket of the system's service. `None` if this user may not use it.
pub fn usable_management_socket() -> Option<PathBuf> {
    let path = PathBuf::from(SYSTEM_MANAGEMENT_SOCKET);
    rustix::fs::access(&path, rustix::fs::Access::WRITE_OK).ok().map(|()| path)
}

/// Makes `path` absolute. If that fails, the error names the cause: a relative path without a working directory.
pub fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path).map_err(|_| {
        io::Error::other(match path.as_os_str().is_empty() {
            true => "the path is empty",
            false => "the working directory can't be read, so the path must begin with /",
        })
    })
}

/// Returns the folder of `path` if there is none.
pub(super) fn missing_folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
}

/// Converts `text` to a path. A leading `~/` is the user's home, as in a shell.
pub fn expand_home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => PathBuf::from(text),
    }
}
