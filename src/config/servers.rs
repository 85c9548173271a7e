//! Servers by name: the tables `[servers.NAME]`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file::Keys;
use super::{Setting, SettingKey, Source, parse};
use crate::domain::suggest::did_you_mean;
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::error::{Error, Result};
use crate::service::server_address::ServerAddress;
use crate::service::server_colour::ServerColour;

/// The table of the tables, and the first part of their keys.
pub(super) const SERVERS: &str = "servers";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ServerTable {
    pub address: Option<String>,
    pub ca: Option<PathBuf>,
    pub pin: Option<String>,
    pub username: Option<String>,
    pub colour: Option<String>,
    #[serde(alias = "api_token_name")]
    pub api_token_name: Option<String>,
}

/// A setting of a server. The table below describes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerField {
    Address,
    Ca,
    Pin,
    Username,
    Colour,
    ApiTokenName,
}

const FIELDS: [(ServerField, &str, &str); 6] = [
    (ServerField::Address, "address", "Address of the server: unix:PATH or https://HOST:PORT"),
    (ServerField::Ca, "ca", "PEM file with the certificate of this server, or of its certificate authority"),
    (ServerField::Pin, "pin", "Hash of this server's key: sha256:HEX"),
    (ServerField::Username, "username", "Account to use at this server"),
    (
        ServerField::Colour,
        "colour",
        "Colour of the server's name on the screens: red, green, yellow, blue, magenta or cyan",
    ),
    (ServerField::ApiTokenName, "api-token-name", "Name that the token for this server must have"),
];

/// A key `servers.NAME.FIELD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKey {
    pub server: String,
    pub field: ServerField,
}

impl ServerField {
    pub const fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    /// Returns every field as `servers.NAME.FIELD`, with its description.
    pub fn help() -> impl Iterator<Item = (String, &'static str)> {
        FIELDS.into_iter().map(|(_, name, help)| (format!("{SERVERS}.NAME.{name}"), help))
    }

    /// Returns the key whose rules the field's values follow. `None` for a colour.
    fn rules(self) -> Option<SettingKey> {
        match self {
            ServerField::Address => Some(SettingKey::Server),
            ServerField::Ca => Some(SettingKey::ServerCa),
            ServerField::Pin => Some(SettingKey::ServerPin),
            ServerField::Username => Some(SettingKey::Username),
            ServerField::ApiTokenName => Some(SettingKey::ApiTokenName),
            ServerField::Colour => None,
        }
    }
}

impl ServerKey {
    /// Returns the key of a server's setting. `None` if `text` begins otherwise.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for a bad name of a server, or an unknown field.
    pub fn parse(text: &str) -> Result<Option<Self>> {
        let Some(rest) = text.strip_prefix(SERVERS).and_then(|rest| rest.strip_prefix('.')) else { return Ok(None) };
        let (server, field) = rest.split_once('.').unwrap_or((rest, ""));
        check_name(server)?;
        let field = field.replace('_', "-");
        match FIELDS.iter().find(|(_, name, _)| *name == field) {
            Some((known, ..)) => Ok(Some(ServerKey { server: server.to_owned(), field: *known })),
            None => {
                let names = FIELDS.map(|(_, name, _)| name);
                let error = Error::usage(format!("no setting \"{}\"", escape_untrusted(text)))
                    .why(format!("write {SERVERS}.NAME.SETTING, where SETTING is one of: {}", names.join(", ")));
                Err(did_you_mean(error, &field, names))
            }
        }
    }

    pub fn name(&self) -> String {
        format!("{SERVERS}.{}.{}", self.server, self.field.name())
    }

    pub fn check(&self, value: &str) -> Result<()> {
        match self.field.rules() {
            Some(key) => key.check(value),
            None => ServerColour::parse(value).map(drop),
        }
    }
}

/// Checks a name of a server, which must not look like an address.
pub(super) fn check_name(name: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    match (1..=32).contains(&name.len()) && name.bytes().all(fits) {
        true => Ok(()),
        false => Err(Error::usage(format!("a server can't have the name \"{}\"", excerpt(name, 32)))
            .why("use 1-32 characters: a-z 0-9 - _")),
    }
}

/// A server with a name.
#[derive(Debug, Clone)]
pub struct NamedServer {
    pub name: String,
    pub colour: Option<ServerColour>,
    pub(super) table: ServerTable,
    pub(super) source: Source,
    /// The next file that has a table of this name, which isn't used.
    hidden: Option<PathBuf>,
}

impl NamedServer {
    /// Returns the text of a field, and its source.
    pub fn value(&self, field: ServerField) -> Option<(String, Source)> {
        let ServerTable { address, ca, pin, username, colour, api_token_name } = &self.table;
        let text = match field {
            ServerField::Address => address.clone(),
            ServerField::Ca => ca.as_deref().map(Path::display).map(|path| path.to_string()),
            ServerField::Pin => pin.clone(),
            ServerField::Username => username.clone(),
            ServerField::Colour => colour.clone(),
            ServerField::ApiTokenName => api_token_name.clone(),
        };
        text.map(|text| (text, self.source.clone()))
    }

    /// Returns every key that this server has, with its value.
    pub fn values(&self) -> impl Iterator<Item = (String, (String, Source))> {
        FIELDS.into_iter().filter_map(|(field, ..)| {
            let key = ServerKey { server: self.name.clone(), field };
            Some((key.name(), self.value(field)?))
        })
    }

    pub(super) fn address(&self) -> Result<&str> {
        self.table.address.as_deref().ok_or_else(|| {
            let (name, file) = (&self.name, &self.source);
            let error = Error::usage(format!("the server {name} has no address"));
            match &self.hidden {
                Some(hidden) => error
                    .why(format!(
                        "the setting \"address\" is missing in the table [{SERVERS}.{name}] of {file}. This table \
                         replaces the whole table of the same name in {}",
                        hidden.display()
                    ))
                    .next(format!(
                        "Copy the missing settings into the table of {file}, or remove the table from {file}"
                    )),
                None => error
                    .why(format!("the setting \"address\" is missing in the table [{SERVERS}.{name}] of {file}"))
                    .next("Add a line to this table: address = \"https://HOST:PORT\", or \"unix:PATH\" for a socket"),
            }
        })
    }

    pub(super) fn setting<T>(&self, of: impl Fn(&ServerTable) -> Option<T>) -> Option<Setting<T>> {
        of(&self.table).map(|value| Setting { value, source: self.source.clone() })
    }
}

/// Returns the servers of all files, by name. A file outranks the next one.
pub(super) fn all(files: &[(PathBuf, Keys)]) -> Result<Vec<NamedServer>> {
    let mut servers: Vec<NamedServer> = Vec::new();
    for (file, keys) in files {
        for (name, table) in &keys.servers {
            if let Some(known) = servers.iter_mut().find(|known| known.name == *name) {
                known.hidden.get_or_insert_with(|| file.clone());
                continue;
            }
            let source = Source::File(file.clone());
            parse(Some(Setting { value: name.clone(), source: source.clone() }), check_name)?;
            let colour = table.colour.clone().map(|value| Setting { value, source: source.clone() });
            let colour = parse(colour, ServerColour::parse)?.map(|setting| setting.value);
            servers.push(NamedServer { name: name.clone(), colour, table: table.clone(), source, hidden: None });
        }
    }
    servers.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(servers)
}

/// Does the same as [`find`] for a setting. The error names the source of the setting.
pub(super) fn find_setting<'a>(
    servers: &'a [NamedServer],
    server: &Setting<String>,
) -> Result<Option<&'a NamedServer>> {
    find(servers, &server.value).map_err(|e| match server.source {
        Source::Option(_) => e,
        _ => Error { what: format!("{} (the name is from {})", e.what, server.source), ..e },
    })
}

/// Returns the server that has `text` as its name or address. `None` if another address is given.
pub(super) fn find<'a>(servers: &'a [NamedServer], text: &str) -> Result<Option<&'a NamedServer>> {
    let known = servers.iter().find(|server| server.name == text);
    match ServerAddress::parse(text) {
        _ if known.is_some() => Ok(known),
        Err(_) if check_name(text).is_ok() => {
            let error = Error::usage(format!("no server \"{text}\" in the configuration"));
            // As long as a setting names an unknown server, no command can change the file.
            let add = format!("[{SERVERS}.{text}] and address = \"https://HOST:PORT\"");
            let add = format!("add two lines at the end of the configuration file: {add}");
            Err(match servers.is_empty() {
                true => error.next(format!("Use an address, or {add}")),
                false => error
                    .why(format!(
                        "the servers are: {}",
                        servers.iter().map(|server| server.name.as_str()).collect::<Vec<_>>().join(", ")
                    ))
                    .next(format!("Correct the name, or {add}")),
            })
        }
        // Its certificate is checked as its name asks, because its stored tokens are sent there.
        Ok(address) => Ok(servers
            .iter()
            .find(|server| server.address().and_then(ServerAddress::parse).is_ok_and(|named| named == address))),
        Err(_) => Ok(None),
    }
}
