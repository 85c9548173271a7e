use std::slice;

use super::issue::{IssuedToken, audit_created, issue};
use super::save::{insert_token, save_tokens};
use super::{TokenTarget, policy_rules, rights};
use crate::domain::expiry::ExpirySpec;
use crate::domain::name::{TokenName, Username};
use crate::verbs::ports::NewToken;
use crate::verbs::prelude::*;

/// Creates a token with the description, selection and expiry of another, and a secret of its own. The new token is
/// enabled even if the other is not. If the other is expected to be unused, the new one is, too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyToken {
    /// The token to copy.
    pub token: TokenTarget,
    /// The name of the copy.
    pub name: TokenName,
    /// The new token's account. Defaults to the account of the copied token.
    pub account: Option<Username>,
    /// The new token's expiry. Defaults to that of the copied token, or to the end of the acting token if that is
    /// sooner.
    pub expires: Option<ExpirySpec>,
}

impl Mutation for CopyToken {
    type Output = IssuedToken;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<IssuedToken>> {
        let requested = policy_rules::requested_expiry(self.expires, env);
        let (source, owner) =
            authorize::resolve_copy_source(actor, tx, &self.token.reference, self.account.as_ref(), requested)?;
        self.token.check_revision(&source)?;
        let policy = tx.policy()?;
        let expiry = match self.expires {
            Some(spec) => policy_rules::resolve_expiry(spec, &policy, env)?,
            None if source.expiry.is_past(env.now) => return Err(policy_rules::needs_expiry(&source, &policy, env)),
            None => {
                let expiry = authorize::cap_expiry(actor, source.expiry);
                policy_rules::check_max_expiry("the expiry of the copied token", expiry, &policy, env)?;
                expiry
            }
        };
        policy_rules::reject_hint_like_name(&self.name, tx)?;
        let new = NewToken {
            account: owner.account().id,
            name: &self.name,
            description: &source.description,
            selection: &source.selection,
            expiry,
            expected_unused: source.expected_unused_since.is_some(),
            now: env.now,
        };
        let change = insert_token(actor, tx, env, &owner, &new)?;
        let token = save_tokens(actor, tx, env, vec![change])?.pop();
        let token = token.ok_or_else(|| Error::failure("the token no longer exists"))?;
        let issued = issue(actor, tx, env, &token, None)?;
        let entry = audit_created(Self::NAME, &issued.token)
            .with("of", source.full_name())
            .with("of_id", source.id.to_string());
        Ok(Audited::one(issued, entry))
    }

    const ISSUES_SECRETS: bool = true;

    fn issued_tokens(out: &mut IssuedToken) -> &mut [IssuedToken] {
        slice::from_mut(out)
    }

    const HAS_AFTER_COMMIT: bool = true;

    fn after_commit(&self, out: &mut IssuedToken, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<()> {
        out.warning = rights::warning(snapshot, &out.token, env.now)?;
        Ok(())
    }

    fn equivalent_command(&self, _out: &IssuedToken) -> CliLine {
        let line = CliLine::new(&["token", "copy"]).arg(self.token.reference.to_string()).arg(self.name.as_str());
        line.option_if("account", self.account.as_ref().map(Username::as_str))
            .option_if("expires", self.expires.map(|spec| spec.to_string()))
    }
}
