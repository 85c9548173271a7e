//! The management API: a call becomes a request, which runs on a thread of its own, so that neither hashing nor writing
//! delays a verification.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{
    ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use hyper::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::confirmations::Confirmations;
use super::response::{self, HttpResponse};
use super::{ServerState, credential, form};
use crate::api::problem::{self, Problem};
use crate::api::repeated::{KEY_HEADER, RepeatedReply};
use crate::api::sign_in::{Confirm, Confirmed, LOGIN_PATH, PROOF_HEADER, PROOF_LIFETIME, PasswordLogin};
use crate::api::{self, Matched, PathMatch, entity_tag};
use crate::domain::audit::Face;
use crate::domain::role::Role;
use crate::domain::wire_format::Answer;
use crate::error::{Error, Fault, Kind, Result};
use crate::store::{OpenMode, OpenStore, StoreLocation};
use crate::verbs::accounts::{LogIn, SignIn, WhoAmI};
use crate::verbs::changes::{StorePosition, WaitForChanges};
use crate::verbs::credential::Credential;
use crate::verbs::keyed_calls::KeyedReply;
use crate::verbs::local_backend::{Adapters, ClientInfo, LocalBackend};
use crate::verbs::request::{Request as ApiRequest, Response, call};
use crate::verbs::tokens::CreateToken;
use crate::verbs::{AuthLevel, Backend as _, Verb as _};

/// Number of calls that run at the same time, each with a connection to the store.
const MAX_RUNNING: usize = 4;
/// Number of calls that may wait for another to end.
const MAX_WAITING: usize = 64;
/// Number of large bodies that are read at the same time.
const MAX_LARGE_BODIES: usize = 4;
/// Bounds of a body from an owner or admin, who may apply a catalogue.
const LARGE_BODY: BodyLimits = BodyLimits { bytes: api::MAX_BODY, time: Duration::from_secs(30) };
/// Bounds of a body from another caller that is authenticated.
const MEDIUM_BODY: BodyLimits = BodyLimits { bytes: 1024 * 1024, ..LARGE_BODY };
/// Bounds of other bodies. They are read before the call has a place, so that slow callers take none.
const SMALL_BODY: BodyLimits = BodyLimits { bytes: 16 * 1024, time: Duration::from_secs(5) };

#[derive(Clone, Copy)]
struct BodyLimits {
    bytes: usize,
    time: Duration,
}

/// The caller at the other end of a management connection.
pub(super) struct ApiPeer {
    /// The source of sign-in attempts, such as `uid 1000`.
    pub source: String,
    /// The address in the ledger.
    pub address: String,
}

/// Runs the requests of the management API.
pub(super) struct ApiBackend {
    location: StoreLocation,
    adapters: Adapters,
    /// Keeps the file that the service opened. Another file at its path is the service's store only if it is complete.
    anchor: Mutex<OpenStore>,
    idle: Mutex<Vec<Arc<OpenStore>>>,
    confirmations: Confirmations,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    large_bodies: Semaphore,
}

impl ApiBackend {
    /// # Errors
    /// Those of [`StoreLocation::open`].
    pub fn open(location: &StoreLocation, adapters: Adapters) -> Result<Self> {
        Ok(ApiBackend {
            location: location.clone(),
            adapters,
            anchor: Mutex::new(location.open(OpenMode::Existing)?),
            idle: Mutex::default(),
            confirmations: Confirmations::default(),
            running: Arc::new(Semaphore::new(MAX_RUNNING)),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            large_bodies: Semaphore::new(MAX_LARGE_BODIES),
        })
    }

    /// Waits for a free place.
    ///
    /// # Errors
    /// [`Kind::Failure`] with a time to wait if too many calls wait already.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit> {
        let busy = || {
            let mut error = Error::failure("the server is busy with other calls").next("Try again in a second");
            error.retry_after = Some(Duration::from_secs(1));
            error
        };
        let _waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| busy())?;
        Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())
    }

    /// Runs `call` on this thread.
    fn run<T>(&self, peer: &ApiPeer, call: impl FnOnce(&LocalBackend<OpenStore>) -> Result<T>) -> Result<T> {
        let client = ClientInfo {
            face: Face::Api,
            source: peer.source.clone(),
            address: peer.address.clone(),
            max_wait: Duration::ZERO,
        };
        // Calls must not stop each other.
        let adapters = Adapters { progress: Arc::default(), ..self.adapters.clone() };
        self.with_store(|store| call(&LocalBackend::<OpenStore>::new(Arc::clone(store), adapters, client)))
    }

    /// Runs `work` on this thread, with a connection to the store.
    pub fn with_store<T>(&self, work: impl FnOnce(&Arc<OpenStore>) -> Result<T>) -> Result<T> {
        let store = self.take_store()?;
        let done = work(&store);
        // After a fault of the store, the next call opens it again.
        if !matches!(&done, Err(error) if error.kind == Kind::Failure) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(store);
        }
        done
    }

    /// Returns the credential of a call: a proof, or a token.
    fn credential(&self, headers: &HeaderMap) -> Result<Credential> {
        let mut proofs = headers.get_all(PROOF_HEADER).iter();
        match (proofs.next(), credential::acting_token(headers)) {
            (None, Some(token)) => token.map(Credential::Token),
            (None, None) => {
                Err(Error::unauthenticated("the call has no credential")
                    .next("Send a token: Authorization: Bearer SECRET"))
            }
            (Some(_), Some(_)) => Err(Error::unauthenticated("the call has two credentials")
                .next("Send either Authorization or Jeton-Proof, not both headers")),
            (Some(proof), None) => {
                let text = proof.to_str().ok().filter(|_| proofs.next().is_none());
                let session = text.and_then(|text| self.confirmations.take(text, self.adapters.clock.monotonic()));
                session.map(Credential::Confirmed).ok_or_else(|| {
                    Error::unauthenticated("the header Jeton-Proof was refused")
                        .why("its value is unknown, was used already, or is older than a minute")
                        .next("Get a new value: POST /v1/confirm")
                })
            }
        }
    }

    fn take_store(&self) -> Result<Arc<OpenStore>> {
        if let Some(store) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(store);
        }
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        if anchor.is_replaced() {
            *anchor = self.location.open(OpenMode::Existing)?;
        }
        if !anchor.is_in_place() {
            return Err(Error::failure("the service can't use its store")
                .why("a file of the store (main, -wal or -shm file) was moved, replaced or deleted")
                .next("If the main file is gone, put the file back, or restore a backup. Then restart the service"));
        }
        self.location.open(OpenMode::Existing).map(Arc::new)
    }
}

/// Answers a call of the management API.
pub(super) async fn handle(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    request: Request<Incoming>,
) -> HttpResponse {
    let method = match *request.method() {
        Method::HEAD => &Method::GET,
        ref method => method,
    };
    let has_credential =
        [AUTHORIZATION.as_str(), PROOF_HEADER].iter().any(|name| request.headers().contains_key(*name));
    if (method, request.uri().path()) == (&Method::POST, LOGIN_PATH) && !has_credential {
        return log_in(service, peer, request).await.unwrap_or_else(|error| problem(&error));
    }
    match api::find(method.as_str(), request.uri().path()) {
        PathMatch::Verb(matched) => {
            answer(service, peer, matched, request).await.unwrap_or_else(|error| problem(&error))
        }
        PathMatch::OtherMethods(methods) => {
            let allowed = methods.join(", ");
            let error = Error::usage("the path does not accept this HTTP method").next(format!("Use {allowed}"));
            let mut response = problem_with(&error.fault(Fault::UnknownEndpoint), StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().extend(HeaderValue::try_from(allowed).ok().map(|allowed| (ALLOW, allowed)));
            response
        }
        PathMatch::Unknown => problem(
            &Error::not_found("no endpoint has this path")
                .fault(Fault::UnknownEndpoint)
                .next("Check the path: docs/api.md lists the endpoints"),
        ),
    }
}

async fn answer(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    mut matched: Matched,
    request: Request<Incoming>,
) -> Result<HttpResponse> {
    let credential = match matched.verb.auth_level {
        AuthLevel::Possession => Credential::Store,
        AuthLevel::Store | AuthLevel::Authenticated | AuthLevel::Password => {
            service.api.credential(request.headers())?
        }
    };
    let is_program = request.headers().get(ACCEPT).is_some_and(|accept| accept == api::REPLY_MEDIA_TYPE);
    if let Some(if_match) = only_header(request.headers(), IF_MATCH)? {
        matched.expect(if_match)?;
    }
    let key = only_header(request.headers(), HeaderName::from_static(KEY_HEADER))?.map(str::to_owned);
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = if request.body().size_hint().upper().is_some_and(|size| size <= SMALL_BODY.bytes as u64) {
        read_body(request, SMALL_BODY).await?
    } else {
        // Nobody fills the memory without a valid token.
        let caller = credential.clone();
        let place = service.api.enter().await?;
        let known = run(service, peer, move |backend| call(backend, &caller, WhoAmI)).await?;
        drop(place);
        let limits = if known.account.role >= Role::Admin { LARGE_BODY } else { MEDIUM_BODY };
        let _large = service.api.large_bodies.acquire().await.map_err(|_| Error::failure("the service is stopping"))?;
        read_body(request, limits).await?
    };
    let place = service.api.enter().await?;
    let is_change = matched.verb.is_change;
    let is_list = matched.verb.name == CreateToken::NAME;
    let request = matched.decode(&query, &body)?;
    let reply = match request {
        ApiRequest::WaitForChanges(asked) => {
            drop(place);
            let position = wait_for_changes(service, peer, &credential, asked).await?;
            KeyedReply::Done(Box::new(Response::WaitForChanges(position)))
        }
        request => {
            let done = run(service, peer, move |backend| backend.call_once(&credential, request, key.as_deref())).await;
            drop(place);
            // After a failure the change may be in the store.
            if is_change && !matches!(&done, Err(error) if error.kind != Kind::Failure) {
                service.ledger.change_signal.on_change();
            }
            done?
        }
    };
    let now = service.api.adapters.clock.now();
    let value = match reply {
        KeyedReply::Done(value) => *value,
        KeyedReply::Repeated(tokens) => {
            return Ok(ok(api::to_json(&Answer { value: RepeatedReply::new(tokens, is_list), now })?));
        }
    };
    let tag = entity_tag::of_response(&value).and_then(|tag| HeaderValue::try_from(tag).ok());
    let mut answer =
        ok(if is_program { api::encode_reply(&value) } else { api::encode_reply(&Answer { value, now }) }?);
    answer.headers_mut().extend(tag.map(|tag| (ETAG, tag)));
    Ok(answer)
}

/// Waits without a connection to the store. Each read of it checks the credential again.
async fn wait_for_changes(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    credential: &Credential,
    asked: WaitForChanges,
) -> Result<StorePosition> {
    let mut waiter = service.ledger.change_signal.subscribe(asked, service.limits);
    loop {
        let ledger = waiter.ledger_version();
        let place = service.api.enter().await?;
        let credential = credential.clone();
        let read = run(service, peer, move |backend| call(backend, &credential, asked)).await?;
        drop(place);
        let position = StorePosition { ledger, ..read };
        if !waiter.wait(position).await {
            return Ok(position);
        }
    }
}

/// Returns the value of a header that a call may have once.
fn only_header(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>> {
    let mut values = headers.get_all(&name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) => Ok(Some(value)),
        (Some(_), Some(_)) => Err(Error::usage(format!("the header {name} is repeated")).next("Send the header once")),
        (Some(Err(_)), None) => Err(Error::usage(format!("the header {name} is not ASCII")).next("Use only ASCII")),
    }
}

fn ok(json: Zeroizing<Vec<u8>>) -> HttpResponse {
    response::json_body(StatusCode::OK, Bytes::from_owner(json))
}

/// Exchanges a password for a login.
async fn log_in(service: &Arc<ServerState>, peer: &Arc<ApiPeer>, request: Request<Incoming>) -> Result<HttpResponse> {
    let PasswordLogin { username, password, name } = read_json(request).await?;
    let _place = service.api.enter().await?;
    let credential = Credential::from_password(username, password);
    let done = run(service, peer, move |backend| backend.call(&credential, LogIn { name }.into())).await?;
    Ok(ok(api::encode_reply(&done)?))
}

/// Exchanges a password for a proof.
pub(super) async fn confirm(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    request: Request<Incoming>,
) -> HttpResponse {
    issue_proof(service, peer, request).await.unwrap_or_else(|error| problem(&error))
}

async fn issue_proof(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    request: Request<Incoming>,
) -> Result<HttpResponse> {
    let Confirm { username, password } = read_json(request).await?;
    let _place = service.api.enter().await?;
    let credential = Credential::from_password(username, password);
    let session = run(service, peer, move |backend| call(backend, &credential, SignIn)).await?;
    let ApiBackend { confirmations, adapters, .. } = &service.api;
    let proof = confirmations.issue(session, &*adapters.entropy, adapters.clock.monotonic())?;
    let confirmed = Confirmed { proof, expires_in: PROOF_LIFETIME };
    api::to_json(&confirmed).map(ok)
}

async fn read_json<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T> {
    let body = read_body(request, SMALL_BODY).await?;
    serde_json::from_slice(&body).map_err(|e| form::unfit_body(&e))
}

/// Runs `call` on a thread for blocking work.
pub(super) async fn run<T: Send + 'static>(
    service: &Arc<ServerState>,
    peer: &Arc<ApiPeer>,
    call: impl FnOnce(&LocalBackend<OpenStore>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (answered, answer) = oneshot::channel();
    let (owner, peer) = (Arc::clone(service), Arc::clone(peer));
    // The caller may have left.
    let work = move || drop(answered.send(owner.api.run(&peer, call)));
    service.supervisor.blocking(work).await;
    let next = "If the call makes a change, first check if the change was made. Then try again";
    answer.await.map_err(|_| Error::failure("the call ended unexpectedly").next(next))?
}

async fn read_body(request: Request<Incoming>, limits: BodyLimits) -> Result<Zeroizing<Vec<u8>>> {
    let is_json = |headers: &HeaderMap| {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(kind.split(';').next()?.trim().eq_ignore_ascii_case("application/json"))
    };
    let has_json = is_json(request.headers()).unwrap_or(false);
    let body = Limited::new(request.into_body(), limits.bytes).collect();
    let late = || Error::usage(format!("the body did not arrive within {} s", limits.time.as_secs())).next("Try again");
    let body = timeout(limits.time, body).await.map_err(|_| late())?;
    let body = body.map_err(|e| form::unread_body(&*e, limits.bytes))?;
    let bytes = Zeroizing::new(body.to_bytes().to_vec());
    match has_json || bytes.is_empty() {
        true => Ok(bytes),
        false => {
            Err(Error::usage("the body is not marked as JSON").next("Send the header Content-Type: application/json"))
        }
    }
}

pub(super) fn problem(error: &Error) -> HttpResponse {
    let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    problem_with(error, status)
}

fn problem_with(error: &Error, status: StatusCode) -> HttpResponse {
    let mut answer = response::json(status, &Problem::with_status(error, status.as_u16()));
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(name, value);
        }
    };
    set(CONTENT_TYPE, problem::MEDIA_TYPE);
    if status == StatusCode::UNAUTHORIZED {
        set(WWW_AUTHENTICATE, "Bearer realm=\"jeton\"");
    }
    if let Some(wait) = error.retry_after {
        set(RETRY_AFTER, &wait.as_secs_f64().ceil().to_string());
    }
    answer
}
