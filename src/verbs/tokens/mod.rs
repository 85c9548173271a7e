//! Verbs about tokens, one file for each.

mod change;
mod copy;
mod create;
mod delete;
mod edit;
mod enable;
mod issue;
mod lineage;
mod list;
mod purge;
mod regenerate;
mod restore;
mod retire;
mod review;
mod rights;
mod rules;
mod show;
mod whose;

pub use copy::CopyToken;
pub use create::CreateToken;
pub(super) use delete::trash;
pub use delete::{DeleteTokens, Deleted};
pub use edit::{EditToken, Edited, PreviewEdit};
pub use enable::{DisableTokens, EnableTokens};
pub use issue::{HandOver, Issued, SaveTo, SecretSource};
pub use lineage::{MADE_MAX, Made, Maker};
pub use list::{ListOf, ListTokens, SOON, TallyTokens, TokenTally};
pub use purge::{NAMES_SHOWN, PreviewPurge, PurgePreview, PurgeTokens, Purged};
pub use regenerate::{GRACE_MAX, RegenerateToken};
pub use restore::RestoreTokens;
pub use retire::RetireToken;
pub use review::{Lately, RECENT, REVIEWED_MAX, ReviewTokens, Reviewed};
pub use show::{Can, CanToken, ShowToken, Shown};
pub use whose::Whose;

use std::collections::BTreeSet;

use crate::domain::name::{TokenName, Username};
use crate::domain::token::{Revision, Token, TokenRef};
use crate::error::{Error, Kind, Result};
use crate::verbs::actor::Actor;
use crate::verbs::authorize::{self, RequestedRights, TokenAction, TrashScope};
use crate::verbs::ports::Snapshot;

/// A token to act on, as the caller refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    /// The reference to the token.
    pub token: TokenRef,
    /// The revision that the person saw. It is a conflict if it has changed.
    pub seen: Option<Revision>,
}

impl Pointed {
    /// Refers to a token named on a command line.
    pub fn typed(text: impl Into<String>) -> Self {
        Pointed { token: TokenRef::Text(text.into()), seen: None }
    }

    /// Refers to a token shown on a screen.
    pub fn on_screen(token: &Token) -> Self {
        Pointed { token: TokenRef::Named(token.id, token.full_name()), seen: Some(token.revision) }
    }

    /// # Errors
    /// [`crate::error::Kind::Conflict`] when the token has changed since it was seen.
    fn still(&self, token: &Token) -> Result<()> {
        match self.seen {
            Some(seen) if seen != token.revision => {
                Err(Error::conflict(format!("{} was changed meanwhile", token.name))
                    .next("Look at it again, then repeat"))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the tokens that `pointed` means, each once, even if it is named several times or in different ways.
/// Permission for all of them is checked before changes in the meantime.
fn meant(
    by: &Actor,
    snapshot: &dyn Snapshot,
    pointed: &[Pointed],
    trash_scope: TrashScope,
    action: TokenAction,
) -> Result<Vec<Token>> {
    let references: Vec<_> = pointed.iter().map(|one| &one.token).collect();
    let mut tokens =
        authorize::resolve_tokens(by, snapshot, &references, trash_scope, action, &RequestedRights::default())?;
    pointed.iter().zip(&tokens).try_for_each(|(one, token)| one.still(token))?;
    let mut met = BTreeSet::new();
    tokens.retain(|token| met.insert(token.id));
    Ok(tokens)
}

/// Does the same as [`meant`], but two words may also be `ACCOUNT NAME`, as users of other programs type one token. It
/// is an error if both readings are possible.
fn meant_by_words(
    by: &Actor,
    snapshot: &dyn Snapshot,
    pointed: &[Pointed],
    trash_scope: TrashScope,
    action: TokenAction,
) -> Result<Vec<Token>> {
    let as_tokens = meant(by, snapshot, pointed, trash_scope, action);
    let Some(full_name) = as_account_and_name(pointed) else { return as_tokens };
    let as_one = meant(by, snapshot, &[Pointed::typed(full_name.as_str())], trash_scope, action);
    match (as_tokens, as_one) {
        (Ok(_), Ok(_)) => Err(could_be_either(&full_name)),
        (Err(_), Ok(one)) => Ok(one),
        (Err(two), Err(one)) if two.kind == Kind::NotFound && one.kind == Kind::NotFound => {
            Err(Error { what: format!("{}, and none {full_name}", two.what), ..two })
        }
        (as_tokens, Err(_)) => as_tokens,
    }
}

/// Error for two words that mean two tokens, and also one token of an account.
pub fn could_be_either(full_name: &str) -> Error {
    Error::conflict(format!("{} could be two tokens, or one", full_name.replace('/', " ")))
        .why(format!("there are tokens of both names, and there is {full_name}"))
        .next(format!("For the one say {full_name}; for the two say account/name of each"))
}

/// Returns `account/name` if two plain words could mean that.
pub fn as_account_and_name(pointed: &[Pointed]) -> Option<String> {
    let [account, name] = pointed else { return None };
    let (TokenRef::Text(account), TokenRef::Text(name)) = (&account.token, &name.token) else { return None };
    let (account, name) = (Username::parse(account).ok()?, TokenName::parse(name).ok()?);
    Some(format!("{account}/{name}"))
}

/// Returns the one token that `pointed` means, if it may be left with the `requested` rights.
fn to_change(by: &Actor, snapshot: &dyn Snapshot, pointed: &Pointed, requested: &RequestedRights) -> Result<Token> {
    let mut found =
        authorize::resolve_tokens(by, snapshot, &[&pointed.token], TrashScope::Live, TokenAction::Write, requested)?;
    found.pop().ok_or_else(|| Error::failure("the token is not there"))
}
