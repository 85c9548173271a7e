//! The only way for a verb to leave a token able to do something. create, copy, edit, regenerate, enable, restore and
//! retire all end here.

use std::collections::BTreeSet;

use super::rules;
use crate::domain::token::{Status, Token, TokenId};
use crate::error::{Error, Result};
use crate::verbs::Env;
use crate::verbs::actor::Actor;
use crate::verbs::authorize::{self, NewOwner};
use crate::verbs::ports::{NewToken, Tx};

/// A change of one token. Without a state before, the token was inserted in this transaction.
pub(super) struct Change {
    /// The token as it is stored.
    pub before: Option<Token>,
    /// The token after the change.
    pub after: Token,
}

/// Adds a token for `owner`, to be settled with [`settle_all`]. An acting token is recorded as its maker.
pub(super) fn insert(
    by: &Actor,
    tx: &mut dyn Tx,
    env: &Env<'_>,
    owner: &NewOwner,
    new: &NewToken<'_>,
) -> Result<Change> {
    debug_assert_eq!(owner.account().id, new.account, "a token goes where it was permitted");
    let id = match env.secrets.next_id() {
        Some(id) => tx.insert_reserved_token(id, new).map(|()| id)?,
        None => tx.insert_token(new)?,
    };
    if let Some(bearer) = by.bearer() {
        tx.set_maker(id, bearer.token.id)?;
    }
    Ok(Change { before: None, after: stored(tx, id)? })
}

/// Replaces `before` with `after` if every rule holds, and returns the stored token.
pub(super) fn settle(by: &Actor, tx: &mut dyn Tx, env: &Env<'_>, before: Token, after: Token) -> Result<Token> {
    let mut settled = settle_all(by, tx, env, vec![Change { before: Some(before), after }])?;
    settled.pop().ok_or_else(|| Error::failure("the token is not there"))
}

/// Does the same as [`settle`] for several tokens. The limit of active tokens is checked once all of them have their
/// final state.
pub(super) fn settle_all(by: &Actor, tx: &mut dyn Tx, env: &Env<'_>, changes: Vec<Change>) -> Result<Vec<Token>> {
    let pairs: Vec<_> = changes.iter().map(|change| (change.before.as_ref(), &change.after)).collect();
    authorize::check_grant(by, tx, &pairs)?;
    let mut settled = Vec::with_capacity(changes.len());
    let (mut gained, mut added) = (BTreeSet::new(), BTreeSet::new());
    for Change { before, after } in changes {
        if before.as_ref().is_none_or(|b| b.name != after.name) {
            rules::no_hint(&after.name, tx)?;
        }
        let active = |token: &Token| token.status(env.now) == Status::Active;
        if before.is_none() {
            added.insert(after.owner.id);
        }
        if active(&after) && !before.as_ref().is_some_and(active) {
            gained.insert(after.owner.id);
        }
        settled.push(match before {
            None => after,
            Some(_) => {
                tx.update_token(&after)?;
                stored(tx, after.id)?
            }
        });
    }
    for account in added {
        rules::within_kept(tx, account, env)?;
    }
    for account in gained {
        rules::within_limit(tx, account, env)?;
    }
    Ok(settled)
}

fn stored(tx: &dyn Tx, id: TokenId) -> Result<Token> {
    tx.token(id)?.ok_or_else(|| Error::failure("the token is not there"))
}
