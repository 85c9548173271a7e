//! The user's configuration file, changed: comments and order stay, and the file is replaced at once.

use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, value};
use zeroize::Zeroizing;

use super::file;
use super::key::Key;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};

/// A value on its way into a configuration file.
pub enum Stored<'a> {
    /// Text.
    Text(&'a str),
    /// A token.
    Token(&'a Secret),
}

/// Writes `key` into the file at `path`, made where it is not there, readable by nobody else.
///
/// # Errors
/// [`crate::error::Kind::Usage`] when the file can't be taken as it is; [`crate::error::Kind::Failure`] when it can't
/// be written: then it is as it was.
pub fn set(path: &Path, key: Key, stored: &Stored<'_>) -> Result<()> {
    let mut document = document(path)?;
    let table = match key.name().split_once('.') {
        None => document.as_table_mut(),
        Some((table, _)) => document
            .entry(table)
            .or_insert_with(|| Item::Table(Table::new()))
            .as_table_mut()
            .ok_or_else(|| Error::usage(format!("{table} is no table in {}", path.display())))?,
    };
    table[last(key)] = match stored {
        Stored::Text(text) => value(*text),
        Stored::Token(secret) => secret.expose(|text| value(text)),
    };
    write(path, &document)
}

/// Takes `keys` out of the file at `path`. Those that were there.
///
/// # Errors
/// Those of [`set`].
pub fn unset(path: &Path, keys: &[Key]) -> Result<Vec<Key>> {
    let mut document = document(path)?;
    let mut there = |key: &Key| {
        let table = match key.name().split_once('.') {
            None => Some(document.as_table_mut()),
            Some((table, _)) => document.get_mut(table).and_then(Item::as_table_mut),
        };
        table.is_some_and(|t| t.remove(last(*key)).is_some())
    };
    let gone: Vec<Key> = keys.iter().copied().filter(&mut there).collect();
    if !gone.is_empty() {
        write(path, &document)?;
    }
    Ok(gone)
}

fn last(key: Key) -> &'static str {
    key.name().split_once('.').map_or(key.name(), |(_, last)| last)
}

fn document(path: &Path) -> Result<DocumentMut> {
    // What can't be taken as it is is not made worse.
    file::read(path)?;
    let text = match file::text(path) {
        Ok((text, _)) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => Zeroizing::default(),
        Err(e) => return Err(failed(path, &e)),
    };
    text.parse::<DocumentMut>()
        .map_err(|_| Error::usage(format!("the configuration {} can't be changed", path.display())))
}

fn failed(path: &Path, e: &std::io::Error) -> Error {
    Error::failure(format!("the configuration {} can't be written", path.display())).why(e.to_string())
}

/// Beside the file and then in its place, so that no reader ever sees a half of it. A link is followed: some keep
/// their configuration elsewhere.
fn write(path: &Path, document: &DocumentMut) -> Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = Zeroizing::new(document.to_string());
    let write = || -> std::io::Result<()> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut beside = tempfile::Builder::new()
            .prefix(".config-")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        beside.write_all(text.as_bytes())?;
        beside.as_file().sync_all()?;
        beside.persist(&path).map_err(|e| e.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|e| failed(&path, &e))
}
