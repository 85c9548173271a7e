//! The password of the person making a change.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::name::Username;
use crate::domain::password::{PASSWORD_MAX, Password};
use crate::error::{Error, Kind};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::RequestId;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::widget::field::Field;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, wrap};
use crate::tui::widget::tries::{Tries, wrong_password};
use crate::verbs::actor::Credential;
use crate::verbs::request::Request;
use crate::verbs::tokens::{CreateToken, DisableTokens, EnableTokens, RegenerateToken};

/// A change that waits for its password; sent anew after a mistyped one.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A new token.
    Create(CreateToken),
    /// A new secret.
    Regenerate(RegenerateToken),
    /// Off.
    Disable(DisableTokens),
    /// On.
    Enable(EnableTokens),
}

impl From<Wanted> for Request {
    fn from(wanted: Wanted) -> Request {
        match wanted {
            Wanted::Create(verb) => verb.into(),
            Wanted::Regenerate(verb) => verb.into(),
            Wanted::Disable(verb) => verb.into(),
            Wanted::Enable(verb) => verb.into(),
        }
    }
}

/// The dialog that asks for the password.
pub struct Confirm {
    title: String,
    about: String,
    username: Username,
    wanted: Wanted,
    password: Field,
    tries: Tries,
    problem: Option<String>,
    waiting: Option<RequestId>,
}

impl Confirm {
    /// Asks `username` for the password that `wanted` needs; `about` says what will happen.
    pub fn new(title: impl Into<String>, about: impl Into<String>, username: Username, wanted: Wanted) -> Self {
        Confirm {
            title: title.into(),
            about: about.into(),
            username,
            wanted,
            password: Field::masked(PASSWORD_MAX),
            tries: Tries::default(),
            problem: None,
            waiting: None,
        }
    }

    /// Draws the dialog.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let mut lines: Vec<Line<'static>> = wrap(&self.about, columns).into_iter().take(3).map(Line::raw).collect();
        lines.push(Line::default());
        let at = lines.len();
        let label = cut(&format!("Password of {}  ", self.username), columns / 2);
        let mut spans = vec![Span::styled(label, theme.accent)];
        spans.extend(self.password.spans(columns.saturating_sub(spans[0].width()).min(40), true, theme));
        lines.push(Line::from(spans));
        let problem = self.problem.as_deref().unwrap_or("");
        lines.extend(wrap(problem, columns).into_iter().take(2).map(|l| Line::styled(l, theme.danger)));
        lines.resize(8, Line::default());
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, &self.title, lines, at, foot, theme);
    }
}

impl Page for Confirm {
    fn context(&self) -> Context {
        Context::Confirm
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.password)
    }

    fn act(&mut self, action: Action, _facts: &Facts<'_>) -> Outcome {
        match action {
            Action::Enter if self.password.is_empty() => Outcome::Stay,
            Action::Enter => {
                self.problem = None;
                let password = Password::typed(self.password.take());
                Outcome::Send(Credential::password(self.username.clone(), password), self.wanted.clone().into())
            }
            Action::Cancel => Outcome::Close,
            _ => Outcome::Stay,
        }
    }

    fn waiting(&mut self) -> Option<&mut Option<RequestId>> {
        Some(&mut self.waiting)
    }

    fn edited(&mut self) -> Outcome {
        self.problem = None;
        Outcome::Stay
    }

    fn refused(&mut self, error: Error) -> Outcome {
        if error.kind != Kind::Unauthenticated {
            return Outcome::Refuse(error);
        }
        if let Some(last) = self.tries.used_up_by(&error) {
            return Outcome::Refuse(last);
        }
        self.problem = Some(wrong_password(&error));
        Outcome::Stay
    }
}
