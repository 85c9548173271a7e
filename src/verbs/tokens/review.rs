use crate::domain::token::{Token, TokenId};
use crate::verbs::prelude::*;

/// Maximum number of tokens in one review.
pub const MAX_SNAPSHOTS: usize = 1_000;

/// Returns the present state of several tokens.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetTokens {
    /// The tokens, in the trash or not, 1,000 at most.
    pub tokens: Vec<TokenId>,
}

/// One of the reviewed tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
            return Err(Error::usage(format!("at most {MAX_SNAPSHOTS} tokens can be read at once"))
                .next("Read the tokens in several calls"));
        }
        let snapshot_of =
            |id: &TokenId| Ok(TokenSnapshot { id: *id, token: authorize::find_visible(actor, snapshot, *id)? });
        self.tokens.iter().map(snapshot_of).collect()
    }
}
