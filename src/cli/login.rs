//! `jeton login` and `logout`. They remember the account on this machine, never a password or a session.

use super::App;
use crate::config::{self, SetValue, SettingKey};
use crate::domain::name::Username;
use crate::error::Result;

const TOKEN_KEYS: [SettingKey; 2] = [SettingKey::ApiToken, SettingKey::ApiTokenName];

pub(super) fn login(app: &mut App, username: Option<&str>) -> Result<()> {
    if let Some(username) = username {
        app.username = Some(Username::parse(username)?);
    }
    // A person signs in here, so ignore a configured token.
    app.settings.token = None;
    let (_, session) = app.authenticate()?;
    let file = config::user_file()?;
    let unset_keys = config::unset(&file, &TOKEN_KEYS)?;
    config::set(&file, SettingKey::Username, &SetValue::Text(session.username().as_str()))?;
    app.out.note(&format!("✓ commands now run as {} (set in {})", session.username(), file.display()));
    if unset_keys.contains(&SettingKey::ApiToken) {
        app.out.note("  The token was removed from the configuration, but was not revoked");
    }
    app.out.note("  Commands still ask for your password");
    Ok(())
}

pub(super) fn logout(app: &mut App) -> Result<()> {
    let file = config::user_file()?;
    let unset_keys = config::unset(&file, &[SettingKey::Username, SettingKey::ApiToken, SettingKey::ApiTokenName])?;
    let what = match (unset_keys.contains(&SettingKey::Username), unset_keys.contains(&SettingKey::ApiToken)) {
        (true, true) => "✓ signed out; the token was removed from the configuration, but was not revoked",
        (true, false) => "✓ signed out",
        (false, true) => "✓ the token was removed from the configuration, but was not revoked",
        (false, false) => "No account was signed in",
    };
    app.out.note(what);
    Ok(())
}
