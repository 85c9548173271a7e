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

mod changes;
mod columns;
mod dialogs;
pub mod list_options;
pub mod marks;
mod reads;
mod view;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::domain::name::Username;
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::token::{Token, TokenId};
use crate::tui::component::{Answer, Component, Destination, Intent, Reply, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::sort_order::SortDialog;
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::outcome::Outcome;
use crate::tui::widget::filter_field::{FilterChange, FilterField};
use crate::tui::widget::list_cursor::Cursor;
use crate::tui::widget::text_fit::group_digits;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::ports::{TokenCursor, Window};
use crate::verbs::request::Response;
use crate::verbs::tokens::{OwnerFilter, TokenDetails, TokenSummary};
use list_options::ListOptions;
use marks::{MAX_MARKED, Marks};

/// The restrictions of a token list, without its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    pub owner: OwnerFilter,
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
    pub filter: FilterField,
    /// Restrictions in addition to the filter, and the order.
    pub options: ListOptions,
    /// The marked tokens.
    pub marks: Marks,
    /// The list whose tokens will be marked, until the reply arrives.
    pub marking: Option<ListQuery>,
    /// Tokens that the last change moved to the trash.
    pub just_revoked: Vec<Token>,
    /// The counts above the table.
    pub summary: TokenSummary,
    /// Usage of the token under the cursor.
    pub details: Option<TokenDetails>,
    /// `true` once the first rows have arrived.
    pub loaded: bool,
    /// Token to which the cursor goes when the next rows arrive.
    pub focus: Option<TokenId>,
    /// The anchor of the last request.
    pub page_cursor: TokenCursor,
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
            options: ListOptions::default(),
            marks: Marks::default(),
            marking: None,
            just_revoked: Vec::new(),
            summary: TokenSummary::default(),
            details: None,
            loaded: false,
            focus: None,
            page_cursor: TokenCursor::Start,
            origin: None,
        }
    }

    /// Returns the token under the cursor.
    pub fn current(&self) -> Option<&Token> {
        self.window.rows.get(self.cursor.position())
    }

    /// Returns the list that the table shows.
    pub fn query(&self) -> ListQuery {
        let filter = self.options.apply_to(TokenFilter::parse(self.filter.text()));
        ListQuery { owner: self.options.owner_filter(), filter, trashed: self.options.trashed }
    }

    /// Returns the account named by the filter, if only its tokens are shown. `None` if the filter names no account, or
    /// may match several.
    pub fn owner(&self) -> Option<Username> {
        let named = self.query().filter.account?;
        let mut owners = self.window.rows.iter().map(|token| &token.owner.username);
        match owners.next() {
            Some(first) if owners.all(|owner| owner == first) => Some(first.clone()),
            Some(_) => self.window.rows.iter().map(|t| &t.owner.username).find(|o| o.as_str() == named).cloned(),
            None => Username::parse(&named).ok(),
        }
    }

    /// Returns the tokens for the next action: the marked ones, else the one under the cursor.
    pub fn targets(&self) -> Vec<Token> {
        if self.marks.is_empty() {
            self.current().cloned().into_iter().collect()
        } else {
            self.marks.tokens().cloned().collect()
        }
    }

    /// Returns `true` if Esc would clear marks, clear a filter or leave the trash.
    fn can_go_back(&self) -> bool {
        !self.marks.is_empty() || !self.filter.is_empty() || self.options.trashed || self.options.is_filtering()
    }

    /// Returns the anchor that keeps the cursor on its token, or brings it to the token that it has to go to.
    fn current_cursor(&self) -> TokenCursor {
        let id = self.focus.or_else(|| self.current().map(|token| token.id));
        id.map_or(TokenCursor::Start, |id| TokenCursor::Around(id, None))
    }

    /// Returns the number of matching tokens before the one under the cursor, as of the last reply.
    pub fn position(&self) -> u64 {
        self.window.position + self.cursor.position() as u64
    }
}

/// Returns the maximum number of marks, formatted.
fn max_marked_text() -> String {
    group_digits(MAX_MARKED as u64)
}

fn too_many_marked() -> Intent {
    Intent::Notify(NoticeId::MarkLimit, format!("At most {} tokens can be marked", max_marked_text()))
}

impl Tokens {
    /// Marks or unmarks the token under the cursor, and moves to the next row.
    fn mark_current(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let Some(token) = self.window.rows.get(self.cursor.position()) else { return Intent::Stay };
        if !self.marks.toggle(token) {
            return too_many_marked();
        }
        self.cursor.move_by(Action::Down, self.window.rows.len(), ctx.rows);
        self.on_cursor_moved(ctx)
    }

    /// Moves to the next or previous row and marks on the way.
    fn extend(&mut self, walk: Action, ctx: &UpdateContext<'_>) -> Intent {
        let (left, at) = (self.cursor.position(), self.position());
        self.cursor.move_by(walk, self.window.rows.len(), ctx.rows);
        let reached = (self.cursor.position(), self.position());
        let (Some(from), Some(to)) = (self.window.rows.get(left), self.window.rows.get(reached.0)) else {
            return Intent::Stay;
        };
        if self.marks.extend((from, at), (to, reached.1)) { self.on_cursor_moved(ctx) } else { too_many_marked() }
    }

    /// Changes the shown tokens and starts at the first.
    fn set_options(&mut self, change: impl FnOnce(&mut ListOptions)) -> Intent {
        change(&mut self.options);
        self.list(TokenCursor::Start)
    }

    /// Switches between the trash and the other tokens. Clears the marks, because they are about the tokens shown.
    fn toggle_trash(&mut self) -> Intent {
        self.marks.clear();
        self.window = Window::default();
        self.loaded = false;
        self.set_options(|shape| shape.trashed = !shape.trashed)
    }

    /// Clears all restrictions except `trashed`. The cursor goes to `id` when the next rows arrive.
    fn go_to(&mut self, id: TokenId, trashed: bool) {
        if self.options.trashed != trashed {
            self.toggle_trash();
        }
        self.filter.clear();
        self.options = self.options.without_filters(trashed);
        self.focus = Some(id);
    }

    /// Handles Esc: clears one restriction at a time.
    fn go_back(&mut self) -> Intent {
        if !self.marks.is_empty() {
            self.marks.clear();
            return Intent::Stay;
        }
        if self.options.trashed && self.filter.is_empty() && !self.options.mine {
            return self.toggle_trash();
        }
        self.filter.clear();
        self.options = self.options.without_filters(self.options.trashed);
        self.list(self.current_cursor())
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

impl Component for Tokens {
    fn id(&self) -> &'static str {
        "tokens"
    }

    fn context(&self) -> Context {
        self.filter.context(if self.options.trashed { Context::Trash } else { Context::Tokens })
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        let current = self.current();
        match action {
            Action::EditToken
            | Action::CopyToken
            | Action::RegenerateToken
            | Action::SetEnabled
            | Action::Revoke
            | Action::Mark
            | Action::ExtendDown
            | Action::ExtendUp
            | Action::MarkShown
            | Action::Details
            | Action::CopyHint => current.is_some(),
            Action::EndOverlap => current.is_some_and(|token| token.overlap(model.now).is_some()),
            Action::Restore if self.options.trashed => current.is_some(),
            Action::Restore => !self.just_revoked.is_empty(),
            Action::Mine => model.manages_others(),
            Action::Purge => model.is_by_person(),
            Action::Cancel => self.filter.is_typing() || self.can_go_back(),
            _ => true,
        }
    }

    fn label(&self, action: Action, _model: &Model) -> Option<&'static str> {
        (action == Action::SetEnabled).then(|| {
            let targets = self.targets();
            if targets.is_empty() || targets.iter().any(|token| token.enabled) { "Disable" } else { "Enable" }
        })
    }

    fn on_store_changed(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::All(vec![self.list(self.current_cursor()), self.read_marked()])
    }

    fn on_go(&mut self, destination: &Destination) -> Intent {
        match destination {
            Destination::Here | Destination::Screen(_) => Intent::Stay,
            Destination::TokensOf(username) => {
                self.filter.set(&format!("account:{username}"));
                self.list(TokenCursor::Start)
            }
            Destination::Token { id, trashed } => {
                self.go_to(*id, *trashed);
                self.list(self.current_cursor())
            }
        }
    }

    fn on_answer(&mut self, answer: Answer) -> Intent {
        let Answer::Sort(sort) = answer else { return Intent::Stay };
        self.set_options(|options| options.sort = sort)
    }

    fn shows_ledger(&self) -> bool {
        true
    }

    fn on_ledger_changed(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        self.read_usage(ctx)
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        self.take_reply(reply, ctx)
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        self.take_data(response);
    }

    fn on_change(&mut self, outcome: &mut Outcome, _ctx: &UpdateContext<'_>) -> Intent {
        self.take_change(outcome)
    }

    fn on_resize(&mut self, rows: usize) {
        self.cursor.keep_visible(self.window.rows.len(), rows);
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn on_edit(&mut self) -> Intent {
        self.list(TokenCursor::Start)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        if !matches!(action, Action::ExtendDown | Action::ExtendUp) {
            self.marks.end_range();
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
            Some(FilterChange::Unchanged) => return Intent::Stay,
            Some(FilterChange::Cleared) => {
                self.focus = self.origin.take();
                return self.list(self.current_cursor());
            }
            None => {}
        }
        match action {
            // An end within the loaded rows is reached at once: the keys that follow must not be overtaken by a reply.
            Action::First if self.window.position > 0 => self.list(TokenCursor::Start),
            Action::Last if self.has_rows_after() => self.list(TokenCursor::End),
            Action::Refresh => self.list(self.current_cursor()),
            Action::Mark => self.mark_current(ctx),
            Action::ExtendDown => self.extend(Action::Down, ctx),
            Action::ExtendUp => self.extend(Action::Up, ctx),
            Action::MarkShown => self.list_all_matching(),
            Action::Sort => Intent::push(SortDialog::new(self.options.sort)),
            Action::Mine => self.set_options(|shape| shape.mine = !shape.mine),
            Action::Expiring => self.set_options(ListOptions::toggle_expiring),
            Action::Stale => self.set_options(|shape| shape.stale = !shape.stale),
            Action::Trash => self.toggle_trash(),
            Action::CopyHint => self.current().map_or(Intent::Stay, |t| Intent::copy(t.hint.clone())),
            _ if self.cursor.move_by(action, self.window.rows.len(), ctx.rows) => self.on_cursor_moved(ctx),
            _ => self.open_dialog(action, ctx).unwrap_or(Intent::Stay),
        }
    }
}
