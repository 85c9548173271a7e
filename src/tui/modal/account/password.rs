//! Another password: one's own, or that of an account one manages.

use ratatui::style::Style;

use super::{Chosen, Differs, Twice};
use crate::domain::name::Username;
use crate::tui::modal::confirm::{Repeat, Wanted};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::sheet::Sheet;
use crate::verbs::accounts::SetPassword;
use crate::verbs::request::Request;

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The new password.
    Password,
    /// The password once more.
    Again,
    /// The button.
    Button,
}

/// The form for another password.
pub struct Passwd {
    username: Username,
    own: bool,
    password: Twice,
}

impl Passwd {
    /// An empty form for `username`; `own` when that is who fills it in.
    pub fn open(username: Username, own: bool) -> Form<Self> {
        Form::new(Passwd { username, own, password: Twice::default() })
    }
}

/// The change, made anew for each try.
#[derive(Debug)]
struct Setting {
    username: Username,
    password: Chosen,
}

impl Repeat for Setting {
    fn request(&self) -> Request {
        SetPassword { username: self.username.clone(), password: self.password.again() }.into()
    }
}

impl Dialog for Passwd {
    type Slot = Slot;
    const LABELS: usize = 14;

    fn title(&self) -> String {
        format!("Password of {}", self.username)
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        vec![(Slot::Password, Kind::Field), (Slot::Again, Kind::Field), (Slot::Button, Kind::Button)]
    }

    fn field(&mut self, slot: Slot) -> Option<&mut Field> {
        match slot {
            Slot::Password => Some(&mut self.password.first),
            Slot::Again => Some(&mut self.password.again),
            Slot::Button => None,
        }
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        let password = self.password.check().map_err(|differs| match differs {
            Differs::First(error) => Problem::at(Slot::Password, error),
            Differs::Again(error) => Problem::at(Slot::Again, error),
        })?;
        let username = self.username.clone();
        let about = if self.own {
            "Proved with the password you have now. After that you sign in again with the new one.".to_owned()
        } else {
            format!("{username} signs in with the new password and replaces it at once. Its tokens go on.")
        };
        let title = format!("New password of {username}");
        Ok(Outcome::Confirm(Wanted::new(title, about, Setting { username, password })))
    }

    fn is_touched(&self) -> bool {
        self.password.is_touched()
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, _model: &Model) {
        let theme = sheet.theme;
        let ends = if self.own {
            "You are asked to sign in again with it. Your tokens go on."
        } else {
            "Temporary: it signs in with it and replaces it at once. Its tokens go on."
        };
        sheet.text(ends, Style::new());
        sheet.blank();
        sheet.field(Slot::Password, "New password", &self.password.first);
        sheet.field(Slot::Again, "Once more", &self.password.again);
        sheet.note(&Twice::hint(), theme.dim);
        sheet.blank();
        sheet.button(Slot::Button, "Set it");
        sheet.problem(3);
    }
}
