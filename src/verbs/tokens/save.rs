//! The only way for a verb to save a token with rights. create, copy, edit, regenerate, enable, restore and retire all
//! end here.

use std::collections::BTreeSet;

use super::policy_rules;
use crate::domain::token::{Status, Token, TokenId};
use crate::verbs::authorize::NewOwner;
use crate::verbs::ports::NewToken;
use crate::verbs::prelude::*;

/// A change of one token. Without a state before, the token was inserted in this transaction.
pub(super) struct PendingToken {
    /// The token as stored before the change. `None` for a new token.
    pub before: Option<Token>,
    pub after: Token,
}

/// Adds a token for `owner`. Call [`save_tokens`] afterwards. An acting token is recorded as its maker.
pub(super) fn insert_token(
    actor: &Actor,
    tx: &mut dyn Tx,
    env: &Env<'_>,
    owner: &NewOwner,
    new: &NewToken<'_>,
) -> Result<PendingToken> {
    debug_assert_eq!(owner.account().id, new.account, "a token must be saved to the permitted place");
    let id = match env.secrets.next_id() {
        Some(id) => tx.insert_reserved_token(id, new).map(|()| id)?,
        None => tx.insert_token(new)?,
    };
    if let Some(bearer) = actor.bearer() {
        tx.set_maker(id, bearer.token.id)?;
    }
    Ok(PendingToken { before: None, after: reload(tx, id)? })
}

/// Replaces `before` with `after` if every rule holds, and returns the stored token.
pub(super) fn save_token(actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>, before: Token, after: Token) -> Result<Token> {
    let mut saved = save_tokens(actor, tx, env, vec![PendingToken { before: Some(before), after }])?;
    saved.pop().ok_or_else(|| Error::failure("the token no longer exists"))
}

/// Does the same as [`save_token`] for several tokens. The limit of active tokens is checked once all of them have
/// their final state.
pub(super) fn save_tokens(
    actor: &Actor,
    tx: &mut dyn Tx,
    env: &Env<'_>,
    changes: Vec<PendingToken>,
) -> Result<Vec<Token>> {
    let pairs: Vec<_> = changes.iter().map(|change| (change.before.as_ref(), &change.after)).collect();
    authorize::check_grant(actor, tx, &pairs)?;
    let mut saved = Vec::with_capacity(changes.len());
    let (mut gained, mut added) = (BTreeSet::new(), BTreeSet::new());
    for PendingToken { before, after } in changes {
        if before.as_ref().is_none_or(|b| b.name != after.name) {
            policy_rules::reject_hint_like_name(&after.name, tx)?;
        }
        let active = |token: &Token| token.status(env.now) == Status::Active;
        if before.is_none() {
            added.insert(after.owner.id);
        }
        if active(&after) && !before.as_ref().is_some_and(active) {
            gained.insert(after.owner.id);
        }
        saved.push(match before {
            None => after,
            Some(_) => {
                tx.update_token(&after)?;
                reload(tx, after.id)?
            }
        });
    }
    for account in added {
        policy_rules::check_token_limit(tx, account, env)?;
    }
    for account in gained {
        policy_rules::check_active_limit(tx, account, env)?;
    }
    Ok(saved)
}

fn reload(tx: &dyn Tx, id: TokenId) -> Result<Token> {
    tx.token(id)?.ok_or_else(|| Error::failure("the token no longer exists"))
}
