//! The filter of the token list as a model: it decides for one token, whatever the store does.

use super::*;
use jeton::domain::catalogue::method_holders::MethodHolders;
use jeton::domain::query::span_bound::TimeBound;
use jeton::domain::query::token_filter::STALE_AFTER;
use jeton::domain::token::Status;

/// Returns `true` if the API selection names something that contains the text, or is one that includes such a method.
fn selects(token: &Token, wanted: &MethodHolders) -> bool {
    let holds = |name: &str| name.to_lowercase().contains(&wanted.text);
    match &token.selection {
        Selection::Sets(names) => names.iter().any(|name| holds(name) || wanted.sets.iter().any(|set| set == name)),
        Selection::Custom(methods) => methods.iter().any(|m| holds(m.as_str())),
        Selection::Inherit => Role::ALL.iter().any(|role| wanted.inherit == Some(*role) && *role <= token.owner.role),
    }
}

pub(super) fn holds(token: &Token, query: &WindowQuery) -> bool {
    let (filter, now) = (&query.filter, query.now);
    let texts = [token.name.as_str(), token.description.as_str(), token.owner.username.as_str(), &token.hint];
    let word = |word: &String| texts.iter().any(|t| t.to_lowercase().contains(&word.to_lowercase()));
    let active = token.status(now) == Status::Active;
    filter.words.iter().all(word)
        && filter.status.is_none_or(|s| s == token.status(now))
        && filter.account.as_ref().is_none_or(|a| token.owner.username.as_str().contains(a.as_str()))
        && filter.seen.is_none_or(|s| s == token.last_seen_at.is_some())
        && query.bounds.method.as_ref().is_none_or(|wanted| selects(token, wanted))
        && (!filter.expected_unused || token.expected_unused_since.is_some())
        && !(filter.stale && token.expected_unused_since.is_some())
        && (!filter.stale || active && token.last_seen_at.unwrap_or(token.created_at) <= now.plus(-STALE_AFTER))
        && query.bounds.expiring_by.is_none_or(|by| active && token.expiry.at().is_some_and(|at| at <= by))
        && (!filter.never_expires || token.expiry.at().is_none())
        && query.bounds.expires.is_none_or(|bound| match (token.expiry.at(), bound) {
            (None, TimeBound::UpTo(_)) => false,
            (None, TimeBound::After(_)) => true,
            (Some(at), TimeBound::UpTo(end)) => now < at && at <= end,
            (Some(at), TimeBound::After(start)) => now < at && at > start,
        })
        && query.bounds.seen.is_none_or(|bound| match (token.last_seen_at, bound) {
            (None, _) => false,
            (Some(at), TimeBound::UpTo(end)) => at <= end,
            (Some(at), TimeBound::After(start)) => at > start,
        })
}
