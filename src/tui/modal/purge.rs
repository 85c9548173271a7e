//! Purge: the tokens, then their typed number and the proof. The verb compares the number, not this dialog.

use ratatui::style::Style;

use crate::domain::token::Purgeable;
use crate::error::Error;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::screen::{Intent, UpdateContext};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_list::ScrollList;
use crate::tui::widget::text_fit::{count_noun, group_digits};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::{PreviewPurge, PurgePreview, PurgeTokens};

/// Lines of the dialog outside its list, including the frame.
const OTHER_LINES: usize = 14;

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Number,
    Auth,
    /// The safe button.
    Keep,
    /// The destructive button.
    Purge,
}

/// The dialog that purges tokens.
pub struct PurgeDialog {
    which: Purgeable,
    preview: Option<PurgePreview>,
    names: ScrollList,
    confirmation: TextInput,
    auth: AuthField,
}

impl PurgeDialog {
    /// Opens the dialog for the tokens of `which`, not counted yet.
    pub fn new(which: Purgeable, proof: AuthField) -> Form<Self> {
        Form::new(PurgeDialog {
            which,
            preview: None,
            names: ScrollList::new(OTHER_LINES),
            confirmation: TextInput::new(12),
            auth: proof,
        })
    }

    fn count(&self) -> Option<u64> {
        self.preview.as_ref().map(|preview| preview.count)
    }

    fn matches(&self) -> bool {
        self.count().is_some_and(|count| count > 0 && self.confirmation.text() == count.to_string())
    }

    fn purge(&mut self) -> PressResult<Field> {
        let Some(count) = self.count() else { return Err(Problem::general("Still counting")) };
        if count == 0 {
            return Err(Problem::general("There is nothing to purge"));
        }
        if !self.matches() {
            return Err(Problem::at(Field::Number, format!("Type their number exactly: {count}")));
        }
        let credential = self.auth.take_credential().map_err(|missing| Problem::at(Field::Auth, missing))?;
        Ok(Intent::Send(credential, PurgeTokens::new(self.which, count).into()))
    }
}

impl Dialog for PurgeDialog {
    type Field = Field;
    const LABEL_WIDTH: usize = 26;
    const ENTER_LABEL: Option<&'static str> = Some("Purge");

    fn id(&self) -> &'static str {
        "purge-tokens"
    }

    fn title(&self) -> String {
        format!("Purge {} tokens", self.which.as_str())
    }

    fn fields(&self) -> Vec<(Field, FieldKind)> {
        let mut fields = vec![(Field::Number, FieldKind::Text)];
        fields.extend(self.auth.field(Field::Auth));
        fields.extend([(Field::Keep, FieldKind::Button), (Field::Purge, FieldKind::Button)]);
        fields
    }

    fn text_input(&mut self, field: Field) -> Option<&mut TextInput> {
        match field {
            Field::Number => Some(&mut self.confirmation),
            Field::Auth => self.auth.text_input(),
            Field::Keep | Field::Purge => None,
        }
    }

    fn scroll(&mut self, action: Action, ctx: &UpdateContext<'_>) -> bool {
        let rows = self.preview.as_ref().map_or(0, |preview| preview.names.len());
        self.names.scroll(action, rows, ctx)
    }

    fn is_too_long(&self, rows: usize) -> bool {
        self.names.is_long(rows, self.preview.as_ref().map_or(0, |preview| preview.names.len()))
    }

    fn primary_button(&self) -> Option<Field> {
        Some(Field::Purge)
    }

    fn validation_error(&self, field: Field) -> Option<String> {
        let wrong = field == Field::Number && !self.confirmation.is_empty() && !self.matches();
        wrong.then(|| "The number does not match".to_owned())
    }

    fn press(&mut self, field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        match field {
            Field::Keep => Ok(Intent::Close),
            Field::Purge => self.purge(),
            Field::Number | Field::Auth => Ok(Intent::Stay),
        }
    }

    fn on_open(&self) -> Option<Request> {
        Some(PreviewPurge { which: self.which }.into())
    }

    fn on_store_changed(&self) -> Option<Request> {
        self.on_open()
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        if let Response::PreviewPurge(preview) = response {
            self.preview = Some(preview.clone());
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        self.auth.on_error(&error, Field::Auth)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let theme = layout.theme;
        let names = self.preview.as_ref().map_or(&[][..], |preview| &preview.names);
        let head = match self.count() {
            None => "Counting…".to_owned(),
            Some(0) => format!("You manage no {} token.", self.which.as_str()),
            Some(count) => {
                let what = count_noun(count, &format!("{} token", self.which.as_str()));
                format!("! {what} of yours and of accounts you manage, filtered or not:")
            }
        };
        layout.text_line(&head, if names.is_empty() { Style::new() } else { theme.warning });
        let rows = names.iter().map(|name| (format!("  {name}"), Style::new()));
        let total = self.count().unwrap_or_default();
        self.names.draw(layout, rows, total);
        layout.text_line("Deleted for good. Only digests of their secrets stay, for look-ups.", Style::new());
        layout.blank();
        let number = self.count().map_or_else(String::new, group_digits);
        layout.fact("Number", &number, theme.strong);
        layout.text_input(Field::Number, "Type it to confirm", &self.confirmation);
        self.auth.draw(layout, Field::Auth);
        layout.problem(2);
        let danger = if self.matches() { theme.danger } else { theme.dim };
        layout.buttons(&[
            (Field::Keep, "Keep them", theme.strong),
            (Field::Purge, "I understand the consequences, purge these tokens", danger),
        ]);
        layout.blank();
    }
}
