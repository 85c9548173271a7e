//! Configuration of the store, the account and the screens.
//!
//! Options override the environment, the environment overrides files, and files override defaults. Each value
//! records its source. Rules about tokens are not configuration: they are policy and live in the store.

mod edit;
mod environment;
mod examination;
mod file;
mod screens;
mod serve;
mod servers;
mod setting_key;
mod stored_tokens;
#[cfg(test)]
mod tests;

pub use edit::{SetValue, set, set_login, set_server, take_login, unset, unset_server};
pub use environment::ENVIRONMENT;
pub use examination::{
    ExaminedFile, FileFault, SecretFileAccess, examine_files, secret_file_access, store_despite_faults,
};
pub use file::StoredLogin;
pub use screens::{Motion, ThemeName};
pub use serve::{ServeOverrides, ServeSettings};
pub use servers::{NamedServer, ServerField, ServerKey};
pub use setting_key::SettingKey;

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::date_format::DateFormat;
use crate::domain::name::{TokenName, Username};
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::platform::{bounded_read, own_process, paths};
use crate::service::certificate_pin::CertificatePin;
use crate::service::server_address::{ServerAddress, ServerConnection};
use crate::service::server_colour::ServerColour;
use crate::store::StoreLocation;
use environment::no_config_error;
use file::Keys;
use servers::ServerTable;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Option(&'static str),
    Environment(&'static str),
    File(PathBuf),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Option(name) | Source::Environment(name) => f.write_str(name),
            Source::File(path) => path.display().fmt(f),
            Source::Default => f.write_str("the default"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub source: Source,
}

#[derive(Debug, Clone, Default)]
pub struct CliOverrides {
    pub store: Option<PathBuf>,
    pub server: Option<String>,
    pub user: Option<String>,
    /// `true` for screens that change nothing.
    pub readonly: bool,
    /// `true` if an option gives a password.
    pub password: bool,
    pub serve: ServeOverrides,
}

/// Location of the token that signs in instead of a password.
#[derive(Debug, Clone)]
pub enum TokenSource {
    File(PathBuf),
    /// The environment, from which the token was removed.
    Environment,
    /// A token in a configuration file, and the server or store that it is for, if the file says so.
    Stored(Arc<Secret>, Option<String>),
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub store: Setting<StoreLocation>,
    /// The server that is used instead of the store.
    pub server: Option<Setting<ServerAddress>>,
    /// The servers that have names.
    pub servers: Vec<NamedServer>,
    /// The name of the used one, if it has one.
    pub server_name: Option<String>,
    pub server_colour: Option<ServerColour>,
    /// The colour of the host on the screens while no server is used.
    pub store_colour: Option<Setting<ServerColour>>,
    /// A file with the certificates that an https server is checked against, instead of the system's.
    pub server_ca: Option<Setting<PathBuf>>,
    pub server_pin: Option<Setting<CertificatePin>>,
    /// `true` if passwords and tokens may go to an http address of this machine.
    pub server_insecure: Option<Setting<bool>>,
    pub username: Option<Setting<Username>>,
    /// Name that the presented token must have.
    pub token_name: Option<Setting<TokenName>>,
    /// The token that signs in, unless `--user` or a password option overrides it.
    pub token: Option<Setting<TokenSource>>,
    /// That token, once read: the environment gives it only once.
    presented: OnceCell<Arc<Secret>>,
    /// The login at the server, if neither a token nor another account was given.
    pub login: Option<Setting<StoredLogin>>,
    /// Time without input after which the screens are locked. Zero = never.
    pub lock_after: Setting<Duration>,
    pub confirm_remember: Setting<Duration>,
    pub dates: Setting<DateFormat>,
    /// `true` if numbered menus replace the screens.
    pub accessible: Setting<bool>,
    /// `true` if clicks and the wheel act on the screens.
    pub mouse: Setting<bool>,
    pub tips: Setting<bool>,
    pub theme: Setting<ThemeName>,
    pub motion: Setting<Motion>,
    /// `true` if the screens change nothing.
    pub readonly: Option<Setting<bool>>,
    pub serve: ServeSettings,
}

/// Default time without input after which the screens are locked.
pub const LOCK_AFTER: Duration = Duration::from_secs(5 * 60);

/// Sources of the settings. Tests use their own.
struct ConfigSources<'a> {
    variable: &'a dyn Fn(&'static str) -> Option<OsString>,
    user_file: Option<PathBuf>,
    system_file: PathBuf,
    default_store: Option<PathBuf>,
    /// Returns the socket of the system's service, if this user may use it.
    management_socket: &'a dyn Fn() -> Option<PathBuf>,
    token_in_environment: bool,
}

/// Returns the path of the file that `config set` writes: `JETON_CONFIG`, else the user's own file.
pub fn user_file() -> Result<PathBuf> {
    let named = std::env::var_os("JETON_CONFIG").filter(|v| !v.is_empty()).map(PathBuf::from);
    named.or_else(paths::user_config).ok_or_else(|| {
        Error::usage("the path of the configuration is unknown")
            .why("the home folder is unknown")
            .next("Create an empty file and set JETON_CONFIG to the path of this file")
    })
}

impl Settings {
    /// Loads the settings of this machine and user, overridden by the command line.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with file and line, for a file whose content can't be accepted;
    /// [`crate::error::Kind::Failure`] for a file that holds a token and that others can read.
    pub fn load(overrides: CliOverrides) -> Result<Self> {
        Self::find(
            overrides,
            &ConfigSources {
                variable: &|name| std::env::var_os(name),
                user_file: paths::user_config(),
                system_file: paths::system_config(),
                default_store: paths::user_store(),
                management_socket: &paths::usable_management_socket,
                token_in_environment: own_process::has_token_from_environment(),
            },
        )
    }

    fn find(overrides: CliOverrides, sources: &ConfigSources<'_>) -> Result<Self> {
        let variable = |name| (sources.variable)(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let files = match variable("JETON_CONFIG") {
            // A file that was named explicitly must exist.
            Some(path) => {
                bounded_read::require_named_file(&path, "the configuration (JETON_CONFIG)")?;
                [Some(file::read(&path)?.ok_or_else(|| no_config_error(&path))?), file::read(&sources.system_file)?]
            }
            None => [sources.user_file.as_deref().map_or(Ok(None), file::read)?, file::read(&sources.system_file)?],
        };
        let files: Vec<(PathBuf, Keys)> = files.into_iter().flatten().collect();
        let from_env = |name| variable(name).map(|value| Setting { value, source: Source::Environment(name) });
        let text_from_env = |name| {
            from_env(name)
                .map(|Setting { value, source }| Setting { value: value.to_string_lossy().into_owned(), source })
        };
        let default = || sources.default_store.clone().map(|value| Setting { value, source: Source::Default });

        let asked_otherwise = overrides.user.is_some() || overrides.password;
        let server = match (&overrides.store, overrides.server, from_env("JETON_STORE")) {
            (Some(_), ..) => None,
            (None, Some(value), _) => Some(Setting { value, source: Source::Option("--server") }),
            (None, None, Some(_)) => None,
            (None, None, None) => {
                text_from_env("JETON_SERVER").or_else(|| from_files(&files, |keys| keys.server.clone()))
            }
        };
        let store = overrides
            .store
            .map(|value| Setting { value, source: Source::Option("--store") })
            .or_else(|| from_env("JETON_STORE"))
            .or_else(|| from_files(&files, |keys| keys.store.clone()))
            .or_else(default)
            .ok_or_else(|| {
                Error::usage("the path of the store is unknown")
                    .why("the home folder is unknown")
                    .next("Use --store PATH, or set JETON_STORE or HOME")
            })?;
        bounded_read::require_named_file(&store.value, &format!("the store (from {})", store.source))?;
        // Where nothing names a store or a server, the system's service is used.
        let server = match store.source {
            Source::Default => server.or_else(|| {
                let value = format!("unix:{}", (sources.management_socket)()?.display());
                Some(Setting { value, source: Source::Default })
            }),
            _ => server,
        };
        let servers = servers::all(&files)?;
        let named = match &server {
            Some(server) => servers::find_setting(&servers, server)?,
            None => None,
        };
        let server = match (server, named) {
            (Some(server), Some(named)) => Some(Setting { value: named.address()?.to_owned(), ..server }),
            (server, _) => server,
        };
        let server = parse(server, ServerAddress::parse)?;
        let login = server.as_ref().and_then(|server| {
            let address = server.value.to_string();
            from_files(&files, |keys| keys.logins.get(&address).cloned())
        });
        let user = overrides.user.map(|value| Setting { value, source: Source::Option("--user") });
        let own = |of: fn(&ServerTable) -> Option<String>| named.and_then(|named| named.setting(of));
        let username = user
            .or_else(|| own(|table| table.username.clone()))
            .or_else(|| from_files(&files, |keys| keys.username.clone()));
        let username = parse(username, Username::parse)?;
        let token_name = own(|table| table.api_token_name.clone())
            .or_else(|| from_files(&files, |keys| keys.api_token_name.clone()));
        let token = if asked_otherwise {
            None
        } else if let Some(found) = from_env("JETON_TOKEN_FILE") {
            bounded_read::require_named_file(&found.value, "the file with the token (JETON_TOKEN_FILE)")?;
            Some(Setting { value: TokenSource::File(found.value), source: found.source })
        } else if sources.token_in_environment {
            Some(Setting { value: TokenSource::Environment, source: Source::Environment("JETON_TOKEN") })
        } else {
            from_files(&files, |keys| {
                Some(TokenSource::Stored(keys.api_token.clone()?, keys.token_place().map(str::to_owned)))
            })
        };
        let pause = |key: fn(&Keys) -> Option<String>, default| {
            let found = parse(from_files(&files, key), setting_key::parse_duration);
            found.map(|found| found.unwrap_or(Setting { value: default, source: Source::Default }))
        };
        let switch = |key: SettingKey, of: fn(&Keys) -> Option<String>| {
            parse(from_files(&files, of), |text| key.parse_yes_or_no(text))
        };
        let dates = text_from_env("JETON_DATES").or_else(|| from_files(&files, |keys| keys.dates.clone()));
        let theme = text_from_env("JETON_THEME").or_else(|| from_files(&files, |keys| keys.theme.clone()));
        let (server_ca, server_pin) = match named {
            Some(named) => (named.setting(|table| table.ca.clone()), own(|table| table.pin.clone())),
            None => {
                (from_files(&files, |keys| keys.server_ca.clone()), from_files(&files, |keys| keys.server_pin.clone()))
            }
        };
        let settings = Settings {
            store: Setting { value: StoreLocation::file(store.value), source: store.source },
            server,
            servers: Vec::new(),
            server_name: named.map(|named| named.name.clone()),
            server_colour: named.and_then(|named| named.colour),
            store_colour: parse(from_files(&files, |keys| keys.store_colour.clone()), ServerColour::parse)?,
            server_ca,
            server_pin: parse(server_pin, CertificatePin::parse)?,
            server_insecure: switch(SettingKey::ServerInsecure, |keys| keys.server_insecure.clone())?,
            username,
            token_name: parse(token_name, TokenName::parse)?,
            token,
            presented: OnceCell::new(),
            login: None,
            lock_after: pause(|keys| keys.lock.after.clone(), LOCK_AFTER)?,
            confirm_remember: pause(|keys| keys.confirm.remember.clone(), Duration::ZERO)?,
            dates: parse(dates, DateFormat::parse)?.unwrap_or_default(),
            theme: parse(theme, ThemeName::parse)?.unwrap_or_default(),
            motion: parse(from_files(&files, |keys| keys.motion.clone()), Motion::parse)?.unwrap_or_default(),
            accessible: match from_env("ACCESSIBLE") {
                // Other programs read the variable too, each with its own idea of a value.
                Some(Setting { value, source }) => Setting { value: value.as_os_str() != "0", source },
                None => switch(SettingKey::Accessible, |keys| keys.accessible.clone())?.unwrap_or_default(),
            },
            mouse: switch(SettingKey::Mouse, |keys| keys.mouse.clone())?.unwrap_or(screens::ON),
            tips: switch(SettingKey::Tips, |keys| keys.tips.clone())?.unwrap_or(screens::ON),
            readonly: match overrides.readonly {
                true => Some(Setting { value: true, source: Source::Option("--readonly") }),
                false => switch(SettingKey::ReadOnly, |keys| keys.readonly.clone())?,
            },
            serve: ServeSettings::find(overrides.serve, &files)?,
        };
        Ok(Settings { servers, ..settings }.with_login(login))
    }

    /// Checks that `text` is an address, or the name of a server.
    pub fn check_server(&self, text: &str) -> Result<()> {
        match servers::find(&self.servers, text)? {
            Some(named) => named.address().map(drop),
            None => SettingKey::Server.check(text),
        }
    }

    /// Returns `true` if the screens change nothing.
    pub fn is_read_only(&self) -> bool {
        self.readonly.as_ref().is_some_and(|readonly| readonly.value)
    }

    /// Returns the parameters of the connection to the server, if one is used instead of the store.
    pub fn server_connection(&self) -> Option<ServerConnection> {
        let address = self.server.as_ref()?.value.clone();
        let ca = self.server_ca.as_ref().map(|ca| ca.value.clone());
        let pin = self.server_pin.as_ref().map(|pin| pin.value);
        let insecure = self.server_insecure.as_ref().is_some_and(|insecure| insecure.value);
        Some(ServerConnection { address, ca, pin, insecure })
    }

    /// Returns a key's value as text, and its source. `None` if the key has no value. A token is shown by its hint.
    pub fn value(&self, key: SettingKey) -> Option<(String, Source)> {
        fn text<T>(setting: &Setting<T>, show: impl FnOnce(&T) -> String) -> Option<(String, Source)> {
            Some((show(&setting.value), setting.source.clone()))
        }
        fn plain<'a, T: ToString + 'a>(setting: impl Into<Option<&'a Setting<T>>>) -> Option<(String, Source)> {
            text(setting.into()?, T::to_string)
        }
        let yes_or_no = |is: &bool| if *is { "yes" } else { "no" }.to_owned();
        let path = |setting: &Setting<PathBuf>| text(setting, |path| path.display().to_string());
        match key {
            SettingKey::Store => text(&self.store, |store| store.path().display().to_string()),
            SettingKey::Server => {
                text(self.server.as_ref()?, |server| self.server_name.clone().unwrap_or_else(|| server.to_string()))
            }
            SettingKey::ServerCa => path(self.server_ca.as_ref()?),
            SettingKey::ServerPin => plain(self.server_pin.as_ref()),
            SettingKey::ServerInsecure => text(self.server_insecure.as_ref()?, yes_or_no),
            SettingKey::ReadOnly => text(self.readonly.as_ref()?, yes_or_no),
            SettingKey::Username => plain(self.username.as_ref()),
            SettingKey::ApiTokenName => plain(self.token_name.as_ref()),
            SettingKey::ApiToken => text(self.token.as_ref()?, |token| match token {
                TokenSource::File(path) => format!("in {}", path.display()),
                TokenSource::Environment => "given in the environment".to_owned(),
                TokenSource::Stored(secret, _) => format!("{}…", secret.hint()),
            }),
            SettingKey::LockAfter => text(&self.lock_after, setting_key::describe_duration),
            SettingKey::ConfirmRemember => text(&self.confirm_remember, setting_key::describe_duration),
            SettingKey::StoreColour => text(self.store_colour.as_ref()?, |colour| colour.as_str().to_owned()),
            SettingKey::Accessible => text(&self.accessible, yes_or_no),
            SettingKey::Mouse => text(&self.mouse, yes_or_no),
            SettingKey::Tips => text(&self.tips, yes_or_no),
            SettingKey::Dates => text(&self.dates, |dates| dates.as_str().to_owned()),
            SettingKey::Theme => plain(&self.theme),
            SettingKey::Motion => plain(&self.motion),
            SettingKey::ServeVerify => plain(self.serve.verify.as_ref()),
            SettingKey::ServeVerifyGroup => plain(self.serve.verify_group.as_ref()),
            SettingKey::ServeManage => plain(self.serve.manage.as_ref()),
            SettingKey::ServeManageGroup => plain(self.serve.manage_group.as_ref()),
            SettingKey::ServeCertificate => path(self.serve.certificate.as_ref()?),
            SettingKey::ServeKey => path(self.serve.key.as_ref()?),
            SettingKey::ServeAccept => plain(&self.serve.accept),
            SettingKey::ServeProxies => plain(&self.serve.proxies),
        }
    }
}

/// Returns the value of the first file that sets it. A relative path is relative to the folder of its file.
fn from_files<T>(files: &[(PathBuf, Keys)], of: impl Fn(&Keys) -> Option<T>) -> Option<Setting<T>> {
    files.iter().find_map(|(file, keys)| Some(Setting { value: of(keys)?, source: Source::File(file.clone()) }))
}

/// Parses a setting that may be missing.
fn parse<T>(found: Option<Setting<String>>, parse: impl FnOnce(&str) -> Result<T>) -> Result<Option<Setting<T>>> {
    let Some(Setting { value, source }) = found else { return Ok(None) };
    match parse(&value) {
        Ok(value) => Ok(Some(Setting { value, source })),
        Err(e) => Err(Error { what: format!("{} (from {source})", e.what), ..e }),
    }
}

impl<T: Default> Default for Setting<T> {
    fn default() -> Self {
        Setting { value: T::default(), source: Source::Default }
    }
}
