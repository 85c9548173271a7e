//! The search for the token of a pasted secret, which is recorded nowhere, and the end of this secret.

use ratatui::style::Style;
use zeroize::Zeroizing;

use super::confirm_change::PendingMutation;
use crate::domain::secret::{SecretText, find_secrets};
use crate::domain::time::{Timestamp, ago, relative};
use crate::error::Error;
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::model::Model;
use crate::tui::theme;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::credential::Credential;
use crate::verbs::impact::Removal;
use crate::verbs::ports::SecretState;
use crate::verbs::request::Response;
use crate::verbs::tokens::{IdentifySecret as WhoseVerb, RevokeSecret};
use crate::verbs::verify::{DenialReason, SecretLookup, SecretOwner};

/// Maximum length of the text that is searched for a secret, for example a few lines of a log.
const MAX_TEXT: usize = 4096;

fields! { IdentifySecretDialog, dialog:
    Secret => Text(&mut dialog.secret),
    Revoke if dialog.can_revoke() => Button,
}

/// The dialog that finds a secret's token.
pub struct IdentifySecretDialog {
    secret: TextInput,
    /// The presented secret, to revoke it.
    presented: SecretText,
    result: Option<SecretLookup>,
    is_read_only: bool,
}

impl IdentifySecretDialog {
    /// Opens the dialog with an empty field.
    pub fn new(is_read_only: bool) -> Form<Self> {
        let presented = SecretText::new(Zeroizing::default());
        let secret = TextInput::masked_text(MAX_TEXT);
        Form::new(IdentifySecretDialog { secret, presented, result: None, is_read_only })
    }

    /// Returns `true` if the secret works, or would work if its account were enabled. Read-only screens revoke nothing.
    fn can_revoke(&self) -> bool {
        let found = self.result.as_ref().filter(|_| !self.is_read_only);
        found.is_some_and(|found| matches!(found.denial_reason, None | Some(DenialReason::AccountDisabled)))
    }

    /// Asks for the name of the secret's token or login, then ends the secret.
    fn revoke(&self, ctx: &UpdateContext<'_>) -> Intent {
        let (about, name, removal) = match self.result.as_ref().map(|found| &found.owner) {
            Some(SecretOwner::Token(token, SecretState::Previous(_))) => {
                let about = format!("Only this old secret stops working. {} keeps its new secret.", token.full_name());
                (about, &token.name, Some(Removal::OldSecret(token.id)))
            }
            Some(SecretOwner::Token(token, _)) => {
                let about = format!(
                    "{} will be disabled. The service denies this secret from the next request on. If somebody enables \
                     the token again, this secret works again. To prevent this, first regenerate the token, and let \
                     the old secret stop at once.",
                    token.full_name()
                );
                (about, &token.name, Some(Removal::Tokens(vec![token.id])))
            }
            Some(SecretOwner::Login(login)) => {
                (format!("The login {} will end. Other logins stay.", login.full_name()), &login.name, None)
            }
            Some(SecretOwner::Unknown | SecretOwner::Purged(_)) | None => return Intent::Stay,
        };
        let verb = RevokeSecret::new(self.presented.clone());
        let change =
            PendingMutation::new("Revoke this secret", about, verb).confirmed_by_name("Type the name", name.as_str());
        match removal {
            Some(removal) => change.taking(removal),
            None => change,
        }
        .confirm_possession(ctx)
    }
}

fn describe_state(state: SecretState, since: Timestamp, now: Timestamp) -> String {
    match state {
        SecretState::Current => format!("current, created {}", ago(since, now)),
        SecretState::Previous(until) if now < until => format!("old secret, ends {}", relative(until, now)),
        SecretState::Previous(until) => format!("old secret, stopped working {}", ago(until, now)),
        SecretState::Dead => "replaced by a newer secret".to_owned(),
    }
}

impl Dialog for IdentifySecretDialog {
    const LABEL_WIDTH: usize = 9;

    fn id(&self) -> &'static str {
        "identify-secret"
    }

    fn title(&self) -> String {
        "Look up a secret".to_owned()
    }

    /// Enter in the field looks up the secret.
    fn primary_button(&self) -> Option<Field> {
        Some(Field::Secret)
    }

    fn press(&mut self, field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        if field == Field::Revoke {
            return Ok(self.revoke(ctx));
        }
        self.result = None;
        if self.secret.is_empty() {
            return Err(Problem::at(Field::Secret, "Paste or type a secret"));
        }
        let mut secrets = find_secrets(self.secret.text().as_bytes(), 2);
        if secrets.len() > 1 {
            self.secret.clear();
            return Err(Problem::at(Field::Secret, "These are several secrets: paste only one"));
        }
        // The field is empty from here on: the secret goes with the request.
        let text = self.secret.take_text();
        let secret = secrets.pop().unwrap_or_else(|| SecretText::new(Zeroizing::new(text.trim().to_owned())));
        self.presented = secret.clone();
        Ok(Intent::send(Credential::Store, WhoseVerb { secret }))
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        self.result = None;
        Err(Problem::general(error))
    }

    fn on_reply(&mut self, reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        let Reply::Response(Response::IdentifySecret(found)) = reply else { return None };
        self.result = Some(found.clone());
        Some(Ok(Intent::Stay))
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        layout.text_line("Paste a secret to see which token it belongs to.", Style::new());
        layout.text_line("jeton doesn't store the secret; the look-up doesn't count as a use.", theme.dim);
        layout.blank();
        layout.wide_text_input(Field::Secret, "Secret", &self.secret);
        layout.blank();
        let plain = Style::new();
        if let Some(lookup) = &self.result {
            match &lookup.owner {
                SecretOwner::Unknown => layout.fact("Token", "none", theme.strong),
                // Only the head matches: this is not the token's secret.
                found if lookup.denial_reason == Some(DenialReason::WrongSecret) => {
                    layout.fact("Token", "none", theme.strong);
                    let name = match found {
                        SecretOwner::Token(token, _) => token.full_name(),
                        SecretOwner::Purged(gone) => gone.full_name(),
                        SecretOwner::Login(_) | SecretOwner::Unknown => String::new(),
                    };
                    layout.fact("Secret", &format!("starts like a secret of {name}, but is wrong"), plain);
                }
                SecretOwner::Token(token, which) => {
                    let (glyph, word, style) = theme::status(token, model.now, theme);
                    layout.fact("Token", &format!("{} ({})", token.full_name(), token.id), theme.strong);
                    layout.fact("Status", &format!("{glyph} {word}"), style);
                    layout.fact("Secret", &describe_state(*which, token.secret_since, model.now), plain);
                }
                SecretOwner::Login(login) => {
                    layout.fact("Login", &login.full_name(), theme.strong);
                    layout.fact("Expires", &relative(login.expires_at, model.now), plain);
                }
                SecretOwner::Purged(gone) => {
                    layout.fact("Token", &format!("{} ({})", gone.full_name(), gone.token), theme.strong);
                    layout.fact("Status", &format!("purged {}", ago(gone.purged_at, model.now)), theme.dim);
                }
            }
            match lookup.denial_reason {
                None => layout.fact("Works", "yes", theme.warning),
                Some(reason) => layout.fact("Works", &format!("no: {}", reason.describe()), plain),
            }
            if self.can_revoke() {
                layout.blank();
                layout.button(Field::Revoke, "Revoke this secret");
            }
        } else {
            layout.problem(2);
        }
        layout.pad(10);
    }
}
