//! What is known of a token: the pane beside a wide table, and the dialog on a narrow one.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::retire;
use crate::domain::selection::Selection;
use crate::domain::time::{Timestamp, ago, day_of, relative};
use crate::domain::token::{Status, Token};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::theme;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{counted, cut, fit, grouped, wrap};
use crate::verbs::ports::Usage;
use crate::verbs::tokens::Shown;

/// The dialog.
pub struct Details {
    token: Token,
    shown: Option<Shown>,
    /// The first line shown.
    top: usize,
}

/// Lines of the box beside those that scroll: two borders and the keys.
const FRAME: usize = 3;
/// Lines left free below the box, for what `y` has to say.
const FREE: u16 = 3;
/// How far a page scrolls.
const PAGE: isize = 8;
/// The most lines above the list of what the token may call.
const FIXED: usize = 20;

impl Details {
    /// What is known of `token`; how it was used may come later.
    pub fn new(token: Token, shown: Option<Shown>) -> Self {
        Details { token, shown, top: 0 }
    }

    /// The token it tells of.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// How the token was used has come.
    pub fn fill(&mut self, shown: &Shown) {
        if shown.token.id == self.token.id {
            self.shown = Some(shown.clone());
        }
    }

    fn scroll(&mut self, by: isize) -> Outcome {
        let most = match &self.token.selection {
            Selection::Custom(methods) => methods.len(),
            Selection::Sets(sets) => sets.len(),
            Selection::Inherit => 0,
        };
        self.top = self.top.saturating_add_signed(by).min(most + FIXED);
        Outcome::Stay
    }
}

impl Page for Details {
    fn context(&self) -> Context {
        Context::Details
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = dialog_columns(area);
        let area = Rect { height: area.height.saturating_sub(FREE), ..area };
        let mut lines = lines(&self.token, self.shown.as_ref(), columns, model);
        lines.extend(selection_lines(&self.token.selection, columns, model));
        let room = usize::from(area.height).saturating_sub(FRAME);
        lines.drain(..self.top.min(lines.len().saturating_sub(room)));
        lines.resize(room, Line::default());
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, &self.token.full_name(), lines, 0, foot, &model.theme);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        match action {
            Action::Cancel => Outcome::Close,
            Action::Down => self.scroll(1),
            Action::Up => self.scroll(-1),
            Action::PageDown => self.scroll(PAGE),
            Action::PageUp => self.scroll(-PAGE),
            Action::Retire => retire::wanted(&self.token, facts.now).map_or(Outcome::Stay, Outcome::Confirm),
            Action::CopyHint => Outcome::Do(Effect::CopyText(self.token.hint.clone())),
            _ => Outcome::Stay,
        }
    }
}

/// What the token may call, one name a line.
fn selection_lines(selection: &Selection, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = &model.theme;
    let row = |text: &str| Line::raw(cut(&format!("  {text}"), columns));
    let head = |text: &str| Line::styled(cut(text, columns), theme.strong);
    match selection {
        Selection::Inherit => {
            vec![Line::default(), head("May call whatever its account's role permits, jeton.* excepted")]
        }
        Selection::Custom(methods) if methods.is_empty() => vec![Line::default(), head("May call nothing yet")],
        Selection::Custom(methods) => {
            let rows = methods.iter().map(|m| row(m.as_str()));
            [Line::default(), head("May call these methods")].into_iter().chain(rows).collect()
        }
        Selection::Sets(sets) => {
            let rows = sets.iter().map(|name| {
                let title = model
                    .catalogues
                    .iter()
                    .flat_map(|c| &c.sets)
                    .find(|s| s.name == *name)
                    .map_or("", |s| s.title.as_str());
                row(&format!("{name}: {title}"))
            });
            [Line::default(), head("May call what these API sets hold")].into_iter().chain(rows).collect()
        }
    }
}

/// Everything about a token but its secret, in `columns` columns.
pub fn lines(token: &Token, shown: Option<&Shown>, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = &model.theme;
    let zone = model.zone.get();
    let day = |at: Timestamp| day_of(at, zone).map_or_else(|| at.rfc3339(), |d| d.dmy());
    let row = |label: &'static str, text: String| {
        Line::from(vec![Span::styled(fit(label, 10), theme.dim), Span::raw(cut(&text, columns.saturating_sub(10)))])
    };
    let mut lines = vec![Line::styled(cut(token.name.as_str(), columns), theme.strong)];
    lines.extend(wrap(token.description.as_str(), columns).into_iter().take(3).map(Line::raw));
    lines.push(Line::default());
    let (glyph, word, style) = theme::status(token, model.now, theme);
    lines.push(Line::from(vec![
        Span::styled(fit("Status", 10), theme.dim),
        Span::styled(format!("{glyph} {word}"), style),
    ]));
    lines.push(row("Account", format!("{} ({})", token.owner.username, token.owner.role)));
    lines.push(row("API", token.selection.summary()));
    lines.push(row(
        "Expires",
        match token.expiry.at() {
            None => "never".to_owned(),
            Some(at) => format!("{}, {}", token.expiry.day(zone), relative(at, model.now)),
        },
    ));
    lines.push(row("Secret", format!("{} since {}", token.hint, day(token.secret_since))));
    if let Some(previous) = token.overlap(model.now) {
        let dies = relative(previous.retires_at, model.now);
        let seen = previous
            .last_seen_at
            .map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, model.now)));
        lines.push(row("Rotating", format!("{} dies {dies}, {seen}", previous.hint)));
    }
    lines.push(row("Created", format!("{}, id {}", day(token.created_at), token.id)));
    let seen = token.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, model.now));
    lines.push(row("Last seen", seen));
    let Some(shown) = shown else { return lines };
    let usage = &shown.usage;
    lines.push(row("Calls", format!("{} today, {} in 7 days", grouped(usage.today), grouped(usage.week))));
    for (i, origin) in usage.origins.iter().take(3).enumerate() {
        let from = format!("{}  {}  {}", origin.address, origin.client, grouped(origin.uses));
        lines.push(row(if i == 0 { "From" } else { "" }, from));
    }
    if usage.denied_week > 0 {
        lines.push(row("Denied", format!("{} in 7 days", grouped(usage.denied_week))));
    }
    lines
}

/// Use in a sentence: `1 240 calls today from 2 addresses, last seen 3 min ago`.
pub fn usage_sentence(usage: &Usage, now: Timestamp) -> String {
    let Some(seen) = usage.last_seen_at else {
        return match usage.denied_week {
            0 => "never used".to_owned(),
            n => format!("never used · {} in 7 days", counted(n, "denied attempt")),
        };
    };
    let denied =
        if usage.denied_week > 0 { format!(" · {} denied", grouped(usage.denied_week)) } else { String::new() };
    format!(
        "{} today, {} in 7 days{}, last {}{denied}",
        counted(usage.today, "call"),
        grouped(usage.week),
        usage.origins.first().map_or_else(String::new, |o| format!(", mostly from {} ({})", o.address, o.client)),
        ago(seen, now),
    )
}

/// What would break if the token went: three lines.
pub fn usage_lines(token: &Token, usage: &Usage, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = &model.theme;
    let Some(seen) = usage.last_seen_at else {
        let live = token.status(model.now) == Status::Active;
        let text = if live { "It was never used, but somebody may be about to." } else { "It was never used." };
        return vec![Line::raw(cut(text, columns))];
    };
    let head = format!(
        "! In use: last seen {}, {} today, {} in 7 days",
        ago(seen, model.now),
        counted(usage.today, "call"),
        grouped(usage.week)
    );
    let mut lines = vec![if usage.week > 0 {
        Line::styled(cut(&head, columns), theme.warning)
    } else {
        Line::raw(cut(&format!("Last seen {}, not in the last 7 days", ago(seen, model.now)), columns))
    }];
    let origins: Vec<String> = usage.origins.iter().take(3).map(|o| format!("{} ({})", o.address, o.client)).collect();
    if !origins.is_empty() {
        lines.push(Line::raw(cut(&format!("  from {}", origins.join(", ")), columns)));
    }
    let methods: Vec<&str> = usage.methods.iter().map(|(m, _)| m.as_str()).collect();
    match methods.as_slice() {
        [] => {}
        [one] => lines.push(Line::raw(cut(&format!("  method used: {one}"), columns))),
        [one, two] => lines.push(Line::raw(cut(&format!("  methods used: {one}, {two}"), columns))),
        [one, two, rest @ ..] => {
            let text = format!("  methods used: {one}, {two} and {} more", rest.len());
            lines.push(Line::raw(cut(&text, columns)));
        }
    }
    lines
}
