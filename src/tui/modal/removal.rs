//! The dialog for what is taken away: the consequences, the typed confirmation, the proof, and a safe alternative. The
//! verb compares the confirmation, not this dialog.
//!
//! A new dialog of this kind is a function that returns a [`RemovalSpec`], and its place in the screen that opens it. A
//! change without a typed confirmation is a [`PendingMutation`] that names its [`Removal`].

use ratatui::style::Style;

use super::confirm_change::PendingMutation;
use super::impact::ImpactBox;
use super::revoke_made_tokens::MadeTokensChoice;
use super::shown_tokens::{ShownTokens, describe_reread};
use crate::domain::name::{MAX_TOKEN_NAME_LEN, MAX_USERNAME_LEN};
use crate::domain::set_hash::SetHash;
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Fault, Kind};
use crate::tui::component::{DialogResult, Intent, Reply, UpdateContext};
use crate::tui::model::Model;
use crate::tui::text_fit::count_noun;
use crate::tui::widget::confirm_identity::AuthField;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::impact::{GetImpact, Impact, Removal};
use crate::verbs::request::{Request, Response};

/// The text to type before something is taken away.
pub enum Confirmation {
    /// A name. If tokens are revoked along with the named one, their number.
    Name(String),
    /// The number of tokens.
    Number,
    /// Nothing can be taken away now, for this reason.
    Impossible(String),
}

/// The safe alternative.
pub enum Alternative {
    /// A button with this label that only closes the dialog.
    Keep(&'static str),
    /// A button with this label for another change.
    Change(&'static str, Box<dyn Fn() -> PendingMutation>),
}

/// Creates the request from the typed confirmation, the choice to include the tokens made by these, and
/// [`crate::verbs::impact::Impact::set`] of the shown impact.
pub type RemovalRequest = dyn Fn(&str, bool, Option<SetHash>) -> Request;

pub type Renewal = dyn Fn(&Impact) -> Option<RemovalSpec>;

/// The specification of the dialog.
pub struct RemovalSpec {
    /// The id of the dialog, for tests.
    pub id: &'static str,
    pub title: String,
    /// The change whose impact is read.
    pub impact: Removal,
    /// The tokens of the change. Empty if only the impact knows them.
    pub tokens: Vec<Token>,
    /// The same tokens, if the change is made for them only as they are shown.
    pub shown: Option<ShownTokens<RemovalSpec>>,
    /// Creates the specification for the account of an impact. `None` if the account is as it was shown.
    pub renew: Option<Box<Renewal>>,
    /// The effects, a line or a paragraph each.
    pub effects: Vec<String>,
    pub confirmation: Confirmation,
    /// `None` if there is nothing safer to do.
    pub alternative: Option<Alternative>,
    /// The label of Enter, such as `Revoke`.
    pub act: &'static str,
    /// The object of the destructive button, such as `this token`. `None` for the number of tokens.
    pub object: Option<&'static str>,
    pub request: Box<RemovalRequest>,
}

fields! { RemovalDialog, dialog:
    /// The choice of also taking the tokens that these tokens created.
    Made if dialog.is_possible() && dialog.made.has_choice() => Choice(dialog.made.choices()),
    Confirmation if dialog.is_possible() => Text(&mut dialog.typed),
    Auth if dialog.is_possible() && dialog.auth.is_typed() => Text(dialog.auth.text_input()?),
    /// The safe button.
    Alternative if dialog.spec.alternative.is_some() => Button,
    /// The destructive button. It never gets the focus automatically.
    Remove if dialog.is_possible() => Button,
    /// The way back, if nothing can be taken away.
    Back if !dialog.is_possible() => Button,
}

/// The dialog of a [`RemovalSpec`].
pub struct RemovalDialog {
    spec: RemovalSpec,
    impact: ImpactBox,
    made: MadeTokensChoice,
    typed: TextInput,
    auth: AuthField,
    /// Changes of another session since the dialog was opened.
    changed: Option<String>,
}

impl RemovalDialog {
    /// Opens the dialog of `spec`, with its `proof` field.
    pub fn new(spec: RemovalSpec, now: Timestamp, proof: AuthField) -> Form<Self> {
        let limit = MAX_TOKEN_NAME_LEN.max(MAX_USERNAME_LEN) * 4;
        let impact = ImpactBox::new(spec.tokens.clone(), now);
        let (made, typed) = (MadeTokensChoice::new(), TextInput::new(limit));
        let dialog = RemovalDialog { spec, impact, made, typed, auth: proof, changed: None };
        // The field above the confirmation may be added later.
        Form::with_focus(dialog, Field::Confirmation)
    }

    fn read_impact(&self) -> Request {
        GetImpact { removal: self.spec.impact.clone() }.into()
    }

    fn is_possible(&self) -> bool {
        !self.spec.is_impossible()
    }

    /// Returns the number of tokens that are taken away. `None` until it is known.
    fn count(&self) -> Option<u64> {
        self.impact.count().map(|count| count + self.made.included_count() as u64)
    }

    /// Returns `true` if the number of tokens is typed.
    fn is_by_number(&self) -> bool {
        self.made.is_included() || matches!(self.spec.confirmation, Confirmation::Number)
    }

    /// Returns the expected confirmation. `None` until it is known.
    fn expected(&self) -> Option<String> {
        match &self.spec.confirmation {
            Confirmation::Impossible(_) => None,
            Confirmation::Name(name) if !self.made.is_included() => Some(name.clone()),
            Confirmation::Name(_) | Confirmation::Number => self.count().map(|count| count.to_string()),
        }
    }

    fn matches(&self) -> bool {
        self.expected().is_some_and(|expected| expected != "0" && self.typed.text() == expected)
    }

    fn mismatch(&self, expected: &str) -> String {
        let what = if self.is_by_number() { "the number of tokens" } else { "the name" };
        format!("Type {what} exactly: {expected}")
    }

    fn remove(&mut self) -> PressResult<Field> {
        let Some(expected) = self.expected().filter(|_| self.count().is_some()) else {
            let pending = "The affected tokens are still being read. Try again in a moment";
            return Err(Problem::general(self.impact.pending_text(pending).to_owned()));
        };
        if expected == "0" {
            return Err(Problem::general(format!("There is nothing to {}", self.spec.act.to_lowercase())));
        }
        if !self.matches() {
            return Err(Problem::at(Field::Confirmation, self.mismatch(&expected)));
        }
        let credential = self.auth.take_credential().map_err(|missing| Problem::at(Field::Auth, missing))?;
        let request = (self.spec.request)(self.typed.text(), self.made.is_included(), self.impact.set());
        Ok(Intent::send(credential, request))
    }

    /// Shows the tokens as stored, after a conflict. They must be confirmed again.
    fn renew(&mut self, renewed: Result<(RemovalSpec, String), Error>, now: Timestamp) -> PressResult<Field> {
        match renewed {
            Ok((spec, changed)) => {
                self.impact = ImpactBox::new(spec.tokens.clone(), now);
                (self.made, self.spec) = (MadeTokensChoice::new(), spec);
                self.typed.clear();
                self.changed = Some(changed.clone());
                Err(Problem::at(Field::Confirmation, changed).and(self.ask_again()))
            }
            Err(error) if error.has_fault(Fault::ChangedMeanwhile) => {
                Ok(Intent::Close(Some(DialogResult::Error(error))))
            }
            // What was confirmed has changed, though not the tokens themselves, such as the tokens that they created.
            Err(error) if error.kind == Kind::Conflict => {
                self.typed.clear();
                Err(Problem::general(error).and(self.ask_again()))
            }
            Err(error) => Err(Problem::general(error)),
        }
    }

    /// Reads what the changed dialog describes.
    fn ask_again(&self) -> Intent {
        Intent::All(vec![Intent::AskAgain, Intent::read(self.read_impact())])
    }

    /// Makes the safe change. A proof that was already entered is used.
    fn choose_alternative(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let Some(Alternative::Change(_, change)) = &self.spec.alternative else { return Intent::Close(None) };
        let pending = change();
        match self.auth.take_credential() {
            Ok(credential) if !self.spec.is_impossible() => Intent::send(credential, pending.request()),
            Ok(_) | Err(_) => pending.confirm(ctx),
        }
    }
}

impl RemovalSpec {
    fn is_impossible(&self) -> bool {
        matches!(self.confirmation, Confirmation::Impossible(_))
    }

    fn alternative_label(&self) -> Option<&'static str> {
        self.alternative.as_ref().map(|one| match one {
            Alternative::Keep(label) | Alternative::Change(label, _) => *label,
        })
    }

    /// Returns `true` if the impact is a box of a single token.
    fn is_single(&self) -> bool {
        matches!(&self.impact, Removal::Tokens(ids) if ids.len() == 1)
    }

    /// Returns `true` if the impact is a list. An account that can be deleted, or is disabled, has no tokens in use.
    fn is_list(&self) -> bool {
        match self.confirmation {
            Confirmation::Number => true,
            Confirmation::Name(_) => false,
            Confirmation::Impossible(_) => self.alternative.is_some(),
        }
    }
}

impl Dialog for RemovalDialog {
    const LABEL_WIDTH: usize = 26;

    fn enter_label(&self) -> Option<&'static str> {
        Some(self.spec.act)
    }

    fn id(&self) -> &'static str {
        self.spec.id
    }

    fn title(&self) -> String {
        self.spec.title.clone()
    }

    fn primary_button(&self) -> Option<Field> {
        Some(Field::Remove)
    }

    fn validation_error(&self, field: Field) -> Option<String> {
        let wrong = field == Field::Confirmation && !self.typed.is_empty() && !self.matches();
        self.expected().filter(|expected| wrong && expected != "0").map(|expected| self.mismatch(&expected))
    }

    fn press(&mut self, field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        match field {
            Field::Alternative => Ok(self.choose_alternative(ctx)),
            Field::Remove => self.remove(),
            Field::Back => Ok(Intent::Close(None)),
            Field::Made | Field::Confirmation | Field::Auth => Ok(Intent::Stay),
        }
    }

    fn on_open(&self) -> Option<Request> {
        Some(self.read_impact())
    }

    /// Named tokens are taken as they were seen: if one has changed since, the verb refuses.
    fn on_store_changed(&self) -> Option<Request> {
        self.spec.tokens.is_empty().then(|| self.read_impact())
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        if let Some(renewed) = self.spec.shown.as_mut().and_then(|shown| shown.on_reply(reply, ctx)) {
            return Some(self.renew(renewed, ctx.now));
        }
        let Reply::Response(Response::GetImpact(impact)) = reply else { return None };
        let renewed = self.spec.renew.as_ref().and_then(|renew| renew(impact));
        if renewed.is_some() || self.impact.set().is_some_and(|seen| seen != impact.set) {
            // The number or name was typed for other tokens.
            self.typed.clear();
            let subject = if self.spec.renew.is_some() { "account or its tokens" } else { "tokens" };
            self.changed = Some(describe_reread(subject));
        }
        if let Some(renewed) = renewed {
            self.spec = renewed;
        }
        self.made.set_made(impact.made.count, impact.made.describe());
        self.impact.set_impact(std::mem::take(impact), ctx.now);
        Some(Ok(Intent::Stay))
    }

    fn on_read_error(&mut self, error: Error, _ctx: &UpdateContext<'_>) -> Intent {
        self.impact.set_unavailable(&error);
        Intent::Stay
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        match ShownTokens::explain(self.spec.shown.as_mut(), error) {
            Ok(intent) => Ok(intent),
            Err(error) => self.auth.on_error(&error, Field::Auth),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        if let Confirmation::Impossible(reason) = &self.spec.confirmation {
            layout.text_line(&format!("! {reason}"), theme.warning);
            layout.blank();
        }
        if self.spec.is_single() {
            self.impact.draw_one(layout, model);
        } else if self.spec.is_list() {
            self.impact.draw_list(layout, model);
        }
        for effect in &self.spec.effects {
            layout.text_line(effect, Style::new());
            if self.spec.is_impossible() {
                layout.blank();
            }
        }
        layout.pin_following();
        if self.spec.is_impossible() {
            let alternative = self.spec.alternative_label().map(|label| (Field::Alternative, label, theme.strong));
            layout.buttons(&alternative.into_iter().chain([(Field::Back, "Back", theme.strong)]).collect::<Vec<_>>());
            return layout.problem(2);
        }
        let is_many = self.impact.count().is_some_and(|count| count > 1);
        self.made.draw(layout, Field::Made, is_many);
        let (fact, label) = match self.is_by_number() {
            true => ("Number", "Type the number"),
            false => ("Name", "Type the name"),
        };
        layout.fact(fact, &self.expected().unwrap_or_default(), theme.strong);
        layout.text_input(Field::Confirmation, label, &self.typed);
        self.auth.draw(layout, Field::Auth);
        let problem_lines = if matches!(self.spec.confirmation, Confirmation::Number) { 2 } else { 3 };
        layout.problem_or(self.changed.as_deref(), problem_lines);
        let act = self.spec.act.to_lowercase();
        let what = match (self.spec.object, self.count()) {
            (Some(object), _) if !self.made.is_included() => object.to_owned(),
            (_, Some(count)) => count_noun(count, "token"),
            (_, None) => "these tokens".to_owned(),
        };
        let remove = format!("I understand the consequences, {act} {what}");
        let danger = if self.matches() { theme.danger } else { theme.dim };
        let alternative = self.spec.alternative_label().map(|label| (Field::Alternative, label, theme.strong));
        let buttons = alternative.into_iter().chain([(Field::Remove, remove.as_str(), danger)]);
        layout.buttons(&buttons.collect::<Vec<_>>());
        // The choice about created tokens uses this line.
        if !self.made.has_choice() {
            layout.blank();
        }
    }
}
