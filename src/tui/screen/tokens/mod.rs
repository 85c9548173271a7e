//! The token table.
//!
//! ```text
//!  jeton  who@host · role                     active of limit · expiring
//!  / filter                                   position and count
//! ──────────────────────────────────────────────────────────────────────────
//!      NAME   STATUS   ACCOUNT   API   EXPIRES   LAST SEEN   HINT      │ detail
//!  ▶   …                                                               │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: the token under the cursor, or what just changed
//! ```

mod columns;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Facts, Open, Outcome, Page};
use crate::domain::filter::Filter;
use crate::domain::token::{Token, TokenId};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::widget::field::Field;
use crate::tui::widget::list::Cursor;
use crate::verbs::ports::{Anchor, Window};
use crate::verbs::tokens::{Shown, TokenTally};

/// How many rows are asked for at once.
pub const WINDOW: usize = 200;
/// How near to the end of the window the cursor may come before more is asked for.
const MARGIN: usize = 50;

/// The table's state: a window of rows around the cursor.
pub struct Tokens {
    /// The rows at hand.
    pub window: Window,
    /// The row under the cursor, counted in the window.
    pub cursor: Cursor,
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
            cursor: Cursor::default(),
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
        self.window.rows.get(self.cursor.at())
    }

    /// What the filter means.
    pub fn parsed_filter(&self) -> Filter {
        Filter::parse(self.filter.text())
    }

    /// The anchor that keeps the cursor where it is.
    pub fn here(&self) -> Anchor {
        self.current().map_or(Anchor::Start, |t| Anchor::Around(t.id, None))
    }

    /// How many matching tokens stand before the one under the cursor, as last told.
    pub fn position(&self) -> u64 {
        self.window.position + self.cursor.at() as u64
    }

    /// Takes a new window: the cursor stays on its token where that is still there, else on its row.
    pub fn fill(&mut self, window: Window, anchor: Anchor, height: usize) {
        let wanted = match anchor {
            Anchor::Start | Anchor::After(_) => Some(0),
            Anchor::End => window.rows.len().checked_sub(1),
            Anchor::Around(..) => {
                let id = self.focus.take().or_else(|| self.current().map(|t| t.id));
                let same = window.rows.iter().position(|t| Some(t.id) == id);
                let absolute = self.window.position + self.cursor.at() as u64;
                same.or_else(|| usize::try_from(absolute.saturating_sub(window.position)).ok())
            }
        };
        self.window = window;
        self.loaded = true;
        let row_on_screen = self.cursor.row_on_screen();
        self.cursor.put(wanted.unwrap_or(0), row_on_screen, self.window.rows.len(), height);
    }

    /// Shows tokens as a change has left them, before the list is read again: the next key acts on what is so.
    pub fn show_changed(&mut self, changed: &[Token]) {
        for row in &mut self.window.rows {
            if let Some(token) = changed.iter().find(|t| t.id == row.id) {
                *row = token.clone();
            }
        }
    }

    /// The terminal has another size: the cursor stays on the screen.
    pub fn resized(&mut self, height: usize) {
        self.cursor.keep_visible(self.window.rows.len(), height);
    }

    /// Whether rows are missing near the cursor.
    pub fn wants_more(&self) -> bool {
        let end = self.window.position + self.window.rows.len() as u64;
        (self.cursor.at() < MARGIN && self.window.position > 0)
            || (self.cursor.at() + MARGIN >= self.window.rows.len() && end < self.window.matching)
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

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        match action {
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
            Action::Edit => Outcome::Open(Open::Edit),
            Action::CopyAs => Outcome::Open(Open::Copy),
            Action::Regenerate => Outcome::Open(Open::Regenerate),
            Action::Retire => Outcome::Open(Open::Retire),
            Action::Toggle => Outcome::Open(Open::Toggle),
            Action::Remove => Outcome::Open(Open::Remove),
            Action::Details => Outcome::Open(Open::Details),
            Action::CopyHint => self.current().map_or(Outcome::Stay, |t| Outcome::Do(Effect::CopyText(t.hint.clone()))),
            _ if self.cursor.walk(action, self.window.rows.len(), facts.rows) => Outcome::Moved,
            _ => Outcome::Stay,
        }
    }
}
