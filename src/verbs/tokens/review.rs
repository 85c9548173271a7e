//! review: the present state of several tokens, read again before an action on all of them.

use crate::domain::token::{Token, TokenId, TokenRef};
use crate::error::Kind;
use crate::verbs::prelude::*;

/// Maximum number of tokens in one review.
pub const MAX_SNAPSHOTS: usize = 1_000;

/// Returns the present state of several tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetTokens {
    /// The tokens, in the trash or not: [`MAX_SNAPSHOTS`] at most.
    pub tokens: Vec<TokenId>,
}

/// One of the reviewed tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSnapshot {
    /// The requested id.
    pub id: TokenId,
    /// The token's present state. `None` if it no longer exists, or the actor may not see it.
    pub token: Option<Token>,
}

impl Query for GetTokens {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<Vec<TokenSnapshot>> {
        if self.tokens.len() > MAX_SNAPSHOTS {
            return Err(Error::usage(format!("at most {MAX_SNAPSHOTS} tokens can be read at once")));
        }
        let snapshot_of = |id: &TokenId| {
            let reference = TokenRef::Id(*id);
            match authorize::resolve_token(actor, snapshot, &reference, TrashScope::Any, TokenAction::Read) {
                Ok(token) => Ok(TokenSnapshot { id: *id, token: Some(token) }),
                Err(error) if matches!(error.kind, Kind::NotFound | Kind::Denied) => {
                    Ok(TokenSnapshot { id: *id, token: None })
                }
                Err(error) => Err(error),
            }
        };
        self.tokens.iter().map(snapshot_of).collect()
    }
}
