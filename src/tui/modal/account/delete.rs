//! Delete: the consequences for the account, then its typed name and the proof. The verb compares the name, not this
//! dialog.

use ratatui::style::Style;

use crate::domain::name::MAX_USERNAME_LEN;
use crate::error::Error;
use crate::tui::modal::confirm::Wanted;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_fit::count_noun;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::{AccountWithCounts, DeleteAccount, DisableAccounts};

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The typed name.
    Name,
    /// The password.
    Proof,
    /// The safe button.
    Disable,
    /// The destructive button.
    Delete,
    /// The way back, if nothing else can be done.
    Close,
}

/// The dialog that deletes an account, or explains why the account can't be deleted.
pub struct Delete {
    counted: AccountWithCounts,
    typed: TextInput,
    proof: AuthField,
}

/// Describes the effects of disabling an account with its active tokens.
pub fn disabling(counted_account: &AccountWithCounts) -> String {
    let name = &counted_account.account.username;
    let tokens = match counted_account.tokens.active {
        0 => "It has no active tokens".to_owned(),
        1 => "Its 1 active token is denied from the next request on".to_owned(),
        n => format!("All its {} are denied from the next request on", count_noun(n.into(), "active token")),
    };
    format!("{name} can't sign in any more. {tokens}. Nothing is lost: it can be enabled again.")
}

impl Delete {
    /// Opens the dialog for `counted`.
    pub fn open(counted: AccountWithCounts, proof: AuthField) -> Form<Self> {
        Form::new(Delete { counted, typed: TextInput::new(MAX_USERNAME_LEN * 4), proof })
    }

    fn name(&self) -> &str {
        self.counted.account.username.as_str()
    }

    fn matches(&self) -> bool {
        self.typed.text() == self.name()
    }

    /// `true` if active tokens prevent the deletion.
    fn is_in_use(&self) -> bool {
        self.counted.tokens.active > 0
    }

    fn delete(&mut self) -> PressResult<Slot> {
        if !self.matches() {
            return Err(Problem::at(Slot::Name, format!("Type the name exactly: {}", self.name())));
        }
        let credential = self.proof.take_credential().map_err(|missing| Problem::at(Slot::Proof, missing))?;
        let username = self.counted.account.username.clone();
        Ok(Outcome::Send(credential, DeleteAccount { username, confirmation: self.typed.text().to_owned() }.into()))
    }

    /// Disables the account. If the proof was already entered, no second one is asked for.
    fn disable_instead(&mut self) -> Outcome {
        let verb = DisableAccounts { usernames: vec![self.counted.account.username.clone()] };
        match self.proof.take_credential() {
            Ok(credential) if !self.is_in_use() => Outcome::Send(credential, verb.into()),
            Ok(_) | Err(_) => {
                Outcome::Confirm(Wanted::new(format!("Disable {}", self.name()), disabling(&self.counted), verb))
            }
        }
    }
}

impl Dialog for Delete {
    type Field = Slot;
    const LABEL_WIDTH: usize = 20;
    const ENTER_LABEL: Option<&'static str> = Some("Delete");

    fn title(&self) -> String {
        format!("Delete {}", self.name())
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let disable = self.counted.account.enabled.then_some((Slot::Disable, FieldKind::Button));
        if self.is_in_use() {
            return disable.into_iter().chain([(Slot::Close, FieldKind::Button)]).collect();
        }
        let mut slots = vec![(Slot::Name, FieldKind::Text)];
        slots.extend(self.proof.field(Slot::Proof));
        slots.extend(disable);
        slots.push((Slot::Delete, FieldKind::Button));
        slots
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Name => Some(&mut self.typed),
            Slot::Proof => self.proof.text_input(),
            Slot::Disable | Slot::Delete | Slot::Close => None,
        }
    }

    fn primary_button(&self) -> Option<Slot> {
        Some(Slot::Delete)
    }

    fn validation_error(&self, slot: Slot) -> Option<String> {
        let wrong = slot == Slot::Name && !self.typed.is_empty() && !self.matches();
        wrong.then(|| "That isn't its name".to_owned())
    }

    fn press(&mut self, slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        match slot {
            Slot::Disable => Ok(self.disable_instead()),
            Slot::Delete => self.delete(),
            Slot::Close => Ok(Outcome::Close),
            Slot::Name | Slot::Proof => Ok(Outcome::Stay),
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        self.proof.on_error(&error, Slot::Proof)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, _model: &Model) {
        let theme = layout.theme;
        let tokens = self.counted.tokens;
        let enabled = self.counted.account.enabled;
        if self.is_in_use() {
            let has = format!(
                "! It has {}, and is not deleted while it has.",
                count_noun(tokens.active.into(), "active token")
            );
            layout.paragraph(&has, 2, theme.warning);
            layout.blank();
            if enabled {
                layout.paragraph(&format!("Disabled instead: {}", disabling(&self.counted)), 3, Style::new());
            } else {
                layout.paragraph("It is disabled already, so they are denied.", 2, Style::new());
            }
            layout.blank();
            layout.paragraph("To delete it, disable or remove its tokens first: Enter on its row.", 2, theme.dim);
            layout.blank();
            let mut buttons = vec![(Slot::Close, "Back", theme.strong)];
            if enabled {
                buttons.insert(0, (Slot::Disable, "Disable instead", theme.strong));
            }
            layout.buttons(&buttons);
            layout.problem(2);
            return;
        }
        let kept = match tokens.live {
            0 => "It has no tokens".to_owned(),
            n => {
                format!(
                    "It has no active tokens; its {} go into the trash, and stay there",
                    count_noun(n.into(), "token")
                )
            }
        };
        layout.paragraph(&format!("{kept}. Nobody else ever gets its name. This can't be undone."), 3, Style::new());
        layout.blank();
        layout.fact("Its name", self.name(), theme.strong);
        layout.text_input(Slot::Name, "Type it to confirm", &self.typed);
        self.proof.draw(layout, Slot::Proof);
        layout.problem(3);
        let danger = if self.matches() { theme.danger } else { theme.dim };
        let mut buttons = vec![(Slot::Delete, "I understand, delete this account for good", danger)];
        if enabled {
            buttons.insert(0, (Slot::Disable, "Disable instead", theme.strong));
        }
        layout.buttons(&buttons);
        layout.blank();
    }
}
