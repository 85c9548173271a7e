//! The form for a new token.

use std::sync::Arc;

use super::api::ApiChoice;
use super::confirm::Wanted;
use super::owner::{Candidate, OwnerChoice};
use crate::domain::catalogue::Catalogue;
use crate::domain::expiry::{Expiry, ExpirySpec, Span as Length};
use crate::domain::name::{Description, MAX_DESCRIPTION_LEN, MAX_TOKEN_NAME_LEN, TokenName};
use crate::domain::selection::Selection;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::choices::Choices;
use crate::tui::widget::expiry::ExpiryChoice;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::tokens::CreateToken;

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The account.
    Owner,
    /// The typed account.
    OwnerTyped,
    /// The name.
    Name,
    /// The description.
    Description,
    /// The expiry.
    Expires,
    /// The typed expiry.
    Typed,
    /// The API selection.
    Api,
    /// The button.
    Button,
}

/// Lines of the form and its box outside the API list.
const OTHERS: usize = 14;

/// The form for a new token.
pub struct Generate {
    owner: OwnerChoice,
    name: TextInput,
    description: TextInput,
    expiry: ExpiryChoice,
    /// The preset expiry.
    default_expiry: ExpirySpec,
    /// `true` if a preset expiry beyond the actor's limit is shortened instead of refused. Set if the actor is a token.
    shortens_default: bool,
    api: ApiChoice,
}

impl Generate {
    /// Opens an empty form. The preset expiry is the policy's default, the preset API selection is nothing.
    pub fn open(owner: OwnerChoice, default_expiry: Option<Length>, catalogues: Arc<[Catalogue]>) -> Form<Self> {
        let role = owner.role();
        let form = Generate {
            owner,
            name: TextInput::new(MAX_TOKEN_NAME_LEN * 4),
            description: TextInput::new(MAX_DESCRIPTION_LEN * 4),
            expiry: ExpiryChoice::new(default_expiry),
            default_expiry: default_expiry.map_or(ExpirySpec::Never, ExpirySpec::In),
            shortens_default: false,
            api: ApiChoice::new(catalogues, role),
        };
        Form::with_focus(form, Slot::Name)
    }

    /// Marks the actor as a token: the preset expiry is then an upper limit, not a requirement.
    pub fn shorten_default(&mut self) {
        self.shortens_default = true;
    }

    /// Takes the accounts for which a token can be created.
    pub fn offer(&mut self, candidates: Vec<Candidate>) {
        self.owner.offer(candidates);
        self.api.set_role(self.owner.role());
    }
}

impl Dialog for Generate {
    type Field = Slot;
    const LABEL_WIDTH: usize = 13;

    fn title(&self) -> String {
        "Generate a token".to_owned()
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let mut slots: Vec<_> = self.owner.slots(Slot::Owner, Slot::OwnerTyped).collect();
        slots.extend([(Slot::Name, FieldKind::Text), (Slot::Description, FieldKind::Text)]);
        slots.extend(self.expiry.fields(Slot::Expires, Slot::Typed));
        slots.extend([(Slot::Api, FieldKind::Choice), (Slot::Button, FieldKind::Button)]);
        slots
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Name => Some(&mut self.name),
            Slot::Description => Some(&mut self.description),
            Slot::Typed => Some(self.expiry.text_input()),
            Slot::OwnerTyped => self.owner.field(),
            Slot::Owner | Slot::Expires | Slot::Api | Slot::Button => None,
        }
    }

    fn choices(&mut self, slot: Slot) -> Option<&mut dyn Choices> {
        match slot {
            Slot::Owner => self.owner.choices(),
            Slot::Expires => Some(self.expiry.choices()),
            Slot::Api => {
                self.api.set_role(self.owner.role());
                Some(&mut self.api)
            }
            Slot::OwnerTyped | Slot::Name | Slot::Description | Slot::Typed | Slot::Button => None,
        }
    }

    fn on_action(&mut self, slot: Slot, action: Action) -> Option<Outcome> {
        if slot != Slot::Api {
            return None;
        }
        // The role of the owner limits the selection.
        self.api.set_role(self.owner.role());
        self.api.act(action)
    }

    fn press(&mut self, _slot: Slot, facts: &Facts<'_>) -> PressResult<Slot> {
        let owner = self.owner.username().map_err(|e| Problem::at(Slot::OwnerTyped, e))?;
        let name = TokenName::parse(self.name.text()).map_err(|e| Problem::at(Slot::Name, e))?;
        let description = Description::parse(self.description.text()).map_err(|e| Problem::at(Slot::Description, e))?;
        let at = if self.expiry.is_text() { Slot::Typed } else { Slot::Expires };
        let (spec, expiry) = self.expiry.resolve(facts).map_err(|e| Problem::at(at, e))?;
        let selection = self.api.selection();
        let expires = spec.filter(|spec| !self.shortens_default || *spec != self.default_expiry);
        let until = match expiry {
            Expiry::At(_) => format!("until {}", expiry.day(facts.zone)),
            Expiry::Never => "without an end".to_owned(),
        };
        let until = if expires.is_none() { format!("{until}, or as long as the token you act by") } else { until };
        let title = format!("Generate {owner}/{name}");
        let about = format!("{owner}/{name} may use: {}, {until}.", selection.summary());
        self.api.set_role(self.owner.role());
        let about = match self.api.warning() {
            Some(warning) => {
                ScrollText::paragraph(about).row(LineStyle::Warning, format!("! It will work, but {warning}"))
            }
            None => ScrollText::paragraph(about),
        };
        let account = (!self.owner.is_own(&owner)).then_some(owner);
        let verb = CreateToken { account, names: vec![name], description, expires, selection, destination: None };
        Ok(Outcome::Confirm(Wanted::telling(title, about, verb)))
    }

    fn is_touched(&self) -> bool {
        let typed = !self.name.is_empty() || !self.description.is_empty() || self.expiry.has_text();
        typed || self.owner.has_text() || self.api.differs_from(&Selection::nothing())
    }

    fn on_selection(&mut self, selection: Selection) -> Option<Slot> {
        self.api.choose(selection);
        Some(Slot::Button)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, model: &Model) {
        self.owner.row(layout, Slot::Owner, Slot::OwnerTyped);
        layout.wide_text_input(Slot::Name, "Name", &self.name);
        layout.wide_text_input(Slot::Description, "Description", &self.description);
        self.expiry.draw(layout, Slot::Expires, Slot::Typed, model);
        self.api.rows(layout, Slot::Api, OTHERS);
        layout.blank();
        layout.button(Slot::Button, "Generate");
        layout.problem(2);
    }
}
