//! A denied attempt in full.

use super::row_details::{DetailLine, DetailRow, push_labelled};
use crate::domain::date_format::Dates;
use crate::domain::time::{Timestamp, ago};
use crate::tui::keymap::{Action, Context};
use crate::tui::screen::denied::copy_address;
use crate::tui::screen::{Destination, Intent};
use crate::tui::widget::text_fit::{count_noun, group_digits};
use crate::verbs::ledger::{DeniedRow, LedgerToken, TokenState, format_origin};
use crate::verbs::verify::DenialReason;

impl DetailRow for DeniedRow {
    const CONTEXT: Context = Context::DeniedRow;
    const ID: &'static str = "denied-row";

    fn title(&self) -> String {
        if self.attempts == 1 { "Denied attempt".to_owned() } else { count_noun(self.attempts, "denied attempt") }
    }

    fn detail_lines(&self, columns: usize, now: Timestamp, dates: Dates<'_>) -> Vec<DetailLine> {
        let (address, client) = format_origin(&self.address, &self.client);
        let suffix = if self.attempts == 1 { "" } else { ", all within the same minute" };
        let method = match self.method.as_str() {
            "" if self.token.is_none() => "not recorded, because the token is unknown",
            "" => "the request named no method, or several",
            method => method,
        };
        let state = match self.token.as_ref().map(|token| token.state) {
            None => "no token has this secret",
            Some(TokenState::Live) => "",
            Some(TokenState::Trashed) => "the token is in the trash",
            Some(TokenState::Purged) => "purged",
        };
        let secret = self.secret.as_ref();
        let mut lines = Vec::new();
        for (label, text) in [
            ("When", dates.second(self.at)),
            ("", ago(self.at, now)),
            ("Attempts", format!("{}{suffix}", group_digits(self.attempts))),
            ("Reason", self.reason.clone()),
            ("", DenialReason::parse(&self.reason).map_or("", DenialReason::describe).to_owned()),
            ("Token", self.token.as_ref().map_or_else(|| "unknown".to_owned(), LedgerToken::full_name)),
            ("", self.token.as_ref().map_or_else(String::new, |token| format!("id {}", token.id))),
            ("", state.to_owned()),
            ("Secret", secret.map_or_else(|| "unknown".to_owned(), |secret| secret.hint.clone())),
            ("", secret.map_or("", |secret| secret.status.describe()).to_owned()),
            ("Method", method.to_owned()),
            ("Address", address),
            ("Client", client),
        ] {
            if !(label.is_empty() && text.is_empty()) {
                push_labelled(&mut lines, label, &text, columns);
            }
        }
        lines
    }

    /// Only a token that wasn't purged can be shown.
    fn is_enabled(&self, action: Action) -> bool {
        action != Action::Accept || self.token.as_ref().is_some_and(|token| token.state != TokenState::Purged)
    }

    fn on_action(&self, action: Action) -> Intent {
        match (action, &self.token) {
            (Action::CopyAddress, _) => copy_address(&self.address, "attempts"),
            (Action::Accept, Some(token)) => {
                Intent::Go(Destination::Token { id: token.id, trashed: token.state == TokenState::Trashed })
            }
            _ => Intent::Stay,
        }
    }
}
