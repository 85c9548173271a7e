//! The requests of the token table, and their replies.

use super::marks::MAX_MARKED;
use super::{ListQuery, Tokens, max_marked_text};
use crate::domain::token::{TokenId, TokenRef};
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::msg::ReadKey;
use crate::tui::notice::NoticeId;
use crate::tui::widget::text_fit::group_digits;
use crate::verbs::ports::{TokenCursor, Window};
use crate::verbs::request::{Request, Response};
use crate::verbs::tokens::{CountTokens, GetTokens, ListTokens, ShowToken, TokenDetails};

/// Number of rows per request.
const PAGE_SIZE: usize = 200;
/// Distance between the cursor and the end of the window at which more rows are requested.
const PREFETCH_MARGIN: usize = 50;

impl Tokens {
    fn list_request(&self, cursor: TokenCursor, limit: usize) -> Request {
        let ListQuery { owner, filter, trashed } = self.query();
        ListTokens { owner, filter, sort: self.options.sort, trashed, cursor, limit }.into()
    }

    /// Reads the table around `anchor`, and the counts above the table.
    pub(super) fn list(&mut self, anchor: TokenCursor) -> Intent {
        self.page_cursor = anchor;
        Intent::All(vec![Intent::read(self.list_request(anchor, PAGE_SIZE)), Intent::read(CountTokens)])
    }

    /// Reads all tokens that match the filter, up to the number that can be marked.
    pub(super) fn list_all_matching(&mut self) -> Intent {
        self.marking = Some(self.query());
        Intent::read(self.list_request(TokenCursor::Start, MAX_MARKED))
    }

    /// Reads the marked tokens again.
    pub(super) fn read_marked(&self) -> Intent {
        let tokens: Vec<TokenId> = self.marks.tokens().map(|token| token.id).collect();
        if tokens.is_empty() { Intent::Stay } else { Intent::read(GetTokens { tokens }) }
    }

    /// Returns the request for the usage of the token under the cursor.
    fn details_request(&self) -> Option<Request> {
        self.current().map(|token| ShowToken { token: TokenRef::Id(token.id) }.into())
    }

    /// Handles a cursor move to another token: reads its usage, and more rows near the end of the window.
    pub(super) fn on_cursor_moved(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let around = self
            .current()
            .filter(|_| self.needs_page())
            .map(|token| TokenCursor::Around(token.id, Some(self.position())));
        let around = around.filter(|anchor| !ctx.is_reading(&self.list_request(*anchor, PAGE_SIZE)));
        let details = self.details_request().map(Intent::read);
        Intent::All([details, around.map(|anchor| self.list(anchor))].into_iter().flatten().collect())
    }

    /// Reads again when the tokens were last seen, and the usage of the one under the cursor.
    pub(super) fn read_usage(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let Some(details) = self.details_request() else { return Intent::Stay };
        let anchor = self.current_cursor();
        if !ctx.is_on_top || ctx.is_reading(&details) || ctx.is_reading(&self.list_request(anchor, PAGE_SIZE)) {
            return Intent::read(details);
        }
        Intent::All(vec![self.list(anchor), Intent::read(details)])
    }

    /// Takes the reply to a request of the table.
    pub(super) fn take_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        match reply {
            Reply::Response(Response::ListTokens(window)) => {
                let window = std::mem::take(window);
                let all = self.list_request(TokenCursor::Start, MAX_MARKED);
                if ctx.replied == Some(ReadKey::from(&all)) {
                    return Some(self.mark_all(&window).unwrap_or(Intent::Stay));
                }
                self.set_rows(window, self.page_cursor, ctx.rows);
                Some(self.on_cursor_moved(ctx))
            }
            Reply::Response(Response::CountTokens(summary)) => {
                self.summary = *summary;
                Some(Intent::Stay)
            }
            _ => None,
        }
    }

    /// Takes data that any page has requested.
    pub(super) fn take_data(&mut self, response: &Response) {
        match response {
            Response::GetTokens(reviewed) => self.marks.retain_existing(reviewed, self.options.trashed),
            // A dialog may have requested a token other than the one under the cursor.
            Response::ShowToken(shown) if self.current().is_some_and(|token| token.id == shown.token.id) => {
                self.set_details(shown.clone());
            }
            _ => {}
        }
    }

    /// Marks all rows of `window`, the reply to the pending request. Reports the number; `None` if the list has changed
    /// since.
    fn mark_all(&mut self, window: &Window) -> Option<Intent> {
        if self.marking.take()? != self.query() {
            return None;
        }
        let room = window.rows.iter().all(|token| self.marks.mark(token));
        let marked = group_digits(self.marks.len() as u64);
        if room && window.matching <= window.rows.len() as u64 {
            return Some(Intent::Notify(NoticeId::Marked, format!("Marked all matching tokens: {marked}")));
        }
        let bound = if window.matching_is_lower_bound { "+" } else { "" };
        let all = group_digits(window.matching.max(window.rows.len() as u64));
        Some(Intent::Notify(
            NoticeId::MarkLimit,
            format!("Marked {marked} of {all}{bound} matching tokens: at most {} can be marked", max_marked_text()),
        ))
    }

    /// Takes a new window. The cursor stays on its token if that still exists, else on its row.
    fn set_rows(&mut self, window: Window, anchor: TokenCursor, height: usize) {
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
        self.marks.refresh(&self.window.rows);
        self.loaded = true;
        let row_on_screen = self.cursor.row_on_screen();
        self.cursor.place_at(wanted.unwrap_or(0), row_on_screen, self.window.rows.len(), height);
    }

    /// Takes the usage of the token under the cursor, and updates "last seen" in its row.
    fn set_details(&mut self, shown: TokenDetails) {
        if let Some(row) = self.window.rows.get_mut(self.cursor.position()) {
            row.last_seen_at = shown.token.last_seen_at;
        }
        self.details = Some(shown);
    }

    /// Returns `true` if there are rows after the last loaded one.
    pub(super) fn has_rows_after(&self) -> bool {
        self.window.end() < self.window.matching || self.window.matching_is_lower_bound
    }

    /// Returns `true` if rows are missing near the cursor.
    fn needs_page(&self) -> bool {
        // A second request around the same token would return the same rows, even if few of them are readable.
        let asked = |id| matches!(self.page_cursor, TokenCursor::Around(around, _) if around == id);
        if self.current().is_none_or(|token| asked(token.id)) {
            return false;
        }
        (self.cursor.position() < PREFETCH_MARGIN && self.window.position > 0)
            || (self.cursor.position() + PREFETCH_MARGIN >= self.window.rows.len()
                && self.window.end() < self.window.matching)
    }
}
