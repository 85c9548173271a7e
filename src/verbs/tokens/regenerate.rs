//! regenerate: a new secret. The old one becomes invalid in the same commit, or after a grace.

use std::slice;

use super::issue::{IssuedToken, audit_changed, issue};
use super::save::save_token;
use super::{TokenTarget, policy_rules, resolve_for_change};
use crate::domain::expiry::{Expiry, ExpirySpec, Span};
use crate::domain::time::{DAY, Timestamp, relative};
use crate::domain::token::Token;
use crate::verbs::prelude::*;

/// The longest grace of an old secret, in milliseconds: 30 days.
pub const MAX_GRACE: i64 = 30 * DAY;

/// Gives a token a new secret. A disabled token stays disabled; an expired one needs a new expiry.
///
/// The reply's `token.previous` contains the end of the old secret: the requested grace, or the token's expiry if that
/// is sooner.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegenerateToken {
    /// The token that gets a new secret.
    pub token: TokenTarget,
    /// The grace of the old secret. `None` ends the old secret at once.
    pub grace: Option<Span>,
    /// The new expiry. `None` keeps the old one.
    pub expires: Option<ExpirySpec>,
}

impl Mutation for RegenerateToken {
    type Output = IssuedToken;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<IssuedToken>> {
        let requested =
            RequestedRights { expiry: policy_rules::requested_expiry(self.expires, env), ..RequestedRights::default() };
        let before = resolve_for_change(actor, tx, &self.token, &requested)?;
        self.token.check_revision(&before)?;
        let mut after = before.clone();
        if let Some(spec) = self.expires {
            after.expiry = policy_rules::resolve_expiry(spec, &tx.policy()?, env)?;
        } else if before.expiry.is_past(env.now) {
            return Err(policy_rules::needs_expiry(&before, &tx.policy()?, env));
        }
        let keep_old_until = self.grace.map(|grace| overlap_end(grace, &before, &after, env)).transpose()?;
        let after = save_token(actor, tx, env, before.clone(), after)?;
        let mut issued = issue(actor, tx, env, &after, keep_old_until)?;
        if let Some(bearer) = actor.bearer() {
            tx.set_regenerated_by(after.id, bearer.token.id)?;
            issued.token.regenerated_by = Some(bearer.token.id);
        }
        let mut entry = audit_changed(Self::NAME, &before, &issued.token);
        if let Some(until) = keep_old_until {
            entry = entry.with("old_until", until.rfc3339());
        }
        Ok(Audited::one(issued, entry))
    }

    const ISSUES_SECRETS: bool = true;

    fn issued_tokens(out: &mut IssuedToken) -> &mut [IssuedToken] {
        slice::from_mut(out)
    }

    fn equivalent_command(&self, out: &IssuedToken) -> CliLine {
        CliLine::new(&["token", "regenerate"])
            .arg(out.token.full_name())
            .option_if("grace", self.grace.map(|grace| grace.to_string()))
            .option_if("expires", self.expires.map(|spec| spec.to_string()))
    }
}

/// Returns the end of the old secret with this grace. It is never beyond the token's expiry.
fn overlap_end(grace: Span, before: &Token, after: &Token, env: &Env<'_>) -> Result<Timestamp> {
    let until = grace.after(env.now, env.zone).filter(|until| *until <= env.now.plus(MAX_GRACE));
    let until = until.ok_or_else(|| {
        Error::usage(format!("the grace {grace} is too long"))
            .why("the old secret can keep working for at most 30 days")
            .next("Choose a shorter time, such as 7d")
    })?;
    if before.expiry.is_past(env.now) {
        let what = format!("{} has expired, so its old secret can't keep working after the change", before.name);
        return Err(Error::conflict(what).next("Leave out the grace (in a command: --grace)"));
    }
    if let Some(previous) = before.overlap(env.now) {
        return Err(Error::conflict(format!("{} already has two secrets", before.name))
            .why(format!("the old secret {} ends {}", previous.hint, relative(previous.retires_at, env.now)))
            .next(format!("First end the old secret: jeton token retire {}", before.full_name())));
    }
    // The old secret must not outlive its own expiry or the new one.
    Ok([before.expiry, after.expiry].into_iter().filter_map(Expiry::at).fold(until, Timestamp::min))
}
