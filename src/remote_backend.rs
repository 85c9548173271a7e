//! A [`Backend`] at a server: requests travel over the management API.

mod unanswered_calls;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use zeroize::Zeroizing;

use self::unanswered_calls::read_reply;
use crate::api::repeated::KEY_HEADER;
use crate::api::service_endpoint::ServiceEndpoint;
use crate::api::sign_in::{Confirm, Confirmed, PROOF_HEADER, PROOF_LIFETIME};
use crate::api::{self, HttpCall};
use crate::domain::name::{TokenName, Username};
use crate::domain::password::Password;
use crate::domain::secret::Secret;
use crate::error::{Error, Fault, Result};
use crate::platform::http_client::{HttpAnswer, HttpClient, HttpRequest, Interrupt};
use crate::service::VERSION;
use crate::service::server_address::{ServerAddress, ServerConnection};
use crate::verbs::Backend;
use crate::verbs::accounts::{LogIn, LogOut, SetupState, WhoAmI};
use crate::verbs::cli_line::CliLine;
use crate::verbs::credential::{Credential, TokenCredential};
use crate::verbs::local_backend::Adapters;
use crate::verbs::ports::{Clock, Entropy};
use crate::verbs::request::{Request, Response, reply};
use crate::verbs::secret_delivery::SecretReceiver;
use crate::verbs::session::Session;
use crate::verbs::tokens::IssuedToken;

/// Maximum time of a call.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum time in addition to the wait for changes. A server that is silent for longer can't be reached.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum time of a call that may work in batches.
const BATCH_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// Maximum time of a logout, which the end of the program waits for.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time for which a proof is kept for a change. The server accepts it a little longer.
const MAX_PROOF_AGE: Duration = Duration::from_secs(PROOF_LIFETIME / 2);
/// Minimum wait before a password is sent again, whatever the server says.
const MIN_WAIT: Duration = Duration::from_millis(100);
/// Number of sessions whose tokens are remembered.
const MAX_SESSIONS: usize = 8;

/// A server, on behalf of one user of this machine.
pub struct RemoteBackend {
    client: HttpClient,
    /// The name of this process's login.
    login_name: TokenName,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// Maximum wait for the delay after earlier failed attempts.
    max_wait: Duration,
    /// The tokens that opened sessions, the newest first.
    sessions: Mutex<VecDeque<(Session, Arc<Secret>)>>,
    /// The login of this process, which ends with it.
    login: Mutex<Option<Arc<Secret>>>,
    proof: Mutex<Option<UnusedProof>>,
    /// Ends the wait for changes.
    interrupt: Interrupt,
}

/// A proof for the next change.
struct UnusedProof {
    /// The password that the proof replaces.
    password: Weak<Password>,
    proof: Zeroizing<String>,
    /// The time of its receipt.
    since: Duration,
}

/// The header that authorises a call.
struct Authorization {
    name: &'static str,
    value: Zeroizing<String>,
}

impl RemoteBackend {
    /// Creates the backend for the server. `login_name` is the name of this process's login.
    pub fn new(server: ServerConnection, login_name: TokenName, adapters: &Adapters, max_wait: Duration) -> Self {
        RemoteBackend {
            client: HttpClient::new(server),
            login_name,
            clock: Arc::clone(&adapters.clock),
            entropy: Arc::clone(&adapters.entropy),
            max_wait,
            sessions: Mutex::default(),
            login: Mutex::default(),
            proof: Mutex::default(),
            interrupt: Interrupt::default(),
        }
    }

    pub fn server(&self) -> &ServerAddress {
        self.client.server()
    }

    /// Returns the header for `credential`. A password is exchanged for a proof.
    fn authorization(&self, credential: &Credential) -> Result<Authorization> {
        match credential {
            Credential::Token(token) => {
                self.check_expected(token)?;
                Ok(bearer(&token.secret))
            }
            Credential::Session(session) => self.bearer_of(|known| known == session),
            Credential::Store => self.bearer_of(|_| true),
            Credential::Password(username, password) => {
                let value = match self.take_proof(password) {
                    Some(proof) => proof,
                    None => self.request_proof(username, password)?,
                };
                Ok(Authorization { name: PROOF_HEADER, value })
            }
            Credential::Confirmed(_) => Err(Error::failure("this sign-in can't be used at a server")
                .next("Sign in at the server with the password")),
        }
    }

    fn bearer_of(&self, is_wanted: impl Fn(&Session) -> bool) -> Result<Authorization> {
        let sessions = lock(&self.sessions);
        let known = sessions.iter().find(|(session, _)| is_wanted(session));
        known.map(|(_, secret)| bearer(secret)).ok_or_else(|| {
            Error::unauthenticated(format!("not signed in at the server {}", self.server()))
                .next("Sign in again")
                .fault(Fault::NotSignedIn)
        })
    }

    fn remember(&self, session: Session, secret: Arc<Secret>) {
        let mut sessions = lock(&self.sessions);
        sessions.push_front((session, secret));
        sessions.truncate(MAX_SESSIONS);
    }

    /// Checks that the token is the one that the configuration names, before it is used.
    fn check_expected(&self, token: &TokenCredential) -> Result<()> {
        if token.account.is_none() && token.name.is_none() {
            return Ok(());
        }
        let answer = self.call(Some(bearer(&token.secret)), &WhoAmI.into())?;
        match reply::<WhoAmI>(answer)?.token {
            Some(known) => token.check_expected(&known),
            None => Ok(()),
        }
    }

    /// Signs in with a password. Later calls of the session use the token of the login.
    fn log_in(&self, credential: &Credential) -> Result<Session> {
        let log_in = LogIn { name: self.login_name.clone() };
        let login = reply::<LogIn>(self.call(Some(self.authorization(credential)?), &log_in.into())?)?.value;
        let secret = Arc::new(login.secret);
        let earlier = lock(&self.login).replace(Arc::clone(&secret));
        // Best effort: the server has replaced it if it was of the same account.
        let _ = earlier.map(|earlier| self.log_out(&earlier));
        self.remember(login.session.clone(), secret);
        Ok(login.session)
    }

    /// Ends a login.
    pub fn log_out(&self, token: &Secret) -> Result<()> {
        let secret = token.expose(Secret::parse).map_err(|_| Error::failure("the token of the login is damaged"))?;
        self.call(Some(bearer(token)), &LogOut { secret }.into()).map(drop)
    }

    /// Checks a password. The proof is kept for the next change with this credential.
    pub fn confirm(&self, credential: &Credential) -> Result<()> {
        let Credential::Password(username, password) = credential else { return Ok(()) };
        let proof = self.request_proof(username, password)?;
        let (password, since) = (Arc::downgrade(password), self.clock.monotonic());
        *lock(&self.proof) = Some(UnusedProof { password, proof, since });
        Ok(())
    }

    fn request_proof(&self, username: &Username, password: &Password) -> Result<Zeroizing<String>> {
        let call = Confirm { username: username.clone(), password: copy(password)? };
        let answer = self.post(ServiceEndpoint::Confirm.as_str(), &call)?;
        let confirmed: Confirmed = read(&answer, |body| {
            serde_json::from_slice(body)
                .map_err(|e| Error::failure("the server's answer can't be read").why(e.to_string()))
        })?;
        Ok(confirmed.proof)
    }

    /// Returns the proof of this very password, if the server still accepts it for a while.
    fn take_proof(&self, password: &Arc<Password>) -> Option<Zeroizing<String>> {
        let kept = lock(&self.proof).take_if(|kept| kept.password.as_ptr() == Arc::as_ptr(password))?;
        let age = self.clock.monotonic().saturating_sub(kept.since);
        (age < MAX_PROOF_AGE).then_some(kept.proof)
    }

    /// Sends a password. An attempt that came too early was not made, so it is repeated when its time has come.
    fn post(&self, path: &str, call: &impl serde::Serialize) -> Result<HttpAnswer> {
        let mut remaining = self.max_wait;
        loop {
            let body = api::to_json(call)?;
            let request = HttpRequest { method: "POST", target: path, headers: &[], body: Some(body), interrupt: None };
            match self.send(request, TIMEOUT) {
                Err(Error { retry_after: Some(wait), .. }) if wait.max(MIN_WAIT) <= remaining => {
                    let wait = wait.max(MIN_WAIT);
                    self.clock.sleep(wait);
                    remaining -= wait;
                }
                // Nothing is changed by a password alone.
                Err(error) if error.has_fault(Fault::Unanswered) => return Err(error.fault(Fault::Unreachable)),
                done => return done,
            }
        }
    }

    fn call(&self, authorization: Option<Authorization>, request: &Request) -> Result<Response> {
        let limit = match request {
            Request::LogOut(_) => LOGOUT_TIMEOUT,
            Request::WaitForChanges(asked) => Duration::from_secs(asked.wait) + ANSWER_TIMEOUT,
            _ if request.is_batched() => BATCH_TIMEOUT,
            _ => TIMEOUT,
        };
        let answer = self.exchange(authorization, request, None, limit);
        let answer = answer.map_err(|error| match error.fault {
            Some(Fault::Unanswered) => self.unknown_outcome(&error, request),
            _ => error,
        });
        read_reply(request, &answer?)
    }

    /// Sends `request` once.
    fn exchange(
        &self,
        authorization: Option<Authorization>,
        request: &Request,
        key: Option<&str>,
        limit: Duration,
    ) -> Result<HttpAnswer> {
        let HttpCall { http_method: method, target, body } = api::encode(request)?;
        let mut headers = vec![("accept", api::REPLY_MEDIA_TYPE)];
        headers.extend(authorization.as_ref().map(|header| (header.name, header.value.as_str())));
        headers.extend(key.map(|key| (KEY_HEADER, key)));
        let interrupt = matches!(request, Request::WaitForChanges(_)).then_some(&self.interrupt);
        self.send(HttpRequest { method, target: &target, headers: &headers, body, interrupt }, limit)
    }

    /// Sends a call once.
    fn send(&self, request: HttpRequest<'_>, limit: Duration) -> Result<HttpAnswer> {
        let answer = self.client.send(request, limit)?;
        let server = self.server();
        match answer.status {
            200 => Ok(answer),
            300..400 => Err(Error::failure(format!("the server {server} redirects to another address"))
                .why("jeton follows no redirect, because another server could get passwords and tokens")
                .next("Use the address of jeton serve itself")),
            status => match serde_json::from_slice::<Error>(&answer.body) {
                Ok(error) if error.has_fault(Fault::UnknownEndpoint) => {
                    Err(misunderstood(&answer, format!("the server {server} doesn't know this request"), error.what))
                }
                Ok(error) => Err(error),
                Err(e) => {
                    let what = format!("the server {server} answered with the HTTP status {status}");
                    let error = misunderstood(&answer, what, unexpected_form(&e.to_string()));
                    // A proxy may have given up on the server.
                    Err(if status >= 500 { error.fault(Fault::Unanswered) } else { error })
                }
            },
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bearer(secret: &Secret) -> Authorization {
    let value = secret.expose(|text| Zeroizing::new(["Bearer ", text].concat()));
    Authorization { name: "authorization", value }
}

/// Returns a password for a message of its own.
fn copy(password: &Password) -> Result<Password> {
    let text = password.expose_raw(|raw| std::str::from_utf8(raw).map(|text| Zeroizing::new(text.to_owned())));
    text.map(Password::from_raw).map_err(|_| {
        Error::usage("the password can't be sent to the server")
            .why("the password is not in UTF-8")
            .next("Enter the password in a terminal that uses UTF-8, or save the password file in UTF-8")
    })
}

fn read<T>(answer: &HttpAnswer, decode: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
    decode(&answer.body).map_err(|e| misunderstood(answer, e.what, unexpected_form(&e.why.unwrap_or_default())))
}

fn unexpected_form(detail: &str) -> String {
    format!("the answer has an unexpected form ({detail})")
}

/// Explains an answer that can't be understood: by the versions at both ends if they differ, else by `why`.
fn misunderstood(answer: &HttpAnswer, what: String, why: String) -> Error {
    let (why, next) = match answer.version.as_deref() {
        Some(VERSION) => (why, "Check that no proxy changes paths or answers. Then read the log of the server"),
        Some(server) => (
            format!("the server is jeton {server}, and this program is jeton {VERSION}"),
            "Use the same version of jeton for the server and for this program",
        ),
        None => (
            "the answer is not from jeton".to_owned(),
            "Check that jeton serve runs. The address of the server must lead to the management API",
        ),
    };
    Error::failure(what).why(why).next(next)
}

impl Backend for RemoteBackend {
    fn delivers_before_change(&self) -> bool {
        false
    }

    fn program(&self) -> String {
        CliLine::new(&["--server", &self.server().to_string()]).to_string()
    }

    fn stop_waiting(&self) {
        self.interrupt.send();
    }

    /// Best effort: without a server the login ends by itself.
    fn sign_out(&self) {
        lock(&self.sessions).clear();
        *lock(&self.proof) = None;
        let login = lock(&self.login).take();
        let _ = login.map(|login| self.log_out(&login));
    }

    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        match (&request, credential) {
            // A server has been set up, and shows nobody its accounts.
            (Request::GetSetup(_), _) => {
                return Ok(Response::GetSetup(SetupState { first_run: false, sole_account: None, prefix: None }));
            }
            (Request::SignIn(_), Credential::Password(..)) => return self.log_in(credential).map(Response::SignIn),
            _ => {}
        }
        let mut response = match &request {
            Request::CreateToken(_) | Request::CopyToken(_) | Request::RegenerateToken(_) => {
                self.call_with_key(credential, &request)
            }
            // The secret in the request is enough.
            Request::RevokeSecret(_) => self.call(None, &request),
            _ => self.call(Some(self.authorization(credential)?), &request),
        }?;
        if let (Response::SignIn(session), Credential::Token(token)) = (&response, credential) {
            self.remember(session.clone(), Arc::clone(&token.secret));
        }
        if let (Some(receive), issued @ [_, ..]) = (receive, issued_tokens(&mut response)) {
            receive(issued)?;
        }
        Ok(response)
    }
}

impl Drop for RemoteBackend {
    fn drop(&mut self) {
        self.sign_out();
    }
}

/// Returns the new secrets in a reply.
fn issued_tokens(response: &mut Response) -> &[IssuedToken] {
    match response {
        Response::CreateToken(done) => &done.value,
        Response::CopyToken(done) | Response::RegenerateToken(done) => std::slice::from_ref(&done.value),
        _ => &[],
    }
}
