//! The sign-in, and the lock that asks for the password again.

use super::{Facts, Outcome};
use crate::domain::name::{MAX_USERNAME_LEN, Username};
use crate::domain::password::{MAX_PASSWORD_LEN, Password};
use crate::error::Error;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::widget::attempts::Attempts;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::SignIn as SignInVerb;
use crate::verbs::actor::Credential;

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The username.
    Username,
    /// The password.
    Password,
}

/// The form for username and password.
pub struct SignIn {
    username: TextInput,
    password: TextInput,
    /// `true` if only this user may unlock.
    locked: bool,
    /// Reason for the form, if it is not obvious.
    because: String,
    attempts: Attempts,
    /// The credential sent. Replacing a temporary password needs it.
    sent: Option<Credential>,
}

impl SignIn {
    fn new(username: Option<&Username>, locked: bool) -> Self {
        let name = username.map_or("", Username::as_str);
        let username = TextInput::new(MAX_USERNAME_LEN * 4).with(name);
        SignIn {
            username,
            password: TextInput::masked(MAX_PASSWORD_LEN),
            locked,
            because: String::new(),
            attempts: Attempts::default(),
            sent: None,
        }
    }

    /// Opens an empty form, or one with the name filled in.
    pub fn open(username: Option<&Username>) -> Form<Self> {
        let slot = if username.is_some() { Slot::Password } else { Slot::Username };
        Form::with_focus(Self::new(username, false), slot)
    }

    /// Opens the form that unlocks for `username`; `because` is the reason for the lock.
    pub fn lock(username: &Username, because: &str) -> Form<Self> {
        Form::new(SignIn { because: because.to_owned(), ..Self::new(Some(username), true) })
    }

    /// Returns the credential that signed in.
    pub fn take_sent(&mut self) -> Option<Credential> {
        self.sent.take()
    }

    /// Opens an empty form after a session ended; `because` is the reason.
    pub fn after(because: String) -> Form<Self> {
        Form::new(SignIn { because, ..Self::new(None, false) })
    }
}

impl Dialog for SignIn {
    type Field = Slot;
    const LABEL_WIDTH: usize = 10;
    const CONTEXT: Context = Context::SignIn;

    fn title(&self) -> String {
        if self.locked { "jeton is locked".to_owned() } else { "Sign in to jeton".to_owned() }
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let username = (!self.locked).then_some((Slot::Username, FieldKind::Text));
        username.into_iter().chain([(Slot::Password, FieldKind::Text)]).collect()
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        Some(match slot {
            Slot::Username => &mut self.username,
            Slot::Password => &mut self.password,
        })
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        if self.password.is_empty() {
            return Ok(Outcome::Stay);
        }
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Slot::Username, e))?;
        let credential = Credential::from_password(username, Password::from_raw(self.password.take_text()));
        self.sent = Some(credential.clone());
        Ok(Outcome::Send(credential, SignInVerb.into()))
    }

    fn cancel(&mut self) -> Outcome {
        Outcome::Exit(Ok(()))
    }

    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        self.sent = None;
        match self.attempts.record_failure(&error) {
            Some(last) => Ok(Outcome::Exit(Err(last))),
            None => Err(Problem::general(error)),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, model: &Model) {
        layout.text_line(&format!("Store  {}", model.place), layout.theme.dim);
        layout.blank();
        layout.text_input(Slot::Username, "Username", &self.username);
        layout.text_input(Slot::Password, "Password", &self.password);
        layout.blank();
        match &model.demo {
            Some(demo) if !layout.has_problem() => {
                layout.text_line(&format!("The password is: {}", demo.password.as_str()), layout.theme.warning);
                layout.blank();
            }
            _ if !layout.has_problem() && !self.because.is_empty() => {
                layout.paragraph(&self.because, 2, layout.theme.warning);
                layout.blank();
            }
            _ => layout.problem(2),
        }
    }
}
