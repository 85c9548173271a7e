//! delete: into the trash, denied from the next request on.

use super::issue::entry;
use super::{Pointed, meant};
use crate::domain::audit::AuditEntry;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{Act, Among};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::Tx;
use crate::verbs::{Change, Changed, Env, Proof, Verb};

/// Puts tokens into the trash, all or none.
#[derive(Debug, Clone)]
pub struct DeleteTokens {
    /// Which.
    pub tokens: Vec<Pointed>,
    /// What the person typed to confirm: the name of the one token, or the number of several.
    pub typed: String,
}

impl Verb for DeleteTokens {
    const NAME: &'static str = "token.delete";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Changed<Vec<Token>>;
}

impl Change for DeleteTokens {
    type Out = Vec<Token>;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<Token>>> {
        let mut tokens = meant(by, tx, &self.tokens, Among::Kept, Act::Restrict)?;
        self.confirmed(&tokens)?;
        let mut entries = Vec::with_capacity(tokens.len());
        for token in &mut tokens {
            entries.push(trash(token, tx, env)?);
        }
        Audited::each(tokens, entries).ok_or_else(|| Error::usage("name at least one token"))
    }

    fn cli(&self, out: &Vec<Token>) -> CliLine {
        let line = out.iter().fold(CliLine::new(&["token", "delete"]), |line, t| line.word(t.full_name()));
        line.option("confirm", self.typed.as_str())
    }
}

/// Puts `token` into the trash; the entry that tells of it.
pub(in crate::verbs) fn trash(token: &mut Token, tx: &mut dyn Tx, env: &Env<'_>) -> Result<AuditEntry> {
    let before = token.status(env.now).word();
    token.deleted_at = Some(env.now);
    let entry = entry(DeleteTokens::NAME, token).changed("status", before, token.status(env.now).word());
    tx.update_token(token)?;
    if let Some(stored) = tx.token(token.id)? {
        *token = stored;
    }
    Ok(entry)
}

impl DeleteTokens {
    /// The typed confirmation is compared with what is stored, so that no face can skip it.
    fn confirmed(&self, tokens: &[Token]) -> Result<()> {
        let wanted = match tokens {
            [only] => only.name.to_string(),
            several => several.len().to_string(),
        };
        if self.typed == wanted {
            return Ok(());
        }
        let what = if tokens.len() == 1 { "the token's name" } else { "the number of tokens" };
        Err(Error::conflict("the confirmation differs; nothing was deleted")
            .why(format!("{what} was expected, exactly: {wanted}")))
    }
}
