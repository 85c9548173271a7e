//! `jeton config`: the settings of the current user.

use std::io::{self, IsTerminal};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::args::{ConfigCommand, ConfigKeyArgs};
use super::output::Table;
use crate::config::{self, NamedServer, ServerField, ServerKey, SetValue, SettingKey, Source};
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::http;
use crate::platform::bounded_read::{read_token_line, require_named_file};
use crate::platform::paths;
use crate::tui::keymap::Keymap;

pub(super) fn run(app: &mut App, command: ConfigCommand) -> Result<()> {
    match command {
        ConfigCommand::List => list(app),
        ConfigCommand::Get(one) => get(app, &one),
        ConfigCommand::Set { key, value } => set(app, &key, value.as_deref()),
        ConfigCommand::Unset(one) => unset(app, &one),
    }
}

/// A setting in JSON. A token is shown by its hint.
#[derive(Serialize, JsonSchema)]
struct Setting {
    key: String,
    /// Value in use; `null` if there is none.
    value: Option<String>,
    /// Origin of the value: an option, a variable, a file, or `the default`. `null` if there is no value.
    source: Option<String>,
}

/// The answer of `config list`.
#[derive(Serialize, JsonSchema)]
pub(super) struct SettingList {
    settings: Vec<Setting>,
}

/// Returns a setting's value and source. Some defaults depend on the path of the store.
fn value(app: &App, key: SettingKey) -> Option<(String, Source)> {
    let default_socket = || match key {
        // A path too long for a socket has no default, because the service refuses it.
        SettingKey::ServeManage => http::default_manage(app.store_path()).ok(),
        SettingKey::ServeVerify => http::default_verify(app.store_path()).ok(),
        _ => None,
    };
    let value = app.settings.value(key);
    value.or_else(|| Some((default_socket()?.to_string(), Source::Default)))
}

fn list(app: &mut App) -> Result<()> {
    let mut values: Vec<_> = SettingKey::all().map(|key| (key.name().to_owned(), value(app, key))).collect();
    values.extend(app.settings.servers.iter().flat_map(NamedServer::values).map(|(key, value)| (key, Some(value))));
    if app.out.json {
        let setting = |(key, found): (String, Option<(String, Source)>)| {
            let (value, source) = found.unzip();
            Setting { key, value, source: source.map(|s| s.to_string()) }
        };
        let settings = values.into_iter().map(setting).collect();
        return app.print_json(&SettingList { settings });
    }
    let mut table = Table::new(&["SETTING", "VALUE", "FROM"]);
    for (key, found) in values {
        let (value, source) =
            found.map_or_else(|| ("-".to_owned(), "not set".to_owned()), |(value, source)| (value, source.to_string()));
        table.row([key, value, source]);
    }
    app.out.table(&mut table)?;
    if let Some(line) = describe_keys() {
        app.out.note(&line);
    }
    Ok(())
}

/// Says if the user's file of keys is used.
fn describe_keys() -> Option<String> {
    let (path, keymap) = (paths::user_keys()?, Keymap::of_user());
    Some(match (keymap.problem, path.symlink_metadata().is_ok()) {
        (Some(problem), _) => format!("! {problem}"),
        (None, true) => format!("The keys of the screens are from {}", path.display()),
        (None, false) => format!("The default keys of the screens are used: there is no {}", path.display()),
    })
}

fn get(app: &mut App, one: &ConfigKeyArgs) -> Result<()> {
    let found = match ServerKey::parse(&one.key)? {
        Some(key) => {
            let server = app.settings.servers.iter().find(|server| server.name == key.server);
            server.and_then(|server| server.value(key.field)).ok_or_else(|| key.name())
        }
        None => {
            let key = SettingKey::parse(&one.key)?;
            value(app, key).ok_or_else(|| key.name().to_owned())
        }
    };
    let (value, _) = found
        .map_err(|key| Error::not_found(format!("{key} is not set")).next("List all settings: jeton config list"))?;
    app.out.line(&value)
}

fn set(app: &mut App, key: &str, value: Option<&str>) -> Result<()> {
    let file = config::user_file()?;
    if let Some(key) = ServerKey::parse(key)? {
        let value = value.ok_or_else(|| value_needed(&key.name()))?;
        key.check(value)?;
        let value = if key.field == ServerField::Ca { absolute(value, &key.name())? } else { value.to_owned() };
        config::set_server(&file, &key, &value)?;
        app.out.note(&format!("✓ {} is set in {}", key.name(), file.display()));
        return Ok(());
    }
    let key = SettingKey::parse(key)?;
    match (key, value) {
        (SettingKey::ApiToken, None) => {
            config::set(&file, key, &SetValue::Token(&read_token(app)?, &app.settings.place()))?;
        }
        (SettingKey::ApiToken, Some(_)) => {
            return Err(Error::usage("a token must not be given on the command line")
                .why("other users of this machine can see command lines")
                .next("Leave out the value. Then type the token at the prompt, or pass the token on stdin"));
        }
        (_, Some(value)) if key.is_path() => {
            key.check(value)?;
            config::set(&file, key, &SetValue::Text(&absolute(value, key.name())?))?;
        }
        (SettingKey::Server, Some(value)) => {
            app.settings.check_server(value)?;
            config::set(&file, key, &SetValue::Text(value))?;
        }
        (_, Some(value)) => {
            key.check(value)?;
            config::set(&file, key, &SetValue::Text(value))?;
        }
        (_, None) => return Err(value_needed(key.name())),
    }
    app.out.note(&format!("✓ {} is set in {}", key.name(), file.display()));
    Ok(())
}

fn value_needed(key: &str) -> Error {
    Error::usage(format!("{key} needs a value")).next(format!("Run: jeton config set {key} VALUE"))
}

/// Returns the full path of a file. A path in the configuration is relative to its folder, but a person means the
/// working directory.
fn absolute(path: &str, key: &str) -> Result<String> {
    require_named_file(Path::new(path), key)?;
    let full = paths::absolute(Path::new(path)).map_err(|e| {
        Error::usage(format!("the path {path} can't be used")).why(e.to_string()).next("Choose another path")
    })?;
    let full = full.into_os_string().into_string();
    full.map_err(|_| Error::usage("the path is not UTF-8").next("Choose another path"))
}

fn read_token(app: &App) -> Result<Secret> {
    let line = if !io::stdin().is_terminal() {
        read_token_line(io::stdin(), "stdin")?
    } else if app.prompt.is_interactive {
        app.prompt.read_hidden("Token")?
    } else {
        return Err(Error::denied("no token was given").next("Pass the token on stdin"));
    };
    Secret::parse(&line).map_err(|_| {
        Error::usage("the input is not a jeton secret")
            .why("characters are wrong or missing")
            .next("Nothing was changed. Copy the whole secret, and run the command again")
    })
}

fn unset(app: &mut App, one: &ConfigKeyArgs) -> Result<()> {
    let file = config::user_file()?;
    let (name, is_gone) = match ServerKey::parse(&one.key)? {
        Some(key) if key.field == ServerField::Address && app.settings.server_name.as_ref() == Some(&key.server) => {
            let source = app.settings.server.as_ref().map(|server| &server.source);
            let next = match source {
                Some(Source::Option(option)) => format!("Leave out {option}"),
                Some(Source::Environment(variable)) => format!("Unset {variable}"),
                Some(Source::File(named)) if *named == file => {
                    "First choose another server: jeton config set server NAME. Or remove the setting: jeton config \
                     unset server"
                        .to_owned()
                }
                _ => "First choose another server: jeton config set server NAME".to_owned(),
            };
            let source = source.map_or_else(String::new, |source| format!("{source} selects this server"));
            return Err(Error::usage(format!("the server {} is in use", key.server)).why(source).next(next));
        }
        Some(key) => (key.name(), config::unset_server(&file, &key)?),
        None => {
            let key = SettingKey::parse(&one.key)?;
            (key.name().to_owned(), !config::unset(&file, &[key])?.is_empty())
        }
    };
    if !is_gone {
        return Err(Error::not_found(format!("{name} is not set in {}", file.display()))
            .next("If the setting comes from another place, find the source with: jeton config list"));
    }
    app.out.note(&format!("✓ {name} removed from {}", file.display()));
    Ok(())
}
