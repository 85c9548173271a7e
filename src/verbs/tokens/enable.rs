//! disable and enable: switched off and on; kept in the store.

use super::issue::{entry, named};
use super::{Pointed, meant, rules};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::Act;
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::Tx;
use crate::verbs::{Change, Changed, Env, Proof, Verb};

/// Switches tokens off, all or none.
#[derive(Debug, Clone)]
pub struct DisableTokens {
    /// Which.
    pub tokens: Vec<Pointed>,
}

/// Switches tokens on, all or none.
#[derive(Debug, Clone)]
pub struct EnableTokens {
    /// Which.
    pub tokens: Vec<Pointed>,
}

impl Verb for DisableTokens {
    const NAME: &'static str = "token.disable";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Changed<Vec<Token>>;
}

impl Verb for EnableTokens {
    const NAME: &'static str = "token.enable";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Changed<Vec<Token>>;
}

impl Change for DisableTokens {
    type Out = Vec<Token>;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, _env: &Env<'_>) -> Result<Audited<Vec<Token>>> {
        switch(by, tx, &self.tokens, Act::Restrict, false, Self::NAME, |_, _, _| Ok(()))
    }

    fn cli(&self, out: &Vec<Token>) -> CliLine {
        out.iter().fold(CliLine::new(&["token", "disable"]), |line, t| line.word(named(t, None)))
    }
}

impl Change for EnableTokens {
    type Out = Vec<Token>;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Vec<Token>>> {
        switch(by, tx, &self.tokens, Act::Change, true, Self::NAME, |tx, token, already| {
            if token.expiry.is_past(env.now) {
                let when = token.expiry.at().map_or_else(String::new, Timestamp::rfc3339);
                return Err(Error::conflict(format!("{} can't be enabled", token.name))
                    .why(format!("it expired at {when}"))
                    .next(format!(
                        "Give it a new expiry: jeton token regenerate {} --expires 30d",
                        token.full_name()
                    )));
            }
            if already { Ok(()) } else { rules::within_limit(tx, token.owner.id, env) }
        })
    }

    fn cli(&self, out: &Vec<Token>) -> CliLine {
        out.iter().fold(CliLine::new(&["token", "enable"]), |line, t| line.word(named(t, None)))
    }
}

/// Sets `enabled` on each token, then asks `check`, telling it whether the token was so already. Switching twice is no
/// error: the second time says the same.
fn switch(
    by: &Actor,
    tx: &mut dyn Tx,
    tokens: &[Pointed],
    act: Act,
    enabled: bool,
    verb: &'static str,
    check: impl Fn(&dyn Tx, &Token, bool) -> Result<()>,
) -> Result<Audited<Vec<Token>>> {
    let mut switched = Vec::with_capacity(tokens.len());
    let mut entries = Vec::with_capacity(tokens.len());
    for mut token in meant(by, tx, tokens, act)? {
        entries.push(entry(verb, &token).changed("enabled", token.enabled, enabled));
        let already = token.enabled == enabled;
        token.enabled = enabled;
        tx.update_token(&token)?;
        check(tx, &token, already)?;
        switched.push(tx.token(token.id)?.unwrap_or(token));
    }
    Audited::each(switched, entries).ok_or_else(|| Error::usage("name at least one token"))
}
