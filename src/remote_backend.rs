//! A [`Backend`] at a server: requests travel over the management API.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::api::sign_in::{CONFIRM_PATH, Confirm, Confirmed, LOGIN_PATH, PROOF_HEADER, PasswordLogin};
use crate::api::{self, HttpCall};
use crate::domain::name::{TokenName, Username};
use crate::domain::password::Password;
use crate::domain::secret::Secret;
use crate::error::{Error, Fault, Result};
use crate::platform::http_client::{self, HttpAnswer, HttpRequest};
use crate::service::server_address::ServerAddress;
use crate::verbs::accounts::{LogIn, SetupState, WhoAmI};
use crate::verbs::credential::{Credential, TokenCredential};
use crate::verbs::ports::Clock;
use crate::verbs::request::{Request, Response, reply};
use crate::verbs::secret_delivery::SecretReceiver;
use crate::verbs::session::Session;
use crate::verbs::tokens::IssuedToken;
use crate::verbs::{Backend, Verb};

/// Maximum time of a call.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum time of a call that may work in batches.
const BATCH_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// Number of sessions whose tokens are remembered.
const MAX_SESSIONS: usize = 8;

/// A server, on behalf of one user of this machine.
pub struct RemoteBackend {
    server: ServerAddress,
    /// The name of this machine's logins.
    login_name: TokenName,
    clock: Arc<dyn Clock>,
    /// Maximum wait for the delay after earlier failed attempts.
    max_wait: Duration,
    /// The tokens that opened sessions, the newest first.
    sessions: Mutex<VecDeque<(Session, Arc<Secret>)>>,
}

/// The header that authorises a call.
struct Authorization {
    name: &'static str,
    value: Zeroizing<String>,
}

impl RemoteBackend {
    /// Creates the backend for the server. `login_name` is the name of this machine's logins.
    pub fn new(server: ServerAddress, login_name: TokenName, clock: Arc<dyn Clock>, max_wait: Duration) -> Self {
        RemoteBackend { server, login_name, clock, max_wait, sessions: Mutex::default() }
    }

    pub fn server(&self) -> &ServerAddress {
        &self.server
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
                let call = Confirm { username: username.clone(), password: copy(password)? };
                let answer = self.post(CONFIRM_PATH, &call)?;
                let confirmed: Confirmed = read(&answer.body)?;
                Ok(Authorization { name: PROOF_HEADER, value: confirmed.proof })
            }
            Credential::Confirmed(_) => Err(Error::failure("a proof of another server can't be used")),
        }
    }

    fn bearer_of(&self, is_wanted: impl Fn(&Session) -> bool) -> Result<Authorization> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sessions.iter().find(|(session, _)| is_wanted(session));
        known
            .map(|(_, secret)| bearer(secret))
            .ok_or_else(|| Error::unauthenticated("not signed in at this server").fault(Fault::NotSignedIn))
    }

    fn remember(&self, session: Session, secret: Arc<Secret>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.push_front((session, secret));
        sessions.truncate(MAX_SESSIONS);
    }

    /// Checks that the token is the one that the configuration names, before it is used.
    fn check_expected(&self, token: &TokenCredential) -> Result<()> {
        if token.account.is_none() && token.name.is_none() {
            return Ok(());
        }
        let answer = self.call(bearer(&token.secret), WhoAmI.into())?;
        match reply::<WhoAmI>(answer)?.token {
            Some(known) => token.check_expected(&known),
            None => Ok(()),
        }
    }

    /// Signs in with a password. Later calls of the session use the token of the login.
    fn log_in(&self, username: &Username, password: &Password) -> Result<Session> {
        let name = self.login_name.clone();
        let call = PasswordLogin { username: username.clone(), password: copy(password)?, name };
        let answer = self.post(LOGIN_PATH, &call)?;
        let login = reply::<LogIn>(api::decode_reply(LogIn::NAME, &answer.body)?)?.value;
        self.remember(login.session.clone(), Arc::new(login.secret));
        Ok(login.session)
    }

    /// Sends a password. An attempt that came too early was not made, so it is repeated when its time has come.
    fn post(&self, path: &str, call: &impl serde::Serialize) -> Result<HttpAnswer> {
        let mut remaining = self.max_wait;
        loop {
            let body = api::to_json(call)?;
            let request = HttpRequest { method: "POST", target: path, headers: &[], body: Some(body) };
            match self.send(request, TIMEOUT) {
                Err(Error { retry_after: Some(wait), .. }) if wait <= remaining => {
                    self.clock.sleep(wait);
                    remaining -= wait;
                }
                done => return done,
            }
        }
    }

    fn call(&self, authorization: Authorization, request: Request) -> Result<Response> {
        let (verb, limit) = (request.name(), if request.is_batched() { BATCH_TIMEOUT } else { TIMEOUT });
        let HttpCall { http_method: method, target, body } = api::encode(&request)?;
        let headers = [(authorization.name, authorization.value.as_str()), ("accept", api::REPLY_MEDIA_TYPE)];
        let answer = self.send(HttpRequest { method, target: &target, headers: &headers, body }, limit)?;
        api::decode_reply(verb, &answer.body)
    }

    /// Sends a call once. A change is never sent again, because the server may have made it.
    fn send(&self, request: HttpRequest<'_>, limit: Duration) -> Result<HttpAnswer> {
        let answer = http_client::send(self.server.endpoint(), request, limit)?;
        match answer.status {
            200 => Ok(answer),
            status => Err(serde_json::from_slice::<Error>(&answer.body).unwrap_or_else(|_| {
                Error::failure(format!("the server {} answered with the status {status}", self.server))
                    .next("Check that the address leads to the management API of jeton serve")
            })),
        }
    }
}

fn bearer(secret: &Secret) -> Authorization {
    let value = secret.expose(|text| Zeroizing::new(["Bearer ", text].concat()));
    Authorization { name: "authorization", value }
}

/// Returns a password for a message of its own.
fn copy(password: &Password) -> Result<Password> {
    let text = password.expose_raw(|raw| std::str::from_utf8(raw).map(|text| Zeroizing::new(text.to_owned())));
    text.map(Password::from_raw).map_err(|_| Error::usage("the password is not UTF-8"))
}

fn read<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T> {
    serde_json::from_slice(json).map_err(|e| Error::failure("the server's answer can't be read").why(e.to_string()))
}

impl Backend for RemoteBackend {
    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        match (&request, credential) {
            // A server has been set up, and tells nobody about its accounts.
            (Request::GetSetup(_), _) => {
                return Ok(Response::GetSetup(SetupState { first_run: false, sole_account: None }));
            }
            (Request::SignIn(_), Credential::Password(username, password)) => {
                return self.log_in(username, password).map(Response::SignIn);
            }
            _ => {}
        }
        let mut response = self.call(self.authorization(credential)?, request)?;
        if let (Response::SignIn(session), Credential::Token(token)) = (&response, credential) {
            self.remember(session.clone(), Arc::clone(&token.secret));
        }
        if let (Some(receive), issued @ [_, ..]) = (receive, issued_tokens(&mut response)) {
            receive(issued).map_err(|error| undelivered(error, issued))?;
        }
        Ok(response)
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

/// Explains that the server has made the change, but its secrets did not arrive.
fn undelivered(error: Error, issued: &[IssuedToken]) -> Error {
    let names: Vec<String> = issued.iter().map(|one| one.token.full_name()).collect();
    let why = error.why.as_ref().map_or_else(|| error.what.clone(), |why| format!("{}: {why}", error.what));
    Error {
        what: format!("the secret of {} is lost; the server has stored the change", names.join(", ")),
        why: Some(why),
        next: Some("Get a new secret with: jeton token regenerate NAME".to_owned()),
        ..error
    }
}
