//! Changes the user's configuration file. Comments and order stay, and the file is replaced atomically.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, value};
use zeroize::Zeroizing;

use super::file::{self, StoredLogin};
use super::servers::{SERVERS, ServerKey};
use super::setting_key::SettingKey;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::platform::whole_file;

pub enum SetValue<'a> {
    Text(&'a str),
    /// A token, and the server or store that it is for.
    Token(&'a Secret, &'a str),
}

/// The table with the logins, and the key next to `api-token`.
const LOGINS: &str = "logins";
const TOKEN_PLACE: &str = "api-token-for";

/// Writes `key` into the file at `path`. A missing file is created, readable only by its owner.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if the file's content can't be accepted; [`crate::error::Kind::Failure`] if the
/// file can't be written. Then the file is unchanged.
pub fn set(path: &Path, key: SettingKey, stored: &SetValue<'_>) -> Result<()> {
    let mut document = document(path)?;
    let table = match key.name().split_once('.') {
        None => document.as_table_mut(),
        Some((name, _)) => table(&mut document, name, path)?,
    };
    if let Some(other) = other_spelling(key) {
        table.remove(&other);
    }
    match stored {
        SetValue::Text(text) => table[key_name(key)] = value(*text),
        SetValue::Token(secret, place) => {
            table[key_name(key)] = secret.expose(|text| value(text));
            table[TOKEN_PLACE] = value(*place);
        }
    }
    write(path, &document)
}

/// Writes a setting of a server into the file at `path`.
///
/// # Errors
/// Those of [`set`].
pub fn set_server(path: &Path, key: &ServerKey, text: &str) -> Result<()> {
    let mut document = document(path)?;
    let servers = table(&mut document, SERVERS, path)?;
    servers.set_implicit(true);
    let server = servers.entry(&key.server).or_insert_with(|| Item::Table(Table::new()));
    server[key.field.name()] = value(text);
    write(path, &document)
}

/// Removes a setting of a server, and a table without any. Returns `true` if it was there.
pub fn unset_server(path: &Path, key: &ServerKey) -> Result<bool> {
    let mut document = document(path)?;
    let Some(servers) = document.get_mut(SERVERS).and_then(Item::as_table_like_mut) else { return Ok(false) };
    let Some(server) = servers.get_mut(&key.server).and_then(Item::as_table_like_mut) else { return Ok(false) };
    let is_gone = server.remove(key.field.name()).is_some();
    if server.is_empty() {
        servers.remove(&key.server);
    }
    if is_gone {
        write(path, &document)?;
    }
    Ok(is_gone)
}

/// Stores the login at the server with this address, in place of an earlier one.
///
/// # Errors
/// Those of [`set`].
pub fn set_login(path: &Path, server: &str, login: &StoredLogin) -> Result<()> {
    let mut document = document(path)?;
    let logins = table(&mut document, LOGINS, path)?;
    logins.set_implicit(true);
    let mut stored = Table::new();
    stored["username"] = value(login.username.as_str());
    stored["token"] = login.token.expose(|text| value(text));
    stored["expires-at"] = value(login.expires_at.rfc3339());
    logins[server] = Item::Table(stored);
    write(path, &document)
}

/// Removes the login at the server with this address, and returns it.
pub fn take_login(path: &Path, server: &str) -> Result<Option<StoredLogin>> {
    let login = file::read(path)?.and_then(|(_, mut keys)| keys.logins.remove(server));
    if login.is_some() {
        let mut document = document(path)?;
        if let Some(logins) = document.get_mut(LOGINS).and_then(Item::as_table_like_mut) {
            logins.remove(server);
        }
        write(path, &document)?;
    }
    Ok(login)
}

/// Returns the table `name`, which is created if there is none.
fn table<'a>(document: &'a mut DocumentMut, name: &str, path: &Path) -> Result<&'a mut Table> {
    document.entry(name).or_insert_with(|| Item::Table(Table::new())).as_table_mut().ok_or_else(|| {
        Error::usage(format!("{name} in {} is an inline table", path.display()))
            .why(format!("jeton can change only a table that begins with the line [{name}]"))
            .next(format!(
                "Remove {name} = {{…}} from the file. At the end of the file, add the line [{name}]. Below this line, \
                 write each setting of the table on a line of its own"
            ))
    })
}

/// Removes `key`, however it is spelled, from its table. Returns `true` if it was there.
fn remove(table: &mut dyn TableLike, key: SettingKey) -> bool {
    if key == SettingKey::ApiToken {
        table.remove(TOKEN_PLACE);
    }
    let other = other_spelling(key).is_some_and(|name| table.remove(&name).is_some());
    table.remove(key_name(key)).is_some() || other
}

/// Returns the name of `key` with underscores, if that is another one. Other programs write it so.
fn other_spelling(key: SettingKey) -> Option<String> {
    let name = key_name(key);
    name.contains('-').then(|| name.replace('-', "_"))
}

/// Removes `keys` from the file at `path`. Returns the keys that the file had.
pub fn unset(path: &Path, keys: &[SettingKey]) -> Result<Vec<SettingKey>> {
    let mut document = document(path)?;
    let mut existing = |key: &SettingKey| {
        let table = match key.name().split_once('.') {
            None => Some(document.as_table_mut() as &mut dyn TableLike),
            Some((table, _)) => document.get_mut(table).and_then(Item::as_table_like_mut),
        };
        table.is_some_and(|table| remove(table, *key))
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
    Error::failure(format!("the configuration {} can't be written", path.display()))
        .why(e.to_string())
        .next("Check the owner and the mode of the file and of its folder. Check that the disk has free space")
}

/// Replaces the file. A link is followed, because some users keep their configuration elsewhere.
fn write(path: &Path, document: &DocumentMut) -> Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = Zeroizing::new(document.to_string());
    let mut folder = fs::DirBuilder::new();
    let created = folder.recursive(true).mode(0o700).create(whole_file::folder_of(&path));
    created.and_then(|()| whole_file::write_whole(&path, text.as_bytes(), true)).map_err(|e| write_error(&path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_in_an_inline_table_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "lock = { after = \"5min\" }\n").unwrap();
        assert_eq!(unset(&path, &[SettingKey::LockAfter]).unwrap(), [SettingKey::LockAfter]);
        assert_eq!(unset(&path, &[SettingKey::LockAfter]).unwrap(), []);
    }
}
