//! The environment variables of jeton.

use std::path::Path;

use crate::error::Error;

/// The environment variables that jeton reads itself, for `jeton config --help` and `docs/configuration.md`.
pub const ENVIRONMENT: [(&str, &str); 13] = [
    ("JETON_STORE", "Path of the store's file"),
    ("JETON_SERVER", "Server to use instead of a store: unix:PATH, https://HOST:PORT, or a name from servers.NAME"),
    (
        "JETON_CONFIG",
        "Path of your configuration file [default: ~/.config/jeton/config.toml]; /etc/jeton/config.toml is read too",
    ),
    ("JETON_TOKEN_FILE", "Path of a file with a token to use instead of a password; the file must have mode 0600"),
    ("JETON_TOKEN", "Token to use instead of a password; programs that jeton starts don't get this token"),
    ("JETON_DATES", "How dates are shown: iso or dmy"),
    ("JETON_THEME", "Colours of the screens: auto, dark, light, terminal, mono, or a theme of your own"),
    ("JETON_PAGER", "Pager for lists on a terminal; empty or cat: no pager"),
    ("PAGER", "Pager, if JETON_PAGER is not set [default: less, if installed]"),
    ("VISUAL", "Editor for descriptions on the screens, with options if needed"),
    ("EDITOR", "Editor, if VISUAL is not set"),
    ("ACCESSIBLE", "1: numbered menus for a screen reader instead of the screens; 0: the screens"),
    ("NO_COLOR", "If not empty: no colours"),
];

/// Returns the error for a file that `JETON_CONFIG` names and that does not exist.
pub(super) fn no_config_error(path: &Path) -> Error {
    Error::usage(format!("no configuration at {}", path.display()))
        .why("JETON_CONFIG is set to this path")
        .next("Correct or unset JETON_CONFIG, or create an empty file at this path")
}
