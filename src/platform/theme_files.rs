//! The user's themes for the screens: files in the configuration folder.

use super::{paths, secret_files};
use crate::error::Result;

/// Maximum size of a theme, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// A theme as its file has it.
pub struct ThemeText {
    /// The path of the file.
    pub path: String,
    pub text: String,
}

/// Reads the theme `name` of the user. `None` if there is no such file.
///
/// # Errors
/// [`crate::error::Kind::Failure`] or [`crate::error::Kind::Usage`] if the file can't be read.
pub fn read(name: &str) -> Result<Option<ThemeText>> {
    let path = paths::user_themes().map(|folder| folder.join(format!("{name}.toml")));
    let Some(path) = path.filter(|path| path.symlink_metadata().is_ok()) else { return Ok(None) };
    let text = secret_files::read_file(&path, MAX_BYTES)?;
    Ok(Some(ThemeText { path: path.display().to_string(), text }))
}
