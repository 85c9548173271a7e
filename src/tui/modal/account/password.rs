//! The form for changing a password: the user's own, or that of a managed account.

use ratatui::style::Style;

use super::{Chosen, Twice, TwiceSlot};
use crate::domain::name::Username;
use crate::tui::modal::confirm::{Repeat, Wanted};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::SetPassword;
use crate::verbs::request::Request;

/// The form for changing a password.
pub struct Passwd {
    username: Username,
    own: bool,
    password: Twice,
}

impl Passwd {
    /// Opens an empty form for `username`; `own` if this is the user's own account.
    pub fn open(username: Username, own: bool) -> Form<Self> {
        Form::new(Passwd { username, own, password: Twice::default() })
    }
}

/// The change, built again for each attempt.
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
    type Field = TwiceSlot;
    const LABEL_WIDTH: usize = 14;
    const ENTER_LABEL: Option<&'static str> = Some("Set");

    fn title(&self) -> String {
        format!("Password of {}", self.username)
    }

    fn fields(&self) -> Vec<(TwiceSlot, FieldKind)> {
        TwiceSlot::all()
    }

    fn text_input(&mut self, slot: TwiceSlot) -> Option<&mut TextInput> {
        self.password.field(slot)
    }

    fn press(&mut self, _slot: TwiceSlot, _facts: &Facts<'_>) -> PressResult<TwiceSlot> {
        let password = self.password.check(TwiceSlot::Password, TwiceSlot::Again)?;
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

    fn draw(&self, layout: &mut FormLayout<'_, TwiceSlot>, _model: &Model) {
        let ends = if self.own {
            "You are asked to sign in again with it. Your tokens go on."
        } else {
            "Temporary: it signs in with it and replaces it at once. Its tokens go on."
        };
        layout.text_line(ends, Style::new());
        layout.blank();
        self.password.rows(layout, TwiceSlot::Password, TwiceSlot::Again, "New password");
        layout.blank();
        layout.button(TwiceSlot::Button, "Set it");
        layout.problem(3);
    }
}
