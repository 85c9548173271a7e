//! Remove several: the consequences, then the typed number of tokens and the proof. The verb compares the number, not
//! this dialog.

use std::collections::BTreeMap;

use ratatui::style::Style;

use super::confirm::Wanted;
use super::made::MadeChoice;
use super::usage::{callers, describe_methods};
use crate::domain::expiry::Span as Length;
use crate::domain::time::{Timestamp, ago};
use crate::domain::token::{Token, TokenId};
use crate::error::Error;
use crate::tui::keymap::Action;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::choices::Choices;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_list::ScrollList;
use crate::tui::widget::text_fit::{count_noun, fit, group_digits, join_three, width};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::tokens::{
    DeleteTokens, DisableTokens, MadeTokens, RECENT_USE, RecentUsage, TokenSnapshot, TokenTarget,
};

/// Lines of the dialog outside its list, including the frame.
const BESIDE: usize = 14;
/// Lines per recently used token.
const EACH: usize = 3;
/// Columns of "last seen" and the calls.
const USE: usize = 41;

/// The focused part. The destructive button never gets the focus automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The choice of also removing the tokens they created.
    Made,
    /// The typed number.
    Number,
    /// The password.
    Proof,
    /// The safe button.
    Disable,
    /// The destructive button.
    Revoke,
}

/// The dialog that removes several tokens.
pub struct RemoveMany {
    /// Most recently used first.
    tokens: Vec<Token>,
    /// Number of recently used tokens, which come first in `tokens`.
    used: usize,
    /// Usage of the recently used tokens, once loaded.
    lately: BTreeMap<TokenId, RecentUsage>,
    made: MadeChoice,
    list: ScrollList,
    trash: Length,
    typed: TextInput,
    proof: AuthField,
}

impl RemoveMany {
    /// Opens the dialog for `tokens`, which stay in the trash for `trash`.
    pub fn open(mut tokens: Vec<Token>, trash: Length, now: Timestamp, proof: AuthField) -> Form<Self> {
        let lately = |token: &Token| token.last_seen_at.filter(|at| *at >= now.plus(-RECENT_USE));
        tokens.sort_by_cached_key(|token| (std::cmp::Reverse(lately(token)), token.full_name()));
        let used = tokens.iter().filter(|token| lately(token).is_some()).count();
        let (list, typed) = (ScrollList::new(BESIDE), TextInput::new(12));
        let (lately, made) = (BTreeMap::new(), MadeChoice::new());
        // The slot above the number may be added later.
        Form::with_focus(RemoveMany { tokens, used, lately, made, list, trash, typed, proof }, Slot::Number)
    }

    /// Takes the usage of the tokens and the tokens they created, if loaded later.
    pub fn know(&mut self, reviewed: &[TokenSnapshot]) {
        self.lately = reviewed.iter().map(|one| (one.id, one.recent_usage.clone())).collect();
        let count = reviewed.iter().map(|one| one.made.len()).sum();
        self.made.know(count, MadeTokens { count, active: count, ..MadeTokens::default() }.describe());
    }

    /// Number of tokens that will be removed.
    fn total(&self) -> usize {
        self.tokens.len() + self.made.along()
    }

    fn matches(&self) -> bool {
        self.typed.text() == self.total().to_string()
    }

    fn pointed(&self) -> Vec<TokenTarget> {
        self.tokens.iter().map(TokenTarget::at_revision).collect()
    }

    fn revoke(&mut self) -> PressResult<Slot> {
        if !self.matches() {
            return Err(Problem::at(Slot::Number, format!("Type their number exactly: {}", self.total())));
        }
        let credential = self.proof.take_credential().map_err(|missing| Problem::at(Slot::Proof, missing))?;
        let verb = DeleteTokens {
            tokens: self.pointed(),
            with_made: self.made.is_along(),
            confirmation: self.typed.text().to_owned(),
        };
        Ok(Outcome::Send(credential, verb.into()))
    }

    /// Disables the tokens. If the proof was already entered, no second one is asked for.
    fn disable_instead(&mut self) -> Outcome {
        let verb = DisableTokens { tokens: self.pointed() };
        if let Ok(credential) = self.proof.take_credential() {
            return Outcome::Send(credential, verb.into());
        }
        let names = join_three(self.tokens.iter().map(Token::full_name));
        let about = format!("Denied from the next request on, and can be enabled again: {names}.");
        Outcome::Confirm(Wanted::new(format!("Disable {} tokens", self.tokens.len()), about, verb))
    }

    /// Number of lines of the list: three per recently used token, and a heading above the others.
    fn lines(&self) -> usize {
        let apart = self.used > 0 && self.used < self.tokens.len();
        self.tokens.len() + (EACH - 1) * self.used + usize::from(apart)
    }

    /// Returns the line `at` of the list: recently used tokens with the consequences, then the others.
    fn told(&self, at: usize, columns: usize, model: &Model) -> (String, Style) {
        let theme = &model.theme;
        if at < EACH * self.used {
            let Some(token) = self.tokens.get(at / EACH) else { return Default::default() };
            let lately = self.lately.get(&token.id);
            return match (at % EACH, lately) {
                (0, _) => {
                    let calls = lately.map(|lately| format!("{} in 7 days", count_noun(lately.week, "call")));
                    (row("!", token, &calls.unwrap_or_default(), columns, model), theme.warning)
                }
                (_, None) => ("  reading…".to_owned(), theme.dim),
                (1, Some(lately)) => {
                    (format!("  {}", callers_today(token, lately, columns.saturating_sub(2), model)), Style::new())
                }
                (_, Some(lately)) => {
                    let methods = describe_methods(&lately.methods, columns.saturating_sub(2));
                    (format!("  {}", methods.as_deref().unwrap_or("no method was named")), Style::new())
                }
            };
        }
        match (self.used, at - EACH * self.used) {
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
    let name = fit(&token.full_name(), columns.saturating_sub(USE).max(12));
    format!("{glyph} {name} {} {calls}", fit(&seen, 14))
}

/// Returns today's callers: `12 today, from 10.0.0.5 (curl/8.5)`.
fn callers_today(token: &Token, lately: &RecentUsage, columns: usize, model: &Model) -> String {
    let mut told = format!("{} today", group_digits(lately.today));
    if token.overlap(model.now).is_some() {
        told.push_str(", an overlap is in progress");
    }
    if !lately.clients.is_empty() {
        told.push_str(", from ");
        told.push_str(&callers(&lately.clients, columns.saturating_sub(width(&told))));
    }
    told
}

impl Dialog for RemoveMany {
    type Field = Slot;
    const LABEL_WIDTH: usize = 26;
    const ENTER_LABEL: Option<&'static str> = Some("Revoke");

    fn title(&self) -> String {
        format!("Remove {} tokens", group_digits(self.tokens.len() as u64))
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let mut slots: Vec<_> = self.made.slot(Slot::Made).into_iter().collect();
        slots.push((Slot::Number, FieldKind::Text));
        slots.extend(self.proof.field(Slot::Proof));
        slots.extend([(Slot::Disable, FieldKind::Button), (Slot::Revoke, FieldKind::Button)]);
        slots
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Number => Some(&mut self.typed),
            Slot::Proof => self.proof.text_input(),
            Slot::Made | Slot::Disable | Slot::Revoke => None,
        }
    }

    fn choices(&mut self, slot: Slot) -> Option<&mut dyn Choices> {
        (slot == Slot::Made).then(|| self.made.choices())
    }

    fn scroll(&mut self, action: Action, facts: &Facts<'_>) -> bool {
        self.list.scroll(action, self.lines(), facts)
    }

    fn is_too_long(&self, rows: usize) -> bool {
        self.list.is_long(rows, self.lines())
    }

    fn primary_button(&self) -> Option<Slot> {
        Some(Slot::Revoke)
    }

    fn validation_error(&self, slot: Slot) -> Option<String> {
        let wrong = slot == Slot::Number && !self.typed.is_empty() && !self.matches();
        wrong.then(|| "That isn't their number".to_owned())
    }

    fn press(&mut self, slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        match slot {
            Slot::Disable => Ok(self.disable_instead()),
            Slot::Revoke => self.revoke(),
            Slot::Made | Slot::Number | Slot::Proof => Ok(Outcome::Stay),
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        self.proof.on_error(&error, Slot::Proof)
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, model: &Model) {
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
        let rows = (0..self.lines()).map(|at| self.told(at, columns, model));
        self.list.draw(layout, rows, self.lines() as u64);
        let trash = format!("Denied from the next request on. They stay in the trash for {}.", self.trash.describe());
        layout.text_line(&trash, Style::new());
        self.made.rows(layout, Slot::Made, "They");
        layout.fact("Their number", &self.total().to_string(), theme.strong);
        layout.text_input(Slot::Number, "Type it to confirm", &self.typed);
        self.proof.draw(layout, Slot::Proof);
        layout.problem(2);
        let danger = if self.matches() { theme.danger } else { theme.dim };
        let revoke = format!("I understand the consequences, revoke all {}", group_digits(self.total() as u64));
        layout.buttons(&[(Slot::Disable, "Disable instead", theme.strong), (Slot::Revoke, &revoke, danger)]);
        // The choice about created tokens uses this line.
        if self.made.slot(Slot::Made).is_none() {
            layout.blank();
        }
    }
}
