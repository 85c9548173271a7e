//! The form for a new secret.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Modal;
use super::confirm::{Confirm, Wanted};
use crate::domain::expiry::Span as Length;
use crate::domain::name::Username;
use crate::domain::time::relative;
use crate::domain::token::Token;
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::widget::expiry::{ExpiryChoice, Part};
use crate::tui::widget::field::Field;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, wrap};
use crate::verbs::tokens::{Pointed, RegenerateToken};

/// What has the focus, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Keep,
    Expires,
    Typed,
    Button,
}

/// The form for a new secret.
pub struct Regenerate {
    username: Username,
    token: Token,
    expired: bool,
    keep: bool,
    expiry: ExpiryChoice,
    slot: Slot,
    problem: Option<String>,
}

impl Regenerate {
    /// The form for `token`, which is `expired` or not. An expired token can't keep its expiry.
    pub fn new(username: Username, token: Token, expired: bool, default_expiry: Option<Length>) -> Self {
        Regenerate {
            username,
            token,
            expired,
            keep: !expired,
            expiry: ExpiryChoice::new(default_expiry),
            slot: if expired { Slot::Expires } else { Slot::Button },
            problem: None,
        }
    }

    fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        if !self.expired {
            slots.push(Slot::Keep);
        }
        if !self.keep {
            slots.push(Slot::Expires);
            if self.expiry.is_typed() {
                slots.push(Slot::Typed);
            }
        }
        slots.push(Slot::Button);
        slots
    }

    fn step(&mut self, back: bool) {
        let slots = self.slots();
        let here = slots.iter().position(|s| *s == self.slot).unwrap_or(0);
        self.slot = slots[(here + if back { slots.len() - 1 } else { 1 }) % slots.len()];
    }

    fn submit(&mut self, facts: &Facts<'_>) -> Outcome {
        let checked = if self.keep { Ok(None) } else { self.expiry.checked(facts).map(|(spec, _)| Some(spec)) };
        match checked {
            Ok(expires) => {
                self.problem = None;
                let token = Pointed::on_screen(&self.token);
                let wanted = RegenerateToken { token, grace: None, expires, out: None };
                let about = format!("The secret {}… stops working at once.", self.token.hint);
                let title = format!("Regenerate {}", self.token.name);
                let confirm = Confirm::new(title, about, self.username.clone(), Wanted::Regenerate(wanted));
                Outcome::Push(Modal::Confirm(Box::new(confirm)))
            }
            Err(error) => {
                self.problem = Some(error.to_string());
                Outcome::Stay
            }
        }
    }

    /// Draws the form.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let label = |slot: Slot, text: &'static str| {
            Span::styled(text, if self.slot == slot { theme.accent } else { theme.dim })
        };
        let seen = match self.token.last_seen_at {
            Some(at) => format!("{}, last seen {}", self.token.hint, relative(at, model.now)),
            None => format!("{}, never seen", self.token.hint),
        };
        let mut lines = vec![
            Line::raw(cut("A new secret is made; name, API and everything else stay.", columns)),
            Line::styled(cut("! The old secret stops working at once.", columns), theme.warning),
            Line::default(),
            Line::from(vec![
                Span::styled("Old secret   ", theme.dim),
                Span::raw(cut(&seen, columns.saturating_sub(13))),
            ]),
        ];
        let day = self.token.expiry.day(model.zone.get());
        lines.push(if self.expired {
            Line::styled(cut(&format!("             it expired on {day}: choose a new expiry"), columns), theme.warning)
        } else {
            let mark = if self.keep { "[x]" } else { "[ ]" };
            Line::from(vec![label(Slot::Keep, "Expiry       "), Span::raw(format!("{mark} keep: {day}"))])
        });
        if self.keep {
            lines.extend([Line::default(), Line::default(), Line::default()]);
        } else {
            let part = match self.slot {
                Slot::Expires => Part::Row,
                Slot::Typed => Part::Typed,
                Slot::Keep | Slot::Button => Part::Neither,
            };
            lines.extend(self.expiry.lines(part, columns, model));
        }
        let button = if self.slot == Slot::Button { theme.selected } else { theme.strong };
        lines.push(Line::default());
        lines.push(Line::from(vec![Span::raw(" ".repeat(13)), Span::styled("[ Regenerate ]", button)]));
        let problem = self.problem.as_deref().unwrap_or("");
        lines.extend(wrap(problem, columns).into_iter().take(3).map(|l| Line::styled(l, theme.danger)));
        lines.resize(13, Line::default());
        let focus = match self.slot {
            Slot::Keep => 4,
            Slot::Expires => 5,
            Slot::Typed => 6,
            Slot::Button => 9,
        };
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, &format!("Regenerate {}", self.token.name), lines, focus, foot, theme);
    }
}

impl Page for Regenerate {
    fn context(&self) -> Context {
        match self.slot {
            Slot::Typed => Context::Form,
            Slot::Keep | Slot::Expires => Context::Choice,
            Slot::Button => Context::Button,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        if self.slot == Slot::Typed { Some(self.expiry.field()) } else { None }
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        match (action, self.slot) {
            (Action::Left | Action::Right | Action::Select, Slot::Keep) => self.keep = !self.keep,
            (Action::Right | Action::Select, Slot::Expires) => self.expiry.turn(false),
            (Action::Left, Slot::Expires) => self.expiry.turn(true),
            (Action::Enter, Slot::Button) => return self.submit(facts),
            (Action::Next | Action::Down | Action::Enter, _) => self.step(false),
            (Action::Previous | Action::Up, _) => self.step(true),
            (Action::Cancel, _) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
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
