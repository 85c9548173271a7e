//! restore: takes tokens out of the trash, disabled. Enabling them is a second, deliberate act.

use super::change::{Change as Became, settle_all};
use super::issue::entry;
use super::{Pointed, meant};
use crate::domain::name::TokenName;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{TokenAction, TrashScope};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::Tx;
use crate::verbs::{Committed, Env, Mutation, Proof, Verb};

/// Takes tokens out of the trash, disabled, all or none.
#[derive(Debug, Clone)]
pub struct RestoreTokens {
    /// The tokens.
    pub tokens: Vec<Pointed>,
    /// A new name for a single token, if its own name is taken by now.
    pub rename: Option<TokenName>,
}

impl Verb for RestoreTokens {
    const NAME: &'static str = "token.restore";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Committed<Vec<Token>>;
}

impl Mutation for RestoreTokens {
    type Output = Vec<Token>;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<Token>>> {
        if self.rename.is_some() && self.tokens.len() > 1 {
            return Err(Error::usage("several tokens can't have one name").next("Restore them one by one"));
        }
        let keep = tx.policy()?.trash;
        let mut changes = Vec::with_capacity(self.tokens.len());
        for before in meant(by, tx, &self.tokens, TrashScope::Trashed, TokenAction::Write)? {
            if tx.account(before.owner.id)?.is_none() {
                return Err(Error::conflict(format!("{} can't be restored any more", before.name))
                    .why(format!("its account, {}, was deleted", before.owner.username)));
            }
            let until = before.deleted_at.and_then(|at| keep.after(at, env.zone));
            if until.is_some_and(|until| until <= env.now) {
                return Err(Error::conflict(format!("{} can't be restored any more", before.name))
                    .why(format!("the trash keeps tokens for {keep}")));
            }
            let name = self.rename.as_ref().unwrap_or(&before.name).clone();
            let after = Token { deleted_at: None, enabled: false, name, ..before.clone() };
            changes.push(Became { before: Some(before), after });
        }
        let told = |became: &Became| {
            let after = &became.after;
            let before = became.before.as_ref().unwrap_or(after);
            entry(Self::NAME, before)
                .changed("status", before.status(env.now).as_str(), after.status(env.now).as_str())
                .changed("name", before.name.as_str(), after.name.as_str())
        };
        let entries: Vec<_> = changes.iter().map(told).collect();
        let tokens = settle_all(by, tx, env, changes)?;
        Audited::each(tokens, entries).ok_or_else(|| Error::usage("name at least one token"))
    }

    fn equivalent_command(&self, out: &Vec<Token>) -> CliLine {
        let line = CliLine::new(&["token", "restore"]);
        match &self.rename {
            Some(name) => {
                let line = self.tokens.iter().fold(line, |line, one| line.arg(one.token.to_string()));
                line.option("as", name.as_str())
            }
            None => out.iter().fold(line, |line, token| line.arg(token.full_name())),
        }
    }
}
