//! `jeton config`: the settings of the current user.

use std::io::{self, IsTerminal};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::args::{ConfigCommand, ConfigKeyArgs};
use super::output::Table;
use crate::config::{self, SetValue, SettingKey, Source};
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::http;
use crate::platform::bounded_read::{read_token_line, require_named_file};
use crate::platform::paths;

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
    key: &'static str,
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
    let values: Vec<_> = SettingKey::all().map(|key| (key, value(app, key))).collect();
    if app.out.json {
        let setting = |(key, found): (SettingKey, Option<(String, Source)>)| {
            let (value, source) = found.unzip();
            Setting { key: key.name(), value, source: source.map(|s| s.to_string()) }
        };
        let settings = values.into_iter().map(setting).collect();
        return app.print_json(&SettingList { settings });
    }
    let mut table = Table::new(&["SETTING", "VALUE", "FROM"]);
    for (key, found) in values {
        let (value, source) =
            found.map_or_else(|| ("-".to_owned(), "not set".to_owned()), |(value, source)| (value, source.to_string()));
        table.row([key.name().to_owned(), value, source]);
    }
    app.out.table(&mut table)
}

fn get(app: &mut App, one: &ConfigKeyArgs) -> Result<()> {
    let key = SettingKey::parse(&one.key)?;
    let (value, _) = value(app, key).ok_or_else(|| {
        Error::not_found(format!("{} is not set", key.name())).next("List all settings: jeton config list")
    })?;
    app.out.line(&value)
}

fn set(app: &mut App, key: &str, value: Option<&str>) -> Result<()> {
    let key = SettingKey::parse(key)?;
    let file = config::user_file()?;
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
            require_named_file(Path::new(value), key.name())?;
            // A path in the file is relative to the file's folder, but a person means the working directory.
            let path = paths::absolute(Path::new(value))
                .map_err(|e| Error::usage(format!("the path {value} can't be used")).why(e.to_string()))?;
            let path =
                path.to_str().ok_or_else(|| Error::usage("the path is not UTF-8").next("Choose another path"))?;
            config::set(&file, key, &SetValue::Text(path))?;
        }
        (_, Some(value)) => {
            key.check(value)?;
            config::set(&file, key, &SetValue::Text(value))?;
        }
        (_, None) => {
            return Err(Error::usage(format!("{} needs a value", key.name()))
                .next(format!("Run: jeton config set {} VALUE", key.name())));
        }
    }
    app.out.note(&format!("✓ {} is set in {}", key.name(), file.display()));
    Ok(())
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
            .why("some characters may be wrong or missing; nothing was changed")
    })
}

fn unset(app: &mut App, one: &ConfigKeyArgs) -> Result<()> {
    let key = SettingKey::parse(&one.key)?;
    let file = config::user_file()?;
    if config::unset(&file, &[key])?.is_empty() {
        return Err(Error::not_found(format!("{} is not set in {}", key.name(), file.display()))
            .next("If the setting comes from another place, find the source with: jeton config list"));
    }
    app.out.note(&format!("✓ {} removed from {}", key.name(), file.display()));
    Ok(())
}
