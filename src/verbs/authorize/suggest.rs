//! Suggestions of names similar to a reference that means no token. They are searched after the answer is known, in a
//! read of their own: a mistyped name never holds up other writers.

use std::collections::BTreeSet;

use super::{TokenAction, scope_covers};
use crate::domain::name::{TokenName, Username};
use crate::domain::suggest::nearest;
use crate::error::{Result, Unknown};
use crate::verbs::actor::Actor;
use crate::verbs::ports::{NamesQuery, Snapshot};

/// Maximum number of tokens compared for each beginning of the reference.
const MAX_CANDIDATES: usize = 200;
const MAX_NAMES: usize = 3;

/// Returns the names nearest to a reference that means no token. Suggests only tokens within the actor's reach that it
/// may also see. Compares only a limited number of tokens whose names begin alike. These are found by an index, so that
/// the cost doesn't depend on the number of tokens.
pub fn near_names(actor: &Actor, snapshot: &dyn Snapshot, unknown: &Unknown) -> Result<Vec<String>> {
    let own = actor.account()?.id;
    if !scope_covers(actor, TokenAction::Read, true) {
        return Ok(Vec::new());
    }
    let action = if unknown.to_write { TokenAction::Write } else { TokenAction::Read };
    let (seen, mut visibility) = (actor.visibility(TokenAction::Read)?, actor.visibility(action)?);
    visibility.roles.retain(|role| seen.roles.contains(role));
    let text = unknown.typed.as_str();
    let (username, name) = text.split_once('/').map_or((None, text), |(username, name)| (Some(username), name));
    let accounts = match username {
        Some(username) => {
            let known =
                Username::parse(username).ok().map(|username| snapshot.account_by_name(&username)).transpose()?;
            known.flatten().map(|account| Some(account.id)).into_iter().collect()
        }
        None if visibility.roles.is_empty() => vec![Some(own)],
        None => vec![Some(own), None],
    };
    // Tokens by name, each with its written form.
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    for account in accounts {
        for beginning in beginnings(name) {
            // The first names of all accounts are not similar to the reference.
            if beginning.is_empty() && (account.is_none() || unknown.trashed) {
                continue;
            }
            let found = snapshot.names(&NamesQuery {
                visibility: &visibility,
                account,
                beginning,
                trashed: unknown.trashed,
                limit: MAX_CANDIDATES,
            })?;
            known.extend(found.into_iter().filter(|one| TokenName::parse(&one.name).is_ok()).map(|one| {
                let full = format!("{}/{}", one.username, one.name);
                (one.name.clone(), if one.account == own { one.name } else { full })
            }));
        }
    }
    let near = nearest(name, known.iter().map(|(name, _)| name.as_str()));
    let written = known.iter().filter(|(name, _)| near.contains(&name.as_str()));
    Ok(written.map(|(_, full)| full.clone()).take(MAX_NAMES).collect())
}

/// Returns the beginnings of a name that are searched, the longest first. For a typing error near the end, the longest
/// beginning has few other matches. The empty beginning is the last.
fn beginnings(name: &str) -> Vec<&str> {
    let length = name.chars().count();
    let mut sizes = vec![length, length.saturating_sub(1), length * 2 / 3, length / 3, 1, 0];
    sizes.dedup();
    let cut = |size: usize| name.char_indices().nth(size).map_or(name, |(end, _)| &name[..end]);
    sizes.into_iter().map(cut).collect()
}
