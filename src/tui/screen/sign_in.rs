//! The sign-in, and the lock that requires the password again.

use super::replace_password::ReplacePassword;
use crate::domain::name::{MAX_USERNAME_LEN, Username};
use crate::domain::password::{MAX_PASSWORD_LEN, Password};
use crate::error::{Error, Kind};
use crate::tui::component::{Exit, Intent, Reply, UpdateContext};
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::text_fit::cut;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::password_attempts::Attempts;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::SignIn as SignInVerb;
use crate::verbs::credential::Credential;
use crate::verbs::request::Response;

fields! { SignIn, form:
    Username if !form.is_locked => Text(&mut form.username),
    Password => Text(&mut form.password),
}

/// The form for username and password.
pub struct SignIn {
    username: TextInput,
    password: TextInput,
    /// `true` if only this user may unlock.
    is_locked: bool,
    /// Reason for the form, if it is not obvious.
    reason: String,
    attempts: Attempts,
    /// The credential sent. Replacing a temporary password needs it.
    sent_credential: Option<Credential>,
}

impl SignIn {
    fn with_username(username: Option<&Username>, locked: bool) -> Self {
        let name = username.map_or("", Username::as_str);
        let username = TextInput::new(MAX_USERNAME_LEN * 4).with(name);
        SignIn {
            username,
            password: TextInput::masked(MAX_PASSWORD_LEN),
            is_locked: locked,
            reason: String::new(),
            attempts: Attempts::default(),
            sent_credential: None,
        }
    }

    /// Opens an empty form, or one with the name filled in.
    pub fn new(username: Option<&Username>) -> Form<Self> {
        let field = if username.is_some() { Field::Password } else { Field::Username };
        Form::with_focus(Self::with_username(username, false), field)
    }

    /// Opens the form that unlocks for `username`; `because` is the reason for the lock.
    pub fn locked(username: &Username, because: &str) -> Form<Self> {
        Form::new(SignIn { reason: because.to_owned(), ..Self::with_username(Some(username), true) })
    }

    /// Opens an empty form after a session ended; `because` is the reason.
    pub fn with_reason(because: String) -> Form<Self> {
        Form::new(SignIn { reason: because, ..Self::with_username(None, false) })
    }
}

impl Dialog for SignIn {
    const LABEL_WIDTH: usize = 10;

    fn id(&self) -> &'static str {
        "sign-in"
    }

    fn context(&self) -> Context {
        Context::SignIn
    }

    fn title(&self) -> String {
        if self.is_locked { "jeton is locked".to_owned() } else { "Sign in to jeton".to_owned() }
    }

    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        if self.password.is_empty() {
            return Ok(Intent::Stay);
        }
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Field::Username, e))?;
        let credential = Credential::from_password(username, Password::from_raw(self.password.take_text()));
        self.sent_credential = Some(credential.clone());
        Ok(Intent::send(credential, SignInVerb))
    }

    /// A temporary password must be replaced before anything else.
    fn on_reply(&mut self, reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        let Reply::Response(Response::SignIn(session)) = reply else { return None };
        let temporary = self.sent_credential.take().filter(|_| session.is_temporary())?;
        let form = ReplacePassword::new(session.username().clone(), temporary);
        Some(Ok(Intent::Leave(Exit::SignOut(Some(Box::new(form))))))
    }

    fn cancel(&mut self) -> Intent {
        Intent::Leave(Exit::Quit(Ok(())))
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        if self.sent_credential.take().is_none() {
            // The stored login was tried, which is no attempt of the person.
            return match error.kind {
                Kind::Unauthenticated => {
                    self.reason = "Your stored login is no longer valid. Sign in with your password.".to_owned();
                    Ok(Intent::Stay)
                }
                _ => Err(Problem::general(error)),
            };
        }
        match self.attempts.record_failure(&error) {
            Some(last) => Ok(Intent::Leave(Exit::Quit(Err(last)))),
            None => Err(Problem::general(error)),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let (place, style) = match &model.server {
            Some(server) if server.name != model.store_path => {
                (format!("Server  {}  {}", server.name, model.store_path), layout.theme.server(server.colour))
            }
            Some(server) => (format!("Server  {}", server.name), layout.theme.strong),
            None => (format!("Store  {}", model.store_path), layout.theme.dim),
        };
        layout.text_line(&cut(&place, layout.columns), style);
        layout.blank();
        layout.text_input(Field::Username, "Username", &self.username);
        layout.text_input(Field::Password, "Password", &self.password);
        layout.blank();
        match &model.demo {
            Some(demo) if !layout.has_problem() => {
                layout.text_line(&format!("The demo password is: {}", demo.password.as_str()), layout.theme.warning);
                layout.blank();
            }
            _ if !layout.has_problem() && !self.reason.is_empty() => {
                layout.text_line(&self.reason, layout.theme.warning);
                layout.blank();
            }
            _ => layout.problem(2),
        }
    }
}
