//! Suggestions of names similar to a reference that means no token.

use super::{Act, Among, reaches};
use crate::domain::filter::Filter;
use crate::domain::sort::Sort;
use crate::domain::suggest::nearest;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenRef;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::ports::{Anchor, Snapshot, WindowQuery};

/// Maximum number of tokens compared for each piece of the reference.
const MAX_CANDIDATES: usize = 200;
/// Maximum number of suggestions.
const MAX_NAMES: usize = 3;

/// Adds the names nearest to `reference` to the error. Suggests only tokens within the actor's reach that it may also
/// see. Compares only tokens whose name contains a piece of the reference, so that the cost doesn't depend on the
/// number of tokens.
pub(super) fn with_near_names(
    error: Error,
    by: &Actor,
    snapshot: &dyn Snapshot,
    reference: &TokenRef,
    among: Among,
    act: Act,
) -> Result<Error> {
    let TokenRef::Typed(text) = reference else { return Ok(error) };
    if error.next.is_some() || !reaches(by, Act::See, true) {
        return Ok(error);
    }
    let (seen, mut visibility) = (by.visibility(Act::See)?, by.visibility(act)?);
    visibility.roles.retain(|role| seen.roles.contains(role));
    let (account, name) = text.split_once('/').map_or((None, text.as_str()), |(account, name)| (Some(account), name));
    let own = by.account()?.id;
    // Tokens by name, each with its written form.
    let mut known: Vec<(String, String)> = Vec::new();
    for piece in pieces(name) {
        let filter = Filter { words: vec![piece], account: account.map(str::to_lowercase), ..Filter::default() };
        let found = snapshot.window(&WindowQuery {
            visibility: visibility.clone(),
            account: None,
            filter,
            expiring_by: None,
            sort: Sort::default(),
            trashed: among == Among::Trashed,
            // Unused: the filter asks for no status.
            now: Timestamp(0),
            anchor: Anchor::Start,
            limit: MAX_CANDIDATES,
        })?;
        known.extend(found.rows.iter().map(|token| {
            let full = if token.owner.id == own { token.name.to_string() } else { token.full_name() };
            (token.name.to_string(), full)
        }));
    }
    known.sort();
    known.dedup();
    let near = nearest(name, known.iter().map(|(name, _)| name.as_str()));
    let written = known.iter().filter(|(name, _)| near.contains(&name.as_str()));
    let names: Vec<&str> = written.map(|(_, full)| full.as_str()).take(MAX_NAMES).collect();
    Ok(if names.is_empty() { error } else { error.next(format!("Did you mean: {}?", names.join(", "))) })
}

/// Returns the beginning, the middle and the end of a name, in lower case.
fn pieces(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.to_lowercase().chars().collect();
    let size = letters.len().div_ceil(3).clamp(2, 8);
    let Some(last) = letters.len().checked_sub(size) else { return Vec::new() };
    [0, last / 2, last].map(|start| letters[start..start + size].iter().collect()).into()
}
