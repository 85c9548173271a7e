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

mod columns;
mod view;

use super::{Facts, Open, Outcome, Page, Place};
use crate::domain::filter::Filter;
use crate::domain::token::{Token, TokenId};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::widget::field::Field;
use crate::verbs::ports::{Anchor, Window};
use crate::verbs::tokens::{Shown, TokenTally};

/// Rows above and below the table: head, filter, rule, columns; rule, two lines, footer.
const AROUND: u16 = 8;
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
        self.current().map_or(Anchor::Start, |t| Anchor::Around(t.id, None))
    }

    /// How many matching tokens stand before the one under the cursor, as last told.
    pub fn position(&self) -> u64 {
        self.window.position + self.cursor as u64
    }

    /// Takes a new window: the cursor stays on its token where that is still there, else on its row.
    pub fn fill(&mut self, window: Window, anchor: Anchor, height: usize) {
        let row_on_screen = self.cursor.saturating_sub(self.top);
        let wanted = match anchor {
            Anchor::Start | Anchor::After(_) => Some(0),
            Anchor::End => window.rows.len().checked_sub(1),
            Anchor::Around(..) => {
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

    /// Shows tokens as a change has left them, before the list is read again: the next key acts on what is so.
    pub fn show_changed(&mut self, changed: &[Token]) {
        for row in &mut self.window.rows {
            if let Some(token) = changed.iter().find(|t| t.id == row.id) {
                *row = token.clone();
            }
        }
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
            Action::Catalogue => Outcome::Show(Place::Catalogue),
            Action::CopyHint => self.current().map_or(Outcome::Stay, |t| Outcome::Do(Effect::CopyText(t.hint.clone()))),
            Action::Quit => Outcome::Exit(Ok(())),
            _ => Outcome::Stay,
        }
    }
}
