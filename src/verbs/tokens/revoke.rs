//! revoke: moves tokens into the trash; they are denied from the next request on.

use super::issue::audit_entry;
use super::lineage::{MadeTokens, hash_of, made_to_revoke, made_tokens};
use super::{TokenTarget, resolve_target_words};
use crate::domain::set_hash::SetHash;
use crate::domain::token::Token;
use crate::verbs::confirmation::mismatch;
use crate::verbs::prelude::*;

/// Puts tokens into the trash, all or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeTokens {
    /// The tokens to revoke, all or none.
    pub tokens: Vec<TokenTarget>,
    /// `true` to also revoke every token that these tokens created or regenerated, directly or through others.
    #[serde(default)]
    pub with_made: bool,
    /// The tokens that they made, as the person saw them: [`crate::verbs::impact::Impact::set`]. It is a conflict if
    /// they have changed.
    pub expected_made: Option<SetHash>,
    /// The typed confirmation: the name of a single token, or the number of several.
    pub confirmation: String,
}

/// Tokens that are in the trash now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeResult {
    /// The tokens: those that were named, then those that they made.
    pub tokens: Vec<Token>,
    /// Number of named tokens.
    pub named: usize,
    /// Tokens made by the named ones that are not revoked.
    pub remaining: MadeTokens,
}

impl Mutation for RevokeTokens {
    type Output = RevokeResult;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<RevokeResult>> {
        let mut tokens = resolve_target_words(actor, tx, &self.tokens, TrashScope::Live, TokenAction::Restrict)?;
        let named = tokens.len();
        if self.with_made {
            tokens.extend(made_to_revoke(actor, tx, &tokens, env.now)?);
        }
        self.check_confirmation(actor, tx, &tokens)?;
        if let Some(seen) = self.expected_made.filter(|_| self.with_made) {
            let what = "the created or regenerated tokens changed after they were shown; nothing was revoked";
            hash_of(&tokens[named..])?.check_seen(seen, what)?;
        }
        let mut entries = Vec::with_capacity(tokens.len());
        for token in &mut tokens {
            entries.push(move_to_trash(token, tx, env)?);
        }
        let ids: Vec<_> = tokens.iter().map(|token| token.id).collect();
        let remaining = made_tokens(actor, tx, &ids, env.now)?;
        Audited::each(RevokeResult { tokens, named, remaining }, entries)
            .ok_or_else(|| Error::usage("no token was given; give at least one token"))
    }

    fn equivalent_command(&self, out: &RevokeResult) -> CliLine {
        // Tokens made by the named ones aren't listed in the command.
        let names = out.tokens.iter().take(out.named).map(Token::full_name);
        let line = names.fold(CliLine::new(&["token", "revoke"]), CliLine::arg);
        let line = if self.with_made { line.arg("--with-made") } else { line };
        line.option("confirm", self.confirmation.as_str())
    }
}

/// Puts `token` into the trash and returns the audit entry.
pub(in crate::verbs) fn move_to_trash(token: &mut Token, tx: &mut dyn Tx, env: &Env<'_>) -> Result<AuditEntry> {
    let before = token.status(env.now).as_str();
    token.deleted_at = Some(env.now);
    let entry = audit_entry(RevokeTokens::NAME, token).changed("status", before, token.status(env.now).as_str());
    tx.update_token(token)?;
    if let Some(stored) = tx.token(token.id)? {
        *token = stored;
    }
    Ok(entry)
}

/// Returns `true` if the actor may see all of `tokens`. An acting token may be able to revoke a token that it can't
/// see.
fn can_read_all(actor: &Actor, snapshot: &dyn Snapshot, tokens: &[Token]) -> Result<bool> {
    let self_service = snapshot.policy()?.self_service;
    let sees = |token: &Token| {
        authorize::check_token_access(actor, TokenAction::Read, token.owner.id, token.owner.role, self_service).is_ok()
    };
    Ok(tokens.iter().all(sees))
}

impl RevokeTokens {
    /// Compares the typed confirmation with the stored tokens, so that no caller can skip the check.
    fn check_confirmation(&self, actor: &Actor, snapshot: &dyn Snapshot, tokens: &[Token]) -> Result<()> {
        let wanted = match tokens {
            [only] => only.name.to_string(),
            several => several.len().to_string(),
        };
        if self.confirmation == wanted {
            return Ok(());
        }
        let what = if tokens.len() == 1 { "the token's name" } else { "the number of tokens" };
        // The name of a token, and the number of tokens it made, must only reach actors that may see them.
        let expected = if can_read_all(actor, snapshot, tokens)? { format!(": {wanted}") } else { String::new() };
        Err(mismatch("nothing was revoked", format!("expected {what}{expected}")))
    }
}
