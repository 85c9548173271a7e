//! The form that edits an existing token. The differences are shown before the edit is made.
//!
//! ```text
//!   the form ──► PreviewEdit ──► the differences and the proof ──► EditToken
//!      ▲             │ refused                                        │ refused
//!      │             └──► the token as stored ◄───────────────────────┘
//!      └── cancel ◄────── both sides, if the token has changed ──► continue from the stored token
//! ```

use std::sync::Arc;

use super::api_selection_choice::ApiChoice;
use super::edit_confirmation;
use super::edit_conflict::Conflict;
use super::expected_use_choice::ExpectedUseChoice;
use super::regenerate::RegenerateTokenDialog;
use crate::domain::api_selection::{Selection, SelectionEdit};
use crate::domain::catalogue::Catalogue;
use crate::domain::date_format::Dates;
use crate::domain::expiry::Span as Length;
use crate::domain::name::{Description, MAX_DESCRIPTION_LEN, MAX_TOKEN_NAME_LEN, TokenName};
use crate::domain::time::{Timestamp, Zone};
use crate::domain::token::{Token, TokenRef};
use crate::error::{Error, Kind as ErrorKind};
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::keymap::Action;
use crate::tui::modal::picker::used_methods::UsedMethods;
use crate::tui::model::Model;
use crate::tui::widget::expiry_choice::ExpiryChoice;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ports::Usage;
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::{EditPreview, EditToken, PreviewEdit, ShowToken, TokenTarget};

fields! { EditTokenDialog, form:
    Name if form.is_open() => Text(&mut form.name),
    Description if form.is_open() => Text(&mut form.description),
    Expires if form.is_open() => Choice(form.expiry.choices()),
    ExpiryText if form.is_open() && form.expiry.is_text() => Text(form.expiry.text_input()),
    Api if form.is_open() => Choice(&mut form.api),
    /// The button that drops unused methods.
    Unused if form.is_open() && matches!(form.api.describe_usage(), Some(Ok(_))) => Button,
    Use if form.is_open() => Choice(form.expected_use.choices()),
    Button if form.is_open() => Button,
    /// The button that regenerates the secret.
    Regenerate if form.is_open() => Button,
    /// In a conflict: keeps the user's own changes.
    Mine if form.conflict.is_some() => Button,
    /// In a conflict: continues with the stored token.
    Theirs if form.conflict.is_some() => Button,
}

/// Lines of the form and its box outside the API list.
const OTHER_LINES: usize = 17;
/// The message for an edit that changes nothing.
const NOTHING_CHANGED: &str = "Nothing to change: the token already has these values";

/// The form that edits an existing token.
pub struct EditTokenDialog {
    /// The token as it was when the form was filled.
    original: Token,
    default_expiry: Option<Length>,
    name: TextInput,
    description: TextInput,
    expiry: ExpiryChoice,
    expected_use: ExpectedUseChoice,
    api: ApiChoice,
    /// The last edit sent.
    submitted: Option<EditToken>,
    /// Error of the last edit, until the stored token shows if there is a conflict.
    conflict_error: Option<Error>,
    conflict: Option<Conflict>,
}

impl EditTokenDialog {
    /// Opens the form for `token`. `default_expiry` is the policy's default for new tokens; `None` = never.
    pub fn new(token: Token, default_expiry: Option<Length>, catalogues: Arc<[Catalogue]>) -> Form<Self> {
        Form::new(EditTokenDialog {
            default_expiry,
            name: TextInput::new(MAX_TOKEN_NAME_LEN * 4).with(token.name.as_str()),
            description: TextInput::new(MAX_DESCRIPTION_LEN * 4).with(token.description.as_str()),
            expiry: ExpiryChoice::with_current(token.expiry, "keep"),
            expected_use: ExpectedUseChoice::for_token(&token),
            api: ApiChoice::with_selection(catalogues, token.owner.role, token.selection.clone()),
            original: token,
            submitted: None,
            conflict_error: None,
            conflict: None,
        })
    }

    /// Returns `true` if the fields can be edited: there is no conflict to decide first.
    fn is_open(&self) -> bool {
        self.conflict.is_none()
    }

    /// Returns the edit described by the form; `None` if the form changes nothing.
    fn edit(&self, ctx: &UpdateContext<'_>) -> Result<Option<EditToken>, Problem<Field>> {
        let name = TokenName::parse(self.name.text()).map_err(|e| Problem::at(Field::Name, e))?;
        let description =
            Description::parse(self.description.text()).map_err(|e| Problem::at(Field::Description, e))?;
        let at = if self.expiry.is_text() { Field::ExpiryText } else { Field::Expires };
        let (expires, _) = self.expiry.resolve(ctx).map_err(|e| Problem::at(at, e))?;
        let (original, selection) = (&self.original, self.api.selection());
        let edit = EditToken {
            token: TokenTarget::at_revision(original),
            expected: Some(Box::new(original.clone())),
            name: Some(name).filter(|name| *name != original.name),
            description: Some(description).filter(|description| *description != original.description),
            expires,
            selection: Some(selection).filter(|one| *one != original.selection).map(SelectionEdit::Replace),
            expected_unused: self.expected_use.change(),
        };
        Ok((!edit.is_empty()).then_some(edit))
    }

    pub fn set_usage(&mut self, usage: &Usage, now: Timestamp) {
        self.api.set_usage(UsedMethods::new(&self.original, usage, now));
    }

    /// Requests a preview of the edit.
    fn submit(&mut self, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        self.submitted = self.edit(ctx)?;
        match &self.submitted {
            Some(edit) => Ok(Intent::query(PreviewEdit(edit.clone()))),
            None => Err(Problem::general(NOTHING_CHANGED)),
        }
    }

    /// Takes the preview of the edit: shows the differences and the proof field.
    ///
    /// # Errors
    /// The edit changes nothing.
    fn on_preview(&mut self, edited: &EditPreview, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let Some(edit) = self.submitted.clone() else { return Ok(Intent::Stay) };
        let title = format!("Change {}", edited.before.full_name());
        edit_confirmation::confirm(title, edited, edit, ctx).ok_or_else(|| Problem::general(NOTHING_CHANGED))
    }

    /// Takes the token as stored, after a refusal. If the stored token differs from the one shown, the form shows a
    /// conflict.
    ///
    /// # Errors
    /// The refusal, if the token has not changed.
    fn on_stored_token(&mut self, stored: Token, now: Timestamp, dates: Dates<'_>) -> PressResult<Field> {
        let Some(refusal) = self.conflict_error.take() else { return Ok(Intent::Stay) };
        match &self.submitted {
            Some(edit) if stored.revision != self.original.revision => {
                let yours = apply_edit(edit, &self.original, now, dates.zone);
                self.conflict = Some(Conflict::new(&self.original, stored, &yours, dates));
                Ok(Intent::Stay)
            }
            _ => Err(Problem::general(refusal)),
        }
    }

    /// Continues from the stored token: fields not edited here take the stored values.
    fn keep_mine(&mut self, stored: Token, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        if self.name.text() == self.original.name.as_str() {
            self.name = TextInput::new(MAX_TOKEN_NAME_LEN * 4).with(stored.name.as_str());
        }
        if self.description.text() == self.original.description.as_str() {
            self.description = TextInput::new(MAX_DESCRIPTION_LEN * 4).with(stored.description.as_str());
        }
        if self.api.selection() == self.original.selection {
            self.api.select_selection(stored.selection.clone());
        }
        self.expiry.set_current(stored.expiry);
        self.expected_use.set_current(&stored);
        self.original = stored;
        self.submit(ctx)
    }

    fn use_theirs(&mut self, stored: Token) {
        self.name = TextInput::new(MAX_TOKEN_NAME_LEN * 4).with(stored.name.as_str());
        self.description = TextInput::new(MAX_DESCRIPTION_LEN * 4).with(stored.description.as_str());
        self.expiry = ExpiryChoice::with_current(stored.expiry, "keep");
        self.expected_use = ExpectedUseChoice::for_token(&stored);
        self.api.reset(stored.selection.clone());
        self.original = stored;
    }

    fn regenerate(&self, now: Timestamp) -> PressResult<Field> {
        if self.is_touched() {
            return Err(Problem::general("Save or discard your changes first: Regenerate closes this form"));
        }
        let form = RegenerateTokenDialog::new(self.original.clone(), now, self.default_expiry);
        Ok(Intent::push(form))
    }
}

/// Returns `seen` as `edit` would have left it.
fn apply_edit(edit: &EditToken, seen: &Token, now: Timestamp, zone: &dyn Zone) -> Token {
    let mut yours = seen.clone();
    yours.name = edit.name.clone().unwrap_or(yours.name);
    yours.description = edit.description.clone().unwrap_or(yours.description);
    yours.expiry = edit.expires.and_then(|spec| spec.resolve(now, zone).ok()).unwrap_or(yours.expiry);
    let selection: Option<Selection> = edit.selection.as_ref().and_then(|edit| edit.apply(&seen.selection).ok());
    yours.selection = selection.unwrap_or(yours.selection);
    edit.mark(&mut yours, now);
    yours
}

impl Dialog for EditTokenDialog {
    const LABEL_WIDTH: usize = 13;

    fn id(&self) -> &'static str {
        if self.conflict.is_some() { "edit-conflict" } else { "edit-token" }
    }

    fn title(&self) -> String {
        match &self.conflict {
            Some(_) => format!("{} changed while you were editing", self.original.full_name()),
            None => format!("Edit {}", self.original.full_name()),
        }
    }

    fn primary_button(&self) -> Option<Field> {
        self.conflict.is_none().then_some(Field::Button)
    }

    fn is_free_text(&self, field: Field) -> bool {
        field == Field::Description
    }

    fn on_action(&mut self, field: Field, action: Action) -> Option<Intent> {
        if field == Field::Api { self.api.on_action(action) } else { None }
    }

    fn press(&mut self, field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        match (field, self.conflict.take()) {
            (Field::Mine, Some(conflict)) => self.keep_mine(conflict.stored, ctx),
            (Field::Theirs, Some(conflict)) => {
                self.use_theirs(conflict.stored);
                Ok(Intent::Stay)
            }
            (Field::Unused, _) => {
                self.api.drop_unused().map_err(|why| Problem::general(format!("No methods were dropped: {why}")))
            }
            (Field::Regenerate, _) => self.regenerate(ctx.now),
            _ => self.submit(ctx),
        }
    }

    fn cancel(&mut self) -> Intent {
        if self.conflict.take().is_some() { Intent::Stay } else { Intent::Close(None) }
    }

    fn is_touched(&self) -> bool {
        let typed = self.name.text() != self.original.name.as_str()
            || self.description.text() != self.original.description.as_str()
            || !self.expiry.is_kept()
            || self.expected_use.change().is_some();
        self.conflict.is_none() && (typed || self.api.differs_from(&self.original.selection))
    }

    /// A refusal may come from a concurrent change: the token as stored shows that.
    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        if error.kind != ErrorKind::Conflict {
            self.conflict_error = None;
            return Err(Problem::general(error));
        }
        self.conflict_error = Some(error);
        Ok(Intent::query(ShowToken { token: TokenRef::Id(self.original.id) }))
    }

    fn on_open(&self) -> Option<Request> {
        (!self.api.has_usage()).then(|| ShowToken { token: TokenRef::Id(self.original.id) }.into())
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        match reply {
            Reply::Response(Response::PreviewEdit(edited)) => Some(self.on_preview(edited, ctx)),
            Reply::Response(Response::ShowToken(shown)) => {
                Some(self.on_stored_token(shown.token.clone(), ctx.now, ctx.dates.get()))
            }
            _ => None,
        }
    }

    fn on_data(&mut self, response: &Response, ctx: &UpdateContext<'_>) {
        if let Response::ShowToken(shown) = response
            && shown.token.id == self.original.id
        {
            self.set_usage(&shown.usage, ctx.now);
        }
    }

    fn on_selection(&mut self, selection: Selection) -> Option<Field> {
        self.api.select_selection(selection);
        Some(Field::Button)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        if let Some(conflict) = &self.conflict {
            conflict.text.draw(layout);
            layout.pin_following();
            layout.blank();
            layout.line_button(Field::Mine, "Keep mine", layout.theme.strong);
            return layout.line_button(Field::Theirs, "Use theirs", layout.theme.strong);
        }
        layout.wide_text_input(Field::Name, "Name", &self.name);
        layout.wide_text_input(Field::Description, "Description", &self.description);
        layout.blank();
        self.expiry.draw(layout, Field::Expires, Field::ExpiryText, model);
        self.api.draw(layout, Field::Api, OTHER_LINES);
        match self.api.describe_usage() {
            Some(Ok(words)) => layout.fact_button(Field::Unused, "", &format!("{words}  "), "Drop unused…"),
            Some(Err(why)) => layout.note(&why, layout.theme.dim),
            None => layout.blank(),
        }
        self.expected_use.draw(layout, Field::Use);
        layout.blank();
        layout.button(Field::Button, "Review changes");
        let since = model.dates.get().day(self.original.secret_since);
        let secret = format!("{} since {since}  ", self.original.hint);
        layout.fact_button(Field::Regenerate, "Secret", &secret, "Regenerate…");
        layout.problem(2);
    }
}
