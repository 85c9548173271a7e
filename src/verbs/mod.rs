//! Every verb once: who may, what happens, what the audit log keeps. Faces hold a [`Jeton`] and send it a
//! [`request::Request`]; [`local::Local`] runs it over a [`ports::Store`].
//!
//! A new verb is a struct in a file of its family, one of the two traits below, and a line in `request.rs`.

pub mod accounts;
pub mod actor;
pub mod audit;
pub mod audit_log;
pub mod audited;
pub mod authorize;
pub mod batches;
pub mod catalogue;
pub mod check;
pub mod cli_line;
pub mod decide;
mod delivery;
pub mod init;
pub mod ledger;
pub mod local;
pub mod needs;
pub mod new_password;
mod planning;
pub mod policy;
pub mod ports;
pub mod prove;
mod pruning;
pub mod request;
pub mod tokens;

use std::collections::BTreeSet;

use crate::domain::time::{Timestamp, Zone};
use crate::domain::token::TokenId;
use crate::error::Result;
use actor::{Actor, Credential};
use audited::Audited;
use cli_line::CliLine;
use needs::Needs;
use ports::{PasswordHasher, Snapshot, Tx};
use request::{Request, Response};
use tokens::{Issued, SaveTo, SecretSource};

/// What a face talks to: verbs over a store of this machine today.
pub trait Jeton: Send + Sync {
    /// Carries out `request` on behalf of `who`, wholly or not at all.
    ///
    /// # Errors
    /// Whatever the verb refuses; [`crate::error::Kind::Denied`] before anything else.
    fn call(&self, who: &Credential, request: Request) -> Result<Response>;
}

/// The least that proves who asks; the table in the product's description of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Being able to open the store.
    Store,
    /// A password or a token, or a session that one opened.
    Identity,
    /// A password given for this very act, or a token.
    Password,
}

/// What every verb says about itself.
pub trait Verb {
    /// Its name, as the audit log keeps it.
    const NAME: &'static str;
    /// The least that proves who asks.
    const PROOF: Proof;
    /// What a token that asks must hold.
    const NEEDS: Needs;
    /// Whether somebody may ask for it whose password is temporary.
    const WITH_TEMPORARY_PASSWORD: bool = false;
    /// What it answers.
    type Reply;
}

/// A verb that only looks.
pub trait Query: Verb {
    /// Whether it reads what was recorded of use: that is brought to its place first.
    const READS_LEDGER: bool = false;
    /// Whether it reads the newest of the audit log: failed sign-ins that were counted are written there first.
    const READS_AUDIT: bool = false;

    /// # Errors
    /// Whatever the verb refuses.
    fn run(&self, by: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Self::Reply>;
}

/// A verb that changes the store, in one transaction together with its audit entries.
pub trait Change: Verb<Reply = Changed<Self::Out>> {
    /// What it brings about.
    type Out;

    /// Work on behalf of `who` that must not hold up other writers, such as hashing a new password.
    ///
    /// # Errors
    /// Whatever the work refuses.
    fn prepare(&mut self, _who: &Credential, _hasher: &dyn PasswordHasher) -> Result<()> {
        Ok(())
    }

    /// Whether [`Change::plan`] does something.
    const PLANS: bool = false;

    /// Looks at much of the store in a read, so that the transaction doesn't have to. Repeated if something is
    /// committed between the two that concerns more than single tokens.
    ///
    /// # Errors
    /// Whatever the verb refuses; then nothing has changed.
    fn plan(&mut self, _by: &Actor, _snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<()> {
        Ok(())
    }

    /// Brings the plan up to date with `tokens`, which were changed since. They may be gone.
    ///
    /// # Errors
    /// Whatever the verb refuses; then nothing has changed.
    fn look_again(&mut self, _snapshot: &dyn Snapshot, _tokens: &BTreeSet<TokenId>) -> Result<()> {
        Ok(())
    }

    /// # Errors
    /// Whatever the verb refuses; then nothing has changed.
    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Self::Out>>;

    /// Where its secrets go before it commits. `None` if it makes none, or if they go out with the reply.
    fn secrets_go_to(&self) -> Option<&SaveTo> {
        None
    }

    /// The secrets in its result.
    fn issued(_out: &mut Self::Out) -> &mut [Issued] {
        &mut []
    }

    /// The command that does the same.
    fn cli(&self, out: &Self::Out) -> CliLine;
}

/// What a change brought about, and the command that does the same.
#[derive(Debug)]
pub struct Changed<T> {
    /// What it brought about.
    pub out: T,
    /// The command that does the same.
    pub cli: CliLine,
    /// The number of its last row in the audit log.
    pub seq: i64,
}

/// What a verb may know of the world.
pub struct Env<'a> {
    /// The instant at which it runs, read inside the transaction.
    pub now: Timestamp,
    /// The zone in which days end.
    pub zone: &'a dyn Zone,
    /// Where secrets come from.
    pub secrets: SecretSource<'a>,
}
