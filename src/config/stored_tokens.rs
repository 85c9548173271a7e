//! Tokens and logins in the configuration. Each is used only at the server or store that it is for.

use std::path::Path;
use std::sync::Arc;

use super::{ServerField, ServerKey, Setting, SettingKey, Settings, Source, StoredLogin, TokenSource, edit, file};
use crate::domain::name::Username;
use crate::domain::secret::Secret;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};
use crate::platform::{bounded_read, own_process, paths};
use crate::service::server_address::ServerAddress;
use crate::verbs::cli_line::CliLine;
use crate::verbs::credential::TokenCredential;

impl Settings {
    /// Adds the login at the server. A token for the server, or another account than that of the login, precedes it.
    pub(super) fn with_login(mut self, login: Option<Setting<StoredLogin>>) -> Self {
        let Some(login) = login else { return self };
        let is_token_elsewhere = |token: &Setting<TokenSource>| match &token.value {
            TokenSource::Stored(_, place) => !self.is_for_here(place.as_deref()),
            TokenSource::File(_) | TokenSource::Environment => false,
        };
        let is_other_user =
            |user: &Setting<Username>| matches!(user.source, Source::Option(_)) && user.value != login.value.username;
        if self.token.as_ref().is_none_or(is_token_elsewhere) && !self.username.as_ref().is_some_and(is_other_user) {
            self.token = None;
            self.username = Some(Setting { value: login.value.username.clone(), source: login.source.clone() });
            self.login = Some(login);
        }
        self
    }

    /// Returns the beginning of commands for the same server or store, as messages suggest them.
    pub fn program(&self) -> String {
        let place = match (&self.server, &self.store) {
            (Some(Setting { value, source: Source::Option(option) }), _) => Some((option, value.to_string())),
            (None, Setting { value, source: Source::Option(option) }) => {
                Some((option, value.path().display().to_string()))
            }
            _ => None,
        };
        place.map_or_else(|| "jeton".to_owned(), |(option, value)| CliLine::new(&[option, &value]).to_string())
    }

    /// Returns the address of the server, or else the path of the store, as stored tokens name it.
    pub fn place(&self) -> String {
        match &self.server {
            Some(server) => server.value.to_string(),
            None => {
                let path = self.store.value.path();
                paths::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
            }
        }
    }

    /// Returns `true` if a token for `place` may be used here. If its place is unknown, it isn't sent to a server that
    /// was named elsewhere.
    pub fn is_for_here(&self, place: Option<&str>) -> bool {
        match (place, &self.server) {
            (Some(place), _) => {
                let named = self.servers.iter().find(|server| server.name == place);
                let place = named.and_then(|server| server.address().ok()).unwrap_or(place);
                let address = ServerAddress::parse(place).map(|address| address.to_string());
                address.as_deref().unwrap_or(place) == self.place()
            }
            (None, server) => server.as_ref().is_none_or(|server| server.source == Source::Default),
        }
    }

    /// Removes the token from the file at `path`, unless it is for another place. Returns `true` if there was one.
    pub fn forget_token(&self, path: &Path) -> Result<bool> {
        let Some((_, keys)) = file::read(path)? else { return Ok(false) };
        if !self.is_for_here(keys.token_place()) {
            return Ok(false);
        }
        let unset_keys = edit::unset(path, &[SettingKey::ApiToken, SettingKey::ApiTokenName])?;
        Ok(unset_keys.contains(&SettingKey::ApiToken))
    }

    /// Returns the token that signs in instead of a password, if any, and the name it must have.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if its file can't be read or others can read it;
    /// [`crate::error::Kind::Unauthenticated`] if the text is not one of our secrets, or the stored token is for
    /// another server or store.
    pub fn token_credential(&self) -> Result<Option<TokenCredential>> {
        let Some(Setting { value, source }) = &self.token else { return Ok(None) };
        if let Some(secret) = self.presented.get() {
            return Ok(Some(self.expected(Arc::clone(secret))));
        }
        let line = match value {
            TokenSource::Stored(secret, place) if self.is_for_here(place.as_deref()) => {
                return Ok(Some(self.expected(Arc::clone(secret))));
            }
            TokenSource::Stored(_, place) => {
                let why = match place {
                    Some(place) => format!("the token is for {place}"),
                    None => "the configuration names no server for this token".to_owned(),
                };
                return Err(Error::unauthenticated(format!(
                    "the api-token in {source} isn't used for {}",
                    self.place()
                ))
                .why(why)
                .next(format!(
                    "Use --user ACCOUNT and the password, or store a token for this {}: {} config set api-token",
                    if self.server.is_some() { "server" } else { "store" },
                    self.program()
                )));
            }
            TokenSource::File(path) => bounded_read::read_token_file(path)?,
            TokenSource::Environment => own_process::token_from_environment()?,
        };
        let secret = Secret::parse(&line).map_err(|_| {
            let (place, next) = match value {
                TokenSource::File(path) => (
                    format!("the file {} (from {source})", path.display()),
                    "Put the secret of a token on the first line of this file",
                ),
                _ => (source.to_string(), "Set this variable to the secret of a token, and to nothing else"),
            };
            Error::unauthenticated(format!("{} contains no jeton secret", escape_untrusted(&place))).next(next)
        })?;
        Ok(Some(self.expected(Arc::clone(self.presented.get_or_init(|| Arc::new(secret))))))
    }

    fn expected(&self, secret: Arc<Secret>) -> TokenCredential {
        TokenCredential {
            secret,
            account: self.username.as_ref().map(|s| s.value.clone()),
            name: self.token_name.as_ref().map(|s| s.value.clone()),
            keys: [
                (ServerField::Username, SettingKey::Username),
                (ServerField::ApiTokenName, SettingKey::ApiTokenName),
            ]
            .map(|(field, key)| self.key_in_use(field, key)),
        }
    }

    /// Returns the name of the setting that is used: that of the named server precedes the general one.
    fn key_in_use(&self, field: ServerField, key: SettingKey) -> String {
        let named = self.servers.iter().find(|server| Some(&server.name) == self.server_name.as_ref());
        match named.filter(|server| server.value(field).is_some()) {
            Some(server) => ServerKey { server: server.name.clone(), field }.name(),
            None => key.name().to_owned(),
        }
    }
}
