//! whose: which token a secret is or was of, and whether it works. It is no use: nothing is recorded.

use crate::domain::secret::Presented;
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::decide::{Traced, trace};
use crate::verbs::needs::Needs;
use crate::verbs::ports::Snapshot;
use crate::verbs::{Env, Proof, Query, Verb};

/// What a secret was issued for.
#[derive(Debug, Clone)]
pub struct Whose {
    /// The secret, as somebody found it.
    pub secret: Presented,
}

impl Verb for Whose {
    const NAME: &'static str = "token.whose";
    const PROOF: Proof = Proof::Store;
    const NEEDS: Needs = Needs::Nothing;
    type Reply = Traced;
}

impl Query for Whose {
    fn run(&self, _by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Traced> {
        let secret = self.secret.read();
        trace(snapshot, secret.as_ref().map_err(|fault| *fault), env.now)
    }
}
