//! Reads a configuration file.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::servers::ServerTable;
use crate::domain::name::Username;
use crate::domain::secret::{Secret, contains_secret};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::import::toml_message::plain_words;
use crate::verbs::cli_line::quote_absolute;

/// Maximum size of a configuration file, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// The reason for a file with a secret in a setting that can't contain one.
pub(super) const SECRET_IN_WRONG_PLACE: &str =
    "a secret is in the wrong place, or not in quotes. Only the setting api-token can have a secret";

/// Reason for a value that must be a secret.
pub(super) const NOT_A_SECRET: &str = "the value is not the secret of a jeton token";

/// The next step for a file that other users can change.
pub(super) const MAKE_PRIVATE: &str =
    "You or root must own the file and its folders (chown). Other users must have no write access (chmod)";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Keys {
    pub store: Option<PathBuf>,
    #[serde(alias = "store_colour")]
    pub store_colour: Option<String>,
    pub server: Option<String>,
    pub server_ca: Option<PathBuf>,
    pub server_pin: Option<String>,
    pub server_insecure: Option<String>,
    pub username: Option<String>,
    #[serde(alias = "api_token_name")]
    pub api_token_name: Option<String>,
    #[serde(alias = "api_token", deserialize_with = "optional_secret")]
    pub api_token: Option<Arc<Secret>>,
    /// The server or store that `api-token` is for.
    pub api_token_for: Option<String>,
    /// The logins, by the address of their server.
    pub logins: BTreeMap<String, StoredLogin>,
    pub servers: BTreeMap<String, ServerTable>,
    pub dates: Option<String>,
    pub accessible: Option<String>,
    pub mouse: Option<String>,
    pub tips: Option<String>,
    pub theme: Option<String>,
    pub motion: Option<String>,
    pub readonly: Option<String>,
    pub lock: Lock,
    pub confirm: Confirm,
    pub serve: Serve,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Lock {
    pub after: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Confirm {
    pub remember: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Serve {
    pub verify: Option<String>,
    pub verify_group: Option<String>,
    pub manage: Option<String>,
    pub manage_group: Option<String>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub accept: Option<String>,
    pub proxies: Option<String>,
}

impl Keys {
    /// Returns the server or store that `api-token` is for. In a file written by hand it is the server of the file.
    pub fn token_place(&self) -> Option<&str> {
        self.api_token_for.as_deref().or(self.server.as_deref())
    }

    /// Returns the settings that are paths, with their names.
    fn paths(&mut self) -> impl Iterator<Item = (String, &mut PathBuf)> {
        let Keys { store, server_ca, servers, serve: Serve { certificate, key, .. }, .. } = self;
        let all = [("store", store), ("server-ca", server_ca), ("serve.certificate", certificate), ("serve.key", key)];
        let all = all.into_iter().map(|(name, path)| (name.to_owned(), path));
        let named = servers.iter_mut().map(|(name, server)| (format!("servers.{name}.ca"), &mut server.ca));
        all.chain(named).filter_map(|(name, path)| Some((name, path.as_mut()?)))
    }
}

/// A login at a server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoredLogin {
    pub username: Username,
    #[serde(deserialize_with = "secret")]
    pub token: Arc<Secret>,
    pub expires_at: Timestamp,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Arc<Secret>, D::Error> {
    let text = Zeroizing::new(String::deserialize(from)?);
    Secret::parse(&text).map(Arc::new).map_err(|_| serde::de::Error::custom(NOT_A_SECRET))
}

fn optional_secret<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<Arc<Secret>>, D::Error> {
    secret(from).map(Some)
}

pub(super) fn refused(path: &Path, why: String) -> Error {
    Error::usage(format!("the configuration {} can't be used", path.display())).why(hide_secret(why))
}

/// Returns the error for a file of which not even the text can be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    refused(path, error.to_string()).next(format!(
        "The configuration must be a text file of at most {} KiB. Your user must have read access. Correct the file, \
         or move the file away",
        MAX_BYTES / 1024
    ))
}

/// Returns the next step for a file with secrets that other users could read.
pub(super) fn replace_secrets(path: &Path) -> String {
    let own_uid = rustix::process::geteuid().as_raw();
    let is_ours = own_uid == 0 || fs::metadata(path).is_ok_and(|meta| meta.uid() == own_uid);
    let first = match is_ours {
        true => format!("Run: chmod 600 {}", quote_absolute(path)),
        false => "Ask the owner of the file to move the secrets to a private file (mode 0600)".to_owned(),
    };
    format!(
        "{first}. Other users could have read the secrets in this file, so replace the secrets. For the setting \
         api-token, regenerate the token and save the new secret. For each server under [logins], run: jeton --server \
         ADDRESS logout. Then log in again"
    )
}

/// Replaces a reason that quotes a secret.
pub(super) fn hide_secret(why: String) -> String {
    match contains_secret(&why) {
        true => SECRET_IN_WRONG_PLACE.to_owned(),
        false => why,
    }
}

/// Returns the error for a file that is not the expected TOML. It names the line but never quotes it, because the line
/// may hold a token.
pub(super) fn parse_error(path: &Path, text: &str, span: Option<std::ops::Range<usize>>, message: &str) -> Error {
    let line = span.map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    Error::usage(format!("line {line} of the configuration {} can't be used", path.display()))
        .why(plain_words(&hide_secret(message.to_owned())))
        .next("Correct this line, then run the command again")
}

/// Reads the file at `path`. `None` if it doesn't exist. A file that holds a token is refused if others can read
/// it.
pub(super) fn read(path: &Path) -> Result<Option<(PathBuf, Keys)>> {
    let refused = |why: String| refused(path, why);
    let (text, meta) = match text(path) {
        Ok(read) => read,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(unreadable(path, &e)),
    };
    if let Some(why) = writable_by_others(path, &meta) {
        return Err(Error::failure(format!("the configuration {} can't be used", path.display()))
            .why(why)
            .next(format!("{MAKE_PRIVATE}. Otherwise, other users could make jeton use another store")));
    }
    let mut keys: Keys = toml::from_str(&text).map_err(|e| parse_error(path, &text, e.span(), e.message()))?;
    let Serve { verify, verify_group, manage, manage_group, accept, proxies, certificate: _, key: _ } = &keys.serve;
    let texts = [
        &keys.username,
        &keys.api_token_name,
        &keys.api_token_for,
        &keys.server,
        &keys.server_pin,
        &keys.server_insecure,
        &keys.dates,
        &keys.accessible,
        &keys.mouse,
        &keys.tips,
        &keys.theme,
        &keys.motion,
        &keys.readonly,
        &keys.store_colour,
        &keys.lock.after,
        &keys.confirm.remember,
        verify,
        verify_group,
        manage,
        manage_group,
        accept,
        proxies,
    ];
    let tables = keys.servers.iter().flat_map(|(name, table)| {
        let ServerTable { address, ca: _, pin, username, colour, api_token_name } = table;
        let texts = [address, pin, username, colour, api_token_name];
        texts.into_iter().filter_map(Option::as_deref).chain([name.as_str()])
    });
    let servers = keys.logins.keys().map(String::as_str).chain(tables);
    let has_secret = texts.into_iter().filter_map(Option::as_deref).chain(servers).any(contains_secret);
    if has_secret || keys.paths().any(|(_, path)| path.to_str().is_some_and(contains_secret)) {
        return Err(refused(SECRET_IN_WRONG_PLACE.to_owned())
            .next("Remove the secret from the other settings of this file. To find the line, run: jeton doctor"));
    }
    if let Some((name, _)) = keys.paths().find(|(_, path)| path.starts_with("~")) {
        return Err(refused(format!("the path in {name} begins with ~. Only a shell replaces ~ by the home folder"))
            .next("Write the full path"));
    }
    if (keys.api_token.is_some() || !keys.logins.is_empty()) && meta.mode() & 0o077 != 0 {
        return Err(Error::failure(format!("the configuration {} can't be used", path.display()))
            .why(format!(
                "the file contains a token, and other users have access to the file (mode {:04o})",
                meta.mode() & 0o7777
            ))
            .next(replace_secrets(path)));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    keys.paths().for_each(|(_, named)| *named = folder.join(&*named));
    Ok(Some((path.to_owned(), keys)))
}

/// Explains why a user other than us and root can change the file at `path`. `None` if nobody can.
pub(super) fn writable_by_others(path: &Path, meta: &Metadata) -> Option<String> {
    const STICKY: u32 = 0o1000;
    const OTHERS_WRITE: u32 = 0o022;
    let own_uid = rustix::process::geteuid().as_raw();
    let find_unsafe_access = |name: &Path, meta: &Metadata| {
        let (owner, mode) = (meta.uid(), meta.mode());
        if owner != own_uid && owner != 0 {
            Some(format!("{} belongs to another user (uid {owner})", name.display()))
        } else if mode & OTHERS_WRITE != 0 && !(meta.is_dir() && mode & STICKY != 0) {
            Some(format!("other users can write to {} (mode {:04o})", name.display(), mode & 0o7777))
        } else {
            None
        }
    };
    // A user who can write a folder on the path can put another file there. That includes the path of a link.
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let named = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    find_unsafe_access(&real, meta).or_else(|| {
        let folders = real.ancestors().skip(1).chain(named.ancestors().skip(1));
        folders.into_iter().find_map(|folder| find_unsafe_access(folder, &fs::metadata(folder).ok()?))
    })
}

/// Returns the text of a regular file. Reading a device or a pipe might never end.
pub(super) fn text(path: &Path) -> std::io::Result<(Zeroizing<String>, Metadata)> {
    let unfit = || std::io::Error::other(format!("the file is larger than {} KiB", MAX_BYTES / 1024));
    if !fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("the path is not a regular file"));
    }
    let file = fs::File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() > MAX_BYTES {
        return Err(unfit());
    }
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES as usize + 1));
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|e| match e.kind() {
        ErrorKind::InvalidData => std::io::Error::other("the text is not UTF-8"),
        _ => e,
    })?;
    if text.starts_with('\u{feff}') {
        text = Zeroizing::new(text.trim_start_matches('\u{feff}').to_owned());
    }
    Ok((text, meta))
}
