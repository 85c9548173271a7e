//! The form that edits an existing token. The differences are shown before the edit is made.
//!
//! ```text
//!   the form ──► PreviewEdit ──► the differences and the proof ──► EditToken
//!      ▲             │ refused                                        │ refused
//!      │             └──► the token as stored ◄───────────────────────┘
//!      └── cancel ◄────── both sides, if the token has changed ──► continue from the stored token
//! ```

use std::sync::Arc;

use super::Modal;
use super::api::ApiChoice;
use super::confirm::Wanted;
use super::conflict::Conflict;
use super::difference;
use super::regenerate::Regenerate;
use crate::domain::catalogue::Catalogue;
use crate::domain::expiry::Span as Length;
use crate::domain::name::{Description, MAX_DESCRIPTION_LEN, MAX_TOKEN_NAME_LEN, TokenName};
use crate::domain::selection::{Selection, SelectionEdit};
use crate::domain::time::{Timestamp, Zone, day_of};
use crate::domain::token::{Token, TokenRef};
use crate::domain::token_diff::diff;
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::picker::used::Used;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::choices::Choices;
use crate::tui::widget::expiry::ExpiryChoice;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText, is_tight};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ports::Usage;
use crate::verbs::tokens::{EditPreview, EditToken, PreviewEdit, ShowToken, TokenTarget};

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
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
    /// The button that drops unused methods.
    Unused,
    /// The button.
    Button,
    /// The button that regenerates the secret.
    Regenerate,
    /// In a conflict: keeps the user's own changes.
    Mine,
    /// In a conflict: continues with the stored token.
    Theirs,
}

/// Lines of the form and its box outside the API list.
const OTHERS: usize = 16;
/// The message for an edit that changes nothing.
const SAME: &str = "Nothing is changed: the token is so already";

/// The form that edits an existing token.
pub struct Edit {
    /// The token as it was when the form was filled.
    seen: Token,
    default_expiry: Option<Length>,
    name: TextInput,
    description: TextInput,
    expiry: ExpiryChoice,
    api: ApiChoice,
    /// The last edit sent.
    asked: Option<EditToken>,
    /// Reason for its refusal, kept until the stored token shows whether there is a conflict.
    refusal: Option<Error>,
    conflict: Option<Conflict>,
}

impl Edit {
    /// Opens the form for `token`. `default_expiry` is the policy's default for new tokens; `None` = never.
    pub fn open(token: Token, default_expiry: Option<Length>, catalogues: Arc<[Catalogue]>) -> Form<Self> {
        Form::new(Edit {
            default_expiry,
            name: TextInput::new(MAX_TOKEN_NAME_LEN * 4).with(token.name.as_str()),
            description: TextInput::new(MAX_DESCRIPTION_LEN * 4).with(token.description.as_str()),
            expiry: ExpiryChoice::with_current(token.expiry, "keep"),
            api: ApiChoice::of(catalogues, token.owner.role, token.selection.clone()),
            seen: token,
            asked: None,
            refusal: None,
            conflict: None,
        })
    }

    /// Returns the edit described by the form; `None` if the form changes nothing.
    fn wanted(&self, facts: &Facts<'_>) -> Result<Option<EditToken>, Problem<Slot>> {
        let name = TokenName::parse(self.name.text()).map_err(|e| Problem::at(Slot::Name, e))?;
        let description = Description::parse(self.description.text()).map_err(|e| Problem::at(Slot::Description, e))?;
        let at = if self.expiry.is_text() { Slot::Typed } else { Slot::Expires };
        let (expires, _) = self.expiry.resolve(facts).map_err(|e| Problem::at(at, e))?;
        let (seen, selection) = (&self.seen, self.api.selection());
        let edit = EditToken {
            token: TokenTarget::at_revision(seen),
            expected: Some(Box::new(seen.clone())),
            name: Some(name).filter(|name| *name != seen.name),
            description: Some(description).filter(|description| *description != seen.description),
            expires,
            selection: Some(selection).filter(|one| *one != seen.selection).map(SelectionEdit::Replace),
        };
        let nothing =
            edit.name.is_none() && edit.description.is_none() && edit.expires.is_none() && edit.selection.is_none();
        Ok((!nothing).then_some(edit))
    }

    /// Returns the token as it was when the form was filled.
    pub fn token(&self) -> &Token {
        &self.seen
    }

    /// Takes the usage of the token.
    pub fn set_usage(&mut self, usage: &Usage, now: Timestamp) {
        self.api.know(Used::of(&self.seen, usage, now));
    }

    /// Requests a preview of the edit.
    fn submit(&mut self, facts: &Facts<'_>) -> PressResult<Slot> {
        self.asked = self.wanted(facts)?;
        match &self.asked {
            Some(edit) => Ok(Outcome::Ask(PreviewEdit(edit.clone()).into())),
            None => Err(Problem::general(SAME)),
        }
    }

    /// Takes the preview of the edit: shows the differences and asks for the proof.
    ///
    /// # Errors
    /// The edit changes nothing.
    pub fn previewed(&mut self, edited: &EditPreview, zone: &dyn Zone) -> PressResult<Slot> {
        let Some(edit) = self.asked.clone() else { return Ok(Outcome::Stay) };
        let changes = diff(&edited.before, &edited.after, zone);
        if changes.is_empty() {
            return Err(Problem::general(SAME));
        }
        let mut about = difference::lines(&changes).blank();
        if let Some(warning) = &edited.warning {
            about = about.row(LineStyle::Warning, format!("! Then {warning}"));
        }
        let about = about.row(LineStyle::Dim, "Holds from the next request on. The secret stays.");
        Ok(Outcome::Confirm(Wanted::telling(format!("Change {}", edited.before.full_name()), about, edit)))
    }

    /// Takes the token as stored, after a refusal. If the stored token differs from the one shown, the form shows a
    /// conflict.
    ///
    /// # Errors
    /// The refusal, if the token has not changed.
    pub fn stored(&mut self, stored: Token, now: Timestamp, zone: &dyn Zone) -> PressResult<Slot> {
        let Some(refusal) = self.refusal.take() else { return Ok(Outcome::Stay) };
        match &self.asked {
            Some(edit) if stored.revision != self.seen.revision => {
                let yours = with(edit, &self.seen, now, zone);
                self.conflict = Some(Conflict::new(&self.seen, stored, &yours, zone));
                Ok(Outcome::Stay)
            }
            _ => Err(Problem::general(refusal)),
        }
    }

    /// Continues from the stored token: fields not edited here take the stored values.
    fn keep_mine(&mut self, stored: Token, facts: &Facts<'_>) -> PressResult<Slot> {
        if self.name.text() == self.seen.name.as_str() {
            self.name = TextInput::new(MAX_TOKEN_NAME_LEN * 4).with(stored.name.as_str());
        }
        if self.description.text() == self.seen.description.as_str() {
            self.description = TextInput::new(MAX_DESCRIPTION_LEN * 4).with(stored.description.as_str());
        }
        if self.api.selection() == self.seen.selection {
            self.api.choose(stored.selection.clone());
        }
        self.expiry.set_current(stored.expiry);
        self.seen = stored;
        self.submit(facts)
    }

    fn take_theirs(&mut self, stored: Token) {
        self.name = TextInput::new(MAX_TOKEN_NAME_LEN * 4).with(stored.name.as_str());
        self.description = TextInput::new(MAX_DESCRIPTION_LEN * 4).with(stored.description.as_str());
        self.expiry = ExpiryChoice::with_current(stored.expiry, "keep");
        self.api.begin_at(stored.selection.clone());
        self.seen = stored;
    }

    fn regenerate(&self, now: Timestamp) -> PressResult<Slot> {
        if self.is_touched() {
            return Err(Problem::general("Store or drop what you changed first: a new secret closes this form"));
        }
        let form = Regenerate::open(self.seen.clone(), now, self.default_expiry);
        Ok(Outcome::Push(Modal::Regenerate(Box::new(form))))
    }
}

/// Returns `seen` as `edit` would have left it.
fn with(edit: &EditToken, seen: &Token, now: Timestamp, zone: &dyn Zone) -> Token {
    let mut yours = seen.clone();
    yours.name = edit.name.clone().unwrap_or(yours.name);
    yours.description = edit.description.clone().unwrap_or(yours.description);
    yours.expiry = edit.expires.and_then(|spec| spec.resolve(now, zone).ok()).unwrap_or(yours.expiry);
    let selection: Option<Selection> = edit.selection.as_ref().and_then(|edit| edit.apply(&seen.selection).ok());
    yours.selection = selection.unwrap_or(yours.selection);
    yours
}

impl Dialog for Edit {
    type Field = Slot;
    const LABEL_WIDTH: usize = 13;

    fn title(&self) -> String {
        match &self.conflict {
            Some(_) => format!("{} was changed meanwhile", self.seen.full_name()),
            None => format!("Edit {}", self.seen.full_name()),
        }
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        if self.conflict.is_some() {
            return vec![(Slot::Mine, FieldKind::Button), (Slot::Theirs, FieldKind::Button)];
        }
        let mut slots = vec![(Slot::Name, FieldKind::Text), (Slot::Description, FieldKind::Text)];
        slots.extend(self.expiry.fields(Slot::Expires, Slot::Typed));
        slots.push((Slot::Api, FieldKind::Choice));
        if matches!(self.api.describe_usage(), Some(Ok(_))) {
            slots.push((Slot::Unused, FieldKind::Button));
        }
        slots.extend([(Slot::Button, FieldKind::Button), (Slot::Regenerate, FieldKind::Button)]);
        slots
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Name => Some(&mut self.name),
            Slot::Description => Some(&mut self.description),
            Slot::Typed => Some(self.expiry.text_input()),
            Slot::Expires | Slot::Api | Slot::Unused | Slot::Button | Slot::Regenerate | Slot::Mine | Slot::Theirs => {
                None
            }
        }
    }

    fn choices(&mut self, slot: Slot) -> Option<&mut dyn Choices> {
        match slot {
            Slot::Expires => Some(self.expiry.choices()),
            Slot::Api => Some(&mut self.api),
            Slot::Name
            | Slot::Description
            | Slot::Typed
            | Slot::Unused
            | Slot::Button
            | Slot::Regenerate
            | Slot::Mine
            | Slot::Theirs => None,
        }
    }

    fn primary_button(&self) -> Option<Slot> {
        self.conflict.is_none().then_some(Slot::Button)
    }

    fn on_action(&mut self, slot: Slot, action: Action) -> Option<Outcome> {
        if slot == Slot::Api { self.api.act(action) } else { None }
    }

    fn press(&mut self, slot: Slot, facts: &Facts<'_>) -> PressResult<Slot> {
        match (slot, self.conflict.take()) {
            (Slot::Mine, Some(conflict)) => self.keep_mine(conflict.stored, facts),
            (Slot::Theirs, Some(conflict)) => {
                self.take_theirs(conflict.stored);
                Ok(Outcome::Stay)
            }
            (Slot::Unused, _) => {
                self.api.drop_unused().map_err(|why| Problem::general(format!("Nothing to drop: {why}")))
            }
            (Slot::Regenerate, _) => self.regenerate(facts.now),
            _ => self.submit(facts),
        }
    }

    fn cancel(&mut self) -> Outcome {
        if self.conflict.take().is_some() { Outcome::Stay } else { Outcome::Close }
    }

    fn is_touched(&self) -> bool {
        let typed = self.name.text() != self.seen.name.as_str()
            || self.description.text() != self.seen.description.as_str()
            || !self.expiry.is_kept();
        self.conflict.is_none() && (typed || self.api.differs_from(&self.seen.selection))
    }

    fn scroll_text(&self) -> Option<&ScrollText> {
        self.conflict.as_ref().map(|conflict| &conflict.told)
    }

    fn scroll_text_mut(&mut self) -> Option<&mut ScrollText> {
        self.conflict.as_mut().map(|conflict| &mut conflict.told)
    }

    /// A refusal may come from a concurrent change: the token as stored shows that.
    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        if error.kind != ErrorKind::Conflict {
            self.refusal = None;
            return Err(Problem::general(error));
        }
        self.refusal = Some(error);
        Ok(Outcome::Ask(ShowToken { token: TokenRef::Id(self.seen.id) }.into()))
    }

    fn on_selection(&mut self, selection: Selection) -> Option<Slot> {
        self.api.choose(selection);
        Some(Slot::Button)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, model: &Model) {
        if let Some(conflict) = &self.conflict {
            conflict.told.draw(layout);
            if !is_tight(layout.rows) {
                layout.blank();
            }
            layout.line_button(Slot::Mine, "Keep what I changed");
            return layout.line_button(Slot::Theirs, "Take over what is stored");
        }
        layout.wide_text_input(Slot::Name, "Name", &self.name);
        layout.wide_text_input(Slot::Description, "Description", &self.description);
        layout.blank();
        self.expiry.draw(layout, Slot::Expires, Slot::Typed, model);
        self.api.rows(layout, Slot::Api, OTHERS);
        match self.api.describe_usage() {
            Some(Ok(words)) => layout.fact_button(Slot::Unused, "", &format!("{words}  "), "Drop the unused…"),
            Some(Err(why)) => layout.note(&why, layout.theme.dim),
            None => layout.blank(),
        }
        layout.blank();
        layout.button(Slot::Button, "Review the changes");
        let since = day_of(self.seen.secret_since, model.zone.get()).map_or_else(String::new, |day| day.dmy());
        let secret = format!("{} since {since}  ", self.seen.hint);
        layout.fact_button(Slot::Regenerate, "Secret", &secret, "Regenerate…");
        layout.problem(2);
    }
}
