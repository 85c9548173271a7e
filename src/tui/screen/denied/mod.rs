//! The screen of denied attempts: summed up by token, or one by one. The last ones come first.

mod attempts;
mod tokens;

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::list::list_screen::{ListScreen, Source};
use super::list::loaded_rows::{Anchor, Page};
use super::list::log_row::LogRow;
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::role::Role;
use crate::domain::token::TokenId;
use crate::tui::component::{Damaged, Destination, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::row_details;
use crate::tui::model::Model;
use crate::tui::widget::scroll_view::Content;
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::verbs::ledger::{
    DeniedKey, DeniedRow, DeniedTokenKey, DeniedTokenRow, LedgerToken, LedgerWindow, ListDenied, ListDeniedTokens,
    TokenState,
};
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::CountTokens;
pub use attempts::{describe_secret, short_status};

pub type Denied = ListScreen<DeniedAttempts>;

#[derive(Default)]
pub struct DeniedAttempts {
    /// `true` to show the attempts one by one.
    is_ungrouped: bool,
    /// The filter of the tokens from which the attempts of one were opened.
    filter_before: Option<String>,
}

/// A row of the screen.
#[derive(Clone)]
pub enum DeniedItem {
    Attempt(DeniedRow),
    Token(DeniedTokenRow),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeniedItemKey {
    Attempt(DeniedKey),
    Token(DeniedTokenKey),
}

impl DeniedItem {
    fn token(&self) -> Option<&LedgerToken> {
        match self {
            DeniedItem::Attempt(row) => row.token.as_ref(),
            DeniedItem::Token(row) => row.token.as_ref(),
        }
    }

    /// Returns the last caller's address.
    pub fn address(&self) -> &str {
        match self {
            DeniedItem::Attempt(row) => &row.address,
            DeniedItem::Token(row) => &row.address,
        }
    }
}

impl LogRow for DeniedItem {
    type Key = DeniedItemKey;

    fn key(&self) -> DeniedItemKey {
        match self {
            DeniedItem::Attempt(row) => DeniedItemKey::Attempt(row.key),
            DeniedItem::Token(row) => DeniedItemKey::Token(row.key),
        }
    }

    fn had_key(&self, key: &DeniedItemKey) -> bool {
        match (self, key) {
            // Each attempt changes the time in the key.
            (DeniedItem::Token(row), DeniedItemKey::Token(key)) => row.key.token == key.token,
            _ => self.key() == *key,
        }
    }

    /// Tokens change their places, but keys must act on the token that was chosen.
    fn is_event(&self) -> bool {
        matches!(self, DeniedItem::Attempt(_))
    }
}

impl Content for DeniedItem {
    const CONTEXT: Context = Context::LedgerRow;

    fn id(&self) -> &'static str {
        match self {
            DeniedItem::Attempt(row) => row.id(),
            DeniedItem::Token(row) => row.id(),
        }
    }

    fn title(&self) -> String {
        match self {
            DeniedItem::Attempt(row) => row.title(),
            DeniedItem::Token(row) => row.title(),
        }
    }

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        match self {
            DeniedItem::Attempt(row) => row.lines(columns, model),
            DeniedItem::Token(row) => row.lines(columns, model),
        }
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        match self {
            DeniedItem::Attempt(row) => row.is_enabled(action, model),
            DeniedItem::Token(row) => row.is_enabled(action, model),
        }
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        match self {
            DeniedItem::Attempt(row) => row.on_action(action, ctx),
            DeniedItem::Token(row) => row.on_action(action, ctx),
        }
    }
}

impl<R> From<&mut LedgerWindow<R>> for Page<R> {
    fn from(window: &mut LedgerWindow<R>) -> Self {
        page(window, |row| row)
    }
}

fn page<R, I>(window: &mut LedgerWindow<R>, item: impl Fn(R) -> I) -> Page<I> {
    let rows = std::mem::take(&mut window.rows).into_iter().map(item).collect();
    Page { rows, position: (!window.newer).then_some(0), has_after: window.older }
}

impl<R> From<&LedgerWindow<R>> for Damaged {
    fn from(window: &LedgerWindow<R>) -> Self {
        Damaged::new(window.unreadable.clone())
    }
}

/// Returns the page at `anchor`. A row of the other kind has no place.
fn cursor<K>(anchor: Anchor<DeniedItemKey>, of_kind: impl Fn(DeniedItemKey) -> Option<K>) -> PageCursor<K> {
    match anchor {
        Anchor::Start => PageCursor::Newest,
        Anchor::End => PageCursor::Oldest,
        Anchor::Around(key, _) => of_kind(key).map_or(PageCursor::Newest, PageCursor::Around),
    }
}

impl Source for DeniedAttempts {
    type Row = DeniedItem;
    type Filter = LedgerFilter;
    const ID: &'static str = "denied";
    const CONTEXT: Context = Context::Denied;
    const SHOWS_LEDGER: bool = true;
    const TABLE: TableSpec = attempts::TABLE;

    fn table(&self) -> &'static TableSpec {
        if self.is_ungrouped { &attempts::TABLE } else { &tokens::TABLE }
    }

    fn request(&self, filter: LedgerFilter, anchor: Anchor<DeniedItemKey>, limit: usize) -> Request {
        let (token, since) = (None, None);
        if self.is_ungrouped {
            let cursor = cursor(anchor, |key| if let DeniedItemKey::Attempt(key) = key { Some(key) } else { None });
            return ListDenied { token, since, filter, cursor, limit }.into();
        }
        let cursor = cursor(anchor, |key| if let DeniedItemKey::Token(key) = key { Some(key) } else { None });
        ListDeniedTokens { token, since, filter, cursor, limit }.into()
    }

    /// The tab has the number of tokens that are denied now.
    fn summary_request(&self) -> Option<Request> {
        Some(CountTokens.into())
    }

    fn take_page(&mut self, response: &mut Response, _filter: &LedgerFilter) -> Option<Page<DeniedItem>> {
        match response {
            Response::ListDenied(window) if self.is_ungrouped => Some(page(window, DeniedItem::Attempt)),
            Response::ListDeniedTokens(window) if !self.is_ungrouped => Some(page(window, DeniedItem::Token)),
            _ => None,
        }
    }

    fn damaged(response: &Response) -> Option<Damaged> {
        match response {
            Response::ListDenied(window) => Some(window.into()),
            Response::ListDeniedTokens(window) => Some(window.into()),
            _ => None,
        }
    }

    fn on_action(list: &mut Denied, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        match action {
            Action::GroupDenied => Some(list.show(!list.source.is_ungrouped, None)),
            Action::Details if !list.source.is_ungrouped => {
                let id = list.current()?.token().map_or(TokenId(0), |token| token.id);
                let before = list.filter.text().to_owned();
                list.filter.set(&format!("token:{id}"));
                Some(list.show(true, Some(before)))
            }
            Action::Cancel => {
                let before = list.source.filter_before.take()?;
                list.filter.set(&before);
                Some(list.show(false, None))
            }
            Action::GoToToken => {
                let token = list.current()?.token()?;
                let (id, trashed) = (token.id, token.state == TokenState::Trashed);
                Some(Intent::Go(Destination::Token { id, trashed }))
            }
            _ => None,
        }
    }

    fn is_enabled(list: &Denied, action: Action, _model: &Model) -> bool {
        let token = || list.current().and_then(DeniedItem::token);
        action != Action::GoToToken || token().is_some_and(|token| token.state != TokenState::Purged)
    }

    fn label(list: &Denied, action: Action, _model: &Model) -> Option<&'static str> {
        match (action, list.source.is_ungrouped) {
            (Action::GroupDenied, true) => Some("Group"),
            (Action::Details, false) => Some("Attempts"),
            _ => None,
        }
    }

    fn cells(&self, row: &DeniedItem, filter: &LedgerFilter, columns: &TableColumns, model: &Model) -> Vec<Cell> {
        match row {
            DeniedItem::Attempt(row) => attempts::cells(row, filter, columns, model),
            DeniedItem::Token(row) => tokens::cells(row, filter, model),
        }
    }

    fn about(&self, row: &DeniedItem, model: &Model) -> [String; 2] {
        match row {
            DeniedItem::Attempt(row) => attempts::about(row, model),
            DeniedItem::Token(row) => tokens::about(row, model),
        }
    }

    /// Enter on a token shows its attempts, so no hint says that Enter shows the rest.
    fn pane_lines(&self, row: &DeniedItem, pane: Rect, model: &Model) -> Vec<Line<'static>> {
        match row {
            DeniedItem::Attempt(row) => row_details::pane_lines(row, pane, model),
            DeniedItem::Token(row) => row.lines(usize::from(pane.width), model),
        }
    }

    fn empty_text(&self, model: &Model) -> &'static str {
        match model.role() >= Role::Admin {
            true => "No denied attempts are recorded.",
            false => "No denied attempts with your tokens are recorded.",
        }
    }
}

impl Denied {
    /// Shows the attempts one by one, or summed up by token. `filter_before` is the filter to go back to with Esc.
    fn show(&mut self, is_ungrouped: bool, filter_before: Option<String>) -> Intent {
        self.source = DeniedAttempts { is_ungrouped, filter_before };
        self.rows = Default::default();
        self.list(Anchor::Start)
    }
}
