//! review: the present state and usage of several tokens, shown before an action on all of them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::made_tokens::MAX_MADE;
use crate::domain::recent_usage::{RECENT_USE, RecentUsage};
use crate::domain::token::{Token, TokenId, TokenRef};
use crate::error::{Error, Kind, Result};
use crate::verbs::actor::Actor;
use crate::verbs::authorize::{self, TokenAction, TrashScope};
use crate::verbs::ports::Snapshot;
use crate::verbs::{Env, Query};

/// Maximum number of tokens in one review.
pub const MAX_SNAPSHOTS: usize = 1_000;
/// Maximum number of different uses that are read for a token.
const MAX_USES: usize = 10_000;

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
    /// The token's usage in the last 7 days. Empty if it was not used.
    pub recent_usage: RecentUsage,
    /// Tokens that this token made, without the requested ones. In the whole answer each appears once. The total is at
    /// most a few more than [`MAX_MADE`].
    pub made: Vec<TokenId>,
}

impl Query for GetTokens {
    const READS_LEDGER: bool = true;

    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Vec<TokenSnapshot>> {
        if self.tokens.len() > MAX_SNAPSHOTS {
            return Err(Error::usage(format!("at most {MAX_SNAPSHOTS} tokens can be reviewed at once")));
        }
        let requested: BTreeSet<TokenId> = self.tokens.iter().copied().collect();
        let mut seen = requested.clone();
        let mut snapshot_of = |id: &TokenId| {
            let token =
                match authorize::resolve_token(actor, snapshot, &TokenRef::Id(*id), TrashScope::Any, TokenAction::Read)
                {
                    Ok(token) => Some(token),
                    Err(error) if matches!(error.kind, Kind::NotFound | Kind::Denied) => None,
                    Err(error) => return Err(error),
                };
            let recent = |token: &&Token| token.last_seen_at.is_some_and(|at| at >= env.now.plus(-RECENT_USE));
            let recent_usage = match token.as_ref().filter(|token| recent(token)) {
                Some(_) => RecentUsage::sum(&snapshot.recent_uses(*id, env.now, MAX_USES)?),
                None => RecentUsage::default(),
            };
            let mut made = Vec::new();
            if token.is_some() && seen.len() <= requested.len() + MAX_MADE {
                made = snapshot.descendants(&[*id], env.now, MAX_MADE + 1)?;
                made.retain(|id| seen.insert(*id));
            }
            Ok(TokenSnapshot { id: *id, token, recent_usage, made })
        };
        self.tokens.iter().map(&mut snapshot_of).collect()
    }
}
