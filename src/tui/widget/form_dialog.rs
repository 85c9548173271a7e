//! The parts of a dialog with fields. [`super::form::Form`] does the rest.

use super::choices::Choices;
use super::form_layout::FormLayout;
use super::text_input::TextInput;
use crate::domain::api_selection::Selection;
use crate::error::Error;
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::outcome::Outcome;
use crate::verbs::request::{Request, Response};

/// The kind of a field. Each kind handles keys differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    /// A choice of one of several values.
    Choice,
    /// A button, pressed with Enter.
    Button,
}

impl FieldKind {
    /// Returns `true` if `action` scrolls the dialog while such a field has the focus.
    pub(super) fn scrolls(self, action: Action) -> bool {
        let is_line = matches!(action, Action::Down | Action::Up) && self != FieldKind::Choice;
        is_line || matches!(action, Action::PageDown | Action::PageUp)
    }
}

pub struct Problem<S> {
    pub(super) at: Option<S>,
    pub(super) text: String,
    /// The intent of the dialog, besides showing the problem.
    pub(super) intent: Option<Box<Intent>>,
}

impl<S> Problem<S> {
    /// Creates a problem at `field`, which gets the focus.
    pub fn at(field: S, text: impl ToString) -> Self {
        Problem { at: Some(field), text: text.to_string(), intent: None }
    }

    /// Creates a problem without a place.
    pub fn general(text: impl ToString) -> Self {
        Problem { at: None, text: text.to_string(), intent: None }
    }

    /// Also carries out `intent`.
    pub fn and(self, intent: Intent) -> Self {
        Problem { intent: Some(Box::new(intent)), ..self }
    }
}

/// The result of pressing a button.
pub type PressResult<S> = Result<Intent, Problem<S>>;

/// The fields of a dialog. Implemented by `fields!`, unless their number varies.
pub trait Fields {
    type Field: Copy + PartialEq;

    /// Returns the shown fields in focus order; never empty.
    fn fields(&self) -> Vec<(Self::Field, FieldKind)>;

    /// Returns the text of a field of [`FieldKind::Text`].
    fn text_input(&mut self, field: Self::Field) -> Option<&mut TextInput>;

    /// Returns the choices of a field of [`FieldKind::Choice`].
    fn choices(&mut self, _field: Self::Field) -> Option<&mut dyn Choices> {
        None
    }
}

/// Declares the fields of a dialog in focus order, as an enum `Field` and as [`Fields`]. Each has a condition if it is not
/// always shown, its kind, and its text or choices:
///
/// ```text
/// fields! { RestoreTokensDialog, dialog:
///     Name if dialog.only().is_some() => Text(&mut dialog.name),
///     Restore => Button,
/// }
/// ```
macro_rules! fields {
    (
        $dialog:ty, $this:ident:
        $($(#[$doc:meta])* $field:ident $(if $shown:expr)? => $kind:ident $(($widget:expr))?,)+
    ) => {
        /// A field of the dialog.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field { $($(#[$doc])* $field,)+ }

        #[allow(unused_variables, reason = "not every dialog has conditions, texts and choices")]
        impl $crate::tui::widget::form_dialog::Fields for $dialog {
            type Field = Field;

            fn fields(&self) -> Vec<(Field, $crate::tui::widget::form_dialog::FieldKind)> {
                use $crate::tui::widget::form_dialog::FieldKind;
                let $this = self;
                let all = [$((Field::$field, FieldKind::$kind, true $(&& $shown)?),)+];
                all.into_iter().filter(|(.., shown)| *shown).map(|(field, kind, _)| (field, kind)).collect()
            }

            fn text_input(&mut self, field: Field) -> Option<&mut $crate::tui::widget::text_input::TextInput> {
                let $this = self;
                match field {
                    $(Field::$field => fields!(@text $kind $($widget)?),)+
                }
            }

            fn choices(&mut self, field: Field) -> Option<&mut dyn $crate::tui::widget::choices::Choices> {
                let $this = self;
                match field {
                    $(Field::$field => fields!(@choices $kind $($widget)?),)+
                }
            }
        }
    };
    (@text Text $text:expr) => { Some($text) };
    (@text $kind:ident $($widget:expr)?) => { None };
    (@choices Choice $choices:expr) => { Some($choices) };
    (@choices $kind:ident $($widget:expr)?) => { None };
}
pub(crate) use fields;

/// A dialog made of fields, choices and buttons.
pub trait Dialog: Fields {
    /// Columns of the labels before the fields.
    const LABEL_WIDTH: usize;

    /// A word for the effect of the main button, if Enter in the last field presses it at once.
    const ENTER_LABEL: Option<&'static str> = None;
    /// A word for the effect of Esc, if that effect is not to cancel.
    const CANCEL_LABEL: Option<&'static str> = None;

    /// Returns [`Dialog::ENTER_LABEL`], if it doesn't depend on the state of the dialog.
    fn enter_label(&self) -> Option<&'static str> {
        Self::ENTER_LABEL
    }

    /// Returns the id of the dialog, for tests.
    fn id(&self) -> &'static str;

    /// Returns the context in which the keys of the text fields are looked up.
    fn context(&self) -> Context {
        Context::Form
    }

    fn title(&self) -> String;

    /// Returns the main button. Enter in the field before the buttons presses it.
    fn primary_button(&self) -> Option<Self::Field> {
        self.fields().into_iter().find(|(_, kind)| *kind == FieldKind::Button).map(|(field, _)| field)
    }

    /// Returns the problem with the text at `field`. It is shown once the focus has left the field.
    fn validation_error(&self, _field: Self::Field) -> Option<String> {
        None
    }

    /// Returns `true` if the user's editor can be opened for the text at `field`. Never for a secret.
    fn is_free_text(&self, _field: Self::Field) -> bool {
        false
    }

    /// Handles an action that is special to `field`.
    fn on_action(&mut self, _field: Self::Field, _action: Action) -> Option<Intent> {
        None
    }

    /// Handles Enter on a button, or on the last part.
    ///
    /// # Errors
    /// The problem that prevents the action.
    fn press(&mut self, field: Self::Field, ctx: &UpdateContext<'_>) -> PressResult<Self::Field>;

    /// Handles Esc.
    fn cancel(&mut self) -> Intent {
        Intent::Close(None)
    }

    /// Returns `true` if Esc would lose something typed or chosen.
    fn is_touched(&self) -> bool {
        false
    }

    /// Handles the refusal of the dialog's request.
    ///
    /// # Errors
    /// The problem to show.
    fn on_error(&mut self, error: Error) -> PressResult<Self::Field> {
        Err(Problem::general(error))
    }

    /// Returns the read-only request that the dialog makes when it is opened. The dialog takes keys meanwhile.
    fn on_open(&self) -> Option<Request> {
        None
    }

    /// Returns the read-only request that updates the dialog after a change of the store.
    fn on_store_changed(&self) -> Option<Request> {
        None
    }

    /// Takes the reply to a request of the dialog. `None` if the reply has the same effect for every dialog.
    fn on_reply(&mut self, _reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<PressResult<Self::Field>> {
        None
    }

    /// Continues after a change made here.
    fn on_change(&mut self, _outcome: &Outcome) -> Intent {
        Intent::Stay
    }

    /// Handles the failure of a request made by [`Dialog::on_open`] or [`Dialog::on_store_changed`].
    fn on_read_error(&mut self, error: Error, ctx: &UpdateContext<'_>) -> Intent {
        ctx.report_read_error(&error)
    }

    /// Takes data from the reply to any request.
    fn on_data(&mut self, _response: &Response, _ctx: &UpdateContext<'_>) {}

    /// Takes the picker's selection and returns the field that gets the focus.
    fn on_selection(&mut self, _selection: Selection) -> Option<Self::Field> {
        None
    }

    fn draw(&self, layout: &mut FormLayout<'_, Self::Field>, model: &Model);
}
