//! regenerate: a new secret. The old one becomes invalid in the same commit, or after a grace.

use std::slice;

use super::change::settle;
use super::issue::{Issued, SaveTo, altered, expires, issue};
use super::{Pointed, rules, to_change};
use crate::domain::expiry::{Expiry, ExpirySpec, Span};
use crate::domain::time::{DAY, Timestamp, relative};
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::RequestedRights;
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::ports::Tx;
use crate::verbs::{Committed, Env, Mutation, Proof, Verb};

/// The longest grace of an old secret, in milliseconds: 30 days.
pub const GRACE_MAX: i64 = 30 * DAY;

/// Gives a token a new secret. A disabled token stays disabled; an expired one needs a new expiry.
///
/// The reply's `token.previous` contains the end of the old secret: the requested grace, or the token's expiry if that
/// is sooner.
#[derive(Debug, Clone)]
pub struct RegenerateToken {
    /// The token.
    pub token: Pointed,
    /// The grace of the old secret. `None` ends the old secret at once.
    pub grace: Option<Span>,
    /// The new expiry. `None` keeps the old one.
    pub expires: Option<ExpirySpec>,
    /// The destination of the secret.
    pub out: Option<SaveTo>,
}

impl Verb for RegenerateToken {
    const NAME: &'static str = "token.regenerate";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::WriteTokens;
    type Reply = Committed<Issued>;
}

impl Mutation for RegenerateToken {
    type Output = Issued;

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Issued>> {
        let requested = RequestedRights { expiry: rules::requested(self.expires, env), ..RequestedRights::default() };
        let before = to_change(by, tx, &self.token, &requested)?;
        self.token.still(&before)?;
        let mut after = before.clone();
        if let Some(spec) = self.expires {
            after.expiry = rules::expiry(spec, &tx.policy()?, env)?;
        } else if before.expiry.is_past(env.now) {
            return Err(rules::needs_expiry(&before));
        }
        let keep_old_until = self.grace.map(|grace| overlap_end(grace, &before, &after, env)).transpose()?;
        let after = settle(by, tx, env, before.clone(), after)?;
        let mut issued = issue(by, tx, env, &after, keep_old_until)?;
        if let Some(bearer) = by.bearer() {
            tx.set_regenerated_by(after.id, bearer.token.id)?;
            issued.token.regenerated_by = Some(bearer.token.id);
        }
        let mut entry = altered(Self::NAME, &before, &issued.token);
        if let Some(until) = keep_old_until {
            entry = entry.with("old_until", until.rfc3339());
        }
        Ok(Audited::one(issued, entry))
    }

    fn secret_destination(&self) -> Option<&SaveTo> {
        self.out.as_ref()
    }

    fn issued_tokens(out: &mut Issued) -> &mut [Issued] {
        slice::from_mut(out)
    }

    fn equivalent_command(&self, out: &Issued) -> CliLine {
        let mut line = CliLine::new(&["token", "regenerate"]).arg(out.token.full_name());
        if let Some(grace) = self.grace {
            line = line.option("grace", grace.to_string());
        }
        expires(line, self.expires)
    }
}

/// Returns the end of the old secret of `token` with this grace: never beyond the expiry.
fn overlap_end(grace: Span, before: &Token, after: &Token, env: &Env<'_>) -> Result<Timestamp> {
    let until = grace.after(env.now, env.zone).filter(|until| *until <= env.now.plus(GRACE_MAX));
    let until = until.ok_or_else(|| {
        Error::usage(format!("a grace of {grace} is too long")).why("an old secret lives 30 days more at most")
    })?;
    if before.expiry.is_past(env.now) {
        return Err(Error::conflict(format!("{} is expired: its secret is not kept alive", before.name))
            .next("Leave --grace out"));
    }
    if let Some(previous) = before.overlap(env.now) {
        return Err(Error::conflict(format!("{} has two secrets already", before.name))
            .why(format!("{} dies {}", previous.hint, relative(previous.retires_at, env.now)))
            .next(format!("End that first: jeton token retire {}", before.full_name())));
    }
    // The old secret must outlive neither its own expiry nor the new one.
    Ok([before.expiry, after.expiry].into_iter().filter_map(Expiry::at).fold(until, Timestamp::min))
}
