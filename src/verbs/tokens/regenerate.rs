//! regenerate: a new secret, all else kept; the old one dies with the same commit.

use std::path::PathBuf;

use super::issue::{Issued, entry, issue, named};
use super::{Pointed, rules};
use crate::domain::expiry::ExpirySpec;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, Act, Among};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::Tx;
use crate::verbs::{Change, Changed, Env, Proof, Verb};

/// A new secret for a token. A disabled one stays disabled; an expired one needs a new expiry.
#[derive(Debug, Clone)]
pub struct RegenerateToken {
    /// Which.
    pub token: Pointed,
    /// A new expiry; the old one stays when not said.
    pub expires: Option<ExpirySpec>,
    /// Where to save the secret.
    pub out: Option<PathBuf>,
}

impl Verb for RegenerateToken {
    const NAME: &'static str = "token.regenerate";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Changed<Issued>;
}

impl Change for RegenerateToken {
    type Out = Issued;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Issued>> {
        let mut token = authorize::token(by, tx, &self.token.token, Among::Kept, Act::Change)?;
        self.token.still(&token)?;
        let was_active = token.status(env.now) == Status::Active;
        let before = token.clone();
        if let Some(spec) = self.expires {
            token.expiry = rules::expiry(spec, &tx.policy()?, env)?;
        } else if token.expiry.is_past(env.now) {
            let when = token.expiry.at().map_or_else(String::new, Timestamp::rfc3339);
            return Err(Error::conflict(format!("{} needs a new expiry", token.name))
                .why(format!("it expired at {when}"))
                .next("Add one, e.g. --expires 30d"));
        }
        tx.update_token(&token)?;
        if token.status(env.now) == Status::Active && !was_active {
            rules::within_limit(tx, token.owner.id, env)?;
        }
        let issued = issue(tx, env, token.id, self.out.as_ref())?;
        let expires = |token: &Token| token.expiry.at().map(Timestamp::rfc3339);
        let entry = entry(Self::NAME, &before)
            .changed("secret", before.hint.as_str(), issued.token.hint.as_str())
            .changed("expires", expires(&before), expires(&issued.token));
        Ok(Audited::one(issued, entry))
    }

    fn committed(out: &mut Issued) {
        out.committed();
    }

    fn cli(&self, out: &Issued) -> CliLine {
        let line = CliLine::new(&["token", "regenerate"]).word(named(&out.token, None));
        match self.expires {
            None => line,
            Some(ExpirySpec::Never) => line.option("expires", "never"),
            Some(ExpirySpec::EndOf(day)) => line.option("expires", day.dmy()),
            Some(ExpirySpec::In(span)) => line.option("expires", span.to_string()),
        }
    }
}
