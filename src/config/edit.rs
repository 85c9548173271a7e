//! Changes the user's configuration file. Comments and order stay, and the file is replaced atomically.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, value};
use zeroize::Zeroizing;

use super::file;
use super::setting_key::SettingKey;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::platform::whole_file;

pub enum SetValue<'a> {
    Text(&'a str),
    Token(&'a Secret),
}

/// Writes `key` into the file at `path`. A missing file is created, readable only by its owner.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if the file's content can't be accepted; [`crate::error::Kind::Failure`] if the
/// file can't be written. Then the file is unchanged.
pub fn set(path: &Path, key: SettingKey, stored: &SetValue<'_>) -> Result<()> {
    let mut document = document(path)?;
    let table = match key.name().split_once('.') {
        None => document.as_table_mut(),
        Some((table, _)) => {
            document.entry(table).or_insert_with(|| Item::Table(Table::new())).as_table_mut().ok_or_else(|| {
                Error::usage(format!("{table} in {} is an inline table", path.display()))
                    .why("jeton can change only a table with a header")
                    .next(format!("Write the settings of {table} below a line [{table}]"))
            })?
        }
    };
    table[key_name(key)] = match stored {
        SetValue::Text(text) => value(*text),
        SetValue::Token(secret) => secret.expose(|text| value(text)),
    };
    write(path, &document)
}

/// Removes `keys` from the file at `path`. Returns the keys that the file had.
pub fn unset(path: &Path, keys: &[SettingKey]) -> Result<Vec<SettingKey>> {
    let mut document = document(path)?;
    let mut existing = |key: &SettingKey| {
        let table = match key.name().split_once('.') {
            None => Some(document.as_table_mut()),
            Some((table, _)) => document.get_mut(table).and_then(Item::as_table_mut),
        };
        table.is_some_and(|t| t.remove(key_name(*key)).is_some())
    };
    let gone: Vec<SettingKey> = keys.iter().copied().filter(&mut existing).collect();
    if !gone.is_empty() {
        write(path, &document)?;
    }
    Ok(gone)
}

fn key_name(key: SettingKey) -> &'static str {
    key.name().split_once('.').map_or(key.name(), |(_, last)| last)
}

fn document(path: &Path) -> Result<DocumentMut> {
    // A file that can't be accepted is refused rather than changed further.
    file::read(path)?;
    let text = match file::text(path) {
        Ok((text, _)) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => Zeroizing::default(),
        Err(e) => return Err(write_error(path, &e)),
    };
    text.parse::<DocumentMut>().map_err(|e| file::parse_error(path, &text, e.span(), e.message()))
}

fn write_error(path: &Path, e: &std::io::Error) -> Error {
    Error::failure(format!("the configuration {} can't be written", path.display())).why(e.to_string())
}

/// Replaces the file. A link is followed, because some users keep their configuration elsewhere.
fn write(path: &Path, document: &DocumentMut) -> Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = Zeroizing::new(document.to_string());
    let mut folder = fs::DirBuilder::new();
    let created = folder.recursive(true).mode(0o700).create(whole_file::folder_of(&path));
    created.and_then(|()| whole_file::write_whole(&path, text.as_bytes(), true)).map_err(|e| write_error(&path, &e))
}
