//! Examines each configuration file on its own, and lists everything that is wrong instead of the first fault.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use super::file::{self, NOT_A_SECRET, SECRET_IN_WRONG_PLACE, StoredLogin};
use super::servers::{self, SERVERS, ServerKey};
use super::{CliOverrides, Setting, SettingKey, Settings, Source};
use crate::domain::secret::{Secret, contains_secret};
use crate::domain::suggest::did_you_mean;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::import::toml_message::plain_words;
use crate::platform::{own_process, paths, systemd};
use crate::store::StoreLocation;

/// The table of logins, and the key next to `api-token`, which people don't set.
const LOGINS: &str = "logins";
const TOKEN_PLACE: &str = "api-token-for";

/// A fault of a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// It can't be read, or isn't TOML.
    Unreadable,
    /// Others can write it, or read the token in it.
    Permissions,
    /// A key that jeton doesn't know.
    UnknownKey,
    /// A value that the key can't have.
    Value,
}

/// A configuration file, and everything that is wrong with it.
#[derive(Debug)]
pub struct ExaminedFile {
    pub path: PathBuf,
    pub exists: bool,
    pub faults: Vec<(FileFault, Error)>,
    /// The values in the file that can be used, by key. Tokens are left out.
    pub values: Vec<(String, String)>,
}

/// Returns the files that jeton reads, in the order of their rank.
fn paths() -> Vec<PathBuf> {
    let named = std::env::var_os("JETON_CONFIG").filter(|v| !v.is_empty()).map(PathBuf::from);
    named.or_else(paths::user_config).into_iter().chain([paths::system_config()]).collect()
}

/// Examines the files that jeton reads.
pub fn examine_files() -> Vec<ExaminedFile> {
    paths().into_iter().map(examine).collect()
}

/// Returns the store that the settings name, as far as they can be read.
pub fn store_despite_faults(overrides: &CliOverrides, files: &[ExaminedFile]) -> Option<Setting<StoreLocation>> {
    let option = overrides.store.clone().map(|path| (path, Source::Option("--store")));
    let variable = std::env::var_os("JETON_STORE").filter(|v| !v.is_empty());
    let variable = variable.map(|path| (path.into(), Source::Environment("JETON_STORE")));
    let in_files = files.iter().find_map(|file| {
        let (_, path) = file.values.iter().find(|(key, _)| key == SettingKey::Store.name())?;
        Some((file.path.parent()?.join(path), Source::File(file.path.clone())))
    });
    let default = || paths::user_store().map(|path| (path, Source::Default));
    let found = option.or(variable).or(in_files).or_else(default)?;
    Some(Setting { value: StoreLocation::file(found.0), source: found.1 })
}

impl Settings {
    /// Returns every setting with a value, with its source. Tokens are left out.
    pub fn shown_values(&self) -> Vec<(String, String, Source)> {
        let keys = SettingKey::all().filter_map(|key| {
            let (value, source) = self.value(key)?;
            let value = if key == SettingKey::ApiToken { "(hidden)".to_owned() } else { value };
            Some((key.name().to_owned(), value, source)).filter(|(_, value, _)| !value.is_empty())
        });
        let servers = self.servers.iter().flat_map(|server| server.values());
        keys.chain(servers.map(|(key, (value, source))| (key, value, source))).collect()
    }
}

fn examine(path: PathBuf) -> ExaminedFile {
    let mut file = ExaminedFile { path, exists: false, faults: Vec::new(), values: Vec::new() };
    let (text, meta) = match file::text(&file.path) {
        Ok(read) => read,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return file,
        Err(e) => {
            file.exists = true;
            file.add(FileFault::Unreadable, file::unreadable(&file.path, &e));
            return file;
        }
    };
    file.exists = true;
    if let Some(why) = file::writable_by_others(&file.path, &meta) {
        let error = Error::failure(format!("other users can change {}", file.path.display())).why(why);
        file.add(FileFault::Permissions, error.next(file::MAKE_PRIVATE));
    }
    let document = match Document::parse(text.as_str()) {
        Ok(document) => document,
        Err(e) => {
            file.add(FileFault::Unreadable, file::parse_error(&file.path, &text, e.span(), e.message()));
            return file;
        }
    };
    let mut walk = Walk { file: &mut file, text: &text, has_token: false };
    walk.table(document.as_table(), "");
    if walk.has_token && meta.mode() & 0o077 != 0 {
        let error = Error::failure(format!("other users have access to the token in {}", file.path.display()))
            .why(format!("the file has mode {:04o}", meta.mode() & 0o7777))
            .next(file::replace_secrets(&file.path));
        file.add(FileFault::Permissions, error);
    }
    file
}

impl ExaminedFile {
    fn add(&mut self, fault: FileFault, error: Error) {
        self.faults.push((fault, error));
    }
}

/// A walk over the keys of a file.
struct Walk<'a> {
    file: &'a mut ExaminedFile,
    text: &'a str,
    has_token: bool,
}

impl Walk<'_> {
    /// Examines the keys of `table`. `prefix` is its name with a dot, or empty.
    fn table(&mut self, table: &dyn TableLike, prefix: &str) {
        for (name, item) in table.iter() {
            let full = format!("{prefix}{name}");
            let line = self.line(table.key(name).and_then(|key| key.span()));
            match (item.as_table_like(), full.as_str()) {
                (Some(logins), LOGINS) => self.logins(logins, line),
                (Some(named), SERVERS) => named.iter().for_each(|(server, item)| {
                    let line = self.line(named.key(server).and_then(|key| key.span()));
                    match (servers::check_name(server), item.as_table_like()) {
                        (Err(_), _) if contains_secret(server) => {
                            self.value_fault(line, SERVERS, SECRET_IN_WRONG_PLACE)
                        }
                        (Err(error), _) => {
                            let what = format!("{}, line {line}: {}", self.file.path.display(), error.what);
                            let error = Error { what, ..error }.next("Correct this name");
                            self.file.add(FileFault::UnknownKey, error);
                        }
                        (Ok(()), Some(table)) => self.table(table, &format!("{SERVERS}.{server}.")),
                        (Ok(()), None) => self.table_fault(line, &format!("{SERVERS}.{server}")),
                    }
                }),
                (None, LOGINS | SERVERS | "lock" | "confirm" | "serve") => self.table_fault(line, &full),
                (Some(inner), "lock" | "confirm" | "serve") => self.table(inner, &format!("{full}.")),
                _ => self.key(&full, item, line),
            }
        }
    }

    fn key(&mut self, name: &str, item: &Item, line: usize) {
        let known = match name {
            TOKEN_PLACE => Ok(None),
            _ => known_key(name).map(Some),
        };
        let key = match known {
            Ok(key) => key,
            Err(error) => {
                let what = format!("{}, line {line}: {}", self.file.path.display(), error.what);
                let correct =
                    || "Correct or remove this line. To list the settings, run: jeton config --help".to_owned();
                let next = Some(error.next.unwrap_or_else(correct));
                return self.file.add(FileFault::UnknownKey, Error { what, why: None, next, ..error });
            }
        };
        let Some(value) = item.as_str() else {
            return self.value_fault(line, name, "the value must be a text in quotes");
        };
        let checked = match &key {
            Some(Key::Setting(SettingKey::ApiToken)) => {
                self.has_token = true;
                return if Secret::parse(value).is_err() {
                    self.value_fault(line, name, NOT_A_SECRET);
                };
            }
            _ if contains_secret(value) => Err(Error::usage(SECRET_IN_WRONG_PLACE)),
            Some(Key::Setting(key)) => key.check(value),
            Some(Key::Server(key)) => key.check(value),
            None => Ok(()),
        };
        // A server may be given by its name, which is resolved over all files.
        let is_name = name == SettingKey::Server.name() && servers::check_name(value).is_ok();
        match checked {
            Err(error) if !is_name => self.value_fault(line, name, &error.what_and_why()),
            _ => self.file.values.push((name.to_owned(), value.to_owned())),
        }
    }

    fn logins(&mut self, logins: &dyn TableLike, line: usize) {
        self.has_token |= !logins.is_empty();
        let whole = toml::from_str::<toml::Table>(self.text);
        let Some(stored) = whole.ok().and_then(|mut table| table.remove(LOGINS)) else { return };
        if let Err(e) = stored.try_into::<BTreeMap<String, StoredLogin>>() {
            let why = plain_words(&file::hide_secret(e.message().to_owned()));
            self.value_fault(line, LOGINS, &format!("a login in this table can't be read: {why}"));
        }
    }

    fn table_fault(&mut self, line: usize, name: &str) {
        let header = if name == SERVERS { "servers.NAME" } else { name };
        let why = format!(
            "the value must be a table. Write the line [{}]. Below this line, write each setting on a line of its own",
            excerpt(header, 64)
        );
        self.value_fault(line, name, &why);
    }

    fn value_fault(&mut self, line: usize, name: &str, why: &str) {
        let path = self.file.path.display();
        let error = Error::usage(format!("{path}, line {line}: {} has a value that can't be used", excerpt(name, 64)));
        let why = if contains_secret(why) { SECRET_IN_WRONG_PLACE } else { why };
        let next = match name == LOGINS {
            true => "Remove the damaged login from the file, then log in again: jeton --server ADDRESS login",
            false => "Correct this line",
        };
        self.file.add(FileFault::Value, error.why(why).next(next));
    }

    fn line(&self, span: Option<std::ops::Range<usize>>) -> usize {
        let start = span.map_or(0, |span| span.start.min(self.text.len()));
        self.text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1
    }
}

/// A key that jeton knows.
enum Key {
    Setting(SettingKey),
    Server(ServerKey),
}

/// Returns the key that `name` means in a file. Only two have a second spelling there.
fn known_key(name: &str) -> Result<Key> {
    if let Some(key) = ServerKey::parse(name)? {
        return Ok(Key::Server(key));
    }
    let key = SettingKey::parse(name)?;
    let has_underscores = matches!(key, SettingKey::ApiToken | SettingKey::ApiTokenName);
    match key.name() == name || has_underscores {
        true => Ok(Key::Setting(key)),
        false => Err(did_you_mean(Error::usage(format!("no setting \"{}\"", excerpt(name, 64))), name, [key.name()])),
    }
}

/// The users who can read a file with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretFileAccess {
    Owner,
    Others,
    /// The file belongs to the user with this uid, who isn't us.
    OtherOwner(u32),
}

/// Returns who can read the file with a secret at `path`.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if there is no such file.
pub fn secret_file_access(path: &Path) -> Result<SecretFileAccess> {
    let refused = |why: String| Error::failure(format!("{} can't be read", path.display())).why(why);
    let meta = std::fs::metadata(path).map_err(|e| refused(e.to_string()))?;
    if meta.is_dir() {
        return Err(refused("it is a folder".to_owned()));
    }
    // systemd passes a credential in a file of root, which only the service can read.
    if systemd::is_credential(path) {
        return Ok(SecretFileAccess::Owner);
    }
    let (own, owner) = (own_process::uid(), meta.uid());
    Ok(match meta.mode() & 0o077 {
        // Root can read every file.
        _ if owner != own && own != 0 => SecretFileAccess::OtherOwner(owner),
        0 => SecretFileAccess::Owner,
        _ => SecretFileAccess::Others,
    })
}
