//! All tokens of a list at once, compared with the model of its windows.

use super::token_filter_model::holds;
use super::token_windows::model;
use super::*;

/// Checks that the store, and the filter itself, find the same tokens as the model.
pub fn agree<E: Engine>(f: &Fixture<E>, tokens: &[Token], query: &WindowQuery) {
    let mut whole = model(tokens, &WindowQuery { cursor: TokenCursor::Start, limit: 100, ..query.clone() }).rows;
    whole.sort_by_key(|token| token.id);
    let wanted: Vec<TokenState> = whole.iter().take(query.limit).map(TokenState::from).collect();
    assert_eq!(f.store.read(|s| s.matching(query)).unwrap(), wanted, "{query:#?}");
    // The screens decide in the same way if a row is marked.
    let (filter, now) = (&query.filter, query.now);
    for token in tokens.iter().filter(|token| token.deleted_at.is_some() == query.trashed) {
        assert_eq!(filter.matches(token, &query.bounds, now), holds(token, query), "{filter:?} {token:?}");
    }
}
