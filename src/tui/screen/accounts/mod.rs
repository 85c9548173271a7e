//! The accounts screen: names, roles, states and token counts.
//!
//! ```text
//!  jeton  who@host · role                                        Accounts
//!  / filter                                            position and count
//! ──────────────────────────────────────────────────────────────────────────
//!     NAME   ROLE   STATE   ACTIVE   KEPT   TRASH   CREATED    │ detail
//!  ▶  …                                                        │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: the account under the cursor, or the last change
//! ```

mod narrow;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::desk::Place;
use super::{Facts, Open, Outcome, Page};
use crate::domain::account::{Account, AccountId};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::widget::filter::{FilterChange, FilterField};
use crate::tui::widget::list::Cursor;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::{AccountDetails, AccountWithCounts};
use narrow::Narrowed;

/// State of the accounts screen. All accounts are loaded.
pub struct Accounts {
    rows: Vec<AccountWithCounts>,
    /// Positions in `rows` of the accounts that match the filter.
    matching: Vec<usize>,
    /// Position in `matching`.
    cursor: Cursor,
    filter: FilterField,
    loaded: bool,
    /// Account under the cursor before typing in the filter; `None` once the cursor has moved since.
    origin: Option<AccountId>,
    /// More data about the account under the cursor.
    shown: Option<AccountDetails>,
}

impl Default for Accounts {
    /// Creates an empty screen, not yet loaded.
    fn default() -> Self {
        Accounts {
            rows: Vec::new(),
            matching: Vec::new(),
            cursor: Cursor::default(),
            filter: FilterField::default(),
            loaded: false,
            origin: None,
            shown: None,
        }
    }
}

impl Accounts {
    /// Returns the account under the cursor, with its token counts.
    pub fn current(&self) -> Option<&AccountWithCounts> {
        self.matching.get(self.cursor.position()).and_then(|at| self.rows.get(*at))
    }

    /// `true` if the filter has text.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Takes all accounts. The cursor stays on its account if that still exists, else on its row.
    pub fn fill(&mut self, rows: Vec<AccountWithCounts>, height: usize) {
        let before = self.current().map(|c| c.account.id);
        self.rows = rows;
        self.loaded = true;
        self.narrow();
        let same = self.matching.iter().position(|at| Some(self.rows[*at].account.id) == before);
        let at = same.unwrap_or(self.cursor.position());
        self.cursor.place_at(at, self.cursor.row_on_screen(), self.matching.len(), height);
    }

    /// Takes more data about an account.
    pub fn tell(&mut self, shown: AccountDetails) {
        self.shown = Some(shown);
    }

    /// Puts the cursor on a changed account and shows its new state, before all accounts are read again.
    pub fn show_changed(&mut self, changed: &AccountWithCounts, height: usize) {
        match self.rows.iter_mut().find(|row| row.account.id == changed.account.id) {
            Some(row) => *row = changed.clone(),
            None => {
                let at = self.rows.partition_point(|row| row.account.username < changed.account.username);
                self.rows.insert(at, changed.clone());
            }
        }
        self.narrow();
        if let Some(at) = self.matching.iter().position(|at| self.rows[*at].account.id == changed.account.id) {
            self.cursor.place_at(at, self.cursor.row_on_screen(), self.matching.len(), height);
        }
    }

    /// Keeps the cursor on the screen after the terminal was resized.
    pub fn resized(&mut self, height: usize) {
        self.cursor.keep_visible(self.matching.len(), height);
    }

    fn narrow(&mut self) {
        let wanted = Narrowed::parse(self.filter.text());
        self.matching = (0..self.rows.len()).filter(|at| wanted.takes(&self.rows[*at].account)).collect();
    }

    fn shown_of(&self, account: &Account) -> Option<&AccountDetails> {
        self.shown.as_ref().filter(|s| s.counted.account.id == account.id)
    }
}

impl Page for Accounts {
    fn context(&self) -> Context {
        self.filter.context(Context::Accounts)
    }

    fn field(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn edited(&mut self) -> Outcome {
        self.narrow();
        self.cursor = Cursor::default();
        Outcome::Moved
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        let before = self.current().map(|c| c.account.id);
        match action {
            Action::Filter => self.origin = before,
            Action::Cancel => {}
            _ => self.origin = None,
        }
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Outcome::Stay,
            Some(FilterChange::Cleared) => {
                self.narrow();
                let before = self.origin.take().or(before);
                let at = self.rows.iter().position(|row| Some(row.account.id) == before).unwrap_or(0);
                self.cursor.place_at(at, self.cursor.row_on_screen(), self.matching.len(), facts.rows);
                return Outcome::Moved;
            }
            None => {}
        }
        match action {
            Action::Refresh => Outcome::Refresh,
            Action::Cancel => Outcome::Show(Place::Tokens),
            Action::Manage(act) => Outcome::Open(Open::Account(act)),
            Action::Details => self.current().map_or(Outcome::Stay, |c| Outcome::TokensOf(c.account.username.clone())),
            Action::CopyName => {
                self.current().map_or(Outcome::Stay, |c| Outcome::Do(Effect::CopyText(c.account.username.to_string())))
            }
            _ if self.cursor.move_by(action, self.matching.len(), facts.rows) => Outcome::Moved,
            _ => Outcome::Stay,
        }
    }
}
