//! The token list of the engine in memory.

use jeton::domain::denial_reason::DenialReason;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::time::{DAY, MINUTE};
use jeton::domain::token::{Status, Token, TokenId};
use jeton::verbs::ports::{TokenCursor, Window, WindowQuery};

use super::super::match_limit::MAX_EXACT_COUNT;
use super::super::token_windows::{compare, holds};
use super::state::State;
use super::{Start, section};

impl State {
    pub fn token_list(&self, query: &WindowQuery) -> Window {
        let mut list = self.find(|token| {
            token.deleted_at.is_some() == query.trashed
                && self.sees(&query.visibility, token)
                && query.account.is_none_or(|account| account == token.account)
        });
        let total = list.len() as u64;
        list.retain(|token| holds(token, query));
        list.sort_by(|a, b| compare(a, b, query.sort));
        let key = |id: TokenId| self.tokens.get(&id).map(|stored| self.compose(id, stored));
        let start = match query.cursor {
            TokenCursor::Start | TokenCursor::After(None) => Start::From(0),
            TokenCursor::End => Start::Before(list.len()),
            TokenCursor::Around(id, _) => match key(id) {
                Some(key) => Start::Around(list.partition_point(|token| compare(token, &key, query.sort).is_lt())),
                None => Start::From(0),
            },
            TokenCursor::After(Some(id)) => {
                let Some(key) = key(id) else { return Window::default() };
                Start::From(list.partition_point(|token| compare(token, &key, query.sort).is_le()))
            }
        };
        let range = section(start, list.len(), query.limit);
        let rows = list[range.clone()].to_vec();
        let recently_denied = rows.iter().filter(|token| self.is_recently_denied(token, query)).map(|t| t.id).collect();
        let last = rows.last().map(|token| token.id);
        if let TokenCursor::After(id) = query.cursor {
            let total = if id.is_none() { total } else { 0 };
            return Window { rows, last, recently_denied, total, ..Window::default() };
        }
        let (count, seen) = (list.len() as u64, range.end as u64);
        let is_cut = count > MAX_EXACT_COUNT && !query.filter.is_empty();
        Window {
            position: if rows.is_empty() { 0 } else { range.start as u64 },
            matching: if is_cut { MAX_EXACT_COUNT.max(seen + u64::from(seen < count)) } else { count },
            matching_is_lower_bound: is_cut,
            rows,
            total,
            unreadable: Vec::new(),
            last,
            recently_denied,
        }
    }

    fn is_recently_denied(&self, token: &Token, query: &WindowQuery) -> bool {
        let reason = match token.status(query.now) {
            Status::Active => return false,
            Status::Disabled => DenialReason::Disabled,
            Status::Expired => DenialReason::Expired,
            Status::Deleted => DenialReason::Deleted,
        };
        let since = query.now.plus(-7 * DAY).0.div_euclid(MINUTE);
        let is_recent = |minute: i64| minute >= since;
        self.attempts
            .keys()
            .any(|key| key.token == Some(token.id) && is_recent(key.minute) && key.reason == reason.as_str())
    }
}
