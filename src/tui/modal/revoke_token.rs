//! Revoke: the consequences, then the typed name and the proof. The verb compares the name, not this dialog.

use ratatui::style::Style;

use super::confirm_change::PendingMutation;
use super::made_tokens::MadeTokensChoice;
use super::token_usage::consequences;
use crate::domain::expiry::Span as Length;
use crate::domain::name::MAX_TOKEN_NAME_LEN;
use crate::domain::token::{Token, TokenRef};
use crate::error::Error;
use crate::tui::model::Model;
use crate::tui::screen::{Intent, UpdateContext};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::choices::Choices;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ports::Usage;
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::{DisableTokens, RevokeTokens, ShowToken, TokenDetails, TokenTarget};

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The choice of also revoking the tokens that this token created.
    Made,
    /// The typed name, or the number of tokens.
    Name,
    Auth,
    /// The safe button.
    Disable,
    /// The destructive button.
    Revoke,
}

/// The dialog that revokes a token.
pub struct RevokeTokenDialog {
    token: Token,
    /// `None` until loaded.
    usage: Option<Usage>,
    made: MadeTokensChoice,
    trash: Length,
    confirmation: TextInput,
    auth: AuthField,
}

impl RevokeTokenDialog {
    /// Opens the dialog for `token`; `shown` is its loaded data. The token stays in the trash for `trash`.
    pub fn new(token: Token, shown: Option<&TokenDetails>, trash: Length, proof: AuthField) -> Form<Self> {
        let (typed, made) = (TextInput::new(MAX_TOKEN_NAME_LEN * 4), MadeTokensChoice::new());
        let mut dialog = RevokeTokenDialog { token, usage: None, made, trash, confirmation: typed, auth: proof };
        if let Some(shown) = shown {
            dialog.set_details(shown);
        }
        // The field above the name may be added later.
        Form::with_focus(dialog, Field::Name)
    }

    /// Takes the usage of the token and the tokens it created.
    fn set_details(&mut self, shown: &TokenDetails) {
        self.usage = Some(shown.usage.clone());
        self.made.set_made(shown.made.count, shown.made.describe());
    }

    /// Returns the expected confirmation: the token's name, or the number of tokens if several are revoked.
    fn expected_confirmation(&self) -> String {
        match self.made.included_count() {
            0 => self.token.name.to_string(),
            more => (more + 1).to_string(),
        }
    }

    fn matches(&self) -> bool {
        self.confirmation.text() == self.expected_confirmation()
    }

    fn revoke(&mut self) -> PressResult<Field> {
        if !self.matches() {
            let what = if self.made.is_included() { "their number" } else { "the name" };
            return Err(Problem::at(Field::Name, format!("Type {what} exactly: {}", self.expected_confirmation())));
        }
        let credential = self.auth.take_credential().map_err(|missing| Problem::at(Field::Auth, missing))?;
        let verb = RevokeTokens {
            tokens: vec![TokenTarget::at_revision(&self.token)],
            with_made: self.made.is_included(),
            confirmation: self.confirmation.text().to_owned(),
        };
        Ok(Intent::Send(credential, verb.into()))
    }

    /// Disables the token. A proof that was already entered is used.
    fn disable_instead(&mut self) -> Intent {
        let verb = DisableTokens { tokens: vec![TokenTarget::at_revision(&self.token)] };
        if let Ok(credential) = self.auth.take_credential() {
            return Intent::Send(credential, verb.into());
        }
        let about = format!("{} is denied from the next request on and can be enabled again.", self.token.name);
        Intent::Confirm(PendingMutation::new(format!("Disable {}", self.token.full_name()), about, verb))
    }
}

impl Dialog for RevokeTokenDialog {
    type Field = Field;
    const LABEL_WIDTH: usize = 26;
    const ENTER_LABEL: Option<&'static str> = Some("Revoke");

    fn id(&self) -> &'static str {
        "revoke-token"
    }

    fn title(&self) -> String {
        format!("Revoke {}", self.token.full_name())
    }

    fn fields(&self) -> Vec<(Field, FieldKind)> {
        let mut fields: Vec<_> = self.made.field(Field::Made).into_iter().collect();
        fields.push((Field::Name, FieldKind::Text));
        fields.extend(self.auth.field(Field::Auth));
        // The button would do nothing for a disabled token.
        fields.extend(self.token.enabled.then_some((Field::Disable, FieldKind::Button)));
        fields.push((Field::Revoke, FieldKind::Button));
        fields
    }

    fn text_input(&mut self, field: Field) -> Option<&mut TextInput> {
        match field {
            Field::Name => Some(&mut self.confirmation),
            Field::Auth => self.auth.text_input(),
            Field::Made | Field::Disable | Field::Revoke => None,
        }
    }

    fn choices(&mut self, field: Field) -> Option<&mut dyn Choices> {
        (field == Field::Made).then(|| self.made.choices())
    }

    fn primary_button(&self) -> Option<Field> {
        Some(Field::Revoke)
    }

    fn validation_error(&self, field: Field) -> Option<String> {
        let wrong = field == Field::Name && !self.confirmation.is_empty() && !self.matches();
        wrong.then(|| {
            if self.made.is_included() { "The number does not match" } else { "The name does not match" }.to_owned()
        })
    }

    fn press(&mut self, field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        match field {
            Field::Disable => Ok(self.disable_instead()),
            Field::Revoke => self.revoke(),
            Field::Made | Field::Name | Field::Auth => Ok(Intent::Stay),
        }
    }

    fn on_open(&self) -> Option<Request> {
        self.usage.is_none().then(|| ShowToken { token: TokenRef::Id(self.token.id) }.into())
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        if let Response::ShowToken(shown) = response
            && shown.token.id == self.token.id
        {
            self.set_details(shown);
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        self.auth.on_error(&error, Field::Auth)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        match &self.usage {
            Some(usage) => {
                for line in consequences(&self.token, usage, layout.columns, model) {
                    layout.line(line);
                }
            }
            None => layout.text_line("Reading its usage…", theme.dim),
        }
        layout.pad(4);
        let trash = format!("Denied from the next request on. Stays in the trash for {}.", self.trash.describe());
        layout.text_line(&trash, Style::new());
        self.made.draw(layout, Field::Made, "It");
        let label = if self.made.is_included() { "Number" } else { "Name" };
        layout.fact(label, &self.expected_confirmation(), theme.strong);
        layout.text_input(Field::Name, "Type it to confirm", &self.confirmation);
        self.auth.draw(layout, Field::Auth);
        layout.problem(3);
        let revoke = if self.matches() { theme.danger } else { theme.dim };
        let text = match self.made.included_count() {
            0 => "I understand the consequences, revoke this token".to_owned(),
            more => format!("I understand the consequences, revoke all {}", more + 1),
        };
        let mut buttons = vec![(Field::Revoke, text.as_str(), revoke)];
        if self.token.enabled {
            buttons.insert(0, (Field::Disable, "Disable instead", theme.strong));
        }
        layout.buttons(&buttons);
        // The choice about created tokens uses this line.
        if self.made.field(Field::Made).is_none() {
            layout.blank();
        }
    }
}
