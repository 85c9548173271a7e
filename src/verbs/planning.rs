//! Changes that read much of the store. They read before the transaction, which holds up nobody. Inside the
//! transaction, only later changes are read again.

use std::collections::BTreeSet;

use super::Change;
use super::actor::Session;
use super::audit_log::AuditTip;
use super::local::Local;
use super::ports::{Committed, Snapshot, Store};
use crate::domain::token::TokenId;
use crate::error::{Error, Fault, Result};

/// Maximum number of plans. A plan is repeated if a change it depends on as a whole was committed.
const PLAN_ATTEMPTS: u32 = 5;
/// Maximum rows of the audit log read inside the transaction. If there are more, the plan first catches up in a read.
const MAX_ROWS_LOCKED: usize = 200;
/// Maximum rows of the audit log in one read.
const ROWS_AT_ONCE: usize = 10_000;

/// Changes that don't alter which methods a token's secrets may call, if its account lets them.
const HARMLESS: [&str; 12] = [
    "token.disable",
    "token.enable",
    "token.delete",
    "token.restore",
    "account.create",
    "account.passwd",
    "account.disable",
    "account.enable",
    "policy.set",
    "sign-in.failed",
    "token.purge.started",
    "token.purge.finished",
];

/// Changes since a plan was made.
enum Since {
    /// These tokens changed.
    Tokens(BTreeSet<TokenId>, AuditTip),
    /// More than `limit` rows were written. These tokens changed up to a row, and more rows follow.
    More(BTreeSet<TokenId>, AuditTip),
    /// Something that every plan depends on.
    Everything,
}

/// Returns the changes since `tip`, and reads at most `limit` rows for that.
fn since(snapshot: &dyn Snapshot, tip: AuditTip, limit: usize) -> Result<Since> {
    let now = snapshot.audit_tip()?;
    let mut tokens = BTreeSet::new();
    if now == tip {
        return Ok(Since::Tokens(tokens, now));
    }
    if !snapshot.audit_contains(tip)? {
        return Ok(Since::Everything);
    }
    let page = snapshot.audit_page(Some(tip.seq), limit)?;
    let mut last = tip;
    for raw in page.rows {
        let Some(hash) = raw.hash.filter(|_| raw.unreadable.is_none()) else { return Ok(Since::Everything) };
        last = AuditTip { seq: raw.row.seq, hash };
        if HARMLESS.contains(&raw.row.verb.as_str()) {
            continue;
        }
        match TokenId::parse(&raw.row.target).filter(|_| raw.row.verb.starts_with("token.")) {
            Some(token) => tokens.insert(token),
            None => return Ok(Since::Everything),
        };
    }
    Ok(if last == now { Since::Tokens(tokens, now) } else { Since::More(tokens, last) })
}

impl<S: Store> Local<S> {
    /// Carries out `verb` after planning in a read. Tokens that change meanwhile are checked again, the last of them
    /// inside the transaction. So even constant changes of a busy store don't prevent the change.
    pub(super) fn planned<V: Change>(&self, verb: &mut V, session: Option<&Session>) -> Result<Committed<V::Out>> {
        for _ in 0..PLAN_ATTEMPTS {
            let mut tip = self.look::<V, _>(session, |by, snapshot, env| {
                verb.plan(by, snapshot, env)?;
                snapshot.audit_tip()
            })?;
            if !self.catch_up(verb, session, &mut tip)? {
                continue;
            }
            let clock = &*self.adapters().clock;
            let done = self.store().write(&self.audit_actor(session), &|| clock.now(), |tx, now| {
                let by = self.actor::<V>(session, tx, now)?;
                match since(tx, tip, MAX_ROWS_LOCKED)? {
                    Since::Tokens(tokens, _) if tokens.is_empty() => {}
                    Since::Tokens(tokens, _) => verb.look_again(tx, &tokens)?,
                    Since::More(..) | Since::Everything => return Err(outrun()),
                }
                verb.run(&by, tx, &self.env(now))
            });
            match done {
                Err(error) if error.is(Fault::Outrun) => {}
                done => return done,
            }
        }
        Err(outrun())
    }

    /// Checks again the tokens changed since `tip`, until little is left for the transaction. `false` if the whole
    /// plan is out of date.
    fn catch_up<V: Change>(&self, verb: &mut V, session: Option<&Session>, tip: &mut AuditTip) -> Result<bool> {
        loop {
            let since = self.look::<V, _>(session, |_, snapshot, _| {
                let since = since(snapshot, *tip, ROWS_AT_ONCE)?;
                if let Since::Tokens(tokens, _) | Since::More(tokens, _) = &since {
                    verb.look_again(snapshot, tokens)?;
                }
                Ok(since)
            })?;
            match since {
                Since::Tokens(_, reached) => {
                    *tip = reached;
                    return Ok(true);
                }
                Since::More(_, reached) => *tip = reached,
                Since::Everything => return Ok(false),
            }
        }
    }
}

/// Error if other changes were committed between plan and transaction in every attempt.
fn outrun() -> Error {
    Error::conflict("the store was changed meanwhile; nothing was done").next("Try again").fault(Fault::Outrun)
}
