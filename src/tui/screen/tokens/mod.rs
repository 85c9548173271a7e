//! The token table, and the trash.

mod changes;
mod columns;
mod dialogs;
pub mod list_options;
mod mark_all;
mod view;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::list::list_screen::{ListScreen, Source};
use super::list::loaded_rows::{Anchor, ListRow, Page};
use crate::domain::name::Username;
use crate::domain::query::filter_syntax::FilterFields;
use crate::domain::query::sort::Sort;
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::token::{Token, TokenId, TokenRef};
use crate::tui::component::{Damaged, Destination, DialogResult, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::columns::ColumnsDialog;
use crate::tui::modal::sort_order::SortDialog;
use crate::tui::model::Model;
use crate::tui::outcome::Outcome;
use crate::tui::text_fit::group_digits;
use crate::tui::view_state::ViewChange;
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::verbs::ports::{TokenCursor, Window};
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::{
    BulkChange, CountMatching, CountTokens, GetTokens, ListTokens, MatchingCount, OwnerFilter, ShowToken, TokenDetails,
    TokenSummary,
};
use changes::Undo;
use list_options::ListOptions;

/// The token table.
pub type Tokens = ListScreen<TokenList>;

/// The tokens that the signed-in account may see, either those in the trash or all others.
#[derive(Default)]
pub struct TokenList {
    /// Restrictions in addition to the filter, and the order.
    pub options: ListOptions,
    /// The query whose tokens are marked. Only used while the marks are by query.
    marked_query: (OwnerFilter, TokenFilter),
    /// The number of tokens that are marked by a query, once counted.
    marked_count: Option<MatchingCount>,
    /// The way back from the last change.
    pub undo: Undo,
    /// The token to which the cursor goes when the trash is opened, or left.
    on_other_side: Option<TokenId>,
    /// The counts above the table.
    summary: TokenSummary,
    /// Usage of the token under the cursor.
    details: Option<TokenDetails>,
    /// The loaded section without its rows.
    pub window: Window,
    /// `true` if the matching tokens of the section are not counted yet.
    is_uncounted: bool,
}

impl ListRow for Token {
    type Key = TokenId;

    fn key(&self) -> TokenId {
        self.id
    }
}

impl From<Anchor<TokenId>> for TokenCursor {
    fn from(anchor: Anchor<TokenId>) -> Self {
        match anchor {
            Anchor::Start => TokenCursor::Start,
            Anchor::End => TokenCursor::End,
            Anchor::Around(id, position) => TokenCursor::Around(id, position),
        }
    }
}

impl TokenList {
    fn owner(&self) -> OwnerFilter {
        if self.options.mine { OwnerFilter::Mine } else { OwnerFilter::All }
    }

    fn details_of(&self, token: &Token) -> Option<&TokenDetails> {
        self.details.as_ref().filter(|s| s.token.id == token.id)
    }
}

impl Source for TokenList {
    type Row = Token;
    type Filter = TokenFilter;
    const ID: &'static str = "tokens";
    const CONTEXT: Context = Context::Tokens;
    const TABLE: TableSpec = columns::TOKENS;
    const NOUN: &'static str = "tokens";
    const SHOWS_LEDGER: bool = true;
    const HIDES_COLUMNS: bool = true;
    const COPY_ROWS: Option<fn(&Response) -> Option<Response>> =
        Some(|reply| if let Response::ListTokens(w) = reply { Some(Response::ListTokens(w.clone())) } else { None });

    fn context(&self) -> Context {
        if self.options.trashed { Context::Trash } else { Context::Tokens }
    }

    fn table(&self) -> &'static TableSpec {
        if self.options.trashed { &columns::TRASH } else { &columns::TOKENS }
    }

    fn request(&self, filter: TokenFilter, anchor: Anchor<TokenId>, limit: usize) -> Request {
        let ListOptions { sort, trashed, .. } = self.options;
        let (owner, filter) = (self.owner(), self.options.apply_to(filter));
        let cursor = match anchor.into() {
            TokenCursor::Start if !filter.is_empty() => TokenCursor::StartUncounted,
            cursor => cursor,
        };
        ListTokens { owner, filter, sort, trashed, cursor, limit }.into()
    }

    fn summary_request(&self) -> Option<Request> {
        Some(CountTokens.into())
    }

    fn details_request(&self, row: &Token) -> Option<Request> {
        Some(ShowToken { token: TokenRef::Id(row.id) }.into())
    }

    fn marked_request(list: &Tokens) -> Option<Request> {
        Some(match list.marked_tokens() {
            Some(tokens) => CountMatching { tokens }.into(),
            None => GetTokens { tokens: list.marks.rows().map(Token::key).collect() }.into(),
        })
    }

    fn marked_count(list: &Tokens) -> Option<u64> {
        match list.marks.is_by_query() {
            true => list.source.marked_count.map(|counted| counted.count),
            false => Some(list.marks.len() as u64),
        }
    }

    fn take_page(&mut self, response: &mut Response, _filter: &TokenFilter) -> Option<Page<Token>> {
        let Response::ListTokens(window) = response else { return None };
        self.window = std::mem::take(window);
        self.undo.check(&self.window.rows);
        self.is_uncounted = self.window.matching == 0 && self.window.end() > 0;
        if self.is_uncounted {
            (self.window.matching, self.window.matching_is_lower_bound) = (self.window.end(), true);
        }
        let has_after = self.is_uncounted || self.window.end() < self.window.matching;
        let position = Some(self.window.position);
        Some(Page { rows: std::mem::take(&mut self.window.rows), position, has_after })
    }

    fn damaged(response: &Response) -> Option<Damaged> {
        let Response::ListTokens(window) = response else { return None };
        Some(Damaged::new(window.unreadable.iter().map(ToString::to_string).collect()))
    }

    fn on_data(list: &mut Tokens, response: &Response) {
        match response {
            Response::CountTokens(summary) => list.source.summary = *summary,
            Response::CountMatching(counted) => list.source.marked_count = Some(*counted),
            Response::GetTokens(snapshots) => {
                let trashed = list.source.options.trashed;
                for one in snapshots {
                    match one.token.as_ref().filter(|token| token.deleted_at.is_some() == trashed) {
                        Some(token) => list.marks.refresh(token),
                        None => list.marks.unmark(&one.id),
                    }
                }
            }
            // A dialog may have requested a token other than the one under the cursor.
            Response::ShowToken(shown) => {
                if let Some(row) = list.rows.current_mut().filter(|row| row.id == shown.token.id) {
                    row.last_seen_at = shown.token.last_seen_at;
                    list.source.details = Some(shown.clone());
                }
            }
            _ => {}
        }
    }

    fn on_reply(list: &mut Tokens, response: &mut Response, ctx: &UpdateContext<'_>) -> Option<Intent> {
        list.confirm_undo(response, ctx)
    }

    fn on_change(list: &mut Tokens, outcome: &mut Outcome, ctx: &UpdateContext<'_>) -> Intent {
        list.take_change(outcome, ctx.now)
    }

    fn on_go(list: &mut Tokens, destination: &Destination, ctx: &UpdateContext<'_>) -> Intent {
        match destination {
            Destination::TokensOf(username) => {
                list.filter.set(&format!("account:{username}"));
                list.list_from_start()
            }
            Destination::TokensWith(method) => {
                list.clear_filters(false);
                list.filter.set(&format!("method:{method}"));
                list.list_from_start()
            }
            Destination::Token { id, trashed } => {
                list.go_to(*id, *trashed);
                list.list_again()
            }
            Destination::TokenTable if list.source.options.trashed => list.toggle_trash(),
            Destination::Trash(filter) => {
                if !list.source.options.trashed {
                    list.toggle_trash();
                }
                list.filter.set(filter);
                list.list_from_start()
            }
            Destination::TokenDialog(token, action) => {
                list.go_to(token.id, token.deleted_at.is_some());
                let dialog = list.open_about_token((**token).clone(), *action, ctx);
                Intent::All(vec![list.list_again(), dialog])
            }
            _ => Intent::Stay,
        }
    }

    fn on_answer(list: &mut Tokens, answer: DialogResult) -> Intent {
        let DialogResult::Sort(sort) = answer else { return Intent::Stay };
        let read = list.set_options(|options| options.sort = sort);
        Intent::All(vec![read, Intent::Remember(ViewChange::Sort(sort))])
    }

    fn on_action(list: &mut Tokens, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        Some(match action {
            Action::Cancel => list.go_back(),
            Action::MarkShown => list.mark_all(ctx),
            Action::Columns => Intent::push(ColumnsDialog::new(list.source.table())),
            Action::Sort => Intent::push(SortDialog::new(list.source.options.sort)),
            Action::Mine => list.set_options(|options| options.mine = !options.mine),
            Action::Expiring => list.set_options(ListOptions::toggle_expiring),
            Action::Stale => list.set_options(|options| options.stale = !options.stale),
            Action::Tried => list.set_options(|options| options.tried = !options.tried),
            Action::Trash => list.toggle_trash(),
            Action::CopyHint => Intent::copy(list.current()?.hint.as_str()),
            _ => return list.open_dialog(action, ctx),
        })
    }

    fn is_enabled(list: &Tokens, action: Action, model: &Model) -> bool {
        let current = list.current();
        match action {
            Action::EditToken | Action::CopyToken | Action::RegenerateToken => current.is_some(),
            Action::SetEnabled | Action::Revoke => list.has_targets(),
            Action::EndOverlap => current.is_some_and(|token| token.overlap(model.now).is_some()),
            Action::Restore if list.source.options.trashed => list.has_targets(),
            Action::Restore => !matches!(list.source.undo, Undo::Nothing),
            Action::Mine => model.manages_others(),
            Action::Purge => model.is_by_person(),
            Action::Cancel => list.filter.is_typing() || list.can_go_back(),
            _ => true,
        }
    }

    fn label(list: &Tokens, action: Action, _model: &Model) -> Option<&'static str> {
        (action == Action::SetEnabled).then(|| {
            if let Some(change) = list.bulk_change(action) {
                return if change == BulkChange::Enable { "Enable" } else { "Disable" };
            }
            let targets = list.targets();
            if targets.is_empty() || targets.iter().any(|token| token.enabled) { "Disable" } else { "Enable" }
        })
    }

    fn is_uncounted(&self) -> bool {
        self.is_uncounted
    }

    /// The tokens just changed may be among those purged.
    fn on_batch_done(&mut self) {
        self.undo = Undo::Nothing;
    }

    fn can_undo(&self) -> bool {
        !self.options.trashed && matches!(self.undo, Undo::Restore(_) | Undo::SetEnabled(_) | Undo::Edit(_))
    }

    fn cells(&self, row: &Token, filter: &TokenFilter, _columns: &TableColumns, model: &Model) -> Vec<Cell> {
        match self.options.trashed {
            true => columns::trash_cells(row, &filter.words, model),
            false => columns::token_cells(row, self.window.still_tried.get(&row.id).copied(), &filter.words, model),
        }
    }

    fn about(&self, row: &Token, model: &Model) -> [String; 2] {
        view::about(row, self.details_of(row), model)
    }

    fn pane_lines(&self, row: &Token, pane: Rect, model: &Model) -> Vec<Line<'static>> {
        view::pane_lines(row, self.details_of(row), pane, model)
    }

    fn facts(&self, model: &Model) -> Vec<(String, Style)> {
        view::facts(self, model)
    }

    fn options(&self) -> Vec<&'static str> {
        self.options.active_options()
    }

    fn count(list: &Tokens) -> String {
        let window = &list.source.window;
        let more = if window.matching_is_lower_bound { "+" } else { "" };
        match (list.is_filtered(), window.total, list.rows.position()) {
            (true, ..) => format!("{}{more} match", group_digits(window.matching)),
            (false, 0, _) => "none".to_owned(),
            (false, total, above) => format!("{} of {}", group_digits(above.unwrap_or(0) + 1), group_digits(total)),
        }
    }

    fn count_suffix(list: &Tokens) -> String {
        if list.is_filtered() { format!(" of {}", group_digits(list.source.window.total)) } else { String::new() }
    }

    fn sort(&self) -> Option<Sort> {
        Some(self.options.sort)
    }

    fn no_match_hint(&self, filter: &TokenFilter, model: &Model) -> Option<String> {
        view::no_match_hint(filter, self.options.trashed, self.context(), model)
    }

    fn empty_text(&self, model: &Model) -> &'static str {
        match (self.options.trashed, view::can_generate(model)) {
            (false, _) if model.is_read_only => "No tokens yet.",
            (true, _) => "The trash is empty.",
            (false, true) => "No tokens yet.",
            (false, false) => "No tokens yet. Self-service is off: ask an owner or admin for a token.",
        }
    }

    fn empty_hint(&self, model: &Model) -> Option<(String, &'static str)> {
        let key = |action| model.keymap.key(self.context(), action);
        match self.options.trashed {
            true => Some((key(Action::Trash), "goes back to the tokens.")),
            false => {
                let can_generate = view::can_generate(model) && !model.is_read_only;
                can_generate.then(|| (key(Action::CreateToken), "generates the first one."))
            }
        }
    }
}

impl Tokens {
    /// Returns the account named by the filter, if only its tokens are shown. `None` if the filter names no account, or
    /// may match several.
    pub fn owner(&self) -> Option<Username> {
        let named = self.parsed_filter().account?;
        let mut owners = self.rows.all().iter().map(|token| &token.owner.username);
        match owners.next() {
            Some(first) if owners.all(|owner| owner == first) => Some(first.clone()),
            Some(_) => self.rows.all().iter().map(|t| &t.owner.username).find(|o| o.as_str() == named).cloned(),
            None => Username::parse(&named).ok(),
        }
    }

    /// Returns `true` if Esc would clear marks, clear a filter or leave the trash.
    fn can_go_back(&self) -> bool {
        !self.marks.is_empty() || self.is_filtered() || self.source.options.trashed
    }

    /// Changes the shown tokens and starts at the first.
    fn set_options(&mut self, change: impl FnOnce(&mut ListOptions)) -> Intent {
        change(&mut self.source.options);
        self.list_from_start()
    }

    /// Clears all restrictions except `trashed`. The cursor goes to `id` when the next rows arrive.
    fn go_to(&mut self, id: TokenId, trashed: bool) {
        self.clear_filters(trashed);
        self.rows.set_target(Some(id));
    }

    /// Handles Esc without marks: clears all restrictions, or leaves the trash.
    fn go_back(&mut self) -> Intent {
        let options = self.source.options;
        if options.trashed && !self.is_filtered() {
            return self.toggle_trash();
        }
        self.filter.clear();
        self.source.options = options.without_filters(options.trashed);
        let anchor = self.rows.anchor_without_filter(false);
        self.list(anchor)
    }
}
