//! Revoke several: the consequences, then the typed number of tokens and the proof. The verb compares the number, not
//! this dialog.

use std::collections::BTreeMap;

use ratatui::style::Style;

use super::confirm_change::PendingMutation;
use super::made_tokens::MadeTokensChoice;
use super::token_usage::{callers, describe_methods};
use crate::domain::expiry::Span as Length;
use crate::domain::recent_usage::{RECENT_USE, RecentUsage};
use crate::domain::time::{Timestamp, ago};
use crate::domain::token::{Token, TokenId};
use crate::error::Error;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::screen::{Intent, UpdateContext};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::choices::Choices;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_list::ScrollList;
use crate::tui::widget::text_fit::{count_noun, fit, group_digits, join_three, width};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::{DisableTokens, GetTokens, MadeTokens, RevokeTokens, TokenSnapshot, TokenTarget};

/// Lines of the dialog outside its list, including the frame.
const OTHER_LINES: usize = 14;
/// Lines per recently used token.
const LINES_PER_USED_TOKEN: usize = 3;
/// Columns of "last seen" and the calls.
const USAGE_COLUMNS: usize = 41;

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The choice of also revoking the tokens that these tokens created.
    Made,
    Number,
    Auth,
    /// The safe button.
    Disable,
    /// The destructive button.
    Revoke,
}

/// The dialog that revokes several tokens.
pub struct RevokeTokensDialog {
    /// Most recently used first.
    tokens: Vec<Token>,
    /// Number of recently used tokens, which come first in `tokens`.
    used: usize,
    /// Usage of the recently used tokens, once loaded.
    recent_usage: BTreeMap<TokenId, RecentUsage>,
    made: MadeTokensChoice,
    list: ScrollList,
    trash: Length,
    confirmation: TextInput,
    auth: AuthField,
}

impl RevokeTokensDialog {
    /// Opens the dialog for `tokens`, which stay in the trash for `trash`.
    pub fn new(mut tokens: Vec<Token>, trash: Length, now: Timestamp, proof: AuthField) -> Form<Self> {
        let last_use = |token: &Token| token.last_seen_at.filter(|at| *at >= now.plus(-RECENT_USE));
        tokens.sort_by_cached_key(|token| (std::cmp::Reverse(last_use(token)), token.full_name()));
        let used = tokens.iter().filter(|token| last_use(token).is_some()).count();
        let (list, typed) = (ScrollList::new(OTHER_LINES), TextInput::new(12));
        let (recent_usage, made) = (BTreeMap::new(), MadeTokensChoice::new());
        // The field above the number may be added later.
        Form::with_focus(
            RevokeTokensDialog { tokens, used, recent_usage, made, list, trash, confirmation: typed, auth: proof },
            Field::Number,
        )
    }

    /// Takes the usage of the tokens and the tokens they created, if loaded later.
    fn set_snapshots(&mut self, snapshots: &[TokenSnapshot]) {
        self.recent_usage = snapshots.iter().map(|one| (one.id, one.recent_usage.clone())).collect();
        let count = snapshots.iter().map(|one| one.made.len()).sum();
        self.made.set_made(count, MadeTokens { count, active: count, ..MadeTokens::default() }.describe());
    }

    /// Returns the number of tokens that will be revoked.
    fn total(&self) -> usize {
        self.tokens.len() + self.made.included_count()
    }

    fn matches(&self) -> bool {
        self.confirmation.text() == self.total().to_string()
    }

    fn targets(&self) -> Vec<TokenTarget> {
        self.tokens.iter().map(TokenTarget::at_revision).collect()
    }

    fn revoke(&mut self) -> PressResult<Field> {
        if !self.matches() {
            return Err(Problem::at(Field::Number, format!("Type their number exactly: {}", self.total())));
        }
        let credential = self.auth.take_credential().map_err(|missing| Problem::at(Field::Auth, missing))?;
        let verb = RevokeTokens {
            tokens: self.targets(),
            with_made: self.made.is_included(),
            confirmation: self.confirmation.text().to_owned(),
        };
        Ok(Intent::Send(credential, verb.into()))
    }

    /// Disables the tokens. A proof that was already entered is used.
    fn disable_instead(&mut self) -> Intent {
        let verb = DisableTokens { tokens: self.targets() };
        if let Ok(credential) = self.auth.take_credential() {
            return Intent::Send(credential, verb.into());
        }
        let names = join_three(self.tokens.iter().map(Token::full_name));
        let about = format!("Denied from the next request on; can be enabled again: {names}.");
        Intent::Confirm(PendingMutation::new(format!("Disable {} tokens", self.tokens.len()), about, verb))
    }

    /// Returns the number of lines of the list: three per recently used token, and a heading above the others.
    fn line_count(&self) -> usize {
        let apart = self.used > 0 && self.used < self.tokens.len();
        self.tokens.len() + (LINES_PER_USED_TOKEN - 1) * self.used + usize::from(apart)
    }

    /// Returns the line `at` of the list: recently used tokens with the consequences, then the others.
    fn list_line(&self, at: usize, columns: usize, model: &Model) -> (String, Style) {
        let theme = &model.theme;
        if at < LINES_PER_USED_TOKEN * self.used {
            let Some(token) = self.tokens.get(at / LINES_PER_USED_TOKEN) else { return Default::default() };
            let usage = self.recent_usage.get(&token.id);
            return match (at % LINES_PER_USED_TOKEN, usage) {
                (0, _) => {
                    let calls = usage.map(|usage| format!("{} in 7 days", count_noun(usage.week, "call")));
                    (row("!", token, &calls.unwrap_or_default(), columns, model), theme.warning)
                }
                (_, None) => ("  reading…".to_owned(), theme.dim),
                (1, Some(usage)) => {
                    (format!("  {}", callers_today(token, usage, columns.saturating_sub(2), model)), Style::new())
                }
                (_, Some(usage)) => {
                    let methods = describe_methods(&usage.methods, columns.saturating_sub(2));
                    (format!("  {}", methods.as_deref().unwrap_or("no method recorded")), Style::new())
                }
            };
        }
        match (self.used, at - LINES_PER_USED_TOKEN * self.used) {
            (0, at) => self.tokens.get(at).map(|token| (row(" ", token, "", columns, model), Style::new())),
            (_, 0) => Some(("Not used in the last 7 days:".to_owned(), theme.dim)),
            (used, at) => {
                self.tokens.get(used + at - 1).map(|token| (row(" ", token, "", columns, model), Style::new()))
            }
        }
        .unwrap_or_default()
    }
}

/// Returns the line of a token: name, last seen, number of calls.
fn row(glyph: &str, token: &Token, calls: &str, columns: usize, model: &Model) -> String {
    let seen = token.last_seen_at.map_or_else(|| "never seen".to_owned(), |at| ago(at, model.now));
    let name = fit(&token.full_name(), columns.saturating_sub(USAGE_COLUMNS).max(12));
    format!("{glyph} {name} {} {calls}", fit(&seen, 14))
}

/// Returns today's callers: `12 today, from 10.0.0.5 (curl/8.5)`.
fn callers_today(token: &Token, usage: &RecentUsage, columns: usize, model: &Model) -> String {
    let mut text = format!("{} today", group_digits(usage.today));
    if token.overlap(model.now).is_some() {
        text.push_str(", overlap in progress");
    }
    if !usage.clients.is_empty() {
        text.push_str(", from ");
        text.push_str(&callers(&usage.clients, columns.saturating_sub(width(&text))));
    }
    text
}

impl Dialog for RevokeTokensDialog {
    type Field = Field;
    const LABEL_WIDTH: usize = 26;
    const ENTER_LABEL: Option<&'static str> = Some("Revoke");

    fn id(&self) -> &'static str {
        "revoke-tokens"
    }

    fn title(&self) -> String {
        format!("Revoke {} tokens", group_digits(self.tokens.len() as u64))
    }

    fn fields(&self) -> Vec<(Field, FieldKind)> {
        let mut fields: Vec<_> = self.made.field(Field::Made).into_iter().collect();
        fields.push((Field::Number, FieldKind::Text));
        fields.extend(self.auth.field(Field::Auth));
        fields.extend([(Field::Disable, FieldKind::Button), (Field::Revoke, FieldKind::Button)]);
        fields
    }

    fn text_input(&mut self, field: Field) -> Option<&mut TextInput> {
        match field {
            Field::Number => Some(&mut self.confirmation),
            Field::Auth => self.auth.text_input(),
            Field::Made | Field::Disable | Field::Revoke => None,
        }
    }

    fn choices(&mut self, field: Field) -> Option<&mut dyn Choices> {
        (field == Field::Made).then(|| self.made.choices())
    }

    fn scroll(&mut self, action: Action, ctx: &UpdateContext<'_>) -> bool {
        self.list.scroll(action, self.line_count(), ctx)
    }

    fn is_too_long(&self, rows: usize) -> bool {
        self.list.is_long(rows, self.line_count())
    }

    fn primary_button(&self) -> Option<Field> {
        Some(Field::Revoke)
    }

    fn validation_error(&self, field: Field) -> Option<String> {
        let wrong = field == Field::Number && !self.confirmation.is_empty() && !self.matches();
        wrong.then(|| "The number does not match".to_owned())
    }

    fn press(&mut self, field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        match field {
            Field::Disable => Ok(self.disable_instead()),
            Field::Revoke => self.revoke(),
            Field::Made | Field::Number | Field::Auth => Ok(Intent::Stay),
        }
    }

    fn on_open(&self) -> Option<Request> {
        Some(GetTokens { tokens: self.tokens.iter().map(|token| token.id).collect() }.into())
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        if let Response::GetTokens(snapshots) = response {
            self.set_snapshots(snapshots);
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        self.auth.on_error(&error, Field::Auth)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, model: &Model) {
        let theme = layout.theme;
        let total = self.tokens.len() as u64;
        let (head, style) = match self.used {
            0 => ("None of them was used in the last 7 days:".to_owned(), Style::new()),
            n => (
                format!("! {} of {} in use, seen in the last 7 days:", group_digits(n as u64), group_digits(total)),
                theme.warning,
            ),
        };
        layout.text_line(&head, style);
        let columns = layout.columns;
        let rows = (0..self.line_count()).map(|at| self.list_line(at, columns, model));
        self.list.draw(layout, rows, self.line_count() as u64);
        let trash = format!("Denied from the next request on. They stay in the trash for {}.", self.trash.describe());
        layout.text_line(&trash, Style::new());
        self.made.draw(layout, Field::Made, "They");
        layout.fact("Number", &self.total().to_string(), theme.strong);
        layout.text_input(Field::Number, "Type it to confirm", &self.confirmation);
        self.auth.draw(layout, Field::Auth);
        layout.problem(2);
        let danger = if self.matches() { theme.danger } else { theme.dim };
        let revoke = format!("I understand the consequences, revoke all {}", group_digits(self.total() as u64));
        layout.buttons(&[(Field::Disable, "Disable instead", theme.strong), (Field::Revoke, &revoke, danger)]);
        // The choice about created tokens uses this line.
        if self.made.field(Field::Made).is_none() {
            layout.blank();
        }
    }
}
