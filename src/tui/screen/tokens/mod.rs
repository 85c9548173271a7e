//! The token table.
//!
//! ```text
//!  jeton  who@host · role                     active of limit · expiring
//!  / filter                            mine · 3 of 17   ↓ order
//! ──────────────────────────────────────────────────────────────────────────
//!      NAME   STATUS   ACCOUNT   API   EXPIRES   LAST SEEN   HINT      │ detail
//!  ▶ ✓ …                                                               │ (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: the token under the cursor, or the last change
//! ```

mod columns;
pub mod marks;
pub mod shape;
mod trash;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Facts, Open, Outcome, Page};
use crate::domain::name::Username;
use crate::domain::sort::Sort;
use crate::domain::token::{Token, TokenId};
use crate::domain::token_filter::TokenFilter;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::Modal;
use crate::tui::modal::sort::SortDialog;
use crate::tui::model::{Model, Tone};
use crate::tui::widget::filter::{FilterChange, FilterField};
use crate::tui::widget::list::Cursor;
use crate::tui::widget::text_fit::group_digits;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ports::{TokenCursor, Window};
use crate::verbs::tokens::{OwnerFilter, TokenDetails, TokenSummary};
use marks::{MARKED_MAX, Marks};
use shape::Shape;

/// Number of rows per request.
pub const WINDOW: usize = 200;
/// Distance between the cursor and the end of the window at which more rows are requested.
const MARGIN: usize = 50;

/// The tokens that a request asks for, without their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The owner.
    pub whose: OwnerFilter,
    /// The filter.
    pub filter: TokenFilter,
    /// `true` for tokens in the trash, `false` for all others.
    pub trashed: bool,
}

/// State of the token table: a window of rows around the cursor.
pub struct Tokens {
    /// The loaded rows.
    pub window: Window,
    /// Position in the window.
    pub cursor: Cursor,
    /// The filter field.
    pub filter: FilterField,
    /// Restrictions in addition to the filter, and the order.
    pub shape: Shape,
    /// The marked tokens.
    pub marks: Marks,
    /// The question whose answer will be marked, while that answer is awaited.
    pub marking: Option<Question>,
    /// Tokens that the last change moved to the trash.
    pub just_deleted: Vec<Token>,
    /// The counts above the table.
    pub tally: TokenSummary,
    /// Usage of the token under the cursor.
    pub usage: Option<TokenDetails>,
    /// `true` once the first rows have arrived.
    pub loaded: bool,
    /// Token to which the cursor goes when the next rows arrive.
    pub focus: Option<TokenId>,
    /// The anchor of the last request.
    pub anchor: TokenCursor,
    /// Token under the cursor before typing in the filter; `None` once the cursor has moved since.
    origin: Option<TokenId>,
}

impl Tokens {
    /// Creates an empty table, not yet loaded.
    pub fn new() -> Self {
        Tokens {
            window: Window::default(),
            cursor: Cursor::default(),
            filter: FilterField::default(),
            shape: Shape::default(),
            marks: Marks::default(),
            marking: None,
            just_deleted: Vec::new(),
            tally: TokenSummary::default(),
            usage: None,
            loaded: false,
            focus: None,
            anchor: TokenCursor::Start,
            origin: None,
        }
    }

    /// Returns the token under the cursor.
    pub fn current(&self) -> Option<&Token> {
        self.window.rows.get(self.cursor.position())
    }

    /// Returns the question whose answer the table shows.
    pub fn question(&self) -> Question {
        let filter = self.shape.narrowed(TokenFilter::parse(self.filter.text()));
        Question { whose: self.shape.whose(), filter, trashed: self.shape.trashed }
    }

    /// Returns the account named by the filter, if only its tokens are shown. `None` if the filter names no account, or
    /// may match several.
    pub fn owner(&self) -> Option<Username> {
        let named = self.question().filter.account?;
        let mut owners = self.window.rows.iter().map(|token| &token.owner.username);
        match owners.next() {
            Some(first) if owners.all(|owner| owner == first) => Some(first.clone()),
            Some(_) => self.window.rows.iter().map(|t| &t.owner.username).find(|o| o.as_str() == named).cloned(),
            None => Username::parse(&named).ok(),
        }
    }

    /// Returns the tokens for the next action: the marked ones, else the one under the cursor.
    pub fn chosen(&self) -> Vec<Token> {
        if self.marks.is_empty() {
            self.current().cloned().into_iter().collect()
        } else {
            self.marks.tokens().cloned().collect()
        }
    }

    /// `true` if Esc would clear marks, clear a filter or leave the trash.
    pub fn can_go_back(&self) -> bool {
        !self.marks.is_empty() || !self.filter.is_empty() || self.shape.trashed || self.shape.narrows()
    }

    /// Marks all rows of `window`, the answer to the pending question. Returns a notice; `None` if the question has
    /// changed since.
    pub fn mark_all(&mut self, window: &Window) -> Option<(Tone, String)> {
        if self.marking.take()? != self.question() {
            return None;
        }
        let room = window.rows.iter().all(|token| self.marks.mark(token));
        let marked = group_digits(self.marks.len() as u64);
        if room && window.matching <= window.rows.len() as u64 {
            return Some((Tone::Good, format!("{marked} marked: all that is shown")));
        }
        let least = if window.matching_is_lower_bound { "+" } else { "" };
        let all = group_digits(window.matching.max(window.rows.len() as u64));
        Some((Tone::Bad, format!("Only {marked} marked, of {all}{least} shown: {} at most at a time", most())))
    }

    /// Sets the order.
    pub fn order(&mut self, sort: Sort) {
        self.shape.sort = sort;
    }

    /// Returns the anchor that keeps the cursor on its token.
    pub fn here(&self) -> TokenCursor {
        self.current().map_or(TokenCursor::Start, |t| TokenCursor::Around(t.id, None))
    }

    /// Number of matching tokens before the one under the cursor, as of the last reply.
    pub fn position(&self) -> u64 {
        self.window.position + self.cursor.position() as u64
    }

    /// Takes a new window. The cursor stays on its token if that still exists, else on its row.
    pub fn fill(&mut self, window: Window, anchor: TokenCursor, height: usize) {
        let wanted = match anchor {
            TokenCursor::Start | TokenCursor::After(_) => Some(0),
            TokenCursor::End => window.rows.len().checked_sub(1),
            TokenCursor::Around(..) => {
                let id = self.focus.take().or_else(|| self.current().map(|t| t.id));
                let same = window.rows.iter().position(|t| Some(t.id) == id);
                let absolute = self.window.position + self.cursor.position() as u64;
                same.or_else(|| usize::try_from(absolute.saturating_sub(window.position)).ok())
            }
        };
        self.window = window;
        self.marks.see(&self.window.rows);
        self.loaded = true;
        let row_on_screen = self.cursor.row_on_screen();
        self.cursor.place_at(wanted.unwrap_or(0), row_on_screen, self.window.rows.len(), height);
    }

    /// Shows changed tokens before the list is read again, so that the next key acts on their new state.
    pub fn show_changed(&mut self, changed: &[Token]) {
        for row in &mut self.window.rows {
            if let Some(token) = changed.iter().find(|t| t.id == row.id) {
                *row = token.clone();
            }
        }
    }

    /// Takes the usage of the token under the cursor, and updates "last seen" in its row.
    pub fn tell(&mut self, shown: TokenDetails) {
        if let Some(row) = self.window.rows.get_mut(self.cursor.position()) {
            row.last_seen_at = shown.token.last_seen_at;
        }
        self.usage = Some(shown);
    }

    /// Keeps the cursor on the screen after the terminal was resized.
    pub fn resized(&mut self, height: usize) {
        self.cursor.keep_visible(self.window.rows.len(), height);
    }

    /// `true` if there are rows after the last loaded one.
    fn ends_beyond(&self) -> bool {
        self.window.end() < self.window.matching || self.window.matching_is_lower_bound
    }

    /// `true` if rows are missing near the cursor.
    pub fn wants_more(&self) -> bool {
        // A second request around the same token would return the same rows, even if few of them are readable.
        let asked = |id| matches!(self.anchor, TokenCursor::Around(around, _) if around == id);
        if self.current().is_none_or(|token| asked(token.id)) {
            return false;
        }
        (self.cursor.position() < MARGIN && self.window.position > 0)
            || (self.cursor.position() + MARGIN >= self.window.rows.len() && self.window.end() < self.window.matching)
    }
}

/// Returns the maximum number of marks, formatted.
fn most() -> String {
    group_digits(MARKED_MAX as u64)
}

fn full() -> Outcome {
    Outcome::Say(Tone::Bad, format!("{} tokens at most can be marked at a time", most()))
}

impl Tokens {
    /// Marks or unmarks the token under the cursor, and moves to the next row.
    fn mark_here(&mut self, rows: usize) -> Outcome {
        let Some(token) = self.window.rows.get(self.cursor.position()) else { return Outcome::Stay };
        if !self.marks.toggle(token) {
            return full();
        }
        self.cursor.move_by(Action::Down, self.window.rows.len(), rows);
        Outcome::Moved
    }

    /// Moves to the next or previous row and marks on the way.
    fn extend(&mut self, walk: Action, rows: usize) -> Outcome {
        let (left, at) = (self.cursor.position(), self.position());
        self.cursor.move_by(walk, self.window.rows.len(), rows);
        let reached = (self.cursor.position(), self.position());
        let (Some(from), Some(to)) = (self.window.rows.get(left), self.window.rows.get(reached.0)) else {
            return Outcome::Stay;
        };
        if self.marks.extend((from, at), (to, reached.1)) { Outcome::Moved } else { full() }
    }

    /// Changes the shown tokens and starts at the first.
    fn turn(&mut self, change: impl FnOnce(&mut Shape)) -> Outcome {
        change(&mut self.shape);
        Outcome::List(TokenCursor::Start)
    }

    /// Switches between the trash and the other tokens. Clears the marks, because they are about the tokens shown.
    fn turn_to_trash(&mut self) -> Outcome {
        self.marks.clear();
        self.window = Window::default();
        self.loaded = false;
        self.turn(|shape| shape.trashed = !shape.trashed)
    }

    /// Clears all restrictions except `trashed`. The cursor goes to `id` when the next rows arrive.
    pub fn go_to(&mut self, id: TokenId, trashed: bool) {
        if self.shape.trashed != trashed {
            self.turn_to_trash();
        }
        self.filter.clear();
        self.shape = self.shape.whole(trashed);
        self.focus = Some(id);
    }

    /// Handles Esc: undoes one thing at a time.
    fn go_back(&mut self) -> Outcome {
        if !self.marks.is_empty() {
            self.marks.clear();
            return Outcome::Stay;
        }
        if self.shape.trashed && self.filter.is_empty() && !self.shape.mine {
            return self.turn_to_trash();
        }
        self.filter.clear();
        self.shape = self.shape.whole(self.shape.trashed);
        Outcome::List(self.here())
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

impl Page for Tokens {
    fn context(&self) -> Context {
        self.filter.context(if self.shape.trashed { Context::Trash } else { Context::Tokens })
    }

    fn field(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn edited(&mut self) -> Outcome {
        Outcome::List(TokenCursor::Start)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        if !matches!(action, Action::ExtendDown | Action::ExtendUp) {
            self.marks.end_stretch();
        }
        // Esc clears marks before it clears the filter.
        if action == Action::Cancel && !self.filter.is_typing() {
            return self.go_back();
        }
        match action {
            Action::Filter => self.origin = self.current().map(|token| token.id),
            Action::Cancel => {}
            _ => self.origin = None,
        }
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Outcome::Stay,
            Some(FilterChange::Cleared) => {
                self.focus = self.origin.take();
                return Outcome::List(self.focus.map_or_else(|| self.here(), |id| TokenCursor::Around(id, None)));
            }
            None => {}
        }
        match action {
            // An end within the loaded rows is reached at once: the keys that follow must not be overtaken by a reply.
            Action::First if self.window.position > 0 => Outcome::List(TokenCursor::Start),
            Action::Last if self.ends_beyond() => Outcome::List(TokenCursor::End),
            Action::Refresh => Outcome::List(self.here()),
            Action::Mark => self.mark_here(facts.rows),
            Action::ExtendDown => self.extend(Action::Down, facts.rows),
            Action::ExtendUp => self.extend(Action::Up, facts.rows),
            Action::MarkShown => Outcome::MarkShown,
            Action::Sort => Outcome::Push(Modal::Sort(Box::new(SortDialog::new(self.shape.sort)))),
            Action::Mine => self.turn(|shape| shape.mine = !shape.mine),
            Action::Expiring => self.turn(Shape::turn_expiring),
            Action::Stale => self.turn(|shape| shape.stale = !shape.stale),
            Action::Trash => self.turn_to_trash(),
            Action::Restore => Outcome::Open(Open::Restore),
            Action::Purge => Outcome::Open(Open::Purge),
            Action::Generate => Outcome::Open(Open::Generate),
            Action::Edit => Outcome::Open(Open::Edit),
            Action::CopyAs => Outcome::Open(Open::Copy),
            Action::Regenerate => Outcome::Open(Open::Regenerate),
            Action::Retire => Outcome::Open(Open::Retire),
            Action::Toggle => Outcome::Open(Open::Toggle),
            Action::Remove => Outcome::Open(Open::Remove),
            Action::Details => Outcome::Open(Open::Details),
            Action::CopyHint => self.current().map_or(Outcome::Stay, |t| Outcome::Do(Effect::CopyText(t.hint.clone()))),
            _ if self.cursor.move_by(action, self.window.rows.len(), facts.rows) => Outcome::Moved,
            _ => Outcome::Stay,
        }
    }
}
