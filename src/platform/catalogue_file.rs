//! Loads catalogues by name or from a file.

use std::path::Path;

use crate::domain::catalogue::{Catalogue, toml_reader};
use crate::error::{Kind, Result};

/// Reads a text of at most that many bytes: [`super::secret_files::read_text`] or [`super::secret_files::read_file`].
pub type ReadText = fn(&Path, usize) -> Result<String>;

/// Reads the catalogue file `path` and checks it against the catalogues that `existing` returns. `existing` is called
/// only once the file is known to be text.
///
/// # Errors
/// Those of `read_text`; [`Kind::Usage`] with file, line and column; those of `existing`.
pub fn read<C: AsRef<[Catalogue]>>(
    path: &Path,
    read_text: ReadText,
    existing: impl FnOnce() -> Result<C>,
) -> Result<Catalogue> {
    let text = read_text(path, toml_reader::MAX_FILE_SIZE)?;
    toml_reader::read(&path.to_string_lossy(), &text, existing()?.as_ref())
}

/// Returns the catalogue that `from` names: one that is shipped with jeton, else a file.
pub fn source<C: AsRef<[Catalogue]>>(
    from: &Path,
    read_text: ReadText,
    existing: impl FnOnce() -> Result<C>,
) -> Result<Catalogue> {
    if let Some(name) = from.to_str().filter(|name| Catalogue::is_shipped(name)) {
        return Catalogue::shipped(name);
    }
    read(from, read_text, existing).map_err(|e| match e.kind {
        Kind::NotFound => e.why("give the path of a catalogue file, or cloud-platform, the sample catalogue of jeton"),
        _ => e,
    })
}
