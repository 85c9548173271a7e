//! show: everything about a token but the secret, with usage.

use crate::domain::token::{Token, TokenRef};
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::authorize::{self, Act, Among};
use crate::verbs::ports::{Snapshot, Usage};
use crate::verbs::{Env, Proof, Query, Verb};

/// Everything about a token but the secret.
#[derive(Debug, Clone)]
pub struct ShowToken {
    /// Which, in the trash too.
    pub token: TokenRef,
}

/// The answer to [`ShowToken`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The token.
    pub token: Token,
    /// How it was used.
    pub usage: Usage,
}

impl Verb for ShowToken {
    const NAME: &'static str = "token.show";
    const PROOF: Proof = Proof::Identity;
    type Reply = Shown;
}

impl Query for ShowToken {
    fn run(&self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Shown> {
        let token = authorize::token(by, snapshot, &self.token, Among::All, Act::See)?;
        let usage = snapshot.usage(token.id, env.now)?;
        Ok(Shown { token, usage })
    }
}
