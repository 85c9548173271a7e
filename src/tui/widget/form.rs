//! Forms: what has the focus, what keys do there, and how it is drawn. A dialog says what its parts are ([`Dialog`]);
//! [`Form`] does the rest.
//!
//! ```text
//!   slots() ──► focus, context, Tab, Enter ──► turn(), press() ──► an Outcome, or a Problem and where it lies
//!      └──────► fill(&mut Sheet) ──► lines, the focused one among them, the keys below
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;

use super::field::Field;
use super::foot::keys;
use super::frame::{dialog, dialog_columns};
use super::sheet::Sheet;
use crate::domain::selection::Selection;
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::RequestId;
use crate::tui::screen::{Facts, Outcome, Page};

/// What kind of part a slot is; keys mean something else in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text is typed there.
    Field,
    /// One of several is chosen there.
    Choice,
    /// Enter does something there.
    Button,
}

/// What stands in the way, and where.
#[derive(Debug)]
pub struct Problem<S> {
    at: Option<S>,
    text: String,
}

impl<S> Problem<S> {
    /// Something that lies at `slot`, which gets the focus.
    pub fn at(slot: S, text: impl ToString) -> Self {
        Problem { at: Some(slot), text: text.to_string() }
    }

    /// Something that lies nowhere in particular.
    pub fn said(text: impl ToString) -> Self {
        Problem { at: None, text: text.to_string() }
    }
}

/// What a press came to.
pub type Pressed<S> = Result<Outcome, Problem<S>>;

/// A dialog made of fields, choices and buttons.
pub trait Dialog {
    /// Names its parts.
    type Slot: Copy + PartialEq;
    /// Columns of the labels before its fields.
    const LABELS: usize;
    /// Where the keys of its fields are looked up.
    const FIELDS: Context = Context::Form;

    /// Its title.
    fn title(&self) -> String;

    /// Its parts, in the order in which the focus goes through them; never none.
    fn slots(&self) -> Vec<(Self::Slot, Kind)>;

    /// The field at a slot of [`Kind::Field`].
    fn field(&mut self, slot: Self::Slot) -> Option<&mut Field>;

    /// Chooses the next one at a slot of [`Kind::Choice`], or the one before.
    fn turn(&mut self, _slot: Self::Slot, _back: bool) {}

    /// What an action does at `slot` other than in every form.
    fn act(&mut self, _slot: Self::Slot, _action: Action) -> Option<Outcome> {
        None
    }

    /// Scrolls what it shows beside its parts. Whether `action` does that.
    fn scroll(&mut self, _action: Action, _facts: &Facts<'_>) -> bool {
        false
    }

    /// Enter on a button, or on the last part.
    ///
    /// # Errors
    /// What stands in the way.
    fn press(&mut self, slot: Self::Slot, facts: &Facts<'_>) -> Pressed<Self::Slot>;

    /// Esc.
    fn cancel(&mut self) -> Outcome {
        Outcome::Close
    }

    /// What it asked for was refused.
    ///
    /// # Errors
    /// What to say about it.
    fn refused(&mut self, error: Error) -> Pressed<Self::Slot> {
        Err(Problem::said(error))
    }

    /// The picker on top was left with this selection. Where the focus goes.
    fn picked(&mut self, _selection: Selection) -> Option<Self::Slot> {
        None
    }

    /// Writes it down, line by line.
    fn fill(&self, sheet: &mut Sheet<'_, Self::Slot>, model: &Model);
}

/// A [`Dialog`] being filled in.
pub struct Form<D: Dialog> {
    dialog: D,
    /// The first part has the focus where this one is not there any more.
    focus: Option<D::Slot>,
    problem: Option<String>,
    waiting: Option<RequestId>,
}

impl<D: Dialog> Form<D> {
    /// With the focus on the first part.
    pub fn new(dialog: D) -> Self {
        Form { dialog, focus: None, problem: None, waiting: None }
    }

    /// With the focus on `slot`.
    pub fn at(dialog: D, slot: D::Slot) -> Self {
        Form { focus: Some(slot), ..Self::new(dialog) }
    }

    /// The dialog itself.
    pub fn dialog(&self) -> &D {
        &self.dialog
    }

    /// The dialog itself.
    pub fn dialog_mut(&mut self) -> &mut D {
        &mut self.dialog
    }

    /// Says something until the next edit.
    pub fn say(&mut self, text: impl Into<String>) {
        self.problem = Some(text.into());
    }

    /// Whether it says something.
    pub fn says_something(&self) -> bool {
        self.problem.is_some()
    }

    fn here(&self) -> Option<(D::Slot, Kind)> {
        let slots = self.dialog.slots();
        slots.iter().find(|(slot, _)| Some(*slot) == self.focus).or(slots.first()).copied()
    }

    /// Moves the focus; past an end it begins at the other.
    fn step(&mut self, back: bool) {
        let slots = self.dialog.slots();
        let here = slots.iter().position(|(slot, _)| Some(*slot) == self.focus).unwrap_or(0);
        let next = if back { here.checked_sub(1).unwrap_or(slots.len().saturating_sub(1)) } else { here + 1 };
        self.focus = slots.get(next).or(slots.first()).map(|(slot, _)| *slot);
    }

    fn take(&mut self, pressed: Pressed<D::Slot>) -> Outcome {
        match pressed {
            Ok(Outcome::Stay) => Outcome::Stay,
            Ok(outcome) => {
                self.problem = None;
                outcome
            }
            Err(problem) => {
                self.problem = Some(problem.text);
                self.focus = problem.at.or(self.focus);
                Outcome::Stay
            }
        }
    }
}

impl<D: Dialog> Page for Form<D> {
    fn context(&self) -> Context {
        match self.here() {
            Some((_, Kind::Choice)) => Context::Choice,
            Some((_, Kind::Button)) => Context::Button,
            Some((_, Kind::Field)) | None => D::FIELDS,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        let (slot, _) = self.here()?;
        self.dialog.field(slot)
    }

    fn edited(&mut self) -> Outcome {
        self.problem = None;
        Outcome::Stay
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        let Some((slot, kind)) = self.here() else { return self.dialog.cancel() };
        if self.dialog.scroll(action, facts) {
            return Outcome::Stay;
        }
        if let Some(outcome) = self.dialog.act(slot, action) {
            return outcome;
        }
        let presses = kind == Kind::Button || self.dialog.slots().last().is_some_and(|(last, _)| *last == slot);
        match (action, kind) {
            (Action::Left, Kind::Choice) => self.dialog.turn(slot, true),
            (Action::Right | Action::Select, Kind::Choice) => self.dialog.turn(slot, false),
            (Action::Enter, _) if presses => {
                let pressed = self.dialog.press(slot, facts);
                return self.take(pressed);
            }
            (Action::Enter | Action::Next | Action::Down, _) => self.step(false),
            (Action::Previous | Action::Up, _) => self.step(true),
            (Action::Cancel, _) => return self.dialog.cancel(),
            _ => {}
        }
        Outcome::Stay
    }

    fn waiting(&mut self) -> Option<&mut Option<RequestId>> {
        Some(&mut self.waiting)
    }

    fn picked(&mut self, selection: Selection) -> Outcome {
        self.focus = self.dialog.picked(selection).or(self.focus);
        Outcome::Stay
    }

    fn refused(&mut self, error: Error) -> Outcome {
        let refused = self.dialog.refused(error);
        self.take(refused)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = dialog_columns(area);
        let mut sheet = Sheet {
            columns,
            rows: usize::from(area.height),
            theme: &model.theme,
            focused: self.here().map(|(slot, _)| slot),
            labels: D::LABELS,
            problem: self.problem.as_deref(),
            lines: Vec::new(),
            at: 0,
        };
        self.dialog.fill(&mut sheet, model);
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, &self.dialog.title(), sheet.lines, sheet.at, foot, &model.theme);
    }
}
