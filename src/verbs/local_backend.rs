//! Runs verbs over a store of this machine: authenticate, open a transaction, re-read the actor, run, audit, commit.

use std::sync::Arc;
use std::time::Duration;

use super::accounts::live_login;
use super::actor::Actor;
use super::batches::{BatchedMutation, Progress};
use super::credential::{Credential, TokenCredential};
use super::keyed_calls::{KeyedCall, KeyedReply};
use super::password_authenticator::PasswordAuthenticator;
use super::ports::{
    Clock, CommittedTx, Entropy, FlushScope, Maintenance, PasswordHasher, Snapshot, Store, StoredLogin,
};
use super::request::{Executor, Request, Response, check_auth_level, password_needed};
use super::required_scope::RequiredScope;
use super::secret_delivery::SecretReceiver;
use super::session::Session;
use super::tokens::SecretSource;
use super::{AuthLevel, Backend, Committed, Env, Mutation, Query, Verb, authorize, verify};
use crate::domain::account::Account;
use crate::domain::audit::{AuditActor, Face};
use crate::domain::secret::SecretFingerprint;
use crate::domain::suggest::suggestion;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};

/// Rows of the ledger deleted after a change, of each kind.
const PRUNED_ROWS: u32 = 1_000;

/// The system behind the verbs. Tests have their own.
#[derive(Clone)]
pub struct Adapters {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness for secrets.
    pub entropy: Arc<dyn Entropy>,
    /// Hashes and checks passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Progress of long work, and the request to stop it.
    pub progress: Arc<Progress>,
}

/// The caller on whose behalf verbs run.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    /// The surface through which the request came, for the audit log.
    pub face: Face,
    /// The source of the client's sign-in attempts, e.g. `uid 1000`: the peer, on every face.
    pub source: String,
    /// The address that the ledger shows for a token that acts.
    pub address: String,
    /// Maximum wait for the delay after earlier failed attempts.
    pub max_wait: Duration,
}

impl ClientInfo {
    /// The address of a client on this machine.
    pub const LOCAL: &str = "local";

    /// Returns the proof that this client must give for a verb of `auth_level`. A client of the service has not opened
    /// the store itself, so it must say who it is.
    fn least_proof(&self, auth_level: AuthLevel) -> AuthLevel {
        match (self.face, auth_level) {
            (Face::Api, AuthLevel::Store) => AuthLevel::Authenticated,
            _ => auth_level,
        }
    }
}

/// A [`Backend`] over a store of this machine.
pub struct LocalBackend<S> {
    store: Arc<S>,
    adapters: Adapters,
    client: ClientInfo,
    /// Progress that nobody sees or stops.
    unwatched: Progress,
}

impl<S: Store + Maintenance> LocalBackend<S> {
    /// Returns the backend of one client.
    pub fn new(store: impl Into<Arc<S>>, adapters: Adapters, client: ClientInfo) -> Self {
        LocalBackend { store: store.into(), adapters, client, unwatched: Progress::default() }
    }

    /// Returns the store itself, for work that is not a verb: checking a secret, seeding a demonstration.
    pub fn store(&self) -> &S {
        &self.store
    }

    pub(super) fn adapters(&self) -> &Adapters {
        &self.adapters
    }

    pub(super) fn audit_actor(&self, session: Option<&Session>) -> AuditActor {
        match session {
            Some(session) => session.audit_actor(self.client.face),
            None => AuditActor::store(self.client.face),
        }
    }

    pub(super) fn face(&self) -> Face {
        self.client.face
    }

    pub(super) fn env<'a>(&'a self, now: Timestamp) -> Env<'a> {
        // A command shows and stops everything it does. Screens do so only with changes in batches.
        let progress = if self.face() == Face::Cli { &self.adapters.progress } else { &self.unwatched };
        Env { now, zone: self.adapters.clock.zone(), secrets: SecretSource::new(&*self.adapters.entropy), progress }
    }

    /// Authenticates `credential` as far as possible outside the transaction. `None` if access to the store is the only
    /// proof.
    pub(super) fn authenticate(
        &self,
        credential: &Credential,
        auth_level: AuthLevel,
        scope: RequiredScope,
    ) -> Result<Option<Session>> {
        // What a program with the store reads without proof is no use of a token: screens read it several times a second.
        let is_use = auth_level != AuthLevel::Store;
        let auth_level = self.client.least_proof(auth_level);
        check_auth_level(credential, auth_level)?;
        match credential {
            // A token never runs a verb that needs a person, even if the verb needs no proof: the answer is not for
            // the token.
            _ if auth_level == AuthLevel::Possession => Ok(None),
            _ if auth_level == AuthLevel::Store && !(scope == RequiredScope::PasswordOnly && credential.is_token()) => {
                Ok(None)
            }
            Credential::Store => Ok(None),
            Credential::Session(session) | Credential::Confirmed(session) => Ok(Some(session.clone())),
            Credential::Password(username, password) => {
                let authenticator = PasswordAuthenticator {
                    store: &*self.store,
                    clock: &*self.adapters.clock,
                    hasher: &*self.adapters.hasher,
                    source: &self.client.source,
                    face: self.client.face,
                    max_wait: self.client.max_wait,
                };
                authenticator.authenticate(username, password).map(Some)
            }
            Credential::Token(presented) => match self.login(&presented.secret.fingerprint())? {
                Some(_) if auth_level == AuthLevel::Password => Err(password_needed()),
                Some((_, account)) => Ok(Some(Session::for_account(&account))),
                None => self.authenticate_token(presented, scope, is_use).map(Some),
            },
        }
    }

    /// Returns the valid login of a secret, and its account.
    ///
    /// # Errors
    /// [`Kind::Failure`] when the store can't be read.
    pub fn login(&self, claim: &SecretFingerprint) -> Result<Option<(StoredLogin, Account)>> {
        self.store.read(|snapshot| live_login(snapshot, claim, self.adapters.clock.now()))
    }

    /// Authenticates an acting token. The decision is recorded in the ledger like any other about the token, but for an
    /// accepted one that is no use.
    fn authenticate_token(&self, presented: &TokenCredential, scope: RequiredScope, is_use: bool) -> Result<Session> {
        let now = self.adapters.clock.now();
        let origin = verify::Origin { address: &self.client.address, client: self.client.face.client() };
        let token = verify::authorize_bearer(&*self.store, presented, scope, now, origin, is_use)?;
        Ok(Session::for_token(&token, &presented.secret))
    }

    /// Re-reads the actor: role, enabled, password and token may have changed since the authentication.
    pub(super) fn reload_actor<V: Verb>(
        &self,
        session: Option<&Session>,
        snapshot: &dyn Snapshot,
        now: Timestamp,
    ) -> Result<Actor> {
        let Some(session) = session else { return Ok(Actor::LocalUser) };
        let actor = session.reload_actor(snapshot, now)?;
        authorize::require_scope(&actor, V::SCOPE)?;
        if !V::ALLOWS_TEMPORARY_PASSWORD {
            authorize::require_own_password(&actor)?;
        }
        Ok(actor)
    }
}

struct Call<'a, 'r, S> {
    backend: &'a LocalBackend<S>,
    credential: &'a Credential,
    receive: Option<&'a mut SecretReceiver<'r>>,
    key: Option<&'a KeyedCall>,
}

impl<S: Store + Maintenance> Executor for Call<'_, '_, S> {
    fn query<V: Query>(&mut self, verb: V) -> Result<V::Reply> {
        let Call { backend, credential, .. } = self;
        let session = backend.authenticate(credential, V::AUTH, V::SCOPE)?;
        if V::READS_LEDGER {
            // Best effort: if the flush fails, results may lag by a moment. Other errors will surface in the read.
            let _ = backend.store.flush_usage();
        }
        if V::READS_AUDIT {
            let _ = backend.store.write_failed_sign_ins(backend.adapters.clock.now(), FlushScope::All);
        }
        let found = backend.read::<V, _>(session.as_ref(), |by, snapshot, env| verb.run(by, snapshot, env));
        found.map_err(|error| backend.with_near_names::<V>(session.as_ref(), error))
    }

    fn change<V: Mutation>(&mut self, mut verb: V) -> Result<V::Reply> {
        let Call { backend, credential, receive, key } = self;
        let session = backend.authenticate(credential, V::AUTH, V::SCOPE)?;
        verb.prepare(credential, &*backend.adapters.hasher)?;
        let done = if V::HAS_PLAN {
            backend.run_planned(&mut verb, session.as_ref())
        } else if let Some(receive) = receive.as_deref_mut().filter(|_| V::ISSUES_SECRETS) {
            backend.run_with_delivery(&verb, session.as_ref(), receive)
        } else {
            backend.run_atomic(&verb, session.as_ref(), *key)
        };
        let CommittedTx { value: mut out, audit_seq: seq } =
            done.map_err(|error| backend.with_near_names::<V>(session.as_ref(), error))?;
        // The change is made, even if the rest fails.
        let _ = backend.prune_ledger();
        if V::HAS_AFTER_COMMIT {
            let now = backend.adapters.clock.now();
            let _ = backend.store.read(|snapshot| verb.after_commit(&mut out, snapshot, &backend.env(now)));
        }
        let cli = verb.equivalent_command(&out);
        Ok(Committed { value: out, equivalent_command: cli, audit_seq: seq })
    }

    fn batched<V: BatchedMutation>(&mut self, verb: V) -> Result<V::Reply> {
        let reply = self.backend.run_batched(self.credential, verb)?;
        let _ = self.backend.prune_ledger();
        Ok(reply)
    }
}

impl<S: Store + Maintenance> LocalBackend<S> {
    /// Runs `request` like [`Backend::call`], but with a `key` no second time: if an earlier call of the same caller had
    /// the key, its tokens are the reply.
    ///
    /// # Errors
    /// Those of [`Backend::call`], and [`Kind::Conflict`] if the earlier call was another request.
    pub fn call_once(&self, credential: &Credential, request: Request, key: Option<&str>) -> Result<KeyedReply> {
        let call = key.map(|key| KeyedCall::new(key, &request)).transpose()?;
        let done = request.dispatch(&mut Call { backend: self, credential, receive: None, key: call.as_ref() });
        match call {
            Some(call) => call.into_reply(done),
            None => done.map(|done| KeyedReply::Done(Box::new(done))),
        }
    }

    fn run_atomic<V: Mutation>(
        &self,
        verb: &V,
        session: Option<&Session>,
        key: Option<&KeyedCall>,
    ) -> Result<CommittedTx<V::Output>> {
        self.store.write(&self.audit_actor(session), &|| self.adapters.clock.now(), |tx, now| {
            let actor = self.reload_actor::<V>(session, tx, now)?;
            if let Some(key) = key {
                key.check_new(&actor, tx, now)?;
            }
            let mut done = verb.run(&actor, tx, &self.env(now))?;
            if let Some(key) = key {
                key.store(&actor, tx, V::issued_tokens(done.value_mut()), now)?;
            }
            Ok(done)
        })
    }

    /// Adds names similar to a reference that means no token. Done once nothing is locked any more; if the search
    /// fails, the error itself is the better message.
    fn with_near_names<V: Verb>(&self, session: Option<&Session>, mut error: Error) -> Error {
        let Some(unknown) = error.unknown.take().filter(|_| error.kind == Kind::NotFound && error.next.is_none())
        else {
            return error;
        };
        let near = self.read::<V, _>(session, |by, snapshot, _| authorize::near_names(by, snapshot, &unknown));
        match near.ok().and_then(|names| suggestion(&names)) {
            Some(question) => error.next(question),
            None => error,
        }
    }

    /// Deletes some of the rows of the ledger that are older than the policy's limit, after every change, because there
    /// may be no running service that does.
    fn prune_ledger(&self) -> Result<u64> {
        let clock = &*self.adapters.clock;
        let (policy, oldest) = self.store.read(|snapshot| Ok((snapshot.policy()?, snapshot.ledger_oldest()?)))?;
        let before = policy.ledger_keep.before(clock.now(), clock.zone());
        match before.filter(|before| oldest.is_some_and(|oldest| oldest < *before)) {
            Some(before) => self.store.write_usage(|book| book.prune_ledger(before, PRUNED_ROWS)),
            None => Ok(0),
        }
    }

    /// Runs `f` on a consistent state on behalf of the actor.
    pub(super) fn read<V: Verb, T>(
        &self,
        session: Option<&Session>,
        f: impl FnOnce(&Actor, &dyn Snapshot, &Env<'_>) -> Result<T>,
    ) -> Result<T> {
        self.store.read(|snapshot| {
            let now = self.adapters.clock.now();
            let actor = self.reload_actor::<V>(session, snapshot, now)?;
            f(&actor, snapshot, &self.env(now))
        })
    }
}

impl<S: Store + Maintenance> Backend for LocalBackend<S> {
    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        request.dispatch(&mut Call { backend: self, credential, receive, key: None })
    }

    fn interrupt_read(&self) {
        self.store.interrupt_read();
    }
}
