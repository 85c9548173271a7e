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

mod dialogs;
mod filter;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::workspace::ScreenId;
use crate::domain::account::{Account, AccountId};
use crate::tui::component::{Component, Destination, Intent, Reply, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::outcome::{Outcome, Subject};
use crate::tui::widget::filter_field::{FilterChange, FilterField};
use crate::tui::widget::list_cursor::Cursor;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::{AccountDetails, AccountWithCounts, DeleteAccount, ListAccounts, ShowAccount};
use crate::verbs::request::Response;
use filter::AccountFilter;

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
    details: Option<AccountDetails>,
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
            details: None,
        }
    }
}

impl Accounts {
    /// Returns the account under the cursor, with its token counts.
    pub fn current(&self) -> Option<&AccountWithCounts> {
        self.matching.get(self.cursor.position()).and_then(|at| self.rows.get(*at))
    }

    /// Returns `true` if the filter has text.
    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Takes all accounts. The cursor stays on its account if that still exists, else on its row.
    fn set_rows(&mut self, rows: Vec<AccountWithCounts>, height: usize) {
        let before = self.current().map(|c| c.account.id);
        self.rows = rows;
        self.loaded = true;
        self.apply_filter();
        let same = self.matching.iter().position(|at| Some(self.rows[*at].account.id) == before);
        let at = same.unwrap_or(self.cursor.position());
        self.cursor.place_at(at, self.cursor.row_on_screen(), self.matching.len(), height);
    }

    /// Puts the cursor on a changed account and shows its new state, before all accounts are read again.
    fn show_changed(&mut self, changed: &AccountWithCounts, height: usize) {
        match self.rows.iter_mut().find(|row| row.account.id == changed.account.id) {
            Some(row) => *row = changed.clone(),
            None => {
                let at = self.rows.partition_point(|row| row.account.username < changed.account.username);
                self.rows.insert(at, changed.clone());
            }
        }
        self.apply_filter();
        if let Some(at) = self.matching.iter().position(|at| self.rows[*at].account.id == changed.account.id) {
            self.cursor.place_at(at, self.cursor.row_on_screen(), self.matching.len(), height);
        }
    }

    fn apply_filter(&mut self) {
        let filter = AccountFilter::parse(self.filter.text());
        self.matching = (0..self.rows.len()).filter(|at| filter.matches(&self.rows[*at].account)).collect();
    }

    /// Reads when the account under the cursor was last seen.
    fn read_details(&self) -> Intent {
        let Some(counted) = self.current() else { return Intent::Stay };
        Intent::read(ShowAccount { username: counted.account.username.clone() })
    }

    fn details_of(&self, account: &Account) -> Option<&AccountDetails> {
        self.details.as_ref().filter(|s| s.counted.account.id == account.id)
    }
}

impl Component for Accounts {
    fn id(&self) -> &'static str {
        "accounts"
    }

    fn context(&self) -> Context {
        self.filter.context(Context::Accounts)
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        match action {
            Action::Details | Action::CopyName => self.current().is_some(),
            Action::CreateAccount
            | Action::SetRole
            | Action::SetEnabled
            | Action::SetPassword
            | Action::DeleteAccount => self.may_manage(action, model),
            _ => true,
        }
    }

    fn label(&self, action: Action, _model: &Model) -> Option<&'static str> {
        let enabled = self.current().filter(|_| action == Action::SetEnabled)?.account.enabled;
        Some(if enabled { "Disable" } else { "Enable" })
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::read(ListAccounts)
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        match reply {
            Reply::Response(Response::ListAccounts(list)) => {
                self.set_rows(std::mem::take(&mut list.accounts), ctx.rows);
                Some(self.read_details())
            }
            Reply::Response(Response::ShowAccount(shown)) => {
                self.details = Some(shown.clone());
                Some(Intent::Stay)
            }
            _ => None,
        }
    }

    fn on_change(&mut self, outcome: &mut Outcome, ctx: &UpdateContext<'_>) -> Intent {
        if let (Subject::Accounts(changed), false) = (&outcome.subject, outcome.is::<DeleteAccount>()) {
            changed.iter().for_each(|counted| self.show_changed(counted, ctx.rows));
        }
        Intent::Stay
    }

    fn on_resize(&mut self, rows: usize) {
        self.cursor.keep_visible(self.matching.len(), rows);
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn on_edit(&mut self) -> Intent {
        self.apply_filter();
        self.cursor = Cursor::default();
        self.read_details()
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let before = self.current().map(|c| c.account.id);
        match action {
            Action::Filter => self.origin = before,
            Action::Cancel => {}
            _ => self.origin = None,
        }
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Intent::Stay,
            Some(FilterChange::Cleared) => {
                self.apply_filter();
                let before = self.origin.take().or(before);
                let at = self.rows.iter().position(|row| Some(row.account.id) == before).unwrap_or(0);
                self.cursor.place_at(at, self.cursor.row_on_screen(), self.matching.len(), ctx.rows);
                return self.read_details();
            }
            None => {}
        }
        match action {
            Action::Refresh => self.on_open(ctx),
            Action::Cancel => Intent::Go(Destination::Screen(ScreenId::Tokens)),
            Action::Details => {
                self.current().map_or(Intent::Stay, |c| Intent::Go(Destination::TokensOf(c.account.username.clone())))
            }
            Action::CopyName => self.current().map_or(Intent::Stay, |c| Intent::copy(c.account.username.to_string())),
            _ if self.cursor.move_by(action, self.matching.len(), ctx.rows) => self.read_details(),
            _ => self.open_dialog(action, ctx).unwrap_or(Intent::Stay),
        }
    }
}
