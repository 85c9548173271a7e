//! create: a new token and secret.

use std::path::PathBuf;

use super::issue::{Issued, entry, issue};
use super::rules;
use crate::domain::expiry::ExpirySpec;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, Act};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::{NewToken, Tx};
use crate::verbs::{Change, Changed, Env, Proof, Verb};

/// A new token and its secret.
#[derive(Debug, Clone)]
pub struct CreateToken {
    /// Whose it will be; the actor's own by default.
    pub account: Option<Username>,
    /// Its name.
    pub name: TokenName,
    /// What it is for.
    pub description: Description,
    /// When it stops working; `policy.default_expiry` when not said.
    pub expires: Option<ExpirySpec>,
    /// Which methods it may call.
    pub selection: Selection,
    /// Where to save the secret.
    pub out: Option<PathBuf>,
}

impl Verb for CreateToken {
    const NAME: &'static str = "token.create";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Changed<Issued>;
}

impl Change for CreateToken {
    type Out = Issued;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Issued>> {
        let account = authorize::account(by, tx, self.account.as_ref(), Act::Change)?;
        let policy = tx.policy()?;
        let asked = self.expires.unwrap_or_else(|| policy.default_expiry.map_or(ExpirySpec::Never, ExpirySpec::In));
        let expiry = rules::expiry(asked, &policy, env)?;
        rules::no_hint(&self.name, tx)?;
        rules::known(&self.selection, tx)?;
        let id = tx.insert_token(&NewToken {
            account: account.id,
            name: &self.name,
            description: &self.description,
            selection: &self.selection,
            expiry,
            now: env.now,
        })?;
        rules::within_limit(tx, account.id, env)?;
        let issued = issue(tx, env, id, self.out.as_ref())?;
        let entry = entry(Self::NAME, &issued.token)
            .with("description", self.description.as_str())
            .with("api", self.selection.told())
            .with("expires", expiry.at().map(Timestamp::rfc3339))
            .with("secret", issued.token.hint.as_str());
        Ok(Audited::one(issued, entry))
    }

    fn committed(out: &mut Issued) {
        out.committed();
    }

    fn cli(&self, _out: &Issued) -> CliLine {
        let mut line = CliLine::new(&["token", "create", self.name.as_str()]);
        if let Some(account) = &self.account {
            line = line.option("account", account.as_str());
        }
        if !self.description.as_str().is_empty() {
            line = line.option("description", self.description.as_str());
        }
        match self.expires {
            None => {}
            Some(ExpirySpec::Never) => line = line.option("expires", "never"),
            Some(ExpirySpec::EndOf(day)) => line = line.option("expires", day.dmy()),
            Some(ExpirySpec::In(span)) => line = line.option("expires", span.to_string()),
        }
        match &self.selection {
            Selection::Inherit => line.word("--inherit"),
            Selection::Sets(sets) => sets.iter().fold(line, |l, s| l.option("set", s.as_str())),
            Selection::Custom(methods) => methods.iter().fold(line, |l, m| l.option("method", m.as_str())),
        }
    }
}
