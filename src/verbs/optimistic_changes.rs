//! Changes that read much of the store. They read before the transaction, so that no writer waits. Inside the
//! transaction, only later changes are read again.

use std::collections::BTreeSet;

use super::accounts::{CreateAccount, DisableAccounts, EnableAccounts, LogIn, LogOut, SetContact, SetPassword};
use super::batches::MAX_ATOMIC;
use super::local_backend::LocalBackend;
use super::policy::SetPolicy;
use super::ports::audit_log::AuditTip;
use super::ports::{CommittedTx, Maintenance, Snapshot, Store};
use super::session::Session;
use super::tokens::{ChangeMatching, DisableTokens, EnableTokens, PurgeTokens, RestoreTokens, RevokeTokens};
use super::{Mutation, Verb};
use crate::domain::token::TokenId;
use crate::error::{Error, Fault, Result};

/// Maximum number of plans. A plan is repeated if a change it depends on as a whole was committed.
const PLAN_ATTEMPTS: u32 = 5;
/// Maximum number of catch-ups because too much was written while the transaction waited for the write lock.
const CATCH_UP_ATTEMPTS: u32 = 100;
/// Maximum rows of the audit log read inside the transaction: more than one or two transactions of others write. If
/// there are more, the plan first catches up in a read.
const MAX_LOCKED_ROWS: usize = 3 * MAX_ATOMIC;
/// Maximum rows of the audit log in one read.
const READ_BATCH_SIZE: usize = 10_000;

/// Changes that don't alter which methods a token's secrets may call, if its account lets them.
const NON_WIDENING_VERBS: [&str; 20] = [
    DisableTokens::NAME,
    EnableTokens::NAME,
    RevokeTokens::NAME,
    // The earlier name of `token.revoke`, in older rows.
    "token.delete",
    RestoreTokens::NAME,
    ChangeMatching::STARTED,
    ChangeMatching::FINISHED,
    ChangeMatching::STOPPED,
    PurgeTokens::STARTED,
    PurgeTokens::FINISHED,
    PurgeTokens::STOPPED,
    CreateAccount::NAME,
    SetContact::NAME,
    SetPassword::NAME,
    DisableAccounts::NAME,
    EnableAccounts::NAME,
    SetPolicy::NAME,
    "sign-in.failed",
    LogIn::NAME,
    LogOut::NAME,
];

/// Changes since a plan was made.
enum ChangesSince {
    Tokens(BTreeSet<TokenId>, AuditTip),
    /// More than `limit` rows were written. These tokens changed up to a row, and more rows follow.
    More(BTreeSet<TokenId>, AuditTip),
    /// A change that every plan depends on.
    Everything,
}

/// Result of trying a planned change in its transaction.
enum Attempt<T> {
    Done(T),
    /// Too much was written since the plan last caught up. Nothing was done.
    Behind,
    /// The whole plan is out of date. Nothing was done.
    OutOfDate,
}

/// Returns the changes since `tip`, and reads at most `limit` rows for that.
fn changes_since(snapshot: &dyn Snapshot, tip: AuditTip, limit: usize) -> Result<ChangesSince> {
    let now = snapshot.audit_tip()?;
    let mut tokens = BTreeSet::new();
    if now == tip {
        return Ok(ChangesSince::Tokens(tokens, now));
    }
    if !snapshot.audit_contains(tip)? {
        return Ok(ChangesSince::Everything);
    }
    let page = snapshot.audit_page(Some(tip.seq), limit)?;
    let mut last = tip;
    for raw in page.rows {
        let Some(hash) = raw.hash.filter(|_| raw.unreadable.is_none()) else { return Ok(ChangesSince::Everything) };
        last = AuditTip { seq: raw.row.seq, hash };
        if NON_WIDENING_VERBS.contains(&raw.row.verb.as_str()) {
            continue;
        }
        match TokenId::parse(&raw.row.target).filter(|_| raw.row.verb.starts_with("token.")) {
            Some(token) => tokens.insert(token),
            None => return Ok(ChangesSince::Everything),
        };
    }
    Ok(if last == now { ChangesSince::Tokens(tokens, now) } else { ChangesSince::More(tokens, last) })
}

impl<S: Store + Maintenance> LocalBackend<S> {
    /// Carries out `verb` after planning in a read. Tokens that change meanwhile are checked again, the last of them
    /// inside the transaction. So even constant changes of a busy store don't prevent the change.
    pub(super) fn run_planned<V: Mutation>(
        &self,
        verb: &mut V,
        session: Option<&Session>,
    ) -> Result<CommittedTx<V::Output>> {
        let mut catch_ups = CATCH_UP_ATTEMPTS;
        for _ in 0..PLAN_ATTEMPTS {
            let mut tip = self.read::<V, _>(session, |actor, snapshot, env| {
                verb.plan(actor, snapshot, env)?;
                snapshot.audit_tip()
            })?;
            while self.catch_up(verb, session, &mut tip)? {
                match self.try_planned(verb, session, tip)? {
                    Attempt::Done(done) => return Ok(done),
                    Attempt::Behind if catch_ups > 0 => catch_ups -= 1,
                    Attempt::Behind => return Err(changed_meanwhile()),
                    Attempt::OutOfDate => break,
                }
            }
        }
        Err(changed_meanwhile())
    }

    /// Carries out `verb` in one transaction, if little was written since `tip`.
    fn try_planned<V: Mutation>(
        &self,
        verb: &mut V,
        session: Option<&Session>,
        tip: AuditTip,
    ) -> Result<Attempt<CommittedTx<V::Output>>> {
        let clock = &*self.adapters().clock;
        let mut is_behind = false;
        let actor = verb.audit_actor(self.face()).unwrap_or_else(|| self.audit_actor(session));
        let done = self.store().write(&actor, &|| clock.now(), |tx, now| {
            let actor = self.reload_actor::<V>(session, tx, now)?;
            match changes_since(tx, tip, MAX_LOCKED_ROWS)? {
                ChangesSince::Tokens(tokens, _) if tokens.is_empty() => {}
                ChangesSince::Tokens(tokens, _) => verb.update_plan(tx, &tokens)?,
                since => {
                    is_behind = matches!(since, ChangesSince::More(..));
                    return Err(changed_meanwhile());
                }
            }
            verb.run(&actor, tx, &self.env(now))
        });
        match done {
            Ok(done) => Ok(Attempt::Done(done)),
            Err(error) if error.has_fault(Fault::ChangedMeanwhile) => {
                Ok(if is_behind { Attempt::Behind } else { Attempt::OutOfDate })
            }
            Err(error) => Err(error),
        }
    }

    /// Checks again the tokens changed since `tip`, until little is left for the transaction. `false` if the whole
    /// plan is out of date.
    fn catch_up<V: Mutation>(&self, verb: &mut V, session: Option<&Session>, tip: &mut AuditTip) -> Result<bool> {
        loop {
            let changes = self.read::<V, _>(session, |_, snapshot, _| {
                let changes = changes_since(snapshot, *tip, READ_BATCH_SIZE)?;
                if let ChangesSince::Tokens(tokens, _) | ChangesSince::More(tokens, _) = &changes {
                    verb.update_plan(snapshot, tokens)?;
                }
                Ok(changes)
            })?;
            match changes {
                ChangesSince::Tokens(_, reached) => {
                    *tip = reached;
                    return Ok(true);
                }
                ChangesSince::More(_, reached) => *tip = reached,
                ChangesSince::Everything => return Ok(false),
            }
        }
    }
}

/// Returns the error if other changes were committed between plan and transaction in every attempt.
fn changed_meanwhile() -> Error {
    Error::conflict("another program or session changed the store in the meantime; your change was not made")
        .next("Try again")
        .fault(Fault::ChangedMeanwhile)
}
