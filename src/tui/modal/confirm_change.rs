//! The confirmation of a change: its effects, numbers to type, and the proof of identity.

use std::fmt::Debug;

use super::impact;
use super::shown_tokens::ShownTokens;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::component::{DialogResult, Intent, Reply, UpdateContext};
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::widget::confirm_identity::AuthField;
use crate::tui::widget::dialog_frame::dialog_columns;
use crate::tui::widget::form::{Dialog, FieldKind, Fields, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::Verb;
use crate::verbs::impact::{GetImpact, Removal};
use crate::verbs::request::{Request, Response};

/// Minimum number of lines of the dialog, so that most dialogs look alike.
const MIN_LINES: usize = 8;
/// Columns of the labels if there is a number to type.
const NUMBER_LABEL_COLUMNS: usize = 24;

/// A change whose request can be built again after a mistyped password.
pub trait Retry: Debug {
    /// Returns the request for the change.
    fn request(&self) -> Request;

    /// Returns the read of what the dialog describes, besides the impact.
    fn preview(&self) -> Option<Request> {
        None
    }

    /// Takes the reply to a request of the dialog. Returns the change as it must be described now, if it was described
    /// otherwise, and a warning about that.
    fn on_reply(&self, _response: &mut Response) -> Option<(PendingMutation, String)> {
        None
    }
}

impl<V: Verb + Into<Request> + Clone + Debug> Retry for V {
    fn request(&self) -> Request {
        self.clone().into()
    }
}

/// A change that waits for confirmation.
#[derive(Debug)]
pub struct PendingMutation {
    title: String,
    about: ScrollText,
    /// The text and the impact.
    text: ScrollText,
    /// The change whose impact is shown. `None` if it takes nothing away.
    removal: Option<Removal>,
    /// `true` if the impact is above the text, because the text may be long.
    is_impact_first: bool,
    /// The text to type before the change.
    numbers: Vec<TypedText>,
    mutation: Box<dyn Retry>,
    /// The tokens of the change, if it is made for them only as they are shown.
    shown: Option<ShownTokens<PendingMutation>>,
}

/// A number to type, such as that of the tokens that gain methods, or a name.
#[derive(Debug)]
struct TypedText {
    label: &'static str,
    /// `number` or `name`.
    kind: &'static str,
    expected: String,
    typed: TextInput,
}

impl PendingMutation {
    /// Requires that `number` is typed after `label`, unless the number is 0.
    pub fn confirmed_by(mut self, label: &'static str, number: u64) -> Self {
        if number > 0 {
            self.numbers.push(TypedText::new(label, "number", number.to_string()));
        }
        self
    }

    /// Requires that `name` is typed after `label`.
    pub fn confirmed_by_name(mut self, label: &'static str, name: &str) -> Self {
        self.numbers.push(TypedText::new(label, "name", name.to_owned()));
        self
    }

    /// Shows the impact of `removal` below the text.
    pub fn taking(self, removal: Removal) -> Self {
        PendingMutation { removal: Some(removal), ..self }
    }

    /// Shows the impact above the text.
    pub fn impact_first(self) -> Self {
        PendingMutation { is_impact_first: true, ..self }
    }

    /// Returns the read of the impact.
    fn read_impact(&self) -> Option<Request> {
        self.removal.clone().map(|removal| GetImpact { removal }.into())
    }

    fn set_impact(&mut self, impact: ScrollText) {
        let about = self.about.clone();
        self.text = match (impact.is_empty(), self.is_impact_first) {
            (true, _) => about,
            (false, true) => impact.blank().append(about),
            (false, false) => about.blank().append(impact),
        };
    }

    /// Returns the request for the change.
    pub fn request(&self) -> Request {
        self.mutation.request()
    }

    /// Opens the confirmation of the change, with a proof of identity. A dialog without a proof field of its own can
    /// change the store only this way.
    pub fn confirm(self, ctx: &UpdateContext<'_>) -> Intent {
        AuthField::new(ctx).map_or(Intent::Stay, |proof| Intent::push(ConfirmDialog::new(self, proof)))
    }

    /// Does the same for a change that is proven by a secret in its request.
    pub fn confirm_possession(self, ctx: &UpdateContext<'_>) -> Intent {
        AuthField::unneeded(ctx).map_or(Intent::Stay, |proof| Intent::push(ConfirmDialog::new(self, proof)))
    }

    /// Creates a `change` with the given `title`; `about` describes its effects.
    pub fn new(title: impl Into<String>, about: impl Into<String>, change: impl Retry + 'static) -> Self {
        Self::with_text(title, ScrollText::paragraph(about), change)
    }

    /// Does the same as [`PendingMutation::new`], with a description of any length.
    pub fn with_text(title: impl Into<String>, about: ScrollText, change: impl Retry + 'static) -> Self {
        let mutation = Box::new(change);
        PendingMutation {
            title: title.into(),
            text: about.clone(),
            about,
            removal: None,
            is_impact_first: false,
            numbers: Vec::new(),
            mutation,
            shown: None,
        }
    }

    /// Makes the change for these tokens only as they are shown. After a conflict, `rebuild` creates the change for the
    /// tokens as stored; `None` if it can't be made for them.
    pub fn of_tokens(
        self,
        tokens: Vec<Token>,
        rebuild: impl Fn(Vec<Token>, Timestamp) -> Option<PendingMutation> + 'static,
    ) -> Self {
        PendingMutation { shown: Some(ShownTokens::new(tokens, rebuild)), ..self }
    }
}

impl TypedText {
    fn new(label: &'static str, kind: &'static str, expected: String) -> Self {
        TypedText { label, kind, typed: TextInput::new(expected.chars().count().max(12)), expected }
    }

    fn problem(&self) -> Option<String> {
        (self.typed.text() != self.expected).then(|| format!("Type the {} exactly: {}", self.kind, self.expected))
    }
}

/// The dialog with the proof field.
pub struct ConfirmDialog {
    mutation: PendingMutation,
    auth: AuthField,
    /// Changes of another session since the dialog was opened.
    changed: Option<String>,
}

impl ConfirmDialog {
    /// Opens the dialog for the `wanted` change, with its `proof` field.
    pub fn new(wanted: PendingMutation, proof: AuthField) -> Form<Self> {
        Form::new(ConfirmDialog { mutation: wanted, auth: proof, changed: None })
    }
}

impl ConfirmDialog {
    /// Reads what the changed dialog describes.
    fn ask_again(&self) -> Intent {
        Intent::All([Intent::AskAgain].into_iter().chain(self.on_open().map(Intent::read)).collect())
    }
}

/// The focused part of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The number at this place.
    Number(usize),
    Auth,
    /// The button, if no password is needed.
    Button,
}

impl Fields for ConfirmDialog {
    type Field = Field;

    fn fields(&self) -> Vec<(Field, FieldKind)> {
        let numbers = (0..self.mutation.numbers.len()).map(|at| (Field::Number(at), FieldKind::Text));
        let last =
            if self.auth.is_typed() { (Field::Auth, FieldKind::Text) } else { (Field::Button, FieldKind::Button) };
        numbers.chain([last]).collect()
    }

    fn text_input(&mut self, field: Field) -> Option<&mut TextInput> {
        match field {
            Field::Number(at) => self.mutation.numbers.get_mut(at).map(|number| &mut number.typed),
            Field::Auth | Field::Button => self.auth.text_input(),
        }
    }
}

impl Dialog for ConfirmDialog {
    const LABEL_WIDTH: usize = 0;

    fn id(&self) -> &'static str {
        self.mutation.request().name()
    }

    fn title(&self) -> String {
        self.mutation.title.clone()
    }

    /// Without a number to type, the arrows scroll.
    fn context(&self) -> Context {
        if self.mutation.numbers.is_empty() { Context::Confirm } else { Context::Form }
    }

    fn validation_error(&self, field: Field) -> Option<String> {
        let Field::Number(at) = field else { return None };
        let number = self.mutation.numbers.get(at).filter(|number| !number.typed.is_empty())?;
        number.problem()
    }

    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        for (at, number) in self.mutation.numbers.iter().enumerate() {
            if let Some(problem) = number.problem() {
                return Err(Problem::at(Field::Number(at), problem));
            }
        }
        let credential = self.auth.take_credential().map_err(Problem::general)?;
        Ok(Intent::send(credential, self.mutation.request()))
    }

    fn on_open(&self) -> Option<Request> {
        self.mutation.read_impact()
    }

    fn on_store_changed(&self) -> Option<Request> {
        self.mutation.mutation.preview().or_else(|| self.mutation.read_impact())
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        match self.mutation.shown.as_mut().and_then(|shown| shown.on_reply(reply, ctx)) {
            Some(Ok((mutation, changed))) => {
                self.mutation = mutation;
                self.changed = Some(changed.clone());
                return Some(Err(Problem::general(changed).and(self.ask_again())));
            }
            Some(Err(error)) => return Some(Ok(Intent::Close(Some(DialogResult::Error(error))))),
            None => {}
        }
        let Reply::Response(response) = reply else { return None };
        if let Some((mutation, changed)) = self.mutation.mutation.on_reply(response) {
            (self.mutation, self.changed) = (mutation, Some(changed));
            return Some(Ok(self.ask_again()));
        }
        let (Response::GetImpact(found), Some(removal)) = (response, &self.mutation.removal) else { return None };
        let impact = impact::describe(removal, found, dialog_columns(ctx.area()), ctx.dates.get());
        self.mutation.set_impact(impact);
        Some(Ok(Intent::Stay))
    }

    fn on_read_error(&mut self, error: Error, _ctx: &UpdateContext<'_>) -> Intent {
        let text = ScrollText::default().row(LineStyle::Dim, impact::describe_unavailable(&error));
        self.mutation.set_impact(text);
        Intent::Stay
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        let error = match ShownTokens::explain(self.mutation.shown.as_mut(), error) {
            Ok(intent) => return Ok(intent),
            Err(error) => error,
        };
        if error.kind != ErrorKind::Unauthenticated {
            return Ok(Intent::Close(Some(DialogResult::Error(error))));
        }
        self.auth.on_error(&error, Field::Auth)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        self.mutation.text.draw(layout);
        layout.pin_following();
        layout.blank();
        if !self.mutation.numbers.is_empty() {
            layout.set_label_width(NUMBER_LABEL_COLUMNS);
        }
        for (at, number) in self.mutation.numbers.iter().enumerate() {
            layout.text_input(Field::Number(at), number.label, &number.typed);
        }
        if self.auth.is_typed() {
            self.auth.draw(layout, Field::Auth);
        } else {
            layout.button(Field::Button, &self.mutation.title);
        }
        layout.problem_or(self.changed.as_deref(), 2);
        layout.pad(MIN_LINES);
    }
}
