//! Verbs about tokens, one file for each.

mod change_matching;
mod copy;
mod create;
mod edit;
mod enable;
mod identify_secret;
mod issue;
mod lineage;
mod list;
mod matching;
mod policy_rules;
mod purge;
mod regenerate;
mod restore;
mod retire;
mod review;
mod revoke;
mod revoke_secret;
mod rights;
mod save;
mod show;

pub use change_matching::{BulkResult, ChangeMatching};
pub use copy::CopyToken;
pub use create::CreateToken;
pub use edit::{EditPreview, EditToken, PreviewEdit};
pub use enable::{DisableTokens, EnableTokens};
pub use identify_secret::IdentifySecret;
pub(in crate::verbs) use issue::audit_entry;
pub use issue::{IssuedToken, SecretSource};
pub use lineage::{Lineage, MAX_MADE, MadeTokens, Maker};
pub(super) use lineage::{hash_of, made_set, made_tokens};
pub use list::{CountTokens, EXPIRING_SOON, ListTokens, OwnerFilter, TokenSummary};
pub use matching::{BulkChange, CountMatching, MatchingCount, MatchingTokens};
pub use policy_rules::method_not_found;
pub(super) use purge::purge_query;
pub use purge::{MAX_PREVIEW_NAMES, PreviewPurge, PurgePreview, PurgeResult, PurgeTokens};
pub use regenerate::{MAX_GRACE, RegenerateToken};
pub use restore::RestoreTokens;
pub use retire::RetireToken;
pub use review::{GetTokens, MAX_SNAPSHOTS, TokenSnapshot};
pub(super) use revoke::move_to_trash;
pub use revoke::{RevokeResult, RevokeTokens};
pub use revoke_secret::{RevokeSecret, RevokedKind, RevokedSecret};
pub use rights::{MethodsChange, Rights};
pub use show::{CanToken, MethodAccess, MethodCheck, ShowToken, TokenDetails};

use std::collections::BTreeSet;

use crate::domain::name::{TokenName, Username};
use crate::domain::token::{Revision, Token, TokenRef};
use crate::error::{Fault, Kind};
use crate::verbs::prelude::*;

/// A token to act on, as the caller refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenTarget {
    /// The token, by id, name or hint.
    pub reference: TokenRef,
    /// The revision that the person saw. It is a conflict if it has changed.
    pub expected_revision: Option<Revision>,
}

impl TokenTarget {
    /// Refers to a token named on a command line.
    pub fn by_reference(text: impl Into<String>) -> Self {
        TokenTarget { reference: TokenRef::Text(text.into()), expected_revision: None }
    }

    /// Refers to a token shown on a screen.
    pub fn at_revision(token: &Token) -> Self {
        TokenTarget { reference: TokenRef::Named(token.id, token.full_name()), expected_revision: Some(token.revision) }
    }

    /// # Errors
    /// [`crate::error::Kind::Conflict`] when the token has changed since it was seen.
    fn check_revision(&self, token: &Token) -> Result<()> {
        match self.expected_revision {
            Some(seen) if seen != token.revision => Err(Error::conflict(format!(
                "another program or session changed the token {} in the meantime; your change was not made",
                token.name
            ))
            .next("Check the token's current values, then make your change again")
            .fault(Fault::ChangedMeanwhile)),
            _ => Ok(()),
        }
    }
}

/// Returns the tokens that `targets` means, each once, even if it is named several times or in different ways.
/// Permission for all of them is checked before changes in the meantime.
fn resolve_targets(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    targets: &[TokenTarget],
    trash_scope: TrashScope,
    action: TokenAction,
) -> Result<Vec<Token>> {
    let references: Vec<_> = targets.iter().map(|one| &one.reference).collect();
    let mut tokens =
        authorize::resolve_tokens(actor, snapshot, &references, trash_scope, action, &RequestedRights::default())?;
    targets.iter().zip(&tokens).try_for_each(|(one, token)| one.check_revision(token))?;
    let mut seen = BTreeSet::new();
    tokens.retain(|token| seen.insert(token.id));
    Ok(tokens)
}

/// Does the same as [`resolve_targets`], but two words may also be `ACCOUNT NAME`, as users of other programs type one
/// token. It is an error if both readings are possible.
fn resolve_target_words(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    targets: &[TokenTarget],
    trash_scope: TrashScope,
    action: TokenAction,
) -> Result<Vec<Token>> {
    let as_tokens = resolve_targets(actor, snapshot, targets, trash_scope, action);
    let Some(full_name) = as_account_and_name(targets) else { return as_tokens };
    let as_one =
        resolve_targets(actor, snapshot, &[TokenTarget::by_reference(full_name.as_str())], trash_scope, action);
    match (as_tokens, as_one) {
        (Ok(_), Ok(_)) => Err(ambiguous_words(&full_name)),
        (Err(_), Ok(one)) => Ok(one),
        (Err(two), Err(one)) if two.kind == Kind::NotFound && one.kind == Kind::NotFound => {
            Err(Error { what: format!("{}, and no token {full_name}", two.what), ..two })
        }
        (as_tokens, Err(_)) => as_tokens,
    }
}

/// Returns the error for two words that mean two tokens, and also one token of an account.
pub fn ambiguous_words(full_name: &str) -> Error {
    Error::conflict(format!("\"{}\" can mean two tokens, or one token of an account", full_name.replace('/', " ")))
        .why(format!("there are tokens with these two names, and there is a token {full_name}"))
        .next(format!("For the one token, give {full_name}. For two tokens, give ACCOUNT/NAME for each"))
}

/// Returns `account/name` if two plain words could mean that.
pub fn as_account_and_name(targets: &[TokenTarget]) -> Option<String> {
    let [account, name] = targets else { return None };
    let (TokenRef::Text(account), TokenRef::Text(name)) = (&account.reference, &name.reference) else { return None };
    let (account, name) = (Username::parse(account).ok()?, TokenName::parse(name).ok()?);
    Some(format!("{account}/{name}"))
}

/// Returns the one token that `target` means, if it may be left with the `requested` rights.
fn resolve_for_change(
    actor: &Actor,
    snapshot: &dyn Snapshot,
    target: &TokenTarget,
    requested: &RequestedRights,
) -> Result<Token> {
    let mut found = authorize::resolve_tokens(
        actor,
        snapshot,
        &[&target.reference],
        TrashScope::Live,
        TokenAction::Write,
        requested,
    )?;
    found.pop().ok_or_else(|| Error::failure("the token no longer exists"))
}
