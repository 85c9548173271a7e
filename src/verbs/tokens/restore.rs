//! restore: takes tokens out of the trash, disabled. Enabling them is a second, deliberate act.

use super::issue::audit_entry;
use super::save::{PendingToken, save_tokens};
use super::{TokenTarget, resolve_targets};
use crate::domain::name::TokenName;
use crate::domain::token::Token;
use crate::verbs::prelude::*;

/// Takes tokens out of the trash, disabled, all or none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreTokens {
    /// The tokens in the trash, all or none.
    pub tokens: Vec<TokenTarget>,
    /// A new name for a single token, if its own name is already taken.
    pub rename: Option<TokenName>,
}

impl Mutation for RestoreTokens {
    type Output = Vec<Token>;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<Token>>> {
        if self.rename.is_some() && self.tokens.len() > 1 {
            return Err(Error::usage("several tokens can't get the same name").next("Restore them one by one"));
        }
        let keep = tx.policy()?.trash;
        let mut changes = Vec::with_capacity(self.tokens.len());
        for before in resolve_targets(actor, tx, &self.tokens, TrashScope::Trashed, TokenAction::Write)? {
            if tx.account(before.owner.id)?.is_none() {
                return Err(Error::conflict(format!("{} can't be restored", before.full_name()))
                    .why(format!("the token's account, {}, was deleted", before.owner.username))
                    .next("Create a new token instead"));
            }
            let until = before.deleted_at.and_then(|at| keep.after(at, env.zone));
            if until.is_some_and(|until| until <= env.now) {
                return Err(Error::conflict(format!("{} can't be restored", before.full_name()))
                    .why(format!("a token can be restored only within {keep} after it was revoked (policy.trash)"))
                    .next("Create a new token instead"));
            }
            let name = self.rename.as_ref().unwrap_or(&before.name).clone();
            let after = Token { deleted_at: None, enabled: false, name, ..before.clone() };
            changes.push(PendingToken { before: Some(before), after });
        }
        let audit = |pending: &PendingToken| {
            let after = &pending.after;
            let before = pending.before.as_ref().unwrap_or(after);
            audit_entry(Self::NAME, before)
                .changed("status", before.status(env.now).as_str(), after.status(env.now).as_str())
                .changed("name", before.name.as_str(), after.name.as_str())
        };
        let entries: Vec<_> = changes.iter().map(audit).collect();
        let tokens = save_tokens(actor, tx, env, changes)?;
        Audited::each(tokens, entries).ok_or_else(|| Error::usage("no token was given; give at least one token"))
    }

    fn equivalent_command(&self, out: &Vec<Token>) -> CliLine {
        let line = CliLine::new(&["token", "restore"]);
        match &self.rename {
            Some(name) => {
                let line = self.tokens.iter().fold(line, |line, one| line.arg(one.reference.to_string()));
                line.option("as", name.as_str())
            }
            None => out.iter().fold(line, |line, token| line.arg(token.full_name())),
        }
    }
}
