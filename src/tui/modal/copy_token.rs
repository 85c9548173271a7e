//! The form for a new token based on another one.

use ratatui::style::Style;

use super::confirm_change::PendingMutation;
use crate::domain::expiry::{Expiry, Span as Length};
use crate::domain::name::{MAX_TOKEN_NAME_LEN, MAX_USERNAME_LEN, TokenName, Username};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Fault};
use crate::tui::component::{DialogResult, Intent, UpdateContext};
use crate::tui::model::Model;
use crate::tui::widget::expiry_choice::ExpiryChoice;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::tokens::{CopyToken, TokenTarget};

fields! { CopyTokenDialog, form:
    /// Name of the new token.
    Name => Text(&mut form.name),
    /// The account that will own the new token.
    Account if form.account.is_some() => Text(form.account.as_mut()?),
    Expires => Choice(form.expiry.choices()),
    ExpiryText if form.expiry.is_text() => Text(form.expiry.text_input()),
    Button => Button,
}

/// The form for a new token based on another one.
pub struct CopyTokenDialog {
    source: Token,
    name: TextInput,
    /// `None` if the signed-in user can't create tokens for other accounts.
    account: Option<TextInput>,
    expiry: ExpiryChoice,
}

impl CopyTokenDialog {
    /// Opens a form to copy `source`, with its status at `now`. `manages`: the signed-in user may create tokens for
    /// others. If `source` has expired, its expiry is not offered.
    pub fn new(source: Token, now: Timestamp, default_expiry: Option<Length>, manages: bool) -> Form<Self> {
        let expiry = match source.expiry.is_past(now) {
            true => ExpiryChoice::new(default_expiry),
            false => ExpiryChoice::with_current(source.expiry, "same"),
        };
        let account = manages.then(|| TextInput::new(MAX_USERNAME_LEN * 4).with(source.owner.username.as_str()));
        Form::new(CopyTokenDialog { source, name: TextInput::new(MAX_TOKEN_NAME_LEN * 4), account, expiry })
    }

    /// Returns the typed account, if it differs from the source's account.
    fn other_account(&self) -> Option<&str> {
        self.account.as_ref().map(TextInput::text).filter(|typed| *typed != self.source.owner.username.as_str())
    }
}

impl Dialog for CopyTokenDialog {
    const LABEL_WIDTH: usize = 13;

    fn id(&self) -> &'static str {
        "copy-token"
    }

    fn title(&self) -> String {
        format!("Copy {}", self.source.full_name())
    }

    fn is_touched(&self) -> bool {
        !self.name.is_empty() || self.other_account().is_some() || self.expiry.has_text()
    }

    fn press(&mut self, _field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let name = TokenName::parse(self.name.text()).map_err(|e| Problem::at(Field::Name, e))?;
        let account = self.other_account().map(Username::parse).transpose();
        let account = account.map_err(|e| Problem::at(Field::Account, e))?;
        let at = if self.expiry.is_text() { Field::ExpiryText } else { Field::Expires };
        let (expires, expiry) = self.expiry.resolve(ctx).map_err(|e| Problem::at(at, e))?;
        let until = match expiry {
            Expiry::At(_) => format!("The token's last day is {}.", ctx.dates.get().last_day(expiry)),
            Expiry::Never => "The token never expires.".to_owned(),
        };
        let whose = account.as_ref().unwrap_or(&self.source.owner.username);
        let about = format!("API selection of {whose}/{name}: {}. {until}", self.source.selection.summary());
        let title = format!("Copy {} as {whose}/{name}", self.source.full_name());
        let verb = CopyToken { token: TokenTarget::at_revision(&self.source), name, account, expires };
        Ok(PendingMutation::new(title, about, verb).confirm(ctx))
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        match error.has_fault(Fault::ChangedMeanwhile) {
            // The old source was shown. The list shows the new one.
            true => Ok(Intent::Close(Some(DialogResult::Error(error)))),
            false => Err(Problem::general(error)),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        let text = format!("The copy is an enabled token with a new secret and these values of {}:", self.source.name);
        layout.text_line(&text, Style::new());
        let description = match self.source.description.as_str() {
            "" => "none",
            text => text,
        };
        layout.fact("Description", description, Style::new());
        layout.fact("API", &self.source.selection.summary(), Style::new());
        if self.source.expected_unused_since.is_some() {
            layout.fact("Use", "expected to be unused", Style::new());
        }
        layout.blank();
        layout.wide_text_input(Field::Name, "New name", &self.name);
        match &self.account {
            Some(account) => layout.text_input(Field::Account, "Account", account),
            None => layout.fact("Account", self.source.owner.username.as_str(), Style::new()),
        }
        self.expiry.draw(layout, Field::Expires, Field::ExpiryText, model);
        if self.source.expiry.is_past(model.now) {
            let day = model.dates.get().last_day(self.source.expiry);
            layout.note(&format!("! {} expired on {day}: choose a new expiry", self.source.name), theme.warning);
        } else {
            layout.blank();
        }
        layout.button(Field::Button, "Copy");
        layout.problem(2);
    }
}
