//! `jeton login` and `logout`. They remember the account on this machine: with a store its name, and with a server a login
//! that can read. A password is never stored.

use std::sync::Arc;

use super::{App, login_name};
use crate::config::{self, SetValue, SettingKey, Settings, Source, StoredLogin};
use crate::domain::audit::Face;
use crate::domain::name::Username;
use crate::domain::time::relative;
use crate::error::{Error, Kind, Result};
use crate::selected_backend::SelectedBackend;
use crate::verbs::accounts::{IssuedLogin, LogIn};
use crate::verbs::authorize;

pub(super) fn login(app: &mut App, username: Option<&str>) -> Result<()> {
    if let Some(username) = username {
        app.username = Some(Username::parse(username)?);
    }
    let file = config::user_file()?;
    let variable = match app.settings.token.as_ref().map(|token| &token.source) {
        Some(Source::Environment(name)) => Some(*name),
        Some(_) | None => None,
    };
    // A person signs in here, so ignore a configured token.
    (app.settings.token, app.settings.login) = (None, None);
    let (username, next) = match &app.backend {
        SelectedBackend::Local(_) => {
            let (_, session) = app.authenticate()?;
            (session.username().clone(), "Commands still ask for your password".to_owned())
        }
        SelectedBackend::Remote(server) => {
            let login = log_in(app)?;
            let address = server.server().to_string();
            let earlier = config::take_login(&file, &address)?;
            // The server has replaced a login of the same account.
            if let Some(other) = earlier.filter(|earlier| earlier.username != login.username) {
                let _ = server.log_out(&other.token);
            }
            config::set_login(&file, &address, &login)?;
            let until = relative(login.expires_at, app.now());
            let next = format!("The login expires {until}. Until then, only changes ask for your password");
            (login.username, next)
        }
    };
    let is_token_removed = app.settings.forget_token(&file)?;
    config::set(&file, SettingKey::Username, &SetValue::Text(username.as_str()))?;
    app.out.note(&format!("✓ commands now run as {username} (set in {})", file.display()));
    if is_token_removed {
        app.out.note(&format!(
            "  The token was removed from the configuration, but not revoked. If nobody else uses the token, find its name \
             with: {0} token list. Then run: {0} token revoke NAME",
            app.program()
        ));
    }
    app.out.note(&format!("  {next}"));
    if let Some(name) = variable {
        app.out.note(&format!(
            "! {name} is set, so commands use its token instead of your password. To run commands as {username}, \
             unset {name}"
        ));
    }
    Ok(())
}

/// Opens a login at the server.
fn log_in(app: &App) -> Result<StoredLogin> {
    let name = login_name(Face::Cli, None)?;
    let (_, done) = app.with_password(|credential| app.call(credential, LogIn { name: name.clone() }))?;
    let IssuedLogin { secret, expires_at, session } = done.value;
    match session.is_temporary() {
        true => Err(authorize::temporary_password_error(session.username())),
        false => Ok(StoredLogin { username: session.username().clone(), token: Arc::new(secret), expires_at }),
    }
}

pub(super) fn logout(app: &mut App) -> Result<()> {
    let file = config::user_file()?;
    let place = app.settings.place();
    let login = config::take_login(&file, &place)?;
    let is_token_removed = app.settings.forget_token(&file)?;
    let has_username = !config::unset(&file, &[SettingKey::Username])?.is_empty();
    if let (Some(login), SelectedBackend::Remote(server)) = (&login, &app.backend) {
        match server.log_out(&login.token) {
            // The login had ended already.
            Err(e) if !matches!(e.kind, Kind::NotFound | Kind::Unauthenticated) => {
                app.out.note(&format!(
                    "! the login was removed from this machine, but not ended at the server: {}",
                    e.what
                ));
                if app.now() < login.expires_at {
                    app.out.note(&format!(
                        "  The login expires {}. To end the login earlier, set a new password: {} account passwd {}",
                        relative(login.expires_at, app.now()),
                        app.program(),
                        login.username
                    ));
                }
            }
            Ok(()) | Err(_) => {}
        }
    }
    let what = match (login.is_some() || has_username, is_token_removed) {
        (true, true) => "✓ signed out. The token was removed from the configuration, but not revoked",
        (true, false) => "✓ signed out",
        (false, true) => "✓ the token was removed from the configuration, but not revoked",
        (false, false) => "No account was signed in",
    };
    app.out.note(what);
    Ok(())
}

/// Explains that a stored login is no longer accepted.
pub(super) fn ended(username: &Username, settings: &Settings) -> Error {
    Error::unauthenticated(format!("the login of {username} at {} has ended", settings.place()))
        .why("possible causes are the expiry, a newer login, a sign-out, a changed account or a restored store")
        .next(format!("Run: {} login {username}", settings.program()))
}
