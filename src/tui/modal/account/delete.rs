//! Delete: the consequences for the account, then its typed name and the proof. The verb compares the name, not this
//! dialog.

use ratatui::style::Style;

use crate::domain::name::MAX_USERNAME_LEN;
use crate::error::Error;
use crate::tui::modal::confirm_change::PendingMutation;
use crate::tui::model::Model;
use crate::tui::screen::{Intent, UpdateContext};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_fit::count_noun;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::{AccountWithCounts, DeleteAccount, DisableAccounts};

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Auth,
    /// The safe button.
    Disable,
    /// The destructive button.
    Delete,
    /// The way back, if nothing else can be done.
    Close,
}

/// The dialog that deletes an account, or explains why the account can't be deleted.
pub struct DeleteAccountDialog {
    account: AccountWithCounts,
    confirmation: TextInput,
    auth: AuthField,
}

/// Describes the effects of disabling an account with its active tokens.
pub fn describe_disabling(counted_account: &AccountWithCounts) -> String {
    let name = &counted_account.account.username;
    let tokens = match counted_account.tokens.active {
        0 => "The account has no active tokens".to_owned(),
        1 => "Its 1 active token is denied from the next request on".to_owned(),
        n => format!("All its {} are denied from the next request on", count_noun(n.into(), "active token")),
    };
    format!("{name} can't sign in any more. {tokens}. Nothing is lost: the account can be enabled again.")
}

impl DeleteAccountDialog {
    /// Opens the dialog for `counted`.
    pub fn new(counted: AccountWithCounts, proof: AuthField) -> Form<Self> {
        Form::new(DeleteAccountDialog {
            account: counted,
            confirmation: TextInput::new(MAX_USERNAME_LEN * 4),
            auth: proof,
        })
    }

    fn name(&self) -> &str {
        self.account.account.username.as_str()
    }

    fn matches(&self) -> bool {
        self.confirmation.text() == self.name()
    }

    /// Returns `true` if active tokens prevent the deletion.
    fn is_in_use(&self) -> bool {
        self.account.tokens.active > 0
    }

    fn delete(&mut self) -> PressResult<Field> {
        if !self.matches() {
            return Err(Problem::at(Field::Name, format!("Type the name exactly: {}", self.name())));
        }
        let credential = self.auth.take_credential().map_err(|missing| Problem::at(Field::Auth, missing))?;
        let username = self.account.account.username.clone();
        Ok(Intent::Send(
            credential,
            DeleteAccount { username, confirmation: self.confirmation.text().to_owned() }.into(),
        ))
    }

    /// Disables the account. A proof that was already entered is used.
    fn disable_instead(&mut self) -> Intent {
        let verb = DisableAccounts { usernames: vec![self.account.account.username.clone()] };
        match self.auth.take_credential() {
            Ok(credential) if !self.is_in_use() => Intent::Send(credential, verb.into()),
            Ok(_) | Err(_) => Intent::Confirm(PendingMutation::new(
                format!("Disable {}", self.name()),
                describe_disabling(&self.account),
                verb,
            )),
        }
    }
}

impl Dialog for DeleteAccountDialog {
    type Field = Field;
    const LABEL_WIDTH: usize = 20;
    const ENTER_LABEL: Option<&'static str> = Some("Delete");

    fn id(&self) -> &'static str {
        "delete-account"
    }

    fn title(&self) -> String {
        format!("Delete {}", self.name())
    }

    fn fields(&self) -> Vec<(Field, FieldKind)> {
        let disable = self.account.account.enabled.then_some((Field::Disable, FieldKind::Button));
        if self.is_in_use() {
            return disable.into_iter().chain([(Field::Close, FieldKind::Button)]).collect();
        }
        let mut fields = vec![(Field::Name, FieldKind::Text)];
        fields.extend(self.auth.field(Field::Auth));
        fields.extend(disable);
        fields.push((Field::Delete, FieldKind::Button));
        fields
    }

    fn text_input(&mut self, field: Field) -> Option<&mut TextInput> {
        match field {
            Field::Name => Some(&mut self.confirmation),
            Field::Auth => self.auth.text_input(),
            Field::Disable | Field::Delete | Field::Close => None,
        }
    }

    fn primary_button(&self) -> Option<Field> {
        Some(Field::Delete)
    }

    fn validation_error(&self, field: Field) -> Option<String> {
        let wrong = field == Field::Name && !self.confirmation.is_empty() && !self.matches();
        wrong.then(|| "The name does not match".to_owned())
    }

    fn press(&mut self, field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        match field {
            Field::Disable => Ok(self.disable_instead()),
            Field::Delete => self.delete(),
            Field::Close => Ok(Intent::Close),
            Field::Name | Field::Auth => Ok(Intent::Stay),
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        self.auth.on_error(&error, Field::Auth)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let theme = layout.theme;
        let tokens = self.account.tokens;
        let enabled = self.account.account.enabled;
        if self.is_in_use() {
            let has = format!(
                "! The account has {} and can't be deleted yet.",
                count_noun(tokens.active.into(), "active token")
            );
            layout.paragraph(&has, 2, theme.warning);
            layout.blank();
            if enabled {
                layout.paragraph(
                    &format!("If disabled instead: {}", describe_disabling(&self.account)),
                    3,
                    Style::new(),
                );
            } else {
                layout.paragraph("The account is disabled, so these tokens are denied already.", 2, Style::new());
            }
            layout.blank();
            layout.paragraph("Disable or revoke its tokens first: press Enter on its row.", 2, theme.dim);
            layout.blank();
            let mut buttons = vec![(Field::Close, "Back", theme.strong)];
            if enabled {
                buttons.insert(0, (Field::Disable, "Disable instead", theme.strong));
            }
            layout.buttons(&buttons);
            layout.problem(2);
            return;
        }
        let token_text = match tokens.live {
            0 => "The account has no tokens".to_owned(),
            n => {
                format!(
                    "The account has no active tokens; its {} move to the trash for good",
                    count_noun(n.into(), "token")
                )
            }
        };
        layout.paragraph(&format!("{token_text}. Its name is never reused. This can't be undone."), 3, Style::new());
        layout.blank();
        layout.fact("Name", self.name(), theme.strong);
        layout.text_input(Field::Name, "Type it to confirm", &self.confirmation);
        self.auth.draw(layout, Field::Auth);
        layout.problem(3);
        let danger = if self.matches() { theme.danger } else { theme.dim };
        let mut buttons = vec![(Field::Delete, "I understand the consequences, delete this account", danger)];
        if enabled {
            buttons.insert(0, (Field::Disable, "Disable instead", theme.strong));
        }
        layout.buttons(&buttons);
        layout.blank();
    }
}
