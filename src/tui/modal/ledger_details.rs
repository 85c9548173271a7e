//! The rows of the ledger in full: denied attempts and uses.

use ratatui::text::Line;

use super::row_details::labelled;
use crate::domain::time::ago;
use crate::domain::untrusted_text::is_control_or_bidi;
use crate::tui::component::{Destination, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::text_fit::{count_noun, group_digits};
use crate::tui::widget::scroll_view::Content;
use crate::verbs::ledger::{
    DeniedRow, DeniedTokenRow, LedgerSecret, LedgerToken, TokenState, UseRow, format_origin, reason_word,
};
use crate::verbs::verify::DenialReason;

impl Content for DeniedRow {
    const CONTEXT: Context = Context::LedgerRow;

    fn id(&self) -> &'static str {
        "denied-row"
    }

    fn title(&self) -> String {
        if self.attempts == 1 { "Denied attempt".to_owned() } else { count_noun(self.attempts, "denied attempt") }
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let suffix = if self.attempts == 1 { "" } else { ", the last at the time above" };
        let method = match self.token {
            None => "not recorded, because the token is unknown",
            Some(_) => "not recorded: the request named no method, several methods or an unknown method",
        };
        let facts = [
            ("When", model.dates.get().second(self.at)),
            ("", ago(self.at, model.now)),
            ("Attempts", format!("{}{suffix}", group_digits(self.attempts))),
            ("Reason", reason_word(self.token.as_ref(), &self.reason).to_owned()),
            ("", DenialReason::from_word(&self.reason).map_or("", DenialReason::describe).to_owned()),
        ];
        let method = if self.method.is_empty() { method } else { &self.method };
        let caller = [method, &self.address, &self.client];
        lines(facts, self.token.as_ref(), self.secret.as_ref(), caller, columns, model)
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        is_enabled(action, self.token.as_ref())
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        on_action(action, self.token.as_ref(), &self.address, "attempts")
    }
}

impl Content for DeniedTokenRow {
    const CONTEXT: Context = Context::LedgerRow;

    fn id(&self) -> &'static str {
        "denied-token"
    }

    fn title(&self) -> String {
        count_noun(self.attempts, "denied attempt")
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let facts = [
            ("Last", model.dates.get().second(self.at)),
            ("", ago(self.at, model.now)),
            ("Attempts", group_digits(self.attempts)),
            ("Reason", reason_word(self.token.as_ref(), &self.reason).to_owned()),
            ("", DenialReason::from_word(&self.reason).map_or("", DenialReason::describe).to_owned()),
        ];
        let caller = ["", &self.origin(), &self.client];
        lines(facts, self.token.as_ref(), self.secret.as_ref(), caller, columns, model)
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        is_enabled(action, self.token.as_ref())
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        on_action(action, self.token.as_ref(), &self.address, "attempts")
    }
}

impl Content for UseRow {
    const CONTEXT: Context = Context::LedgerRow;

    fn id(&self) -> &'static str {
        "uses-row"
    }

    fn title(&self) -> String {
        count_noun(self.uses, "use")
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let day = model.dates.get().format.utc_day(self.day);
        let facts = [("Day", format!("{day} (UTC)")), ("Uses", group_digits(self.uses))];
        let method = match self.method.as_str() {
            "" => "not recorded: the request named no method, or several methods",
            method => method,
        };
        let caller = [method, &self.address, &self.client];
        lines(facts, Some(&self.token), self.secret.as_ref(), caller, columns, model)
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        is_enabled(action, Some(&self.token))
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        on_action(action, Some(&self.token), &self.address, "uses")
    }
}

/// Returns the lines of a row: its own facts, then token, secret, method if not empty, and caller.
fn lines<const N: usize>(
    facts: [(&'static str, String); N],
    token: Option<&LedgerToken>,
    secret: Option<&LedgerSecret>,
    [method, address, client]: [&str; 3],
    columns: usize,
    model: &Model,
) -> Vec<Line<'static>> {
    let (address, client) = format_origin(address, client);
    let state = match token.map(|token| token.state) {
        None => "no token has this secret",
        Some(TokenState::Live) => "",
        Some(TokenState::Trashed) => "the token is in the trash",
        Some(TokenState::Purged) => "the token was purged",
    };
    let shared = [
        ("Token", token.map_or_else(|| "unknown".to_owned(), LedgerToken::full_name)),
        ("", token.map_or_else(String::new, |token| format!("id {}", token.id))),
        ("", state.to_owned()),
        ("Secret", secret.map_or_else(|| "unknown".to_owned(), |secret| secret.hint.clone())),
        ("", secret.map_or("", |secret| secret.status.describe()).to_owned()),
        ("Method", method.to_owned()),
        ("Address", address),
        ("Client", client),
    ];
    let rows =
        facts.into_iter().chain(shared).filter(|(label, text)| !text.is_empty() || !matches!(*label, "" | "Method"));
    rows.flat_map(|(label, text)| labelled(label, &text, columns, &model.theme)).collect()
}

/// Returns `true` if the keys of `action` can be used: a purged token can't be shown.
fn is_enabled(action: Action, token: Option<&LedgerToken>) -> bool {
    action != Action::Accept || token.is_some_and(|token| token.state != TokenState::Purged)
}

fn on_action(action: Action, token: Option<&LedgerToken>, address: &str, calls: &str) -> Option<Intent> {
    match (action, token) {
        (Action::CopyAddress, _) => Some(copy_address(address, calls)),
        (Action::Accept, Some(token)) => {
            Some(Intent::Go(Destination::Token { id: token.id, trashed: token.state == TokenState::Trashed }))
        }
        _ => None,
    }
}

/// Copies the address of a client. `calls` is the word for what came from there.
fn copy_address(address: &str, calls: &str) -> Intent {
    let refuse = |why: String| Intent::Notify(NoticeId::NotCopied, format!("Not copied: {why}"));
    match address {
        "" => refuse(format!("the {calls} came from several or unknown addresses")),
        // Text that can't be displayed safely must not be pasted either.
        _ if address.chars().any(is_control_or_bidi) => refuse("the address contains control characters".to_owned()),
        _ => Intent::copy(address.to_owned()),
    }
}
