//! The user's files for the screens in the configuration folder: themes and keys.

use std::path::PathBuf;

use super::{paths, secret_files};
use crate::error::Result;

/// Maximum size of a file, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// A file of the user.
pub struct ConfigText {
    /// The path of the file.
    pub path: String,
    pub text: String,
}

/// Reads the theme `name` of the user. `None` if there is no such file.
///
/// # Errors
/// [`crate::error::Kind::Failure`] or [`crate::error::Kind::Usage`] if the file can't be read.
pub fn read_theme(name: &str) -> Result<Option<ConfigText>> {
    read(paths::user_themes().map(|folder| folder.join(format!("{name}.toml"))))
}

/// Reads the user's keys. `None` if there is no such file.
///
/// # Errors
/// Those of [`read_theme`].
pub fn read_keys() -> Result<Option<ConfigText>> {
    read(paths::user_keys())
}

fn read(path: Option<PathBuf>) -> Result<Option<ConfigText>> {
    let Some(path) = path.filter(|path| path.symlink_metadata().is_ok()) else { return Ok(None) };
    let text = secret_files::read_file(&path, MAX_BYTES)?;
    Ok(Some(ConfigText { path: path.display().to_string(), text }))
}
