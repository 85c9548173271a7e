//! restore: out of the trash, disabled; enabling it is a second, deliberate act.

use super::issue::{entry, named};
use super::{Pointed, rules};
use crate::domain::name::TokenName;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, Act, Among};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::Tx;
use crate::verbs::{Change, Changed, Env, Proof, Verb};

/// Takes a token out of the trash, disabled.
#[derive(Debug, Clone)]
pub struct RestoreToken {
    /// Which.
    pub token: Pointed,
    /// A new name, where its own is taken meanwhile.
    pub rename: Option<TokenName>,
}

impl Verb for RestoreToken {
    const NAME: &'static str = "token.restore";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Changed<Token>;
}

impl Change for RestoreToken {
    type Out = Token;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Token>> {
        let mut token = authorize::token(by, tx, &self.token.token, Among::Trashed, Act::Change)?;
        self.token.still(&token)?;
        if tx.account(token.owner.id)?.is_none() {
            return Err(Error::conflict(format!("{} can't be restored any more", token.name))
                .why(format!("its account, {}, was deleted", token.owner.username)));
        }
        let keep = tx.policy()?.trash;
        let until = token.deleted_at.and_then(|at| keep.after(at, env.zone));
        if until.is_some_and(|until| until <= env.now) {
            return Err(Error::conflict(format!("{} can't be restored any more", token.name))
                .why(format!("the trash keeps tokens for {keep}")));
        }
        let (entry, before) = (entry(Self::NAME, &token), token.clone());
        token.deleted_at = None;
        token.enabled = false;
        if let Some(name) = &self.rename {
            rules::no_hint(name, tx)?;
            token.name = name.clone();
        }
        tx.update_token(&token)?;
        let token = tx.token(token.id)?.unwrap_or(token);
        let entry = entry.changed("status", before.status(env.now).word(), token.status(env.now).word()).changed(
            "name",
            before.name.as_str(),
            token.name.as_str(),
        );
        Ok(Audited::one(token, entry))
    }

    fn cli(&self, out: &Token) -> CliLine {
        let line = CliLine::new(&["token", "restore"]);
        match &self.rename {
            Some(name) => line.word(self.token.token.to_string()).option("as", name.as_str()),
            None => line.word(named(out, None)),
        }
    }
}
