//! The sign-in, and the lock that asks for the password again.

use super::{Facts, Outcome};
use crate::domain::name::{MAX_USERNAME_LEN, Username};
use crate::domain::password::{MAX_PASSWORD_LEN, Password};
use crate::error::Error;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::sheet::Sheet;
use crate::tui::widget::tries::Tries;
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
    username: Field,
    password: Field,
    /// `true` if only this user may unlock.
    locked: bool,
    /// Reason for the form, if it is not obvious.
    because: String,
    tries: Tries,
    /// The credential sent. Replacing a temporary password needs it.
    sent: Option<Credential>,
}

impl SignIn {
    fn new(username: Option<&Username>, locked: bool) -> Self {
        let name = username.map_or("", Username::as_str);
        let username = Field::new(MAX_USERNAME_LEN * 4).with(name);
        SignIn {
            username,
            password: Field::masked(MAX_PASSWORD_LEN),
            locked,
            because: String::new(),
            tries: Tries::default(),
            sent: None,
        }
    }

    /// Opens an empty form, or one with the name filled in.
    pub fn open(username: Option<&Username>) -> Form<Self> {
        let slot = if username.is_some() { Slot::Password } else { Slot::Username };
        Form::at(Self::new(username, false), slot)
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
    type Slot = Slot;
    const LABELS: usize = 10;
    const FIELDS: Context = Context::SignIn;

    fn title(&self) -> String {
        if self.locked { "jeton is locked".to_owned() } else { "Sign in to jeton".to_owned() }
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        let username = (!self.locked).then_some((Slot::Username, Kind::Field));
        username.into_iter().chain([(Slot::Password, Kind::Field)]).collect()
    }

    fn field(&mut self, slot: Slot) -> Option<&mut Field> {
        Some(match slot {
            Slot::Username => &mut self.username,
            Slot::Password => &mut self.password,
        })
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        if self.password.is_empty() {
            return Ok(Outcome::Stay);
        }
        let username = Username::parse(self.username.text()).map_err(|e| Problem::at(Slot::Username, e))?;
        let credential = Credential::from_password(username, Password::from_raw(self.password.take()));
        self.sent = Some(credential.clone());
        Ok(Outcome::Send(credential, SignInVerb.into()))
    }

    fn cancel(&mut self) -> Outcome {
        Outcome::Exit(Ok(()))
    }

    fn refused(&mut self, error: Error) -> Pressed<Slot> {
        self.sent = None;
        match self.tries.used_up_by(&error) {
            Some(last) => Ok(Outcome::Exit(Err(last))),
            None => Err(Problem::said(error)),
        }
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, model: &Model) {
        sheet.text(&format!("Store  {}", model.place), sheet.theme.dim);
        sheet.blank();
        sheet.field(Slot::Username, "Username", &self.username);
        sheet.field(Slot::Password, "Password", &self.password);
        sheet.blank();
        match &model.demo {
            Some(demo) if !sheet.has_problem() => {
                sheet.text(&format!("The password is: {}", demo.password.as_str()), sheet.theme.warning);
                sheet.blank();
            }
            _ if !sheet.has_problem() && !self.because.is_empty() => {
                sheet.paragraph(&self.because, 2, sheet.theme.warning);
                sheet.blank();
            }
            _ => sheet.problem(2),
        }
    }
}
