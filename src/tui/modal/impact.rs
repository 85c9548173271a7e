//! The consequences box: the tokens that lose something by a change, and their uses of it in the last 7 days. The same
//! in every dialog that takes something away.

use std::cmp::Reverse;

use ratatui::style::Style;

use super::token_usage::{callers, describe_denials, describe_methods, has_dead_attempts};
use crate::domain::date_format::Dates;
use crate::domain::recent_usage::{RECENT_USE, RecentUsage};
use crate::domain::set_hash::SetHash;
use crate::domain::time::{Timestamp, ago};
use crate::domain::token::{Status, Token};
use crate::error::Error;
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, fit, group_digits, width};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::verbs::impact::{Impact, MAX_TOKENS, Removal, TokenImpact};

/// Lines of the box of a single token.
const LINES_OF_ONE: usize = 4;
/// Lines per recently used token.
const LINES_PER_USED_TOKEN: usize = 3;
/// Columns of "last seen" and the calls.
const USAGE_COLUMNS: usize = 41;
/// Minimum number of columns for callers or methods, on several lines if needed.
const MIN_NAMES_COLUMNS: usize = 70;

/// The tokens of a change, as a box with lines of constant number or a list that scrolls.
pub struct ImpactBox {
    /// Most recently used first.
    tokens: Vec<Token>,
    /// Number of recently used tokens, which come first in `tokens`.
    used: usize,
    /// `None` until loaded.
    impact: Option<Impact>,
    /// The reason why the impact can't be loaded.
    unavailable: Option<String>,
}

impl ImpactBox {
    /// Creates the box for `tokens`; empty if only the impact knows them.
    pub fn new(tokens: Vec<Token>, now: Timestamp) -> Self {
        let mut impact_box = ImpactBox { tokens: Vec::new(), used: 0, impact: None, unavailable: None };
        impact_box.set_tokens(tokens, now);
        impact_box
    }

    fn set_tokens(&mut self, mut tokens: Vec<Token>, now: Timestamp) {
        tokens.sort_by_cached_key(|token| order(token, now));
        self.used = tokens.iter().filter(|token| last_use(token, now).is_some()).count();
        self.tokens = tokens;
    }

    /// Takes the impact. Its tokens replace those known before.
    pub fn set_impact(&mut self, mut impact: Impact, now: Timestamp) {
        impact.tokens.sort_by_cached_key(|one| order(&one.token, now));
        self.set_tokens(impact.tokens.iter().map(|one| one.token.clone()).collect(), now);
        (self.impact, self.unavailable) = (Some(impact), None);
    }

    /// Shows that the impact can't be loaded, for example by a token that may not read other tokens.
    pub fn set_unavailable(&mut self, error: &Error) {
        self.unavailable = Some(describe_unavailable(error));
    }

    /// Returns the text in place of the impact: `reading`, or the reason why it can't be loaded.
    pub fn pending_text<'a>(&'a self, reading: &'a str) -> &'a str {
        self.unavailable.as_deref().unwrap_or(reading)
    }

    /// Returns the number of tokens. `None` until it is known.
    pub fn count(&self) -> Option<u64> {
        match (&self.impact, self.tokens.len()) {
            (Some(impact), _) => Some(impact.count),
            (None, 0) => None,
            (None, known) => Some(known as u64),
        }
    }

    /// Returns [`Impact::set`], once loaded.
    pub fn set(&self) -> Option<SetHash> {
        self.impact.as_ref().map(|impact| impact.set)
    }

    fn is_lower_bound(&self) -> bool {
        self.impact.as_ref().is_some_and(|impact| impact.is_lower_bound)
    }

    /// Returns the impact on the token `at` this place.
    fn impact_at(&self, at: usize) -> Option<&TokenImpact> {
        self.impact.as_ref()?.tokens.get(at)
    }

    /// Writes the box of the single token in a constant number of lines.
    pub fn draw_one<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, model: &Model) {
        let end = layout.height() + LINES_OF_ONE;
        match self.impact_at(0) {
            Some(one) => {
                for (text, style) in lines_of_one(one, layout.columns.max(MIN_NAMES_COLUMNS), model) {
                    layout.text_line(&text, style);
                }
            }
            None => layout.text_line(self.pending_text("Reading the token's usage…"), layout.theme.dim),
        }
        layout.pad(end);
    }

    /// Writes a line about all tokens, and the list below it.
    pub fn draw_list<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, model: &Model) {
        let (head, style) = match (self.count(), self.used) {
            (None, _) => (self.pending_text("Reading the tokens' usage…").to_owned(), layout.theme.dim),
            (Some(_), _) if self.unavailable.is_some() => (self.pending_text("").to_owned(), layout.theme.dim),
            (Some(0), _) => ("No token is affected.".to_owned(), Style::new()),
            (Some(_), 0) if self.tokens.is_empty() => {
                ("None of these tokens was used in the last 7 days.".to_owned(), Style::new())
            }
            (Some(_), 0) => ("None of these tokens was used in the last 7 days:".to_owned(), Style::new()),
            (Some(count), used) => {
                let (used, count) = (group_digits(used as u64), group_digits(count));
                let bound = if self.is_lower_bound() { "at least " } else { "" };
                (format!("! Tokens used in the last 7 days: {bound}{used} of {count}"), layout.theme.warning)
            }
        };
        layout.text_line(&head, style);
        let columns = layout.columns;
        let listed = self.tokens.len();
        // Below the limit, tokens that are not listed lose nothing that they use.
        let unlisted =
            if listed < MAX_TOKENS { 0 } else { self.count().unwrap_or_default().saturating_sub(listed as u64) };
        for at in 0..self.line_count() {
            let (text, style) = self.list_line(at, columns, model);
            layout.text_line(&text, style);
        }
        if unlisted > 0 {
            layout.text_line(&format!("  and {} more", group_digits(unlisted)), layout.theme.dim);
        }
        layout.blank();
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
            let place = at / LINES_PER_USED_TOKEN;
            let Some(token) = self.tokens.get(place) else { return Default::default() };
            let usage = self.impact_at(place).map(|one| &one.usage);
            let names = columns.max(MIN_NAMES_COLUMNS) - 2;
            return match (at % LINES_PER_USED_TOKEN, usage) {
                (0, _) => {
                    let calls = usage.map(|usage| format!("{} in 7 days", count_noun(usage.week, "call")));
                    (row("!", token, &calls.unwrap_or_default(), columns, model), theme.warning)
                }
                (_, None) if self.unavailable.is_some() => Default::default(),
                (_, None) => ("  reading…".to_owned(), theme.dim),
                (1, Some(usage)) => (format!("  {}", callers_today(token, usage, names, model)), Style::new()),
                (_, Some(usage)) => {
                    let methods = describe_methods(&usage.methods, names);
                    (format!("  {}", methods.as_deref().unwrap_or("no method recorded")), Style::new())
                }
            };
        }
        let unused = match (self.used, at - LINES_PER_USED_TOKEN * self.used) {
            (0, at) => self.tokens.get(at),
            (_, 0) => return ("Not used in the last 7 days:".to_owned(), theme.dim),
            (used, at) => self.tokens.get(used + at - 1),
        };
        unused.map(|token| (row(" ", token, "", columns, model), Style::new())).unwrap_or_default()
    }
}

fn last_use(token: &Token, now: Timestamp) -> Option<Timestamp> {
    token.last_seen_at.filter(|at| *at >= now.plus(-RECENT_USE))
}

/// Returns the key of a token in the list.
fn order(token: &Token, now: Timestamp) -> (Reverse<Option<Timestamp>>, String) {
    (Reverse(last_use(token, now)), token.full_name())
}

/// Returns the line of a token: name, last seen, number of calls.
fn row(glyph: &str, token: &Token, calls: &str, columns: usize, model: &Model) -> String {
    let seen = token.last_seen_at.map_or_else(|| "never seen".to_owned(), |at| ago(at, model.now));
    let name = token.full_name();
    match columns.saturating_sub(USAGE_COLUMNS) {
        room if room < width(&name) => format!("{glyph} {name}  {seen}  {calls}"),
        room => format!("{glyph} {} {} {calls}", fit(&name, room), fit(&seen, 14)),
    }
}

/// Returns today's callers: `12 today, from 10.0.0.5 (curl/8.5)`.
fn callers_today(token: &Token, usage: &RecentUsage, columns: usize, model: &Model) -> String {
    let mut text = format!("{} today", group_digits(usage.today));
    if token.overlap(model.now).is_some() {
        text.push_str(" (the token has two secrets now)");
    }
    if !usage.clients.is_empty() {
        text.push_str(", from ");
        text.push_str(&callers(&usage.clients, columns.saturating_sub(width(&text))));
    }
    text
}

/// Returns the consequences for a single token, in at most [`LINES_OF_ONE`] lines.
fn lines_of_one(one: &TokenImpact, columns: usize, model: &Model) -> Vec<(String, Style)> {
    let (theme, plain, token, usage) = (&model.theme, Style::new(), &one.token, &one.usage);
    let still_denied = describe_denials(&one.denied)
        .filter(|_| has_dead_attempts(&one.denied))
        .map(|words| (format!("  still tried: {words}"), plain));
    let Some(seen) = token.last_seen_at else {
        let live = token.status(model.now) == Status::Active;
        let text = if live { "This token was never used, but somebody might use it soon." } else { "Never used." };
        return [Some((text.to_owned(), plain)), still_denied].into_iter().flatten().collect();
    };
    let calls = match usage.today {
        0 => format!("{} in 7 days", count_noun(usage.week, "call")),
        today => format!("{} today, {} in 7 days", count_noun(today, "call"), group_digits(usage.week)),
    };
    let mut lines = vec![if usage.week > 0 {
        let works = token.denial_reason(model.now).is_none();
        let head = if works { "Token in use" } else { "Recent use" };
        (format!("! {head}: last seen {}, {calls}", ago(seen, model.now)), theme.warning)
    } else {
        let calls = if seen < model.now.plus(-RECENT_USE) { ", not in the last 7 days" } else { "" };
        (format!("The token was last seen {}{calls}", ago(seen, model.now)), plain)
    }];
    if !usage.clients.is_empty() {
        lines.push((format!("  from {}", callers(&usage.clients, columns.saturating_sub(7))), plain));
    }
    let methods = describe_methods(&usage.methods, columns.saturating_sub(2));
    lines.extend(methods.map(|methods| (format!("  {methods}"), plain)));
    match (token.overlap(model.now), still_denied) {
        (Some(previous), _) => {
            let today = count_noun(one.previous_today.unwrap_or_default(), "call");
            let text = format!("  both secrets stop working; old secret {}: {today} today", previous.hint);
            lines.push((text, theme.warning));
        }
        (None, still_denied) => lines.extend(still_denied),
    }
    lines
}

/// Describes why the impact can't be shown. The change may be permitted all the same.
pub fn describe_unavailable(error: &Error) -> String {
    format!("The usage can't be shown: {}", error.what)
}

/// Returns the consequences of `removal` as text. Empty if nothing is lost.
pub fn describe(removal: &Removal, impact: &Impact, columns: usize, dates: Dates<'_>) -> ScrollText {
    let lost = impact.lost.describe(dates).into_iter();
    let text = lost.fold(ScrollText::default(), |text, line| text.row(LineStyle::Warning, format!("! {line}")));
    // The preview of a catalogue names the tokens that lose unused methods.
    if impact.count == 0 || impact.used == 0 && matches!(removal, Removal::Catalogue(_)) {
        return text;
    }
    let columns = columns.max(MIN_NAMES_COLUMNS);
    let count = count_noun(impact.count, "token");
    if impact.used == 0 {
        let none = match (impact.count, removal.object()) {
            (1, None) => "The token was not used".to_owned(),
            (1, Some([_, object])) => format!("The token didn't use {object}"),
            (_, None) => format!("None of the {count} was used"),
            (_, Some([_, object])) => format!("None of the {count} used {object}"),
        };
        return text.row(LineStyle::Plain, format!("{none} in the last 7 days."));
    }
    let bound = if impact.is_lower_bound { "at least " } else { "" };
    let calls = format!("{bound}{}", count_noun(impact.uses, "call"));
    let of = removal.object().map_or_else(String::new, |object| format!(" {}", object.join(" ")));
    let used = group_digits(impact.used);
    let tokens = if impact.count == 1 { String::new() } else { format!("{bound}{used} of {count}, ") };
    // The dialog about one token names it.
    let is_named = matches!(removal, Removal::Tokens(ids) if ids.len() == 1);
    let single = impact.tokens.first().filter(|one| is_named && one.usage.week > 0);
    let end = single.map_or_else(|| ":".to_owned(), |one| format!(", {} today", group_digits(one.usage.today)));
    let mut text = text.row(LineStyle::Warning, format!("! In use: {tokens}{calls}{of} in the last 7 days{end}"));
    for one in impact.tokens.iter().filter(|one| one.usage.week > 0) {
        let (name, calls) = (one.token.full_name(), count_noun(one.usage.week, "call"));
        let from = callers(&one.usage.clients, columns.saturating_sub(7));
        if single.is_none() {
            let calls = format!("{name}: {calls}, {} today", group_digits(one.usage.today));
            text = text.row(LineStyle::Strong, calls);
        }
        text = text.row(LineStyle::Plain, format!("  from {from}"));
        if let Some(methods) = describe_methods(&one.usage.methods, columns.saturating_sub(2)) {
            text = text.row(LineStyle::Plain, format!("  {methods}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date_format::DateFormat;
    use crate::domain::time::utc_zone;
    use crate::domain::token::TokenId;
    use crate::tui::theme::Theme;

    #[test]
    fn head_of_the_impact_says_which_numbers_are_lower_bounds() {
        let zone = utc_zone();
        let dates = DateFormat::default().in_zone(&zone);
        let heads = [(1, true), (1, false), (9, true), (9, false)].map(|(count, is_lower_bound)| {
            let impact = Impact { count, used: 1, uses: 5, is_lower_bound, ..Impact::default() };
            let lines = describe(&Removal::OldSecret(TokenId(1)), &impact, 80, dates).lines(100, &Theme::mono());
            lines.into_iter().map(|line| line.to_string()).collect::<String>()
        });
        insta::assert_snapshot!(heads.join("\n"), @"
        ! In use: at least 5 calls with the old secret in the last 7 days:
        ! In use: 5 calls with the old secret in the last 7 days:
        ! In use: at least 1 of 9 tokens, at least 5 calls with the old secret in the last 7 days:
        ! In use: 1 of 9 tokens, 5 calls with the old secret in the last 7 days:
        ");
    }
}
