//! Details of a token: the pane next to a wide table, and the dialog on a narrow screen.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{end_overlap, token_usage};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::effective_rights::EffectiveRights;
use crate::domain::time::{ago, relative};
use crate::domain::token::Token;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, cut, fit, fold, group_digits, width};
use crate::tui::theme;
use crate::tui::widget::scroll_view::{Content, ScrollView};
use crate::verbs::request::Response;
use crate::verbs::tokens::TokenDetails;

/// The content of the dialog with a token's details.
pub struct TokenDetailsContent {
    token: Token,
    details: Option<TokenDetails>,
}

/// Maximum number of lines of a description.
const MAX_DESCRIPTION_LINES: usize = 3;

impl TokenDetailsContent {
    /// Creates the details of `token`. Its usage may arrive later.
    pub fn new(token: Token, shown: Option<TokenDetails>) -> ScrollView<Self> {
        ScrollView::new(TokenDetailsContent { token, details: shown })
    }

    fn rights(&self) -> Option<RightsList<'_>> {
        self.details.as_ref().map(|shown| RightsList(&shown.rights.current))
    }
}

impl Content for TokenDetailsContent {
    const CONTEXT: Context = Context::TokenDetails;

    fn id(&self) -> &'static str {
        "token-details"
    }

    fn title(&self) -> String {
        self.token.full_name()
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let mut lines = lines(&self.token, self.details.as_ref(), columns, model);
        lines.extend(sets_lines(&self.token.selection, columns, model));
        lines
    }

    fn list_len(&self) -> usize {
        self.rights().map_or(0, |rights| rights.len())
    }

    fn list_line(&self, at: usize, columns: usize, model: &Model) -> Line<'static> {
        self.rights().map_or_else(Line::default, |rights| rights.line(at, columns, model))
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        if let Response::ShowToken(shown) = response
            && shown.token.id == self.token.id
        {
            self.details = Some(shown.clone());
        }
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        action != Action::EndOverlap || self.token.overlap(model.now).is_some()
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        match action {
            Action::EndOverlap => end_overlap::pending_retire(&self.token, ctx.now).map(|change| change.confirm(ctx)),
            Action::CopyHint => Some(Intent::copy(self.token.hint.clone())),
            _ => None,
        }
    }
}

/// Returns the selected API sets, one per line.
fn sets_lines(selection: &Selection, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let Selection::Sets(names) = selection else { return Vec::new() };
    let head = Line::styled(cut("API sets", columns), model.theme.strong);
    let title = |name: &String| {
        let mut sets = model.catalogues.iter().flat_map(|c| &c.sets);
        sets.find(|set| set.name == *name).map_or("unknown API set, grants no methods", |set| set.title.as_str())
    };
    let rows = names.iter().map(|name| Line::raw(cut(&format!("  {name}: {}", title(name)), columns)));
    [Line::default(), head].into_iter().chain(rows).collect()
}

/// The methods that the token may call, then those withheld with the reason. One per line, under two headings.
struct RightsList<'a>(&'a EffectiveRights);

impl RightsList<'_> {
    /// Returns the number of lines of a part: a blank line, its heading, its methods.
    fn part(methods: usize) -> usize {
        if methods == 0 { 0 } else { methods + 2 }
    }

    fn len(&self) -> usize {
        2 + self.0.permitted.len() + Self::part(self.0.withheld.len())
    }

    fn line(&self, at: usize, columns: usize, model: &Model) -> Line<'static> {
        let (rights, theme) = (self.0, &model.theme);
        let head = |text: &str| Line::styled(cut(text, columns), theme.strong);
        let count = rights.permitted.len();
        match at {
            0 => return Line::default(),
            1 => {
                let methods = count_noun(count as u64, "method");
                return head(&match rights.denial_reason {
                    None if count == 0 && rights.withheld.is_empty() => "The API selection has no methods".to_owned(),
                    None if count == 0 => "The token can't call any method".to_owned(),
                    None => format!("The token can call {methods}"),
                    Some(reason) => {
                        let reason = reason.describe_for_existing();
                        format!("Can't call any method: {reason}. Otherwise: {methods}")
                    }
                });
            }
            _ => {}
        }
        if let Some(id) = rights.permitted.get(at - 2) {
            return Line::raw(cut(&format!("  {id}"), columns));
        }
        match at - 2 - count {
            0 => Line::default(),
            1 => head(&format!("Withheld: {}", count_noun(rights.withheld.len() as u64, "method"))),
            at => rights.withheld.get(at - 2).map_or_else(Line::default, |(id, reason)| {
                let method = cut(&format!("  {id}  "), columns);
                let reason = cut(&reason.summary(rights.ceilings), columns.saturating_sub(width(&method)));
                Line::from(vec![Span::raw(method), Span::styled(reason, theme.warning)])
            }),
        }
    }
}

/// Returns the description in a few lines. The last line is cut if there is more text.
fn description(token: &Token, columns: usize) -> Vec<String> {
    let mut lines = fold(token.description.as_str(), columns);
    if let Some(rest) = lines.get(MAX_DESCRIPTION_LINES - 1..).filter(|rest| rest.len() > 1) {
        let last = cut(&rest.join(" "), columns);
        lines.truncate(MAX_DESCRIPTION_LINES - 1);
        lines.push(last);
    }
    lines
}

/// Returns everything about a token except its secret, in `columns` columns.
pub fn lines(token: &Token, shown: Option<&TokenDetails>, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = &model.theme;
    let dates = model.dates.get();
    let row = |label, text: String| token_usage::row(label, &text, Style::new(), columns, theme);
    let name = fold(token.name.as_str(), columns).into_iter();
    let mut lines: Vec<Line<'static>> = name.map(|line| Line::styled(line, theme.strong)).collect();
    if !token.description.as_str().is_empty() {
        lines.extend(description(token, columns).into_iter().map(Line::raw));
    }
    lines.push(Line::default());
    let (glyph, word, style) = theme::status(token, model.now, theme);
    lines.push(Line::from(vec![
        Span::styled(fit("Status", 10), theme.dim),
        Span::styled(format!("{glyph} {word}"), style),
    ]));
    lines.extend(row("Account", format!("{} ({})", token.owner.username, token.owner.role)));
    if token.role() != token.owner.role {
        lines.extend(row("Role", format!("{} (issued role; regenerate to get the account's role)", token.role())));
    }
    let api = token.selection.summary();
    match shown.and_then(|shown| token_usage::describe_reach(&token.selection, shown)) {
        // Text that doesn't fit on the same line goes on the next one.
        Some(reach) if width(&api) + width(&reach) + 13 > columns => {
            lines.extend(row("API", api));
            lines.extend(row("", reach));
        }
        Some(reach) => lines.extend(row("API", format!("{api} · {reach}"))),
        None => lines.extend(row("API", api)),
    }
    lines.extend(row(
        "Expires",
        match token.expiry.at() {
            None => "never".to_owned(),
            Some(at) => format!("{}, {}", dates.last_day(token.expiry), relative(at, model.now)),
        },
    ));
    lines.extend(row("Secret", format!("{} since {}", token.hint, dates.day(token.secret_since))));
    if let Some(previous) = token.overlap(model.now) {
        let ends = relative(previous.retires_at, model.now);
        let seen = previous
            .last_seen_at
            .map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, model.now)));
        lines.extend(row("Rotating", format!("{} ends {ends}, {seen}", previous.hint)));
        if let Some(uses) = shown.and_then(|shown| shown.usage.previous).filter(|uses| uses.week > 0) {
            let calls = format!(
                "with the old secret: {} today, {} in the last 7 days",
                count_noun(uses.today, "call"),
                group_digits(uses.week)
            );
            lines.extend(row("", calls));
        }
    }
    lines.extend(row("Created", format!("{}, id {}", dates.day(token.created_at), token.id)));
    if let Some(maker) = shown.and_then(|shown| shown.lineage.made_by.as_ref()) {
        lines.extend(row("Creator", maker.describe()));
    }
    if let Some(maker) = shown.and_then(|shown| shown.lineage.regenerated_by.as_ref()) {
        lines.extend(row("Secret by", maker.describe()));
    }
    if let Some(maker) = shown.and_then(|shown| shown.lineage.previous_regenerated_by.as_ref()) {
        lines.extend(row("Secret by", format!("{} (old secret)", maker.describe())));
    }
    if let Some(made) = shown.and_then(|shown| shown.lineage.made.describe()) {
        lines.extend(row("Lineage", made));
    }
    let seen = token.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, model.now));
    lines.extend(row("Last seen", seen));
    if let Some(text) = token.describe_expected_use() {
        let (mark, style) = match token.unexpected_use() {
            None => ("", Style::new()),
            Some(_) => ("‼ ", theme.danger),
        };
        lines.extend(token_usage::row("Use", &format!("{mark}{text}"), style, columns, theme));
    }
    if let Some(shown) = shown {
        lines.extend(token_usage::lines(&shown.usage, columns, model));
    }
    lines
}
