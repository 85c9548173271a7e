//! The file with the remembered look of the screens: `$XDG_STATE_HOME/jeton/screens.toml`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::new_folders::NewFolders;
use super::sidecar::{is_ours, open_options};
use super::{paths, whole_file};
use crate::error::{Error, Result};

/// Maximum size of the file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Returns the path of the user's file. `None` without a home folder.
pub fn user_path() -> Option<PathBuf> {
    Some(paths::user_state()?.join("screens.toml"))
}

/// Reads the file at `path`. `None` if there is none.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if it is too large, no text, or if others can write to it.
pub fn read(path: &Path) -> Result<Option<String>> {
    match read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(Error::failure(format!("{} is ignored", path.display())).why(e.to_string())),
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let file: File = open_options().read(true).open(path)?;
    if !is_ours(&file.metadata()?, 0o022) {
        return Err(io::Error::other("the file must be a regular file that only you can write to"));
    }
    let mut text = String::new();
    let read = file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_BYTES {
        return Err(io::Error::other("the file is larger than 1 MiB"));
    }
    Ok(text)
}

/// Replaces the file at `path`, and creates its folder.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if it can't be written, or if [`read`] would refuse it.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let refused = |e: io::Error| Error::failure(format!("{} can't be written", path.display())).why(e.to_string());
    if text.len() as u64 > MAX_BYTES {
        return Err(refused(io::Error::other("it would be larger than 1 MiB")).next("Remove saved filters"));
    }
    let folders = NewFolders::above(path)?;
    // A link would lead to a file elsewhere.
    if fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return Err(refused(io::Error::other("it is not a regular file")));
    }
    whole_file::write_whole(path, text.as_bytes(), true).map_err(refused)?;
    drop(folders);
    Ok(())
}
