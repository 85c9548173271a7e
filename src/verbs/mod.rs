//! All verbs: permission, effect and audit entries, each defined once. Screens and commands hold a [`Backend`] and send
//! it a [`request::Request`]; [`local_backend::LocalBackend`] runs it over a [`ports::Store`],
//! [`crate::remote_backend::RemoteBackend`] sends it to a server.
//!
//! A new verb is a struct in a file of its family, one of the two traits below, and a line in `request.rs`.

#![warn(missing_docs)]

pub mod accounts;
/// The account or token behind a request.
pub mod actor;
/// Reading the audit log.
pub mod audit;
/// Changes together with their audit entries.
pub mod audited;
pub mod authorize;
pub mod batches;
/// Reading, previewing and applying the catalogue.
pub mod catalogue;
pub mod changes;
pub mod cli_line;
pub mod confirmation;
/// A proof of the caller's identity.
pub mod credential;
pub mod findings;
pub mod impact;
/// Setup of an empty store.
pub mod init;
pub mod keyed_calls;
/// Reading the ledger.
pub mod ledger;
pub mod local_backend;
/// Passwords that replace earlier ones.
pub mod new_password;
pub mod notices;
mod optimistic_changes;
pub mod password_authenticator;
/// Reading and changing the policy.
pub mod policy;
pub mod ports;
mod prelude;
pub mod request;
pub mod required_scope;
pub mod restore;
pub mod restore_record;
pub mod secret_delivery;
pub mod session;
pub mod tokens;
pub mod verify;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::domain::audit::{AuditActor, Face};
use crate::domain::time::{Timestamp, Zone};
use crate::domain::token::TokenId;
use crate::error::Result;
use actor::Actor;
use audited::Audited;
use batches::Progress;
use cli_line::CliLine;
use credential::Credential;
use ports::{PasswordHasher, Snapshot, Tx};
use request::{Request, Response};
use required_scope::RequiredScope;
use secret_delivery::SecretReceiver;
use tokens::{IssuedToken, SecretSource};

/// The backend of screens and commands.
pub trait Backend: Send + Sync {
    /// Carries out `request` on behalf of `credential`, completely or not at all. `receive` gets the new secrets:
    /// see [`Backend::delivers_before_change`].
    ///
    /// # Errors
    /// Any error of the verb; [`crate::error::Kind::Denied`] before anything else. That of `receive`.
    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response>;

    /// Returns `true` if new secrets become valid only after a receiver has them, `false` if the change comes first.
    fn delivers_before_change(&self) -> bool {
        true
    }

    /// Returns the beginning of commands for the same installation, as errors suggest them.
    fn program(&self) -> String {
        "jeton".to_owned()
    }

    /// Ends the read under way in another thread, which fails. A server is not asked to end it.
    fn interrupt_read(&self) {}

    /// Ends a call that waits for changes, or the next one if there is none.
    fn stop_waiting(&self) {}

    /// Forgets who signed in, and ends a login that was made for this.
    fn sign_out(&self) {}

    /// Like [`Backend::run`]. New secrets are in the reply only.
    fn call(&self, credential: &Credential, request: Request) -> Result<Response> {
        self.run(credential, request, None)
    }
}

/// The least proof of the actor's identity. The product's description of the command line has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthLevel {
    /// Access to the store file.
    Store,
    /// The secret in the request, from anybody who has it.
    Possession,
    /// A password or a token, or a session opened by either.
    Authenticated,
    /// The password again, or a token that has the method of the verb's scope.
    Password,
}

/// Properties of every verb, declared in the table of `request.rs`.
pub trait Verb {
    /// The verb's name in the audit log.
    const NAME: &'static str;
    /// The proof that the verb asks for.
    const AUTH: AuthLevel;
    /// The method that a token needs for this verb.
    const SCOPE: RequiredScope;
    /// `true` if an actor with a temporary password may run the verb.
    const ALLOWS_TEMPORARY_PASSWORD: bool = false;
    /// The reply to the caller.
    type Reply;
}

/// A verb that changes nothing.
pub trait Query: Verb {
    /// `true` if the verb reads usage. Batched usage is flushed first.
    const READS_LEDGER: bool = false;
    /// `true` if the verb reads the newest audit rows. Counted failed sign-ins are written to the log first.
    const READS_AUDIT: bool = false;

    /// Returns the reply, from one state of the store.
    ///
    /// # Errors
    /// Those of the verb; [`crate::error::Kind::Denied`] before anything else.
    fn run(&self, actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<Self::Reply>;
}

/// A verb that changes the store, in one transaction.
pub trait Mutation: Verb<Reply = Committed<Self::Output>> {
    /// The reply, without the command that makes the same change.
    type Output;

    /// Does work on behalf of `credential` that must not hold up other writers, such as hashing a new password.
    fn prepare(&mut self, _credential: &Credential, _hasher: &dyn PasswordHasher) -> Result<()> {
        Ok(())
    }

    /// `true` if [`Mutation::plan`] does something.
    const HAS_PLAN: bool = false;

    /// Reads much of the store before the transaction, so that the transaction doesn't have to. Repeated if something
    /// is committed in between that concerns more than single tokens.
    fn plan(&mut self, _actor: &Actor, _snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<()> {
        Ok(())
    }

    /// Updates the plan for `tokens`, which were changed since. They may no longer exist.
    fn update_plan(&mut self, _snapshot: &dyn Snapshot, _tokens: &BTreeSet<TokenId>) -> Result<()> {
        Ok(())
    }

    /// Returns the actor in the audit log if it is not that of the credential. Called after [`Mutation::plan`].
    fn audit_actor(&self, _face: Face) -> Option<AuditActor> {
        None
    }

    /// Makes the change. It may run again on another state of the store, if the transaction has to be repeated.
    ///
    /// # Errors
    /// Those of the verb; [`crate::error::Kind::Denied`] before anything else. Then nothing is changed.
    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Self::Output>>;

    /// `true` if the output may hold new secrets.
    const ISSUES_SECRETS: bool = false;

    /// Returns the tokens in the output that have new secrets.
    fn issued_tokens(_out: &mut Self::Output) -> &mut [IssuedToken] {
        &mut []
    }

    /// `true` if [`Mutation::after_commit`] adds something.
    const HAS_AFTER_COMMIT: bool = false;

    /// Adds information to the result, read after the commit so that no writer waits.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the store can't be read. The change is committed in any case.
    fn after_commit(&self, _out: &mut Self::Output, _snapshot: &dyn Snapshot, _env: &Env<'_>) -> Result<()> {
        Ok(())
    }

    /// Returns the command that makes the same change.
    fn equivalent_command(&self, out: &Self::Output) -> CliLine;
}

/// The result of a change, and the equivalent command.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Committed_{T}")]
pub struct Committed<T> {
    /// The result.
    pub value: T,
    /// The command that makes the same change.
    pub equivalent_command: CliLine,
    /// The number of the change's last row in the audit log.
    pub audit_seq: i64,
}

/// The surroundings of a verb: time, zone and secrets.
pub struct Env<'a> {
    /// The current time, read inside the transaction.
    pub now: Timestamp,
    /// The time zone of dates without a time.
    pub zone: &'a dyn Zone,
    /// The source of new secrets.
    pub secrets: SecretSource<'a>,
    /// Progress of a verb that reads much. It polls for a stop, and changes nothing after one.
    pub progress: &'a Progress,
}
