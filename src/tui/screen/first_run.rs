//! The first run: where the data will live, the first owner, the rules to begin with.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Facts, Outcome, Page};
use crate::domain::catalogue::Catalogue;
use crate::domain::name::{Prefix, USERNAME_MAX, Username};
use crate::domain::password::{PASSWORD_MAX, PASSWORD_MIN, Password};
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::RequestId;
use crate::tui::widget::field::Field;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, wrap};
use crate::verbs::actor::Credential;
use crate::verbs::init::Init;
use crate::verbs::new_password::NewPassword;

/// What has the focus, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Username,
    Password,
    Again,
    SelfService,
    Catalogue,
    Button,
}

const SLOTS: [Slot; 6] =
    [Slot::Username, Slot::Password, Slot::Again, Slot::SelfService, Slot::Catalogue, Slot::Button];

/// The form that makes the first owner.
pub struct FirstRun {
    username: Field,
    password: Field,
    again: Field,
    self_service: bool,
    catalogue: bool,
    slot: usize,
    problem: Option<String>,
    waiting: Option<RequestId>,
}

impl FirstRun {
    /// The form, with the name filled in where it is known.
    pub fn new(username: Option<&Username>) -> Self {
        FirstRun {
            username: Field::new(USERNAME_MAX * 4).with(username.map_or("", Username::as_str)),
            password: Field::masked(PASSWORD_MAX),
            again: Field::masked(PASSWORD_MAX),
            self_service: true,
            catalogue: true,
            slot: 0,
            problem: None,
            waiting: None,
        }
    }

    fn slot(&self) -> Slot {
        SLOTS[self.slot]
    }

    fn step(&mut self, back: bool) {
        self.slot = (self.slot + if back { SLOTS.len() - 1 } else { 1 }) % SLOTS.len();
    }

    fn submit(&mut self) -> Outcome {
        match self.checked() {
            Ok(init) => {
                self.problem = None;
                Outcome::Send(Credential::Store, init.into())
            }
            Err((slot, error)) => {
                self.problem = Some(error.to_string());
                self.slot = SLOTS.iter().position(|s| *s == slot).unwrap_or(0);
                Outcome::Stay
            }
        }
    }

    /// What the new owner signs in with.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] when the name is none.
    pub fn credential(&mut self) -> crate::error::Result<Credential> {
        let username = Username::parse(self.username.text())?;
        self.again.clear();
        Ok(Credential::Password(username, Password::typed(self.password.take())))
    }

    fn checked(&mut self) -> Result<Init, (Slot, Error)> {
        let username = Username::parse(self.username.text()).map_err(|e| (Slot::Username, e))?;
        if self.password.text() != self.again.text() {
            self.again.clear();
            return Err((Slot::Again, Error::usage("the two passwords differ").next("Type the second one again")));
        }
        // The fields keep the password until the store has answered, so that a refusal costs no typing.
        let copy = zeroize::Zeroizing::new(self.password.text().to_owned());
        let password = Password::new(copy).map_err(|e| (Slot::Password, e))?;
        let sample = || Catalogue::shipped("cloud-platform").map_err(|e| (Slot::Catalogue, e));
        let catalogue = if self.catalogue { Some(sample()?) } else { None };
        Ok(Init {
            username,
            password: NewPassword::Plain(password),
            prefix: Prefix::default(),
            self_service: self.self_service,
            catalogue,
        })
    }

    /// Draws the form.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let label = |slot: Slot, text: &'static str| {
            Span::styled(text, if self.slot() == slot { theme.accent } else { theme.dim })
        };
        let field = |slot: Slot, text: &'static str, field: &Field| {
            let mut spans = vec![label(slot, text)];
            spans.extend(field.spans(columns.saturating_sub(14).min(40), self.slot() == slot, theme));
            Line::from(spans)
        };
        let choice = |slot: Slot, text: &'static str, yes: bool, words: [&'static str; 2]| {
            let mut spans = vec![label(slot, text)];
            for (i, word) in words.into_iter().enumerate() {
                let chosen = (i == 0) == yes;
                let mark = if chosen { format!("(•) {word}   ") } else { format!("( ) {word}   ") };
                let here = chosen && self.slot() == slot;
                spans.push(Span::styled(mark, if here { theme.accent } else { ratatui::style::Style::new() }));
            }
            Line::from(spans)
        };
        let button = if self.slot() == Slot::Button { theme.selected } else { theme.strong };
        let mut lines = vec![
            Line::raw(cut("No store yet. jeton will make one, readable only by you, at", columns)),
            Line::styled(cut(&format!("  {}", model.place), columns), theme.strong),
            Line::default(),
            Line::raw(cut("The first account is an owner: it manages everyone and everything.", columns)),
            field(Slot::Username, "Username      ", &self.username),
            field(Slot::Password, "Password      ", &self.password),
            field(Slot::Again, "Once more     ", &self.again),
            Line::styled(
                cut(&format!("              {PASSWORD_MIN} characters or more; a few words are fine"), columns),
                theme.dim,
            ),
            Line::default(),
            choice(
                Slot::SelfService,
                "Self-service  ",
                self.self_service,
                ["members manage their own tokens", "only admins do"],
            ),
            choice(Slot::Catalogue, "Catalogue     ", self.catalogue, ["cloud-platform, a sample API", "none yet"]),
            Line::default(),
            Line::from(vec![Span::raw("              "), Span::styled("[ Set up ]", button)]),
        ];
        let problem = self.problem.as_deref().unwrap_or("");
        lines.push(Line::default());
        lines.extend(wrap(problem, columns).into_iter().take(3).map(|l| Line::styled(l, theme.danger)));
        lines.resize(17, Line::default());
        let focus = match self.slot() {
            Slot::Username => 4,
            Slot::Password => 5,
            Slot::Again => 6,
            Slot::SelfService => 9,
            Slot::Catalogue => 10,
            Slot::Button => 12,
        };
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, "Welcome to jeton", lines, focus, foot, theme);
    }
}

impl Page for FirstRun {
    fn context(&self) -> Context {
        match self.slot() {
            Slot::Username | Slot::Password | Slot::Again => Context::Form,
            Slot::SelfService | Slot::Catalogue => Context::Choice,
            Slot::Button => Context::Button,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.slot() {
            Slot::Username => Some(&mut self.username),
            Slot::Password => Some(&mut self.password),
            Slot::Again => Some(&mut self.again),
            Slot::SelfService | Slot::Catalogue | Slot::Button => None,
        }
    }

    fn act(&mut self, action: Action, _facts: &Facts<'_>) -> Outcome {
        match (action, self.slot()) {
            (Action::Next | Action::Down, _) => self.step(false),
            (Action::Previous | Action::Up, _) => self.step(true),
            (Action::Left | Action::Right | Action::Select, Slot::SelfService) => {
                self.self_service = !self.self_service
            }
            (Action::Left | Action::Right | Action::Select, Slot::Catalogue) => self.catalogue = !self.catalogue,
            (Action::Enter, Slot::Button) => return self.submit(),
            (Action::Enter, _) => self.step(false),
            (Action::Cancel, _) => return Outcome::Exit(Ok(())),
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
        self.problem = Some(error.to_string());
        Outcome::Stay
    }
}
