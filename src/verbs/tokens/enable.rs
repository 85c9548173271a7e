//! disable and enable: tokens that stay in the store.

use super::issue::audit_entry;
use super::save::{PendingToken, save_tokens};
use super::{TokenTarget, policy_rules, resolve_targets};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::verbs::prelude::*;

/// Disables tokens, all or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableTokens {
    /// The tokens to change, all or none.
    pub tokens: Vec<TokenTarget>,
}

/// Enables tokens, all or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnableTokens {
    /// The tokens to change, all or none.
    pub tokens: Vec<TokenTarget>,
}

impl Mutation for DisableTokens {
    type Output = Vec<Token>;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, _env: &Env<'_>) -> Result<Audited<Vec<Token>>> {
        let mut tokens = resolve_targets(actor, tx, &self.tokens, TrashScope::Live, TokenAction::Restrict)?;
        let mut entries = Vec::with_capacity(tokens.len());
        for token in &mut tokens {
            entries.push(audit_enabled(Self::NAME, token, false));
            token.enabled = false;
            tx.update_token(token)?;
            if let Some(stored) = tx.token(token.id)? {
                *token = stored;
            }
        }
        Audited::each(tokens, entries).ok_or_else(|| Error::usage("no token was given; give at least one token"))
    }

    fn equivalent_command(&self, out: &Vec<Token>) -> CliLine {
        out.iter().fold(CliLine::new(&["token", "disable"]), |line, t| line.arg(t.full_name()))
    }
}

impl Mutation for EnableTokens {
    type Output = Vec<Token>;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<Token>>> {
        let tokens = resolve_targets(actor, tx, &self.tokens, TrashScope::Live, TokenAction::Write)?;
        let mut entries = Vec::with_capacity(tokens.len());
        let mut changes = Vec::with_capacity(tokens.len());
        for before in tokens {
            if before.expiry.is_past(env.now) {
                let when = before.expiry.at().map_or_else(String::new, Timestamp::rfc3339);
                let name = before.full_name();
                let example = policy_rules::example_expiry(&tx.policy()?, env);
                return Err(Error::conflict(format!("{name} can't be enabled; nothing was changed"))
                    .why(format!("the token expired at {when}"))
                    .next(format!(
                        "First set a new expiry, e.g.: jeton token edit {name} --expires {example}. Then enable the \
                         token"
                    )));
            }
            entries.push(audit_enabled(Self::NAME, &before, true));
            let after = Token { enabled: true, ..before.clone() };
            changes.push(PendingToken { before: Some(before), after });
        }
        let tokens = save_tokens(actor, tx, env, changes)?;
        Audited::each(tokens, entries).ok_or_else(|| Error::usage("no token was given; give at least one token"))
    }

    fn equivalent_command(&self, out: &Vec<Token>) -> CliLine {
        out.iter().fold(CliLine::new(&["token", "enable"]), |line, t| line.arg(t.full_name()))
    }
}

/// Creates the entry of a disable or enable. A second one is no error: it gives the same result.
pub(super) fn audit_enabled(verb: &'static str, before: &Token, enabled: bool) -> AuditEntry {
    audit_entry(verb, before).changed("enabled", before.enabled, enabled)
}
