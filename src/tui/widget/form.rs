//! Forms: focus, keys and drawing. A dialog describes its parts ([`Dialog`]); [`Form`] does the rest.
//!
//! ```text
//!   slots() ──► focus, context, Tab, Enter ──► turn(), press() ──► an Outcome, or a Problem and its place
//!      └──────► fill(&mut Sheet) ──► lines with the focused one, keys below
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;

use super::choices::{self, Choices};
use super::form_layout::FormLayout;
use super::frame::{dialog_columns, dialog_rows, dialog_size, draw_dialog};
use super::key_hints::key_hints;
use super::scroll_text::ScrollText;
use super::text_fit::wrap;
use super::text_input::TextInput;
use crate::domain::selection::Selection;
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::RequestId;
use crate::tui::screen::{Facts, Outcome, Page};

/// The kind of a slot. Each kind handles keys differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A text field.
    Text,
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
    pub fn general(text: impl ToString) -> Self {
        Problem { at: None, text: text.to_string() }
    }
}

/// The result of pressing a button.
pub type PressResult<S> = Result<Outcome, Problem<S>>;

/// A dialog made of fields, choices and buttons.
pub trait Dialog {
    /// The type that names the parts.
    type Field: Copy + PartialEq;
    /// Columns of the labels before the fields.
    const LABEL_WIDTH: usize;
    /// The context in which the keys of the fields are looked up.
    const CONTEXT: Context = Context::Form;

    /// A word for the effect of the main button, if Enter in the last field presses it at once.
    const ENTER_LABEL: Option<&'static str> = None;

    /// Returns the title.
    fn title(&self) -> String;

    /// Returns the parts in focus order; never empty.
    fn fields(&self) -> Vec<(Self::Field, FieldKind)>;

    /// Returns the field at a slot of [`Kind::Field`].
    fn text_input(&mut self, slot: Self::Field) -> Option<&mut TextInput>;

    /// Returns the choices at a slot of [`Kind::Choice`].
    fn choices(&mut self, _slot: Self::Field) -> Option<&mut dyn Choices> {
        None
    }

    /// Returns the main button. Enter in the field before the buttons presses it.
    fn primary_button(&self) -> Option<Self::Field> {
        self.fields().into_iter().find(|(_, kind)| *kind == FieldKind::Button).map(|(slot, _)| slot)
    }

    /// Returns the problem with the text at `slot`. It is shown once the focus has left the slot.
    fn validation_error(&self, _slot: Self::Field) -> Option<String> {
        None
    }

    /// Handles an action that is special to `slot`.
    fn on_action(&mut self, _slot: Self::Field, _action: Action) -> Option<Outcome> {
        None
    }

    /// Scrolls content other than the parts. Returns `true` if `action` scrolls.
    fn scroll(&mut self, _action: Action, _facts: &Facts<'_>) -> bool {
        false
    }

    /// `true` if that content does not fit into `rows` lines.
    fn is_too_long(&self, _rows: usize) -> bool {
        false
    }

    /// Handles Enter on a button, or on the last part.
    ///
    /// # Errors
    /// The problem that prevents the action.
    fn press(&mut self, slot: Self::Field, facts: &Facts<'_>) -> PressResult<Self::Field>;

    /// Handles Esc.
    fn cancel(&mut self) -> Outcome {
        Outcome::Close
    }

    /// `true` if Esc would lose something typed or chosen.
    fn is_touched(&self) -> bool {
        false
    }

    /// Returns the text that may be longer than its room.
    fn scroll_text(&self) -> Option<&ScrollText> {
        None
    }

    /// Returns the text that may be longer than its room.
    fn scroll_text_mut(&mut self) -> Option<&mut ScrollText> {
        None
    }

    /// Handles the refusal of the dialog's request.
    ///
    /// # Errors
    /// The problem to show.
    fn on_error(&mut self, error: Error) -> PressResult<Self::Field> {
        Err(Problem::general(error))
    }

    /// Takes the picker's selection and returns the slot that gets the focus.
    fn on_selection(&mut self, _selection: Selection) -> Option<Self::Field> {
        None
    }

    /// Writes the dialog's lines.
    fn draw(&self, layout: &mut FormLayout<'_, Self::Field>, model: &Model);
}

/// A [`Dialog`] with its focus and problem.
pub struct Form<D: Dialog> {
    dialog: D,
    /// The focused slot. If this slot no longer exists, the first one has the focus.
    focus: Option<D::Field>,
    problem: Option<Problem<D::Field>>,
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
    pub fn with_focus(dialog: D, slot: D::Field) -> Self {
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
    pub fn set_problem(&mut self, text: impl Into<String>) {
        self.problem = Some(Problem::general(text.into()));
    }

    /// `true` if a text is shown.
    pub fn has_problem(&self) -> bool {
        self.problem.is_some()
    }

    /// Lets the dialog handle an outside event, such as a reply.
    pub fn with_dialog(&mut self, act: impl FnOnce(&mut D) -> PressResult<D::Field>) -> Outcome {
        let pressed = act(&mut self.dialog);
        self.apply_result(pressed)
    }

    /// Handles Esc: asks once if something would be lost.
    fn request_close(&mut self) -> Outcome {
        if self.dialog.is_touched() {
            self.leaving = true;
            return Outcome::Stay;
        }
        self.dialog.cancel()
    }

    fn focused_field(&self) -> Option<(D::Field, FieldKind)> {
        let slots = self.dialog.fields();
        slots.iter().find(|(slot, _)| Some(*slot) == self.focus).or(slots.first()).copied()
    }

    /// Moves the focus. Past the end it wraps around.
    fn move_focus(&mut self, back: bool) {
        let slots = self.dialog.fields();
        let current = slots.iter().position(|(slot, _)| Some(*slot) == self.focus).unwrap_or(0);
        let next = if back { current.checked_sub(1).unwrap_or(slots.len().saturating_sub(1)) } else { current + 1 };
        self.focus = slots.get(next).or(slots.first()).map(|(slot, _)| *slot);
        if let Some(complaint) = self.find_problem() {
            self.problem = Some(complaint);
        }
    }

    /// Returns the first problem in a field that doesn't have the focus.
    fn find_problem(&self) -> Option<Problem<D::Field>> {
        let focused = self.focused_field().map(|(slot, _)| slot);
        let left = self.dialog.fields().into_iter().map(|(slot, _)| slot).filter(|slot| Some(*slot) != focused);
        left.into_iter().find_map(|slot| self.dialog.validation_error(slot).map(|text| Problem::at(slot, text)))
    }

    /// Returns the button that Enter in `slot`, of `kind`, presses.
    fn button_pressed_by(&self, slot: D::Field, kind: FieldKind) -> Option<D::Field> {
        let slots = self.dialog.fields();
        let after = slots.iter().skip_while(|(one, _)| *one != slot).nth(1);
        match (kind, after) {
            (FieldKind::Button, _) | (_, None) => Some(slot),
            (FieldKind::Text, Some((_, FieldKind::Button))) => self.dialog.primary_button(),
            (FieldKind::Text | FieldKind::Choice, Some(_)) => None,
        }
    }

    fn apply_result(&mut self, pressed: PressResult<D::Field>) -> Outcome {
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
        match self.focused_field() {
            Some((_, FieldKind::Choice)) => Context::Choice,
            Some((_, FieldKind::Button)) => Context::Button,
            Some((_, FieldKind::Text)) | None => D::CONTEXT,
        }
    }

    fn field(&mut self) -> Option<&mut TextInput> {
        let (slot, _) = self.focused_field().filter(|_| !self.leaving)?;
        self.dialog.text_input(slot)
    }

    fn edited(&mut self) -> Outcome {
        self.problem = self.find_problem();
        Outcome::Stay
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        if std::mem::take(&mut self.leaving) {
            return if action == Action::Discard { self.dialog.cancel() } else { Outcome::Stay };
        }
        let (columns, rows) = dialog_size(facts.size);
        if self.dialog.scroll_text_mut().is_some_and(|p| p.scroll(action, columns, rows)) {
            return Outcome::Stay;
        }
        let Some((slot, kind)) = self.focused_field() else { return self.dialog.cancel() };
        if self.dialog.scroll(action, facts) {
            return Outcome::Stay;
        }
        if let Some(outcome) = self.dialog.on_action(slot, action) {
            return outcome;
        }
        if kind == FieldKind::Choice
            && self.dialog.choices(slot).is_some_and(|list| choices::move_selection(list, action))
        {
            self.problem = self.find_problem();
            return Outcome::Stay;
        }
        if action == Action::Enter
            && let Some(button) = self.button_pressed_by(slot, kind)
        {
            let pressed = self.dialog.press(button, facts);
            return self.apply_result(pressed);
        }
        match (action, kind) {
            (Action::Enter | Action::Next | Action::Down, _) => self.move_focus(false),
            (Action::Previous | Action::Up, _) => self.move_focus(true),
            (Action::Cancel, _) => return self.request_close(),
            _ => {}
        }
        Outcome::Stay
    }

    fn waiting(&mut self) -> Option<&mut Option<RequestId>> {
        Some(&mut self.waiting)
    }

    fn enter(&self) -> Option<&'static str> {
        let (slot, kind) = self.focused_field().filter(|(_, kind)| *kind == FieldKind::Text && !self.leaving)?;
        self.button_pressed_by(slot, kind).and(D::ENTER_LABEL)
    }

    fn is_long(&self, columns: usize, rows: usize) -> bool {
        self.dialog.scroll_text().is_some_and(|p| p.is_long(columns, rows)) || self.dialog.is_too_long(rows)
    }

    fn picked(&mut self, selection: Selection) -> Outcome {
        self.focus = self.dialog.on_selection(selection).or(self.focus);
        Outcome::Stay
    }

    fn refused(&mut self, error: Error) -> Outcome {
        let refused = self.dialog.on_error(error);
        self.apply_result(refused)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = dialog_columns(area);
        let mut layout = FormLayout {
            columns,
            rows: dialog_rows(area),
            theme: &model.theme,
            focused: self.focused_field().map(|(slot, _)| slot),
            labels: D::LABEL_WIDTH,
            problem: self.problem.as_ref().map(|problem| problem.text.as_str()),
            problem_field: self.problem.as_ref().and_then(|problem| problem.at),
            lines: Vec::new(),
            focused_line: 0,
        };
        self.dialog.draw(&mut layout, model);
        let (lines, at) = (layout.lines, layout.focused_line);
        let foot = key_hints(self.context(), model, columns);
        if !self.leaving {
            return draw_dialog(frame, area, &self.dialog.title(), lines, at, foot, &model.theme);
        }
        let below = ratatui::text::Line::default();
        draw_dialog(frame, area, &self.dialog.title(), lines, at, below, &model.theme);
        let text = "What you typed and chose here has not been saved.";
        let mut lines: Vec<_> = wrap(text, columns).into_iter().map(ratatui::text::Line::raw).collect();
        lines.push(ratatui::text::Line::default());
        draw_dialog(frame, area, "Discard this draft?", lines, 0, foot, &model.theme);
    }
}
