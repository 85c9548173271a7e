//! The form for a new secret.

use ratatui::style::Style;
use ratatui::text::Span;

use super::confirm::Wanted;
use crate::domain::expiry::Span as Length;
use crate::domain::time::relative;
use crate::domain::token::Token;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::expiry::ExpiryChoice;
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::sheet::Sheet;
use crate::verbs::tokens::{Pointed, RegenerateToken};

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Whether the expiry stays.
    Keep,
    /// The new one.
    Expires,
    /// The new one, typed.
    Typed,
    /// The button.
    Button,
}

/// The form for a new secret.
pub struct Regenerate {
    token: Token,
    expired: bool,
    keep: bool,
    expiry: ExpiryChoice,
}

impl Regenerate {
    /// The form for `token`, which is `expired` or not. An expired token can't keep its expiry.
    pub fn open(token: Token, expired: bool, default_expiry: Option<Length>) -> Form<Self> {
        let expiry = ExpiryChoice::new(default_expiry);
        let form = Regenerate { token, expired, keep: !expired, expiry };
        Form::at(form, if expired { Slot::Expires } else { Slot::Button })
    }
}

impl Dialog for Regenerate {
    type Slot = Slot;
    const LABELS: usize = 13;

    fn title(&self) -> String {
        format!("Regenerate {}", self.token.name)
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        let mut slots = Vec::new();
        if !self.expired {
            slots.push((Slot::Keep, Kind::Choice));
        }
        if !self.keep {
            slots.extend(self.expiry.slots(Slot::Expires, Slot::Typed));
        }
        slots.push((Slot::Button, Kind::Button));
        slots
    }

    fn field(&mut self, slot: Slot) -> Option<&mut Field> {
        (slot == Slot::Typed).then(|| self.expiry.field())
    }

    fn turn(&mut self, slot: Slot, back: bool) {
        match slot {
            Slot::Keep => self.keep = !self.keep,
            Slot::Expires => self.expiry.turn(back),
            Slot::Typed | Slot::Button => {}
        }
    }

    fn press(&mut self, _slot: Slot, facts: &Facts<'_>) -> Pressed<Slot> {
        let expires = if self.keep {
            None
        } else {
            let (spec, _) = self.expiry.checked(facts).map_err(Problem::said)?;
            Some(spec)
        };
        let verb = RegenerateToken { token: Pointed::on_screen(&self.token), grace: None, expires, out: None };
        let about = format!("The secret {}… stops working at once.", self.token.hint);
        Ok(Outcome::Confirm(Wanted::new(self.title(), about, verb)))
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, model: &Model) {
        let theme = sheet.theme;
        sheet.text("A new secret is made; name, API and everything else stay.", Style::new());
        sheet.text("! The old secret stops working at once.", theme.warning);
        sheet.blank();
        let seen = match self.token.last_seen_at {
            Some(at) => format!("{}, last seen {}", self.token.hint, relative(at, model.now)),
            None => format!("{}, never seen", self.token.hint),
        };
        sheet.fact("Old secret", &seen, Style::new());
        let day = self.token.expiry.day(model.zone.get());
        if self.expired {
            sheet.note(&format!("it expired on {day}: choose a new expiry"), theme.warning);
        } else {
            let label = sheet.label(Slot::Keep, "Expiry");
            let mark = if self.keep { "[x]" } else { "[ ]" };
            sheet.line(vec![label, Span::raw(format!("{mark} keep: {day}"))]);
        }
        if !self.keep {
            self.expiry.rows(sheet, Slot::Expires, Slot::Typed, model);
        }
        sheet.pad(9);
        sheet.button(Slot::Button, "Regenerate");
        sheet.problem(3);
    }
}
