//! The credentials of a command: a token, the stored login, or a password.

use std::sync::Arc;

use super::prompt::PasswordSource;
use super::{App, login};
use crate::config::Setting;
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind, Result};
use crate::selected_backend::SelectedBackend;
use crate::verbs::accounts::{GetSetup, SignIn};
use crate::verbs::authorize;
use crate::verbs::credential::{Credential, TokenCredential};
use crate::verbs::session::Session;

/// Maximum number of prompts for a password.
pub(super) const MAX_ATTEMPTS: usize = 3;

impl App {
    /// Returns the account given on the command line or in the settings, or else the only one that exists.
    pub(super) fn username_or_sole(&self) -> Result<Username> {
        let greeting = self.call(&Credential::Store, GetSetup)?;
        if greeting.first_run {
            return Err(self.backend.not_set_up());
        }
        self.username.clone().or(greeting.sole_account).ok_or_else(|| {
            let why = match self.backend {
                SelectedBackend::Local(_) => "this store has several accounts",
                SelectedBackend::Remote(_) => "a server shows its accounts only after you sign in",
            };
            Error::denied("no account was given").why(why).next("Use --user ACCOUNT, or run once: jeton login NAME")
        })
    }

    /// Returns the token to use instead of a password, if one was given.
    pub(super) fn token(&self) -> Result<Option<Credential>> {
        Ok(self.settings.token_credential()?.map(Credential::Token))
    }

    /// Refuses a token before a command asks for the parameters of a verb that only a person may run.
    pub(super) fn require_person(&self) -> Result<()> {
        match self.settings.token {
            Some(_) => Err(authorize::person_needed()),
            None => Ok(()),
        }
    }

    /// Returns a credential for reading: a session, or the token itself. A token records one use.
    pub(super) fn read_credential(&self) -> Result<Credential> {
        match self.token()? {
            Some(token) => Ok(token),
            None => self.session().map(Credential::Session),
        }
    }

    /// Returns a session for reading.
    pub(super) fn session(&self) -> Result<Session> {
        match self.open_login()? {
            Some(session) => Ok(session.clone()),
            None => {
                let (_, session) = self.authenticate()?;
                if self.prompt.is_accessible {
                    // One sign-in for all menus, as on the screens.
                    let _ = self.login.set(Some(session.clone()));
                }
                Ok(session)
            }
        }
    }

    /// Returns the session of the stored login. `None` if there is none, or a password was given. A login that has
    /// ended is reported before the prompt for the password.
    pub(super) fn open_login(&self) -> Result<Option<&Session>> {
        if self.prompt.password != PasswordSource::Prompt {
            return Ok(None);
        }
        if let Some(known) = self.login.get() {
            return Ok(known.as_ref());
        }
        let Some(Setting { value: login, .. }) = &self.settings.login else { return Ok(None) };
        let token = TokenCredential::of_any(Arc::clone(&login.token));
        let session = match self.call(&Credential::Token(token), SignIn) {
            Ok(session) => Some(session),
            Err(e) if e.kind != Kind::Unauthenticated => return Err(e),
            Err(_) => {
                let ended = login::ended(&login.username, &self.settings);
                if !self.prompt.is_interactive {
                    return Err(ended);
                }
                self.prompt.show(&ended.what)?;
                None
            }
        };
        Ok(self.login.get_or_init(|| session).as_ref())
    }

    /// Returns a credential for what needs no proof if the store's file can be opened. A server wants to know who reads.
    pub(super) fn store_credential(&self) -> Result<Credential> {
        match &self.backend {
            SelectedBackend::Local(_) => Ok(Credential::Store),
            SelectedBackend::Remote(_) => self.read_credential(),
        }
    }

    /// Returns a credential for a change: the token, or the password. Prompts until the password is right.
    pub(super) fn write_credential(&self) -> Result<Credential> {
        self.write_credential_allowing(false)
    }

    pub(super) fn write_credential_allowing(&self, replace: bool) -> Result<Credential> {
        if let Some(token) = self.token()? {
            return Ok(token);
        }
        let check = |credential: &Credential| match &self.backend {
            // The change itself checks a password that nobody types again.
            _ if self.prompt.password != PasswordSource::Prompt => Ok(()),
            SelectedBackend::Local(_) => self.sign_in(credential, replace).map(drop),
            SelectedBackend::Remote(server) => server.confirm(credential),
        };
        self.with_password(check).map(|(credential, ())| credential)
    }

    /// Begins a change that is shown before it is confirmed. Returns a credential to read with, and the proof for the
    /// change. In the menus, where a session is open, [`App::proof`] asks for the proof last.
    pub(super) fn begin_change(&self) -> Result<(Credential, Option<Credential>)> {
        if self.prompt.is_accessible {
            return Ok((Credential::Session(self.session()?), None));
        }
        self.authenticate().map(|(proof, session)| (Credential::Session(session), Some(proof)))
    }

    /// Returns the proof of [`App::begin_change`].
    pub(super) fn proof(&self, given: Option<Credential>) -> Result<Credential> {
        given.map_or_else(|| self.write_credential(), Ok)
    }

    /// Returns a token or password credential, and a session opened with it.
    pub(super) fn authenticate(&self) -> Result<(Credential, Session)> {
        if let Some(token) = self.token()? {
            let session = self.call(&token, SignIn)?;
            return Ok((token, session));
        }
        self.with_password(|credential| match (self.open_login()?, &self.backend) {
            (Some(session), SelectedBackend::Remote(server)) => server.confirm(credential).map(|()| session.clone()),
            _ => self.sign_in(credential, false),
        })
    }

    /// Opens a session. A temporary password opens one only to `replace` it.
    pub(super) fn sign_in(&self, credential: &Credential, replace: bool) -> Result<Session> {
        let session = self.call(credential, SignIn)?;
        if session.is_temporary() && !replace {
            return Err(authorize::temporary_password_error(session.username()));
        }
        Ok(session)
    }

    /// Runs `sign_in` with the password that was given, or else prompts until it succeeds, a few times.
    pub(super) fn with_password<T>(&self, sign_in: impl Fn(&Credential) -> Result<T>) -> Result<(Credential, T)> {
        self.prompt.hide_echo();
        let username = self.username_or_sole()?;
        let credential = |password| Credential::from_password(username.clone(), Password::from_raw(password));
        if let Some(password) = self.prompt.given_password()? {
            let credential = credential(password);
            return sign_in(&credential).map(|signed_in| (credential, signed_in));
        }
        let mut attempts = 0;
        loop {
            let credential = credential(self.prompt.read_hidden(&format!("Password of {username}"))?);
            attempts += 1;
            match sign_in(&credential) {
                Ok(signed_in) => return Ok((credential, signed_in)),
                Err(e) if e.kind == Kind::Unauthenticated && attempts < MAX_ATTEMPTS => self.prompt.show(&e.what)?,
                Err(e) => return Err(e),
            }
        }
    }
}
