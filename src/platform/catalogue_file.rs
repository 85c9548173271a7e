//! Loads catalogues: by name, from TOML files, and from OpenAPI documents.

use std::path::{Path, PathBuf};

use super::bounded_read;
use super::secret_files::read_file;
use crate::domain::catalogue::{Catalogue, toml_reader, validate};
use crate::error::{Error, Kind, Result};
use crate::import::openapi::{self, ImportOptions, ImportResult, Neighbours};
use crate::import::toml_message::plain_words;

/// Reads a text of at most that many bytes: [`super::secret_files::read_text`] or [`super::secret_files::read_file`].
pub type ReadText = fn(&Path, usize) -> Result<String>;

/// Reads the catalogue file or the OpenAPI document `path`; the content decides which of them it is. The catalogue is
/// checked against the catalogues that `existing` returns. `existing` is called only once the file is known to be text.
///
/// # Errors
/// Those of `read_text`; [`Kind::Usage`], for a catalogue file with file, line and column; those of `existing`.
pub fn read<C: AsRef<[Catalogue]>>(
    path: &Path,
    read_text: ReadText,
    existing: impl FnOnce() -> Result<C>,
) -> Result<ImportResult> {
    read_named(path, None, read_text, existing)
}

/// Does the same as [`read`]. `name` is for the catalogue of a document; `None` takes it from the file's name.
fn read_named<C: AsRef<[Catalogue]>>(
    path: &Path,
    name: Option<&str>,
    read_text: ReadText,
    existing: impl FnOnce() -> Result<C>,
) -> Result<ImportResult> {
    let text = read_text(path, openapi::MAX_DOCUMENT_SIZE)?;
    if is_openapi(&text) {
        if bounded_read::is_standard(path) {
            return Err(Error::usage("the OpenAPI document from stdin needs a name for its catalogue")
                .why("jeton takes the catalogue's name from the name of the file, but stdin has no name")
                .next(
                    "Pass the document again to: jeton catalogue import openapi - --name NAME. To see the \
                     changes without making them, add --dry-run",
                ));
        }
        let name = name.map_or_else(|| catalogue_name(path), str::to_owned);
        let options = ImportOptions { name, ..ImportOptions::default() };
        let imported = import(&text, path, &options)?;
        validate::validate(&imported.catalogue, existing()?.as_ref())?;
        return Ok(imported);
    }
    let source = match bounded_read::is_standard(path) {
        true => "stdin".to_owned(),
        false => path.to_string_lossy().into_owned(),
    };
    let catalogue = toml_reader::read(&source, &text, existing()?.as_ref())
        .map_err(|e| Error { why: e.why.as_deref().map(plain_words), ..e })?;
    match name.filter(|name| *name != catalogue.name) {
        Some(name) => Err(Error::usage(format!("the catalogue can't get the name {name}"))
            .why(format!("the file already gives its catalogue the name {}", catalogue.name))
            .next("Leave the name out: only the catalogue of an OpenAPI document can get another name")),
        None => Ok(catalogue.into()),
    }
}

/// Returns the catalogue that `from` names: one that is shipped with jeton, else a file.
///
/// # Errors
/// Those of [`read`].
pub fn source<C: AsRef<[Catalogue]>>(
    from: &Path,
    read_text: ReadText,
    existing: impl FnOnce() -> Result<C>,
) -> Result<ImportResult> {
    source_named(from, None, read_text, existing)
}

/// Does the same as [`source`]. `name` is for the catalogue of a document; `None` takes it from the file's name.
///
/// # Errors
/// Those of [`source`]; [`Kind::Usage`] if there is a `name` for a catalogue file with another name.
pub fn source_named<C: AsRef<[Catalogue]>>(
    from: &Path,
    name: Option<&str>,
    read_text: ReadText,
    existing: impl FnOnce() -> Result<C>,
) -> Result<ImportResult> {
    if let Some(name) = from.to_str().filter(|name| Catalogue::is_shipped(name)) {
        return Ok(Catalogue::shipped(name)?.into());
    }
    read_named(from, name, read_text, existing).map_err(|e| match e.kind {
        Kind::NotFound if e.next.is_none() => e.next(
            "Use the path of a catalogue file or an OpenAPI document. For the sample catalogue of jeton, use \
             cloud-platform",
        ),
        _ => e,
    })
}

/// Imports the OpenAPI document `text` of the file `path`, with the files to which it refers.
///
/// # Errors
/// Those of [`openapi::import_with_files`].
pub fn import(text: &str, path: &Path, options: &ImportOptions) -> Result<ImportResult> {
    let folder = Folder::containing(path);
    openapi::import_with_files(text, folder.as_ref().map(|folder| folder as &dyn Neighbours), options)
}

/// Derives a catalogue's name from a file name: lower case, with a dash for each character a name can't contain.
pub fn catalogue_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    stem.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}

/// Returns `true` for an OpenAPI document, `false` for anything else. The first line that only one of the formats has
/// decides.
fn is_openapi(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let begins = |line: &str, key: &str, sign: char| {
        let line = line.trim_start_matches(['"', '\'']);
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ', '\t']).starts_with(sign))
    };
    let format = |line: &str| match line {
        _ if begins(line, "openapi", ':') || begins(line, "swagger", ':') => Some(true),
        _ if begins(line, "schema", '=') => Some(false),
        _ => None,
    };
    text.trim_start().starts_with('{') || text.lines().find_map(format).unwrap_or(false)
}

/// The folder of a document.
struct Folder(PathBuf);

impl Folder {
    /// Returns `None` for a pipe, which has no folder.
    fn containing(path: &Path) -> Option<Folder> {
        let path = Some(path).filter(|path| !bounded_read::is_standard(path) && path.is_file())?;
        path.canonicalize().ok()?.parent().map(|folder| Folder(folder.to_owned()))
    }
}

impl Neighbours for Folder {
    fn read(&self, path: &str, max: usize) -> Result<String> {
        let failed = |why: String| Error::failure(format!("{path} can't be read")).why(why);
        // Links are followed first, so that none leads out of the folder.
        let whole = self.0.join(path).canonicalize().map_err(|e| failed(e.to_string()))?;
        match whole.starts_with(&self.0) {
            true => read_file(&whole, max),
            false => Err(failed(
                "a link in its path leads out of the document's folder. Copy the file into this folder".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_distinguishes_formats() {
        for text in [
            "openapi: 3.0.3\n",
            "\u{feff}# API\n'openapi' : 3.1.0",
            "info: {title: a}\nswagger: \"2.0\"",
            " {\"openapi\": \"3.0.0\"}",
            "\"swagger\": 2.0",
        ] {
            assert!(is_openapi(text), "{text}");
        }
        for text in
            ["schema = 1\nname = \"x\"\ntitle = '''\nopenapi: 3\n'''", "schema=1", "", "openapi = 1", "openapis: 1"]
        {
            assert!(!is_openapi(text), "{text}");
        }
    }

    #[test]
    fn files_outside_of_the_folder_are_not_read() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("api");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(outside.path().join("secret.yaml"), "a: 1").unwrap();
        std::fs::write(folder.join("part.yaml"), "a: 1").unwrap();
        std::fs::write(folder.join("root.yaml"), "").unwrap();
        std::os::unix::fs::symlink("../secret.yaml", folder.join("link.yaml")).unwrap();
        let beside = Folder::containing(&folder.join("root.yaml")).unwrap();
        assert_eq!(beside.read("part.yaml", 100).unwrap(), "a: 1");
        for path in ["link.yaml", "../secret.yaml", "missing.yaml", "."] {
            assert!(beside.read(path, 100).is_err(), "{path}");
        }
        assert!(beside.read("part.yaml", 3).is_err(), "too large");
    }
}
