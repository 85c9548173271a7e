use super::issue::audit_entry;
use super::save::save_token;
use super::{TokenTarget, resolve_for_change};
use crate::domain::token::Token;
use crate::verbs::prelude::*;

/// Ends the old secret of a rotation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetireToken {
    /// The token whose previous secret ends.
    pub token: TokenTarget,
}

impl Mutation for RetireToken {
    type Output = Token;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Token>> {
        let before = resolve_for_change(actor, tx, &self.token, &RequestedRights::default())?;
        self.token.check_revision(&before)?;
        let Some(previous) = before.overlap(env.now) else {
            return Err(Error::conflict(format!("{} has no overlap to end", before.name))
                .why("the token has no old secret that still works"));
        };
        let entry = audit_entry(Self::NAME, &before)
            .with("retired", previous.hint.as_str())
            .with("would_have_died", previous.retires_at.rfc3339());
        tx.retire_previous(before.id)?;
        let after = Token { previous: None, ..before.clone() };
        Ok(Audited::one(save_token(actor, tx, env, before, after)?, entry))
    }

    fn equivalent_command(&self, out: &Token) -> CliLine {
        CliLine::new(&["token", "retire"]).arg(out.full_name())
    }
}
