//! The token list of the engine in memory.

use jeton::domain::denial_reason::DenialReason;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::time::{DAY, MINUTE, Timestamp};
use jeton::domain::token::{Token, TokenId};
use jeton::verbs::ports::{TokenCursor, Window, WindowQuery};

use super::super::match_limit::MAX_EXACT_COUNT;
use super::super::token_filter_model::holds;
use super::super::token_windows::compare;
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
        list.retain(|token| !query.filter.tried || self.tried_at(token, query.now).is_some());
        list.sort_by(|a, b| compare(a, b, query.sort));
        let key = |id: TokenId| self.tokens.get(&id).map(|stored| self.compose(id, stored));
        let start = match query.cursor {
            TokenCursor::Start | TokenCursor::StartUncounted | TokenCursor::After(None) => Start::From(0),
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
        let still_tried = rows.iter().filter_map(|token| Some((token.id, self.tried_at(token, query.now)?))).collect();
        let last = rows.last().map(|token| token.id);
        if let TokenCursor::After(id) = query.cursor {
            let total = if id.is_none() { total } else { 0 };
            return Window { rows, last, still_tried, total, ..Window::default() };
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
            still_tried,
        }
    }

    /// Returns the last attempt with a dead secret of a token in the last 7 days.
    pub fn tried_at(&self, token: &Token, now: Timestamp) -> Option<Timestamp> {
        let first = now.plus(-7 * DAY).0.div_euclid(MINUTE);
        let reasons = DenialReason::of_dead_secrets(token.denial_reason(now).is_none());
        let is_dead = |word: &str| reasons.iter().any(|reason| reason.as_str() == word);
        let tried = self
            .attempts
            .iter()
            .filter(|(key, _)| key.token == Some(token.id) && key.minute >= first && is_dead(&key.reason));
        tried.map(|(_, attempts)| attempts.last_at).max()
    }
}
