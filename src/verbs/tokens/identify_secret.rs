//! whose: identifies the token of a secret, and checks if the secret works. This doesn't count as a use: nothing is
//! recorded.

use crate::domain::secret::SecretText;
use crate::domain::wire_format::WireSecret;
use crate::verbs::prelude::*;
use crate::verbs::verify::{DenialReason, SecretLookup, SecretOwner, look_up};

/// Identifies the token for which a secret was issued.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentifySecret {
    /// The secret, or a text that may be one.
    #[serde(with = "WireSecret")]
    pub secret: SecretText,
}

impl Query for IdentifySecret {
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<SecretLookup> {
        let secret = self.secret.parse();
        let found = look_up(snapshot, secret.as_ref().map_err(|fault| *fault), env.now)?;
        Ok(match (actor, found.denial_reason) {
            // Over the network, only who has the whole secret learns about its token.
            (Actor::Account(_) | Actor::Token(_), Some(DenialReason::WrongSecret)) => {
                SecretLookup { owner: SecretOwner::Unknown, denial_reason: Some(DenialReason::Unknown) }
            }
            _ => found,
        })
    }
}
