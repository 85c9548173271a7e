//! Details of a token: the pane next to a wide table, and the dialog on a narrow screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{end_overlap, token_usage};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::effective_rights::EffectiveRights;
use crate::domain::time::{ago, relative};
use crate::domain::token::Token;
use crate::tui::component::{Component, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::{count_noun, cut, fit, group_digits, width, wrap};
use crate::tui::theme;
use crate::tui::widget::dialog_frame::{dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints_with_position;
use crate::verbs::request::Response;
use crate::verbs::tokens::TokenDetails;

/// The dialog with a token's details.
pub struct TokenDetailsDialog {
    token: Token,
    details: Option<TokenDetails>,
    /// The first visible line.
    top: usize,
}

/// Lines of the box that don't scroll: two borders and the keys.
const FRAME_ROWS: usize = 3;
/// Lines left free below the box for the notice of `y`.
const FREE_ROWS: u16 = 3;
/// Maximum number of lines of a description.
const MAX_DESCRIPTION_LINES: usize = 3;

impl TokenDetailsDialog {
    /// Creates the details of `token`. Its usage may arrive later.
    pub fn new(token: Token, shown: Option<TokenDetails>) -> Self {
        TokenDetailsDialog { token, details: shown, top: 0 }
    }

    /// Returns the lines above the list of methods.
    fn lines_above(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let mut lines = lines(&self.token, self.details.as_ref(), columns, model);
        lines.extend(sets_lines(&self.token.selection, columns, model));
        lines
    }

    fn rights(&self) -> Option<RightsList<'_>> {
        self.details.as_ref().map(|shown| RightsList::new(&shown.rights.current))
    }
}

/// Returns the number of scrolling lines in `area`, and the area of the box.
fn visible_lines(area: Rect) -> (usize, Rect) {
    let area = Rect { height: area.height.saturating_sub(FREE_ROWS), ..area };
    (usize::from(area.height).saturating_sub(FRAME_ROWS), area)
}

impl Component for TokenDetailsDialog {
    fn id(&self) -> &'static str {
        "token-details"
    }

    fn context(&self) -> Context {
        Context::TokenDetails
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = dialog_columns(area);
        let mut lines = self.lines_above(columns, model);
        let rights = self.rights();
        let (room, area) = visible_lines(area);
        let (above, listed) = (lines.len(), rights.as_ref().map_or(0, RightsList::len));
        let all = above + listed;
        let top = self.top.min(all.saturating_sub(room));
        lines.drain(..top.min(above));
        lines.truncate(room);
        // Only the visible lines are created, because there may be thousands.
        let visible = top.saturating_sub(above)..listed.min((top + room).saturating_sub(above));
        lines.extend(rights.iter().flat_map(|list| visible.clone().map(|at| list.line(at, columns, model))));
        let foot = key_hints_with_position(self, model, columns, top..top + lines.len(), all);
        lines.resize(room, Line::default());
        draw_dialog(frame, area, &self.token.full_name(), lines, 0, foot, &model.theme);
    }

    fn line_count(&self, model: &Model) -> usize {
        let (columns, rows) = model.size;
        let above = self.lines_above(dialog_columns(Rect::new(0, 0, columns, rows)), model).len();
        above + self.rights().as_ref().map_or(0, RightsList::len)
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

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let (room, _) = visible_lines(ctx.area());
        let last = ctx.lines.saturating_sub(room);
        let top = match action {
            Action::Down => self.top + 1,
            Action::Up => self.top.saturating_sub(1),
            Action::PageDown => self.top + room.max(1),
            Action::PageUp => self.top.saturating_sub(room.max(1)),
            Action::First => 0,
            Action::Last => last,
            _ => self.top,
        };
        self.top = top.min(last);
        match action {
            Action::Cancel => Intent::Close(None),
            Action::EndOverlap => {
                end_overlap::pending_retire(&self.token, ctx.now).map_or(Intent::Stay, |change| change.confirm(ctx))
            }
            Action::CopyHint => Intent::copy(self.token.hint.clone()),
            _ => Intent::Stay,
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

impl<'a> RightsList<'a> {
    fn new(rights: &'a EffectiveRights) -> Self {
        RightsList(rights)
    }

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
                    None if count == 0 && rights.withheld.is_empty() => "No methods selected yet".to_owned(),
                    None if count == 0 => "The token may call no methods".to_owned(),
                    None => format!("The token may call {methods}"),
                    Some(reason) => format!("May call nothing: {} (otherwise {methods})", reason.describe()),
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
    let mut lines = wrap(token.description.as_str(), columns);
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
    let row = |label: &'static str, text: String| {
        Line::from(vec![Span::styled(fit(label, 10), theme.dim), Span::raw(cut(&text, columns.saturating_sub(10)))])
    };
    let mut lines = vec![Line::styled(cut(token.name.as_str(), columns), theme.strong)];
    lines.extend(description(token, columns).into_iter().map(Line::raw));
    lines.push(Line::default());
    let (glyph, word, style) = theme::status(token, model.now, theme);
    lines.push(Line::from(vec![
        Span::styled(fit("Status", 10), theme.dim),
        Span::styled(format!("{glyph} {word}"), style),
    ]));
    lines.push(row("Account", format!("{} ({})", token.owner.username, token.owner.role)));
    if token.role() != token.owner.role {
        lines.push(row("Role", format!("{} (issued role; regenerate to get the account's role)", token.role())));
    }
    let api = token.selection.summary();
    match shown.and_then(|shown| token_usage::describe_reach(&token.selection, shown)) {
        // Text that doesn't fit on the same line goes on the next one.
        Some(reach) if width(&api) + width(&reach) + 13 > columns => {
            lines.push(row("API", api));
            lines.push(row("", reach));
        }
        Some(reach) => lines.push(row("API", format!("{api} · {reach}"))),
        None => lines.push(row("API", api)),
    }
    lines.push(row(
        "Expires",
        match token.expiry.at() {
            None => "never".to_owned(),
            Some(at) => format!("{}, {}", dates.last_day(token.expiry), relative(at, model.now)),
        },
    ));
    lines.push(row("Secret", format!("{} since {}", token.hint, dates.day(token.secret_since))));
    if let Some(previous) = token.overlap(model.now) {
        let ends = relative(previous.retires_at, model.now);
        let seen = previous
            .last_seen_at
            .map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, model.now)));
        lines.push(row("Rotating", format!("{} stops working {ends}, {seen}", previous.hint)));
        if let Some(uses) = shown.and_then(|shown| shown.usage.previous).filter(|uses| uses.week > 0) {
            let calls = format!(
                "with the old secret: {} today, {} in 7 days",
                count_noun(uses.today, "call"),
                group_digits(uses.week)
            );
            lines.push(row("", calls));
        }
    }
    lines.push(row("Created", format!("{}, id {}", dates.day(token.created_at), token.id)));
    if let Some(maker) = shown.and_then(|shown| shown.lineage.made_by.as_ref()) {
        lines.push(row("Created by", maker.describe()));
    }
    if let Some(maker) = shown.and_then(|shown| shown.lineage.regenerated_by.as_ref()) {
        lines.push(row("Secret by", maker.describe()));
    }
    if let Some(maker) = shown.and_then(|shown| shown.lineage.previous_regenerated_by.as_ref()) {
        lines.push(row("Old secret", maker.describe()));
    }
    if let Some(made) = shown.and_then(|shown| shown.lineage.made.describe()) {
        lines.push(row("Created", made));
    }
    let seen = token.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, model.now));
    lines.push(row("Last seen", seen));
    if let Some(shown) = shown {
        lines.extend(token_usage::lines(&shown.usage, columns, model));
    }
    lines
}
