//! The confirmation of a change: its effects, and the proof of identity.

use std::fmt::Debug;

use crate::error::{Error, Kind as ErrorKind};
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{ScrollText, is_tight};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::Mutation;
use crate::verbs::request::Request;

/// Minimum number of lines of the dialog, so that most dialogs look alike.
const SHORT: usize = 8;

/// A change whose request can be built again after a mistyped password.
pub trait Repeat: Debug {
    /// Returns the request for the change.
    fn request(&self) -> Request;
}

impl<V: Mutation + Into<Request> + Clone + Debug> Repeat for V {
    fn request(&self) -> Request {
        self.clone().into()
    }
}

/// A change that waits for confirmation.
#[derive(Debug)]
pub struct Wanted {
    title: String,
    about: ScrollText,
    change: Box<dyn Repeat>,
}

impl Wanted {
    /// Creates a `change` with the given `title`; `about` describes its effects.
    pub fn new(title: impl Into<String>, about: impl Into<String>, change: impl Repeat + 'static) -> Self {
        Self::telling(title, ScrollText::paragraph(about), change)
    }

    /// Like [`Wanted::new`], with a description of any length.
    pub fn telling(title: impl Into<String>, about: ScrollText, change: impl Repeat + 'static) -> Self {
        Wanted { title: title.into(), about, change: Box::new(change) }
    }
}

/// The dialog that asks for the proof.
pub struct Confirm {
    wanted: Wanted,
    proof: AuthField,
}

impl Confirm {
    /// Opens the dialog that asks for the `proof` for `wanted`.
    pub fn open(wanted: Wanted, proof: AuthField) -> Form<Self> {
        Form::new(Confirm { wanted, proof })
    }
}

/// The focused part of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The password.
    Proof,
    /// The button, if no password is asked for.
    Button,
}

impl Dialog for Confirm {
    type Field = Slot;
    const LABEL_WIDTH: usize = 0;
    const CONTEXT: Context = Context::Confirm;

    fn title(&self) -> String {
        self.wanted.title.clone()
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        vec![self.proof.field(Slot::Proof).unwrap_or((Slot::Button, FieldKind::Button))]
    }

    fn scroll_text(&self) -> Option<&ScrollText> {
        Some(&self.wanted.about)
    }

    fn scroll_text_mut(&mut self) -> Option<&mut ScrollText> {
        Some(&mut self.wanted.about)
    }

    fn text_input(&mut self, _slot: Slot) -> Option<&mut TextInput> {
        self.proof.text_input()
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        let credential = self.proof.take_credential().map_err(Problem::general)?;
        Ok(Outcome::Send(credential, self.wanted.change.request()))
    }

    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        if error.kind != ErrorKind::Unauthenticated {
            return Ok(Outcome::Refuse(error));
        }
        self.proof.on_error(&error, Slot::Proof)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, _model: &Model) {
        let tight = is_tight(layout.rows);
        self.wanted.about.draw(layout);
        if !tight {
            layout.blank();
        }
        if self.proof.field(Slot::Proof).is_some() {
            self.proof.draw(layout, Slot::Proof);
        } else {
            layout.button(Slot::Button, &self.wanted.title);
        }
        layout.problem(if tight { 1 } else { 2 });
        if !tight && layout.height() < SHORT {
            layout.pad(SHORT);
        }
    }
}
