//! The form for a new token.

use std::sync::Arc;

use super::api_selection_choice::ApiChoice;
use super::confirm_change::PendingMutation;
use super::expected_use_choice::ExpectedUseChoice;
use super::owner_choice::{Candidate, OwnerChoice};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::expiry::{Expiry, ExpirySpec, Span as Length};
use crate::domain::name::{Description, MAX_DESCRIPTION_LEN, MAX_TOKEN_NAME_LEN, TokenName};
use crate::error::{Error, Kind};
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::widget::expiry_choice::ExpiryChoice;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::ListAccounts;
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::CreateToken;

fields! { CreateTokenDialog, form:
    Owner if form.owner.has_options() => Choice(form.owner.choices()?),
    OwnerText if form.owner.is_text() => Text(form.owner.text_input()?),
    Name => Text(&mut form.name),
    Description => Text(&mut form.description),
    Expires => Choice(form.expiry.choices()),
    ExpiryText if form.expiry.is_text() => Text(form.expiry.text_input()),
    Api => Choice(form.api()),
    Use => Choice(form.expected_use.choices()),
    Button => Button,
}

/// Lines of the form and its box outside the API list.
const OTHER_LINES: usize = 15;

/// The form for a new token.
pub struct CreateTokenDialog {
    owner: OwnerChoice,
    name: TextInput,
    description: TextInput,
    expiry: ExpiryChoice,
    /// The preset expiry.
    default_expiry: ExpirySpec,
    /// `true` if a preset expiry beyond the actor's limit is shortened instead of refused. Set if the actor is a token.
    shortens_default: bool,
    expected_use: ExpectedUseChoice,
    api: ApiChoice,
}

impl CreateTokenDialog {
    /// Opens an empty form. The preset expiry is the policy's default, the preset API selection is nothing.
    pub fn new(owner: OwnerChoice, default_expiry: Option<Length>, catalogues: Arc<[Catalogue]>) -> Form<Self> {
        let role = owner.role();
        let form = CreateTokenDialog {
            owner,
            name: TextInput::new(MAX_TOKEN_NAME_LEN * 4),
            description: TextInput::new(MAX_DESCRIPTION_LEN * 4),
            expiry: ExpiryChoice::new(default_expiry),
            default_expiry: default_expiry.map_or(ExpirySpec::Never, ExpirySpec::In),
            shortens_default: false,
            expected_use: ExpectedUseChoice::new(),
            api: ApiChoice::new(catalogues, role),
        };
        Form::with_focus(form, Field::Name)
    }

    /// Marks the actor as a token: the preset expiry is then an upper limit, not a requirement.
    pub fn shorten_default(&mut self) {
        self.shortens_default = true;
    }

    /// Takes the accounts for which a token can be created.
    fn set_candidates(&mut self, candidates: Vec<Candidate>) {
        self.owner.set_candidates(candidates);
        self.api.set_role(self.owner.role());
    }

    /// Returns the API selection, limited by the role of the owner.
    fn api(&mut self) -> &mut ApiChoice {
        self.api.set_role(self.owner.role());
        &mut self.api
    }
}

impl Dialog for CreateTokenDialog {
    const LABEL_WIDTH: usize = 13;

    fn id(&self) -> &'static str {
        "create-token"
    }

    fn title(&self) -> String {
        "Generate a token".to_owned()
    }

    fn is_free_text(&self, field: Field) -> bool {
        field == Field::Description
    }

    fn on_action(&mut self, field: Field, action: Action) -> Option<Intent> {
        if field != Field::Api {
            return None;
        }
        self.api().on_action(action)
    }

    fn press(&mut self, _field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let owner = self.owner.username().map_err(|e| Problem::at(Field::OwnerText, e))?;
        let name = TokenName::parse(self.name.text()).map_err(|e| Problem::at(Field::Name, e))?;
        let description =
            Description::parse(self.description.text()).map_err(|e| Problem::at(Field::Description, e))?;
        let at = if self.expiry.is_text() { Field::ExpiryText } else { Field::Expires };
        let (spec, expiry) = self.expiry.resolve(ctx).map_err(|e| Problem::at(at, e))?;
        let selection = self.api.selection();
        let expires = spec.filter(|spec| !self.shortens_default || *spec != self.default_expiry);
        let day = ctx.dates.get().last_day(expiry);
        let until = match (expiry, expires.is_some()) {
            (Expiry::At(_), true) => format!("The token's last day is {day}."),
            (Expiry::Never, true) => "The token never expires.".to_owned(),
            (Expiry::At(_), false) => format!(
                "The token's last day is {day} or earlier. The token expires no later than the token that you signed \
                 in with."
            ),
            (Expiry::Never, false) => "The token expires no later than the token that you signed in with.".to_owned(),
        };
        let title = format!("Generate {owner}/{name}");
        let about = format!("API selection of {owner}/{name}: {}. {until}", selection.summary());
        self.api.set_role(self.owner.role());
        let about = match self.api.warning() {
            Some(warning) => ScrollText::paragraph(about).row(LineStyle::Warning, format!("! Warning: {warning}")),
            None => ScrollText::paragraph(about),
        };
        let account = (!self.owner.is_own(&owner)).then_some(owner);
        let expected_unused = self.expected_use.change().unwrap_or(false);
        let verb = CreateToken { account, names: vec![name], description, expires, selection, expected_unused };
        Ok(PendingMutation::with_text(title, about, verb).confirm(ctx))
    }

    fn is_touched(&self) -> bool {
        let typed = !self.name.is_empty() || !self.description.is_empty() || self.expiry.has_text();
        typed
            || self.owner.has_text()
            || self.expected_use.change().is_some()
            || self.api.differs_from(&Selection::nothing())
    }

    fn on_open(&self) -> Option<Request> {
        self.owner.has_options().then(|| ListAccounts.into())
    }

    /// A token that may not list accounts can generate a token all the same. The name of an account can be typed.
    fn on_read_error(&mut self, error: Error, ctx: &UpdateContext<'_>) -> Intent {
        if error.kind == Kind::Denied { Intent::Stay } else { ctx.report_read_error(&error) }
    }

    fn on_data(&mut self, response: &Response, ctx: &UpdateContext<'_>) {
        if let (Response::ListAccounts(list), Some(me)) = (response, ctx.me) {
            let accounts = list.accounts.iter().map(|counted| &counted.account);
            let managed = accounts.filter(|account| account.enabled && me.account.role.manages(account.role));
            self.set_candidates(
                managed.map(|a| Candidate { username: a.username.clone(), role: Some(a.role) }).collect(),
            );
        }
    }

    fn on_selection(&mut self, selection: Selection) -> Option<Field> {
        self.api.select_selection(selection);
        Some(Field::Button)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        self.owner.draw(layout, Field::Owner, Field::OwnerText);
        layout.wide_text_input(Field::Name, "Name", &self.name);
        layout.wide_text_input(Field::Description, "Description", &self.description);
        self.expiry.draw(layout, Field::Expires, Field::ExpiryText, model);
        self.api.draw(layout, Field::Api, OTHER_LINES);
        self.expected_use.draw(layout, Field::Use);
        layout.blank();
        layout.button(Field::Button, "Generate");
        layout.problem(2);
    }
}
