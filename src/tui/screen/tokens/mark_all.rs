//! Marks of all tokens that match the filter.

use super::Tokens;
use super::list_options::ListOptions;
use crate::domain::query::token_filter::TokenFilter;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::msg::ReadKey;
use crate::tui::notice::NoticeId;
use crate::tui::screen::list::loaded_rows::Anchor;
use crate::tui::screen::list::marks::MAX_MARKED;
use crate::tui::text_fit::group_digits;
use crate::verbs::ports::Window;
use crate::verbs::request::{Request, Response};

impl Tokens {
    fn all_request(&self) -> Request {
        self.source.list_request(self.parsed_filter(), Anchor::Start, MAX_MARKED)
    }

    fn query(&self) -> (TokenFilter, ListOptions) {
        (self.parsed_filter(), self.source.options)
    }

    /// Reads all tokens that match the filter, up to the number that can be marked.
    pub(super) fn list_all_matching(&mut self) -> Intent {
        self.source.marking = Some(self.query());
        Intent::read(self.all_request())
    }

    /// Takes the reply with all tokens that match the filter. `None` if the reply belongs to another request.
    pub(super) fn mark_all(&mut self, response: &Response, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let Response::ListTokens(window) = response else { return None };
        let is_reply = ctx.replied == Some(ReadKey::from(&self.all_request()));
        is_reply.then(|| self.mark_rows(window).unwrap_or(Intent::Stay))
    }

    /// Marks all rows of `window`, the reply to the pending request. Reports the number; `None` if the list has changed
    /// since.
    fn mark_rows(&mut self, window: &Window) -> Option<Intent> {
        if self.source.marking.take()? != self.query() {
            return None;
        }
        let room = window.rows.iter().all(|token| self.marks.mark(token));
        let marked = group_digits(self.marks.len() as u64);
        if room && window.matching <= window.rows.len() as u64 {
            return Some(Intent::Notify(NoticeId::Marked, format!("Marked all matching tokens: {marked}")));
        }
        let bound = if window.matching_is_lower_bound { "+" } else { "" };
        let all = group_digits(window.matching.max(window.rows.len() as u64));
        let max = group_digits(MAX_MARKED as u64);
        Some(Intent::Notify(
            NoticeId::MarkLimit,
            format!("Marked {marked} of {all}{bound} matching tokens: at most {max} can be marked"),
        ))
    }
}
