//! Sign-in, and the lock that asks for the password again.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Facts, Outcome, Page};
use crate::domain::name::{USERNAME_MAX, Username};
use crate::domain::password::{PASSWORD_MAX, Password};
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::RequestId;
use crate::tui::widget::field::Field;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, wrap};
use crate::tui::widget::tries::Tries;
use crate::verbs::accounts::SignIn as SignInVerb;
use crate::verbs::actor::Credential;

/// Username and password.
pub struct SignIn {
    username: Field,
    password: Field,
    on_password: bool,
    /// Whether only this user may unlock.
    locked: bool,
    tries: Tries,
    problem: Option<String>,
    waiting: Option<RequestId>,
}

impl SignIn {
    /// An empty form, or one with the name filled in.
    pub fn new(username: Option<&Username>) -> Self {
        let name = username.map_or("", Username::as_str);
        SignIn {
            username: Field::new(USERNAME_MAX * 4).with(name),
            password: Field::masked(PASSWORD_MAX),
            on_password: username.is_some(),
            locked: false,
            tries: Tries::default(),
            problem: None,
            waiting: None,
        }
    }

    /// The form that lets `username` back in.
    pub fn lock(username: &Username) -> Self {
        SignIn { locked: true, ..Self::new(Some(username)) }
    }

    /// The form with something to say.
    pub fn saying(mut self, text: String) -> Self {
        self.problem = Some(text);
        self
    }

    /// Whether it says something.
    pub fn says_something(&self) -> bool {
        self.problem.is_some()
    }

    fn submit(&mut self) -> Outcome {
        if self.password.is_empty() {
            return Outcome::Stay;
        }
        match Username::parse(self.username.text()) {
            Err(error) => {
                self.problem = Some(error.to_string());
                self.on_password = false;
                Outcome::Stay
            }
            Ok(username) => {
                self.problem = None;
                let password = Password::typed(self.password.take());
                Outcome::Send(Credential::password(username, password), SignInVerb.into())
            }
        }
    }

    /// Draws the form.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let title = if self.locked { "jeton is locked" } else { "Sign in to jeton" };
        let columns = dialog_columns(area);
        let room = columns.saturating_sub(10).min(40);
        let row = |label: &'static str, field: &Field, focused: bool| {
            let mut spans = vec![Span::styled(label, if focused { theme.accent } else { theme.dim })];
            spans.extend(field.spans(room, focused, theme));
            Line::from(spans)
        };
        let mut lines = vec![
            Line::styled(cut(&format!("Store  {}", model.place), columns), theme.dim),
            Line::default(),
            row("Username  ", &self.username, !self.on_password && !self.locked),
            row("Password  ", &self.password, self.on_password || self.locked),
            Line::default(),
        ];
        match (&self.problem, &model.demo) {
            (Some(problem), _) => {
                lines.extend(wrap(problem, columns).into_iter().take(2).map(|l| Line::styled(l, theme.danger)));
            }
            (None, Some(demo)) => {
                lines.push(Line::styled(
                    cut(&format!("The password is: {}", demo.password.as_str()), columns),
                    theme.warning,
                ));
            }
            (None, None) => {}
        }
        lines.resize(7, Line::default());
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, title, lines, if self.on_password || self.locked { 3 } else { 2 }, foot, theme);
    }
}

impl Page for SignIn {
    fn context(&self) -> Context {
        Context::SignIn
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(if self.on_password || self.locked { &mut self.password } else { &mut self.username })
    }

    fn act(&mut self, action: Action, _facts: &Facts<'_>) -> Outcome {
        match action {
            Action::Next | Action::Previous => self.on_password = !self.on_password,
            Action::Enter if self.on_password || self.locked => return self.submit(),
            Action::Enter => self.on_password = true,
            Action::Cancel => return Outcome::Exit(Ok(())),
            _ => {}
        }
        Outcome::Stay
    }

    fn waiting(&mut self) -> Option<&mut Option<RequestId>> {
        Some(&mut self.waiting)
    }

    fn edited(&mut self) -> Outcome {
        self.problem = None;
        Outcome::Stay
    }

    fn refused(&mut self, error: Error) -> Outcome {
        if let Some(last) = self.tries.used_up_by(&error) {
            return Outcome::Exit(Err(last));
        }
        self.problem = Some(error.to_string());
        Outcome::Stay
    }
}
