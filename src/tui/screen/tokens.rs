//! The token table.
//!
//! ```text
//!  jeton  who@host · role                     active of limit · expiring     row 0
//!  / filter                                   position and count             row 1
//! ──────────────────────────────────────────────────────────────────────────
//!      NAME   STATUS   ACCOUNT   API   EXPIRES   LAST SEEN   HINT      │ detail
//!  ▶   …                                                               │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: the token under the cursor, or what just changed
//!  footer
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Facts, Open, Outcome, Page};
use crate::domain::expiry::Expiry;
use crate::domain::filter::Filter;
use crate::domain::time::relative;
use crate::domain::token::{Status, Token, TokenId};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::details;
use crate::tui::model::{Model, Tone};
use crate::tui::theme::{self, Theme};
use crate::tui::widget::field::Field;
use crate::tui::widget::line::{clean, cut, fit, grouped, highlighted, width};
use crate::verbs::ports::{Anchor, Window};
use crate::verbs::tokens::{SOON, Shown, TokenTally};

/// Rows above and below the table: head, filter, rule, columns; rule, two lines, footer.
const AROUND: u16 = 8;
/// From how many columns on the detail pane stands beside the table.
const WIDE: u16 = 116;
/// Columns of the detail pane.
const PANE: u16 = 46;
/// How many rows are asked for at once.
pub const WINDOW: usize = 200;
/// How near to the end of the window the cursor may come before more is asked for.
const MARGIN: usize = 50;

/// The table's state: a window of rows around the cursor.
pub struct Tokens {
    /// The rows at hand.
    pub window: Window,
    /// The row under the cursor, counted in the window.
    pub cursor: usize,
    /// The first row on the screen, counted in the window.
    top: usize,
    /// What is typed into the filter.
    pub filter: Field,
    filtering: bool,
    /// The counts above the table.
    pub tally: TokenTally,
    /// How the token under the cursor was used.
    pub usage: Option<Shown>,
    /// Whether the first rows have come.
    pub loaded: bool,
    /// The token that the cursor goes to with the next rows.
    pub focus: Option<TokenId>,
    /// What was asked for last.
    pub anchor: Anchor,
}

impl Tokens {
    /// An empty table, to be filled.
    pub fn new() -> Self {
        Tokens {
            window: Window::default(),
            cursor: 0,
            top: 0,
            filter: Field::new(200),
            filtering: false,
            tally: TokenTally::default(),
            usage: None,
            loaded: false,
            focus: None,
            anchor: Anchor::Start,
        }
    }

    /// The token under the cursor.
    pub fn current(&self) -> Option<&Token> {
        self.window.rows.get(self.cursor)
    }

    /// What the filter means.
    pub fn parsed_filter(&self) -> Filter {
        Filter::parse(self.filter.text())
    }

    /// How many rows fit on a terminal of `rows`.
    pub fn height(rows: u16) -> usize {
        usize::from(rows.saturating_sub(AROUND))
    }

    /// The anchor that keeps the cursor where it is.
    pub fn here(&self) -> Anchor {
        self.current().map_or(Anchor::Start, |t| Anchor::Around(t.id))
    }

    /// Takes a new window: the cursor stays on its token where that is still there, else on its row.
    pub fn fill(&mut self, window: Window, anchor: Anchor, height: usize) {
        let row_on_screen = self.cursor.saturating_sub(self.top);
        let wanted = match anchor {
            Anchor::Start | Anchor::After(_) => Some(0),
            Anchor::End => window.rows.len().checked_sub(1),
            Anchor::Around(_) => {
                let id = self.focus.take().or_else(|| self.current().map(|t| t.id));
                let same = window.rows.iter().position(|t| Some(t.id) == id);
                let absolute = self.window.position + self.cursor as u64;
                same.or_else(|| usize::try_from(absolute.saturating_sub(window.position)).ok())
            }
        };
        self.window = window;
        self.loaded = true;
        self.cursor = wanted.unwrap_or(0).min(self.window.rows.len().saturating_sub(1));
        self.top = self.cursor.saturating_sub(row_on_screen);
        self.keep_visible(height);
    }

    /// Scrolls as little as needed to show the cursor, and leaves no room unused.
    pub fn keep_visible(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self.top.min(self.window.rows.len().saturating_sub(height));
        self.top = self.top.clamp((self.cursor + 1).saturating_sub(height), self.cursor);
    }

    /// Whether rows are missing near the cursor.
    pub fn wants_more(&self) -> bool {
        let end = self.window.position + self.window.rows.len() as u64;
        (self.cursor < MARGIN && self.window.position > 0)
            || (self.cursor + MARGIN >= self.window.rows.len() && end < self.window.matching)
    }

    fn step(&mut self, by: isize, height: usize) -> Outcome {
        let last = self.window.rows.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.keep_visible(height);
        Outcome::Moved
    }

    /// Draws the screen.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let row = |y: u16| Rect { x: area.x, y: area.y + y, width: area.width, height: 1 }.intersection(area);
        let columns = usize::from(area.width);
        frame.render_widget(self.head(columns, model), row(0));
        frame.render_widget(self.filter_line(columns, model), row(1));
        let rule = || Line::styled("─".repeat(columns), theme.dim);
        frame.render_widget(rule(), row(2));
        let bottom = area.height.saturating_sub(4);
        frame.render_widget(rule(), row(bottom));

        let mut table = Rect { y: area.y + 3, height: bottom.saturating_sub(3), ..area };
        if area.width >= WIDE {
            table.width -= PANE + 2;
            let pane = Rect { x: area.x + table.width + 2, width: PANE, ..table };
            let bar = vec![Line::styled("│", theme.dim); usize::from(table.height)];
            frame.render_widget(Paragraph::new(bar), Rect { x: pane.x - 1, width: 1, ..table });
            if let Some(token) = self.current() {
                let lines = details::lines(token, self.usage_of(token), usize::from(PANE - 1), model);
                frame.render_widget(Paragraph::new(lines), Rect { x: pane.x + 1, width: PANE - 1, ..pane });
            }
        }
        self.table(frame, table, model);
        for (i, line) in self.bottom(columns, model).into_iter().enumerate() {
            frame.render_widget(line, row(bottom + 1 + i as u16));
        }
    }

    fn head(&self, columns: usize, model: &Model) -> Line<'static> {
        let theme = &model.theme;
        let who = model.me.as_ref().map_or_else(String::new, |me| {
            format!("{}@{} · {}", me.account.username, clean(&model.host), me.account.role)
        });
        let limit = match self.tally.limit {
            0 => format!("{} active", self.tally.active),
            limit => format!("{} of {limit} active", self.tally.active),
        };
        let soon = match self.tally.expiring {
            0 => String::new(),
            1 => " · ! 1 expires soon".to_owned(),
            n => format!(" · ! {} expire soon", grouped(n)),
        };
        // A narrow screen cuts who signed in rather than what expires.
        let right = width(&limit) + width(&soon) + 1;
        let left = fit(&format!(" jeton  {who}"), columns.saturating_sub(right + 1));
        let (name, rest) = left.split_at(left.len().min(6));
        let spans = vec![
            Span::styled(name.to_owned(), theme.strong),
            Span::raw(rest.to_owned()),
            Span::raw(" "),
            Span::raw(limit),
            Span::styled(soon, theme.warning),
        ];
        Line::from(spans)
    }

    fn filter_line(&self, columns: usize, model: &Model) -> Line<'static> {
        let theme = &model.theme;
        let count = if !self.loaded {
            "reading…".to_owned()
        } else if self.filter.is_empty() {
            match self.window.total {
                0 => "none".to_owned(),
                total => format!("{} of {}", grouped(self.window.position + self.cursor as u64 + 1), grouped(total)),
            }
        } else {
            format!("{} match of {}", grouped(self.window.matching), grouped(self.window.total))
        };
        let right = format!("{count}   ↓ name ");
        let room = columns.saturating_sub(width(&right) + 4);
        let mut spans = vec![Span::styled(" / ", if self.filtering { theme.accent } else { theme.dim })];
        if self.filtering || !self.filter.is_empty() {
            spans.extend(self.filter.spans(room.min(40), self.filtering, theme));
            spans.push(Span::raw(" ".repeat(room.saturating_sub(40) + 1)));
        } else {
            let demo = model
                .demo
                .as_ref()
                .map_or_else(String::new, |d| format!("a demonstration; its password is: {}", d.password.as_str()));
            spans.push(Span::styled(fit(&demo, room + 1), theme.warning));
        }
        spans.push(Span::styled(right, theme.dim));
        Line::from(spans)
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let layout = Columns::fitting(usize::from(area.width));
        let height = usize::from(area.height).saturating_sub(1);
        let mut lines = vec![Line::styled(layout.heading(), theme.dim)];
        let words = self.parsed_filter().words;
        for (i, token) in self.window.rows.iter().enumerate().skip(self.top).take(height) {
            lines.push(layout.row(token, i == self.cursor, &words, model));
        }
        if self.loaded && self.window.rows.is_empty() {
            lines.push(Line::default());
            lines.push(self.empty(usize::from(area.width), theme));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn empty(&self, columns: usize, theme: &Theme) -> Line<'static> {
        if self.filter.is_empty() {
            return Line::from(vec![
                Span::raw(" No tokens yet.  "),
                Span::styled("n", theme.accent),
                Span::raw("  generates the first one."),
            ]);
        }
        let text = format!(" Nothing matches \"{}\".  Esc clears the filter.", self.filter.text());
        Line::raw(cut(&text, columns))
    }

    fn usage_of(&self, token: &Token) -> Option<&Shown> {
        self.usage.as_ref().filter(|s| s.token.id == token.id)
    }

    fn bottom(&self, columns: usize, model: &Model) -> [Line<'static>; 2] {
        let theme = &model.theme;
        if let Some(notice) = &model.notice {
            let (glyph, style) = match notice.tone {
                Tone::Good => ("✓", theme.good),
                Tone::Bad => ("!", theme.danger),
            };
            let cli = notice.cli.as_ref().map_or_else(String::new, |cli| format!("   = {cli}"));
            return [
                Line::from(vec![
                    Span::styled(format!(" {glyph} "), style),
                    Span::raw(cut(&notice.text, columns.saturating_sub(4))),
                ]),
                Line::styled(cut(&cli, columns), theme.dim),
            ];
        }
        let Some(token) = self.current() else { return [Line::default(), Line::default()] };
        let about = format!("{}  {}  {}", token.name, token.hint, token.description);
        let usage = self.usage_of(token).map_or_else(String::new, |s| details::usage_sentence(&s.usage, model.now));
        [Line::raw(cut(&format!(" {about}"), columns)), Line::styled(cut(&format!(" {usage}"), columns), theme.dim)]
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

impl Page for Tokens {
    fn context(&self) -> Context {
        if self.filtering { Context::Filter } else { Context::Tokens }
    }

    fn field(&mut self) -> Option<&mut Field> {
        if self.filtering { Some(&mut self.filter) } else { None }
    }

    fn edited(&mut self) -> Outcome {
        Outcome::List(Anchor::Start)
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        let height = facts.rows.max(1);
        let screen = isize::try_from(height).unwrap_or(1);
        match action {
            Action::Down => self.step(1, height),
            Action::Up => self.step(-1, height),
            Action::PageDown => self.step(screen, height),
            Action::PageUp => self.step(-screen, height),
            Action::First => Outcome::List(Anchor::Start),
            Action::Last => Outcome::List(Anchor::End),
            Action::Refresh => Outcome::List(self.here()),
            Action::Filter => {
                self.filtering = true;
                Outcome::Stay
            }
            Action::Enter if self.filtering => {
                self.filtering = false;
                Outcome::Stay
            }
            Action::Cancel | Action::ClearFilter => {
                self.filtering = false;
                self.filter.clear();
                Outcome::List(self.here())
            }
            Action::Generate => Outcome::Open(Open::Generate),
            Action::Regenerate => Outcome::Open(Open::Regenerate),
            Action::Toggle => Outcome::Open(Open::Toggle),
            Action::Remove => Outcome::Open(Open::Remove),
            Action::Details => Outcome::Open(Open::Details),
            Action::Help => Outcome::Open(Open::Help),
            Action::CopyHint => self.current().map_or(Outcome::Stay, |t| Outcome::Do(Effect::CopyText(t.hint.clone()))),
            Action::Quit => Outcome::Exit(Ok(())),
            _ => Outcome::Stay,
        }
    }
}

/// How wide each column is; 0 = not shown. Narrow screens drop the hint, then API, then account.
struct Columns {
    name: usize,
    status: usize,
    account: usize,
    api: usize,
    expires: usize,
    seen: usize,
    hint: usize,
}

impl Columns {
    fn fitting(columns: usize) -> Self {
        let mut c = Columns { name: 16, status: 10, account: 10, api: 15, expires: 11, seen: 11, hint: 19 };
        for drop in [|c: &mut Columns| c.hint = 0, |c: &mut Columns| c.api = 0, |c: &mut Columns| c.account = 0] {
            if c.total() > columns {
                drop(&mut c);
            }
        }
        if c.total() > columns {
            c.seen = 0;
        }
        let spare = columns.saturating_sub(c.total());
        let for_api = if c.api > 0 { (spare / 3).min(12) } else { 0 };
        c.api += for_api;
        c.name = (c.name + spare - for_api).min(64).min(columns.saturating_sub(c.total() - c.name));
        c
    }

    /// The cursor column and each shown column with the blank before it.
    fn total(&self) -> usize {
        let shown = [self.name, self.status, self.account, self.api, self.expires, self.seen, self.hint];
        2 + shown.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<usize>() - 1
    }

    fn heading(&self) -> String {
        let cells = [
            ("NAME", self.name),
            ("STATUS", self.status),
            ("ACCOUNT", self.account),
            ("API", self.api),
            ("EXPIRES", self.expires),
            ("LAST SEEN", self.seen),
            ("HINT", self.hint),
        ];
        let cells: Vec<String> = cells.into_iter().filter(|(_, w)| *w > 0).map(|(t, w)| fit(t, w)).collect();
        format!("  {}", cells.join(" "))
    }

    fn row(&self, token: &Token, here: bool, words: &[String], model: &Model) -> Line<'static> {
        let theme = &model.theme;
        let base = if here { theme.selected } else { Style::new() };
        let (glyph, word, status) = theme::status(token, model.now, theme);
        let live = token.status(model.now) == Status::Active;
        let (expires, expires_style) = expiry_words(token.expiry, live, model);
        let seen = token.last_seen_at.map_or_else(|| "never".to_owned(), |at| relative(at, model.now));
        // Colours on a reversed row would turn into backgrounds.
        let over = |style: Style| if here { base } else { style };
        let mut spans = vec![Span::styled(if here { "▶ " } else { "  " }, base)];
        spans.extend(highlighted(&fit(token.name.as_str(), self.name), words, base, theme.matched));
        let rest = [
            (format!("{glyph} {word}"), self.status, over(status)),
            (token.owner.username.to_string(), self.account, base),
            (token.selection.summary(), self.api, base),
            (expires, self.expires, over(expires_style)),
            (seen, self.seen, base),
            (token.hint.clone(), self.hint, over(theme.dim)),
        ];
        for (text, width, style) in rest.into_iter().filter(|(_, w, _)| *w > 0) {
            spans.push(Span::styled(" ", base));
            spans.push(Span::styled(fit(&text, width), style));
        }
        Line::from(spans)
    }
}

/// The expiry as the table shows it: `never`, `in 12 days`, `! tomorrow`, `9 days ago`.
pub fn expiry_words(expiry: Expiry, live: bool, model: &Model) -> (String, Style) {
    match expiry {
        Expiry::Never => ("never".to_owned(), Style::new()),
        Expiry::At(at) => {
            let words = relative(at, model.now);
            let left = at.0.saturating_sub(model.now.0);
            if live && left > 0 && left <= SOON {
                (format!("! {}", words.trim_start_matches("in ")), model.theme.warning)
            } else {
                (words, Style::new())
            }
        }
    }
}
