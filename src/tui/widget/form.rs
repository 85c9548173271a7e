//! Forms: focus, keys and drawing. A dialog describes its parts ([`Dialog`]); [`Form`] does the rest.
//!
//! ```text
//!   fields() ──► focus, context, Tab, Enter ──► on_action(), press() ──► an Intent, or a Problem at a field
//!      └──────► draw(&mut FormLayout) ──► lines, scrolled to the focused one, and the keys below
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::choices;
use super::dialog_frame::{dialog_area, dialog_click, dialog_columns, dialog_place, draw_dialog};
pub(crate) use super::form_dialog::fields;
pub use super::form_dialog::{Dialog, FieldKind, Fields, PressResult, Problem};
use super::form_layout::{Follow, FormLayout};
use super::key_hints::key_hints;
use super::scroll_range::ScrollRange;
use super::text_input::TextInput;
use crate::error::{Error, Kind};
use crate::tui::component::{ClickTarget, Component, DialogResult, Intent, Reply, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::outcome::Outcome;
use crate::tui::text_fit::fold;
use crate::verbs::request::Response;

/// Maximum width of the area in which a form asks whether to discard the draft.
const MAX_DISCARD_COLUMNS: u16 = 56;

/// A [`Dialog`] with its focus and problem.
pub struct Form<D: Dialog> {
    dialog: D,
    /// The focused field. If this field no longer exists, the first one has the focus.
    focus: Option<D::Field>,
    problem: Option<Problem<D::Field>>,
    /// The line scrolled to.
    top: usize,
    /// The lines that are kept visible. A dialog is opened at its first line.
    follows: Option<Follow>,
    /// `true` while the question about dropping the typed text is shown.
    leaving: bool,
}

impl<D: Dialog> Form<D> {
    /// Creates a form with the focus on the first part.
    pub fn new(dialog: D) -> Self {
        Form { dialog, focus: None, problem: None, top: 0, follows: None, leaving: false }
    }

    pub fn with_focus(dialog: D, field: D::Field) -> Self {
        Form { focus: Some(field), ..Self::new(dialog) }
    }

    pub fn dialog(&self) -> &D {
        &self.dialog
    }

    pub fn dialog_mut(&mut self) -> &mut D {
        &mut self.dialog
    }

    /// Shows `text` until the next edit.
    pub fn set_problem(&mut self, text: impl Into<String>) {
        self.problem = Some(Problem::general(text.into()));
    }

    /// Handles Esc: opens a question once if a draft would be lost.
    fn request_close(&mut self) -> Intent {
        if self.dialog.is_touched() {
            self.leaving = true;
            return Intent::Stay;
        }
        self.dialog.cancel()
    }

    /// Draws the dialog over `area`.
    fn draw<'a>(&'a self, area: Rect, model: &'a Model) -> FormLayout<'a, D::Field> {
        let columns = dialog_columns(area);
        let mut layout = FormLayout {
            columns,
            rows: usize::from(area.height),
            theme: &model.theme,
            focused: self.focused_field().map(|(field, _)| field),
            labels: D::LABEL_WIDTH.min(columns / 2),
            problem: self.problem.as_ref().map(|problem| problem.text.as_str()),
            problem_field: self.problem.as_ref().and_then(|problem| problem.at),
            lines: Vec::new(),
            focused_line: 0,
            pinned: None,
            problem_lines: None,
            places: Vec::new(),
        };
        self.dialog.draw(&mut layout, model);
        layout
    }

    fn focused_field(&self) -> Option<(D::Field, FieldKind)> {
        let fields = self.dialog.fields();
        fields.iter().find(|(field, _)| Some(*field) == self.focus).or(fields.first()).copied()
    }

    /// Moves the focus. Past the end it wraps around.
    fn move_focus(&mut self, back: bool) {
        let fields = self.dialog.fields();
        let current = fields.iter().position(|(field, _)| Some(*field) == self.focus).unwrap_or(0);
        let next = if back { current.checked_sub(1).unwrap_or(fields.len().saturating_sub(1)) } else { current + 1 };
        self.focus = fields.get(next).or(fields.first()).map(|(field, _)| *field);
        if let Some(complaint) = self.find_problem() {
            self.problem = Some(complaint);
        }
    }

    /// Returns the first problem in a field that doesn't have the focus.
    fn find_problem(&self) -> Option<Problem<D::Field>> {
        let focused = self.focused_field().map(|(field, _)| field);
        let left = self.dialog.fields().into_iter().map(|(field, _)| field).filter(|field| Some(*field) != focused);
        left.into_iter().find_map(|field| self.dialog.validation_error(field).map(|text| Problem::at(field, text)))
    }

    /// Returns the button that Enter in `field`, of `kind`, presses.
    fn button_pressed_by(&self, field: D::Field, kind: FieldKind) -> Option<D::Field> {
        let fields = self.dialog.fields();
        let after = fields.iter().skip_while(|(one, _)| *one != field).nth(1);
        match (kind, after) {
            (FieldKind::Button, _) | (_, None) => Some(field),
            (FieldKind::Text, Some((_, FieldKind::Button))) => self.dialog.primary_button(),
            (FieldKind::Text | FieldKind::Choice, Some(_)) => None,
        }
    }

    fn apply_result(&mut self, pressed: PressResult<D::Field>) -> Intent {
        match pressed {
            Ok(Intent::Stay) => Intent::Stay,
            Ok(intent) => {
                self.problem = None;
                intent
            }
            Err(mut problem) => {
                let intent = problem.intent.take();
                self.follows = Some(Follow::Problem);
                self.focus = problem.at.or(self.focus);
                self.problem = Some(problem);
                intent.map_or(Intent::Stay, |intent| *intent)
            }
        }
    }
}

/// Returns the area of the question about the draft. A narrower box leaves the edges of the draft visible.
fn discard_area(area: Rect) -> Rect {
    let width = area.width.min(MAX_DISCARD_COLUMNS);
    Rect { x: area.x + (area.width - width) / 2, width, ..area }
}

fn discard_lines(area: Rect) -> Vec<Line<'static>> {
    let text = fold("Nothing has been saved.", dialog_columns(area));
    text.into_iter().map(Line::raw).chain([Line::default()]).collect()
}

impl<D: Dialog + 'static> Component for Form<D> {
    fn id(&self) -> &'static str {
        if self.leaving { "discard-draft" } else { self.dialog.id() }
    }

    fn problem(&self) -> Option<&str> {
        self.problem.as_ref().map(|problem| problem.text.as_str())
    }

    fn context(&self) -> Context {
        if self.leaving {
            return Context::DiscardDraft;
        }
        match self.focused_field() {
            Some((_, FieldKind::Choice)) => Context::Choice,
            Some((_, FieldKind::Button)) => Context::Button,
            Some((_, FieldKind::Text)) | None => self.dialog.context(),
        }
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        let (field, _) = self.focused_field().filter(|_| !self.leaving)?;
        self.dialog.text_input(field)
    }

    fn on_edit(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        self.follows = Some(Follow::Focus);
        self.problem = self.find_problem();
        Intent::Stay
    }

    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        let area = dialog_area(model.size);
        if self.leaving {
            let (area, lines) = (discard_area(area), discard_lines(discard_area(area)).len());
            return dialog_click(self, at, area, (lines, 0), model).filter(|hit| matches!(hit, ClickTarget::Key(_)));
        }
        let mut layout = self.draw(area, model);
        let range = layout.scroll_range(self.top, self.follows);
        let mut shown = std::mem::take(&mut layout.lines);
        range.cut(&mut shown, &model.theme);
        let line = match dialog_click(self, at, area, (shown.len(), 0), model)? {
            ClickTarget::Item(line) => range.line_at(line)?,
            key @ ClickTarget::Key(_) => return Some(key),
        };
        let column = usize::from(at.x - dialog_place(area, shown.len()).lines.x);
        let field = layout.field_at(line, column)?;
        self.dialog.fields().iter().position(|(one, _)| *one == field).map(ClickTarget::Item)
    }

    /// Gives a field the focus. A button is pressed; a choice that has the focus goes to its next option.
    fn on_click(&mut self, item: usize, ctx: &UpdateContext<'_>) -> Intent {
        let Some((field, kind)) = self.dialog.fields().get(item).copied() else { return Intent::Stay };
        let had_focus = self.focused_field().is_some_and(|(focused, _)| focused == field);
        self.focus = Some(field);
        self.problem = self.find_problem().or(self.problem.take());
        match kind {
            FieldKind::Button => self.on_action(Action::Accept, ctx),
            FieldKind::Choice if had_focus => self.on_action(Action::Down, ctx),
            FieldKind::Choice | FieldKind::Text => Intent::Stay,
        }
    }

    fn on_wheel(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        if let Some(top) = ctx.scroll.scroll(action).filter(|_| !self.leaving) {
            (self.top, self.follows) = (top, None);
        }
        Intent::Stay
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        if std::mem::take(&mut self.leaving) {
            return if action == Action::Discard { self.dialog.cancel() } else { Intent::Stay };
        }
        let Some((field, kind)) = self.focused_field() else { return self.dialog.cancel() };
        if let Some(top) = ctx.scroll.scroll(action).filter(|_| kind.scrolls(action)) {
            (self.top, self.follows) = (top, None);
            return Intent::Stay;
        }
        (self.top, self.follows) = (ctx.scroll.top, Some(Follow::Focus));
        if let Some(intent) = self.dialog.on_action(field, action) {
            return intent;
        }
        if kind == FieldKind::Choice
            && self.dialog.choices(field).is_some_and(|list| choices::move_selection(list, action))
        {
            self.problem = self.find_problem();
            return Intent::Stay;
        }
        if action == Action::Accept
            && let Some(button) = self.button_pressed_by(field, kind)
        {
            let pressed = self.dialog.press(button, ctx);
            return self.apply_result(pressed);
        }
        if let (Action::Accept, FieldKind::Text, Some(text)) = (action, kind, self.dialog.validation_error(field)) {
            self.problem = Some(Problem::at(field, text));
            return Intent::Stay;
        }
        match (action, kind) {
            (Action::Accept | Action::Next | Action::Down, _) => self.move_focus(false),
            (Action::Previous | Action::Up, _) => self.move_focus(true),
            (Action::Cancel, _) => return self.request_close(),
            _ => {}
        }
        Intent::Stay
    }

    /// Empties the masked fields, so that a key after the unlock sends no password that was typed before.
    fn on_lock(&mut self) {
        for (field, _) in self.dialog.fields() {
            if let Some(input) = self.dialog.text_input(field).filter(|input| input.is_masked()) {
                input.clear();
            }
        }
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        self.dialog.on_open().map_or(Intent::Stay, Intent::read)
    }

    fn on_store_changed(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        self.dialog.on_store_changed().map_or(Intent::Stay, Intent::read)
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let handled = self.dialog.on_reply(reply, ctx)?;
        Some(self.apply_result(handled))
    }

    fn on_read_error(&mut self, error: Error, ctx: &UpdateContext<'_>) -> Intent {
        self.dialog.on_read_error(error, ctx)
    }

    fn on_data(&mut self, response: &Response, ctx: &UpdateContext<'_>) {
        self.dialog.on_data(response, ctx);
    }

    fn on_change(&mut self, outcome: &mut Outcome, _ctx: &UpdateContext<'_>) -> Intent {
        self.dialog.on_change(outcome)
    }

    fn label(&self, action: Action, _model: &Model) -> Option<&'static str> {
        match action {
            Action::Accept => self.enter_label(),
            Action::Cancel => D::CANCEL_LABEL,
            _ => None,
        }
    }

    fn presses_button(&self) -> bool {
        self.focused_field().is_some_and(|(field, kind)| self.button_pressed_by(field, kind).is_some())
    }

    fn enter_label(&self) -> Option<&'static str> {
        let (field, kind) = self.focused_field().filter(|(_, kind)| *kind == FieldKind::Text && !self.leaving)?;
        self.button_pressed_by(field, kind).and(self.dialog.enter_label())
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        if action == Action::OpenEditor {
            return self.focused_field().is_some_and(|(field, _)| self.dialog.is_free_text(field));
        }
        let scrolls = self.focused_field().is_some_and(|(_, kind)| kind.scrolls(action));
        !scrolls || self.scroll_range(model).is_long()
    }

    fn scroll_range(&self, model: &Model) -> ScrollRange {
        self.draw(dialog_area(model.size), model).scroll_range(self.top, self.follows)
    }

    fn on_answer(&mut self, answer: DialogResult) -> Intent {
        match answer {
            DialogResult::Error(error) => return self.on_error(error),
            DialogResult::Selection(selection) => self.focus = self.dialog.on_selection(selection).or(self.focus),
            DialogResult::Sort(_) | DialogResult::Filter(_) => {}
        }
        Intent::Stay
    }

    fn on_error(&mut self, error: Error) -> Intent {
        let is_conflict = error.kind == Kind::Conflict;
        let refused = self.dialog.on_error(error);
        match self.apply_result(refused) {
            // The dialog shows an earlier state of the store.
            Intent::Stay if is_conflict => self.dialog.on_store_changed().map_or(Intent::Stay, Intent::read),
            intent => intent,
        }
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let mut layout = self.draw(area, model);
        layout.scroll_range(self.top, self.follows).cut(&mut layout.lines, &model.theme);
        let (columns, lines) = (layout.columns, layout.lines);
        if !self.leaving {
            let foot = key_hints(self, model, columns);
            return draw_dialog(frame, area, &self.dialog.title(), lines, 0, foot, &model.theme);
        }
        draw_dialog(frame, area, &self.dialog.title(), lines, 0, Line::default(), &model.theme);
        let area = discard_area(area);
        let foot = key_hints(self, model, dialog_columns(area));
        draw_dialog(frame, area, "Discard this draft?", discard_lines(area), 0, foot, &model.theme);
    }
}
