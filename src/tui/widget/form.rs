//! Forms: focus, keys and drawing. A dialog describes its parts ([`Dialog`]); [`Form`] does the rest.
//!
//! ```text
//!   slots() ──► focus, context, Tab, Enter ──► turn(), press() ──► an Outcome, or a Problem and its place
//!      └──────► fill(&mut Sheet) ──► lines with the focused one, keys below
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;

use super::choices::{self, Choices};
use super::field::Field;
use super::foot::keys;
use super::frame::{dialog, dialog_columns, dialog_room, dialog_rows};
use super::line::wrap;
use super::passage::Passage;
use super::sheet::Sheet;
use crate::domain::selection::Selection;
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::RequestId;
use crate::tui::screen::{Facts, Outcome, Page};

/// The kind of a slot. Each kind handles keys differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text field.
    Field,
    /// A choice of one of several values.
    Choice,
    /// A button, pressed with Enter.
    Button,
}

/// A problem and its place.
#[derive(Debug)]
pub struct Problem<S> {
    at: Option<S>,
    text: String,
}

impl<S> Problem<S> {
    /// Creates a problem at `slot`, which gets the focus.
    pub fn at(slot: S, text: impl ToString) -> Self {
        Problem { at: Some(slot), text: text.to_string() }
    }

    /// Creates a problem without a place.
    pub fn said(text: impl ToString) -> Self {
        Problem { at: None, text: text.to_string() }
    }
}

/// The result of pressing a button.
pub type Pressed<S> = Result<Outcome, Problem<S>>;

/// A dialog made of fields, choices and buttons.
pub trait Dialog {
    /// The type that names the parts.
    type Slot: Copy + PartialEq;
    /// Columns of the labels before the fields.
    const LABELS: usize;
    /// The context in which the keys of the fields are looked up.
    const FIELDS: Context = Context::Form;

    /// A word for the effect of the main button, if Enter in the last field presses it at once.
    const DOES: Option<&'static str> = None;

    /// Returns the title.
    fn title(&self) -> String;

    /// Returns the parts in focus order; never empty.
    fn slots(&self) -> Vec<(Self::Slot, Kind)>;

    /// Returns the field at a slot of [`Kind::Field`].
    fn field(&mut self, slot: Self::Slot) -> Option<&mut Field>;

    /// Returns the choices at a slot of [`Kind::Choice`].
    fn choices(&mut self, _slot: Self::Slot) -> Option<&mut dyn Choices> {
        None
    }

    /// Returns the main button. Enter in the field before the buttons presses it.
    fn main(&self) -> Option<Self::Slot> {
        self.slots().into_iter().find(|(_, kind)| *kind == Kind::Button).map(|(slot, _)| slot)
    }

    /// Returns the problem with the text at `slot`. It is shown once the focus has left the slot.
    fn complaint(&self, _slot: Self::Slot) -> Option<String> {
        None
    }

    /// Handles an action that is special to `slot`.
    fn act(&mut self, _slot: Self::Slot, _action: Action) -> Option<Outcome> {
        None
    }

    /// Scrolls content other than the parts. Returns `true` if `action` scrolls.
    fn scroll(&mut self, _action: Action, _facts: &Facts<'_>) -> bool {
        false
    }

    /// `true` if that content does not fit into `rows` lines.
    fn overflows(&self, _rows: usize) -> bool {
        false
    }

    /// Handles Enter on a button, or on the last part.
    ///
    /// # Errors
    /// The problem that prevents the action.
    fn press(&mut self, slot: Self::Slot, facts: &Facts<'_>) -> Pressed<Self::Slot>;

    /// Handles Esc.
    fn cancel(&mut self) -> Outcome {
        Outcome::Close
    }

    /// `true` if Esc would lose something typed or chosen.
    fn is_touched(&self) -> bool {
        false
    }

    /// Returns the text that may be longer than its room.
    fn passage(&self) -> Option<&Passage> {
        None
    }

    /// Returns the text that may be longer than its room.
    fn passage_mut(&mut self) -> Option<&mut Passage> {
        None
    }

    /// Handles the refusal of the dialog's request.
    ///
    /// # Errors
    /// The problem to show.
    fn refused(&mut self, error: Error) -> Pressed<Self::Slot> {
        Err(Problem::said(error))
    }

    /// Takes the picker's selection and returns the slot that gets the focus.
    fn picked(&mut self, _selection: Selection) -> Option<Self::Slot> {
        None
    }

    /// Writes the dialog's lines.
    fn fill(&self, sheet: &mut Sheet<'_, Self::Slot>, model: &Model);
}

/// A [`Dialog`] with its focus and problem.
pub struct Form<D: Dialog> {
    dialog: D,
    /// The focused slot. If this slot no longer exists, the first one has the focus.
    focus: Option<D::Slot>,
    problem: Option<Problem<D::Slot>>,
    waiting: Option<RequestId>,
    /// `true` while the question about dropping the typed text is shown.
    leaving: bool,
}

impl<D: Dialog> Form<D> {
    /// Creates a form with the focus on the first part.
    pub fn new(dialog: D) -> Self {
        Form { dialog, focus: None, problem: None, waiting: None, leaving: false }
    }

    /// Creates a form with the focus on `slot`.
    pub fn at(dialog: D, slot: D::Slot) -> Self {
        Form { focus: Some(slot), ..Self::new(dialog) }
    }

    /// Returns the dialog.
    pub fn dialog(&self) -> &D {
        &self.dialog
    }

    /// Returns the dialog for an update.
    pub fn dialog_mut(&mut self) -> &mut D {
        &mut self.dialog
    }

    /// Shows `text` until the next edit.
    pub fn say(&mut self, text: impl Into<String>) {
        self.problem = Some(Problem::said(text.into()));
    }

    /// `true` if a text is shown.
    pub fn says_something(&self) -> bool {
        self.problem.is_some()
    }

    /// Lets the dialog handle an outside event, such as a reply.
    pub fn hear(&mut self, act: impl FnOnce(&mut D) -> Pressed<D::Slot>) -> Outcome {
        let pressed = act(&mut self.dialog);
        self.take(pressed)
    }

    /// Handles Esc: asks once if something would be lost.
    fn leave(&mut self) -> Outcome {
        if self.dialog.is_touched() {
            self.leaving = true;
            return Outcome::Stay;
        }
        self.dialog.cancel()
    }

    fn here(&self) -> Option<(D::Slot, Kind)> {
        let slots = self.dialog.slots();
        slots.iter().find(|(slot, _)| Some(*slot) == self.focus).or(slots.first()).copied()
    }

    /// Moves the focus. Past the end it wraps around.
    fn step(&mut self, back: bool) {
        let slots = self.dialog.slots();
        let here = slots.iter().position(|(slot, _)| Some(*slot) == self.focus).unwrap_or(0);
        let next = if back { here.checked_sub(1).unwrap_or(slots.len().saturating_sub(1)) } else { here + 1 };
        self.focus = slots.get(next).or(slots.first()).map(|(slot, _)| *slot);
        if let Some(complaint) = self.complaint() {
            self.problem = Some(complaint);
        }
    }

    /// Returns the first problem in a field that doesn't have the focus.
    fn complaint(&self) -> Option<Problem<D::Slot>> {
        let here = self.here().map(|(slot, _)| slot);
        let left = self.dialog.slots().into_iter().map(|(slot, _)| slot).filter(|slot| Some(*slot) != here);
        left.into_iter().find_map(|slot| self.dialog.complaint(slot).map(|text| Problem::at(slot, text)))
    }

    /// Returns the button that Enter in `slot`, of `kind`, presses.
    fn pressed_from(&self, slot: D::Slot, kind: Kind) -> Option<D::Slot> {
        let slots = self.dialog.slots();
        let after = slots.iter().skip_while(|(one, _)| *one != slot).nth(1);
        match (kind, after) {
            (Kind::Button, _) | (_, None) => Some(slot),
            (Kind::Field, Some((_, Kind::Button))) => self.dialog.main(),
            (Kind::Field | Kind::Choice, Some(_)) => None,
        }
    }

    fn take(&mut self, pressed: Pressed<D::Slot>) -> Outcome {
        match pressed {
            Ok(Outcome::Stay) => Outcome::Stay,
            Ok(outcome) => {
                self.problem = None;
                outcome
            }
            Err(problem) => {
                self.focus = problem.at.or(self.focus);
                self.problem = Some(problem);
                Outcome::Stay
            }
        }
    }
}

impl<D: Dialog> Page for Form<D> {
    fn context(&self) -> Context {
        if self.leaving {
            return Context::Drop;
        }
        match self.here() {
            Some((_, Kind::Choice)) => Context::Choice,
            Some((_, Kind::Button)) => Context::Button,
            Some((_, Kind::Field)) | None => D::FIELDS,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        let (slot, _) = self.here().filter(|_| !self.leaving)?;
        self.dialog.field(slot)
    }

    fn edited(&mut self) -> Outcome {
        self.problem = self.complaint();
        Outcome::Stay
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        if std::mem::take(&mut self.leaving) {
            return if action == Action::Discard { self.dialog.cancel() } else { Outcome::Stay };
        }
        let (columns, rows) = dialog_room(facts.size);
        if self.dialog.passage_mut().is_some_and(|p| p.scroll(action, columns, rows)) {
            return Outcome::Stay;
        }
        let Some((slot, kind)) = self.here() else { return self.dialog.cancel() };
        if self.dialog.scroll(action, facts) {
            return Outcome::Stay;
        }
        if let Some(outcome) = self.dialog.act(slot, action) {
            return outcome;
        }
        if kind == Kind::Choice && self.dialog.choices(slot).is_some_and(|list| choices::walk(list, action)) {
            self.problem = self.complaint();
            return Outcome::Stay;
        }
        if action == Action::Enter
            && let Some(button) = self.pressed_from(slot, kind)
        {
            let pressed = self.dialog.press(button, facts);
            return self.take(pressed);
        }
        match (action, kind) {
            (Action::Enter | Action::Next | Action::Down, _) => self.step(false),
            (Action::Previous | Action::Up, _) => self.step(true),
            (Action::Cancel, _) => return self.leave(),
            _ => {}
        }
        Outcome::Stay
    }

    fn waiting(&mut self) -> Option<&mut Option<RequestId>> {
        Some(&mut self.waiting)
    }

    fn enter(&self) -> Option<&'static str> {
        let (slot, kind) = self.here().filter(|(_, kind)| *kind == Kind::Field && !self.leaving)?;
        self.pressed_from(slot, kind).and(D::DOES)
    }

    fn is_long(&self, columns: usize, rows: usize) -> bool {
        self.dialog.passage().is_some_and(|p| p.is_long(columns, rows)) || self.dialog.overflows(rows)
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
            rows: dialog_rows(area),
            theme: &model.theme,
            focused: self.here().map(|(slot, _)| slot),
            labels: D::LABELS,
            problem: self.problem.as_ref().map(|problem| problem.text.as_str()),
            wrong: self.problem.as_ref().and_then(|problem| problem.at),
            lines: Vec::new(),
            at: 0,
        };
        self.dialog.fill(&mut sheet, model);
        let (lines, at) = (sheet.lines, sheet.at);
        let foot = keys(self.context(), model, columns);
        if !self.leaving {
            return dialog(frame, area, &self.dialog.title(), lines, at, foot, &model.theme);
        }
        let below = ratatui::text::Line::default();
        dialog(frame, area, &self.dialog.title(), lines, at, below, &model.theme);
        let text = "What you typed and chose here has not been saved.";
        let mut lines: Vec<_> = wrap(text, columns).into_iter().map(ratatui::text::Line::raw).collect();
        lines.push(ratatui::text::Line::default());
        dialog(frame, area, "Discard this draft?", lines, 0, foot, &model.theme);
    }
}
