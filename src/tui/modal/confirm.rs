//! The confirmation of a change: its effects, and the proof of identity.

use std::fmt::Debug;

use crate::error::{Error, Kind as ErrorKind};
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::passage::{Passage, is_tight};
use crate::tui::widget::proof::Proof;
use crate::tui::widget::sheet::Sheet;
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
    about: Passage,
    change: Box<dyn Repeat>,
}

impl Wanted {
    /// Creates a `change` with the given `title`; `about` describes its effects.
    pub fn new(title: impl Into<String>, about: impl Into<String>, change: impl Repeat + 'static) -> Self {
        Self::telling(title, Passage::text(about), change)
    }

    /// Like [`Wanted::new`], with a description of any length.
    pub fn telling(title: impl Into<String>, about: Passage, change: impl Repeat + 'static) -> Self {
        Wanted { title: title.into(), about, change: Box::new(change) }
    }
}

/// The dialog that asks for the proof.
pub struct Confirm {
    wanted: Wanted,
    proof: Proof,
}

impl Confirm {
    /// Opens the dialog that asks for the `proof` for `wanted`.
    pub fn open(wanted: Wanted, proof: Proof) -> Form<Self> {
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
    type Slot = Slot;
    const LABELS: usize = 0;
    const FIELDS: Context = Context::Confirm;

    fn title(&self) -> String {
        self.wanted.title.clone()
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        vec![self.proof.slots(Slot::Proof).unwrap_or((Slot::Button, Kind::Button))]
    }

    fn passage(&self) -> Option<&Passage> {
        Some(&self.wanted.about)
    }

    fn passage_mut(&mut self) -> Option<&mut Passage> {
        Some(&mut self.wanted.about)
    }

    fn field(&mut self, _slot: Slot) -> Option<&mut Field> {
        self.proof.field()
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        let credential = self.proof.take().map_err(Problem::said)?;
        Ok(Outcome::Send(credential, self.wanted.change.request()))
    }

    fn refused(&mut self, error: Error) -> Pressed<Slot> {
        if error.kind != ErrorKind::Unauthenticated {
            return Ok(Outcome::Refuse(error));
        }
        self.proof.refused(&error, Slot::Proof)
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, _model: &Model) {
        let tight = is_tight(sheet.rows);
        self.wanted.about.fill(sheet);
        if !tight {
            sheet.blank();
        }
        if self.proof.slots(Slot::Proof).is_some() {
            self.proof.row(sheet, Slot::Proof);
        } else {
            sheet.button(Slot::Button, &self.wanted.title);
        }
        sheet.problem(if tight { 1 } else { 2 });
        if !tight && sheet.height() < SHORT {
            sheet.pad(SHORT);
        }
    }
}
