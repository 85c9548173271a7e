//! Runs verbs over a store of this machine: prove, open a transaction, re-read the actor, run, audit, commit.

use std::sync::Arc;
use std::time::Duration;

use super::actor::{Actor, Credential, Presented, Session};
use super::batches::{BatchedChange, Progress};
use super::needs::Needs;
use super::ports::{Clock, CommittedTx, Entropy, FlushScope, PasswordHasher, SecretFileWriter, Snapshot, Store};
use super::prove::Prover;
use super::request::{Carrier, Request, Response, suffices};
use super::tokens::SecretSource;
use super::{Change, Changed, Env, Jeton, Proof, Query, Verb, authorize, verify};
use crate::domain::audit::{AuditActor, Face};
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};

/// The environment of verbs, apart from the store.
#[derive(Clone)]
pub struct World {
    /// The system clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness for secrets.
    pub entropy: Arc<dyn Entropy>,
    /// Slow hashing.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Writer of secrets to files.
    pub delivery: Arc<dyn SecretFileWriter>,
    /// Progress of changes that run in batches.
    pub progress: Arc<Progress>,
}

/// The caller on whose behalf verbs run.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The face that sends the requests.
    pub face: Face,
    /// The source of its tries to sign in, e.g. `uid 1000`: the peer, on every face.
    pub source: String,
    /// Maximum wait for the delay after earlier failed tries.
    pub patience: Duration,
}

/// A [`Jeton`] over a store of this machine.
pub struct Local<S> {
    store: S,
    world: World,
    caller: Caller,
}

impl<S: Store> Local<S> {
    /// Creates the verbs over `store`, on behalf of `caller`.
    pub fn new(store: S, world: World, caller: Caller) -> Self {
        Local { store, world, caller }
    }

    /// Returns the store itself, for work that is not a verb: checking a secret, seeding a demonstration.
    pub fn store(&self) -> &S {
        &self.store
    }

    pub(super) fn adapters(&self) -> &World {
        &self.world
    }

    /// Returns the actor in the form of the audit log.
    pub(super) fn audit_actor(&self, session: Option<&Session>) -> AuditActor {
        match session {
            Some(session) => session.audited(self.caller.face),
            None => AuditActor::store(self.caller.face),
        }
    }

    pub(super) fn env<'a>(&'a self, now: Timestamp) -> Env<'a> {
        Env { now, zone: self.world.clock.zone(), secrets: SecretSource::new(&*self.world.entropy) }
    }

    /// Proves `credential` as far as possible outside the transaction. `None` for what only the store proves.
    pub(super) fn proved(&self, credential: &Credential, proof: Proof, needs: Needs) -> Result<Option<Session>> {
        suffices(credential, proof)?;
        match credential {
            // A token never runs a verb that needs a person, even if the verb needs no proof: the answer is not for
            // the token.
            _ if proof == Proof::Store && !(needs == Needs::Person && credential.is_token()) => Ok(None),
            Credential::Store => Ok(None),
            Credential::Session(session) => Ok(Some(session.clone())),
            Credential::Password(username, password) => {
                let prover = Prover {
                    store: &self.store,
                    clock: &*self.world.clock,
                    hasher: &*self.world.hasher,
                    source: &self.caller.source,
                    face: self.caller.face,
                    patience: self.caller.patience,
                };
                prover.prove(username, password).map(Some)
            }
            Credential::Token(presented) => self.presented(presented, needs).map(Some),
        }
    }

    /// A token that acts is used: it is decided about and recorded in the ledger like any other use of it.
    fn presented(&self, presented: &Presented, needs: Needs) -> Result<Session> {
        let now = self.world.clock.now();
        let from = verify::Origin { address: "local", client: self.caller.face.client() };
        let token = verify::authorize_bearer(&self.store, presented, needs, now, from)?;
        Ok(Session::of_token(&token, &presented.secret))
    }

    /// Re-reads the actor: role, enabled, password and token may have changed since they were proved.
    pub(super) fn actor<V: Verb>(
        &self,
        session: Option<&Session>,
        snapshot: &dyn Snapshot,
        now: Timestamp,
    ) -> Result<Actor> {
        let Some(session) = session else { return Ok(Actor::Anyone) };
        let by = session.actor(snapshot, now)?;
        authorize::require_scope(&by, V::NEEDS)?;
        if !V::WITH_TEMPORARY_PASSWORD {
            authorize::require_own_password(&by)?;
        }
        Ok(by)
    }
}

impl<S: Store> Carrier for Local<S> {
    fn query<V: Query>(&self, who: &Credential, verb: V) -> Result<V::Reply> {
        let session = self.proved(who, V::PROOF, V::NEEDS)?;
        if V::READS_LEDGER {
            // Best effort: if the flush fails, results may lag by a moment. Other errors will surface in the read.
            let _ = self.store.flush_usage();
        }
        if V::READS_AUDIT {
            let _ = self.store.write_failed_sign_ins(self.world.clock.now(), FlushScope::All);
        }
        let found = self.look::<V, _>(session.as_ref(), |by, snapshot, env| verb.run(by, snapshot, env));
        found.map_err(|error| self.with_near_names::<V>(session.as_ref(), error))
    }

    fn change<V: Change>(&self, who: &Credential, mut verb: V) -> Result<V::Reply> {
        let session = self.proved(who, V::PROOF, V::NEEDS)?;
        verb.prepare(who, &*self.world.hasher)?;
        let done = if V::PLANS {
            self.planned(&mut verb, session.as_ref())
        } else if let Some(save_to) = verb.secrets_go_to() {
            self.deliver_first(&verb, session.as_ref(), save_to)
        } else {
            self.run(&verb, session.as_ref())
        };
        let CommittedTx { value: mut out, audit_seq: seq } =
            done.map_err(|error| self.with_near_names::<V>(session.as_ref(), error))?;
        self.prune_ledger();
        if V::LOOKS_BACK {
            // The change is made, whether or not this can be read.
            let now = self.world.clock.now();
            let _ = self.store.read(|snapshot| verb.look_back(&mut out, snapshot, &self.env(now)));
        }
        let cli = verb.cli(&out);
        Ok(Changed { out, cli, seq })
    }

    fn batched<V: BatchedChange>(&self, who: &Credential, verb: V) -> Result<V::Reply> {
        let reply = self.run_batched(who, verb)?;
        self.prune_ledger();
        Ok(reply)
    }
}

impl<S: Store> Local<S> {
    /// Carries out `verb` in one transaction.
    fn run<V: Change>(&self, verb: &V, session: Option<&Session>) -> Result<CommittedTx<V::Out>> {
        self.store.write(&self.audit_actor(session), &|| self.world.clock.now(), |tx, now| {
            let by = self.actor::<V>(session, tx, now)?;
            verb.run(&by, tx, &self.env(now))
        })
    }

    /// Adds names similar to a reference that means no token. Done once nothing is locked any more; if the search fails,
    /// the error itself is the better message.
    fn with_near_names<V: Verb>(&self, session: Option<&Session>, mut error: Error) -> Error {
        let Some(unknown) = error.unknown.take().filter(|_| error.kind == Kind::NotFound && error.next.is_none())
        else {
            return error;
        };
        let near = self.look::<V, _>(session, |by, snapshot, _| authorize::near_names(by, snapshot, &unknown));
        match near {
            Ok(names) if !names.is_empty() => error.next(format!("Did you mean: {}?", names.join(", "))),
            _ => error,
        }
    }

    /// Runs `f` on a consistent state on behalf of the actor.
    pub(super) fn look<V: Verb, T>(
        &self,
        session: Option<&Session>,
        f: impl FnOnce(&Actor, &dyn Snapshot, &Env<'_>) -> Result<T>,
    ) -> Result<T> {
        self.store.read(|snapshot| {
            let now = self.world.clock.now();
            let by = self.actor::<V>(session, snapshot, now)?;
            f(&by, snapshot, &self.env(now))
        })
    }
}

impl<S: Store> Jeton for Local<S> {
    fn call(&self, who: &Credential, request: Request) -> Result<Response> {
        request.carry(self, who)
    }
}
