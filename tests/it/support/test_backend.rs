//! [`TestBackend`]: the verbs over a store, called directly or across a channel that carries nothing but JSON.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use jeton::error::{Error, Result};
use jeton::verbs::Backend;
use jeton::verbs::credential::Credential;
use jeton::verbs::local_backend::{Adapters, ClientInfo, LocalBackend};
use jeton::verbs::ports::{Maintenance, Store};
use jeton::verbs::request::{Request, Response};
use jeton::verbs::secret_delivery::SecretReceiver;
use jeton::verbs::tokens::IssuedToken;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// If set, every request, reply and announced secret of a [`TestBackend`] crosses a channel as JSON.
pub const OVER_WIRE: &str = "JETON_IT_OVER_WIRE";

/// The backend of tests.
pub struct TestBackend<S> {
    local: LocalBackend<S>,
    is_remote: bool,
    /// If set, requests with a password or a token go to this server, if they can.
    server: Option<Box<dyn Backend>>,
}

impl<S: Store + Maintenance> TestBackend<S> {
    pub fn new(store: S, adapters: Adapters, client: ClientInfo) -> Self {
        let is_remote = std::env::var_os(OVER_WIRE).is_some_and(|wire| wire != "http");
        TestBackend { local: LocalBackend::new(store, adapters, client), is_remote, server: None }
    }

    pub fn set_server(&mut self, server: Box<dyn Backend>) {
        self.server = Some(server);
    }

    pub fn store(&self) -> &S {
        self.local.store()
    }
}

impl<S: Store + Maintenance> Backend for TestBackend<S> {
    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        let server = self.server.as_ref().filter(|_| {
            let is_known = matches!(credential, Credential::Password(..) | Credential::Token(_))
                || matches!(request, Request::RevokeSecret(_));
            // A session of the server would mean nothing to this backend. A server delivers secrets after the commit.
            is_known && receive.is_none() && request.name() != "sign-in" && jeton::api::encode(&request).is_ok()
        });
        if let Some(server) = server {
            server.run(credential, request, None)
        } else if self.is_remote {
            run_remotely(&self.local, credential, &request, receive)
        } else {
            self.local.run(credential, request, receive)
        }
    }
}

/// A message to the client.
#[derive(Serialize, Deserialize)]
enum ToClient {
    Announced(Vec<IssuedToken>),
    Done(Box<Result<Response>>),
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::failure(format!("not sent: {error}")))
}

fn receive_json<T: DeserializeOwned>(from: &Receiver<String>) -> Result<T> {
    let text = from.recv().map_err(|_| Error::failure("the other side is gone"))?;
    serde_json::from_str(&text).map_err(|error| Error::failure(format!("not understood: {error}")))
}

/// Runs `request` on another thread. If either side fails, its end of the channels closes, and the other side ends too.
fn run_remotely(
    backend: &dyn Backend,
    credential: &Credential,
    request: &Request,
    mut receive: Option<&mut SecretReceiver<'_>>,
) -> Result<Response> {
    let request = to_json(request)?;
    let (to_backend, at_backend) = channel();
    let (to_client, at_client) = channel();
    let delivers = receive.is_some();
    let is_open = |sent: std::result::Result<(), _>| sent.map_err(|_| Error::failure("the other side is gone"));
    thread::scope(move |scope| {
        scope.spawn(move || serve(backend, credential, delivers, &at_backend, &to_client));
        is_open(to_backend.send(request))?;
        loop {
            match (receive_json(&at_client)?, &mut receive) {
                (ToClient::Announced(issued), Some(receive)) => is_open(to_backend.send(to_json(&receive(&issued))?))?,
                (ToClient::Announced(_), None) => return Err(Error::failure("secrets were announced to nobody")),
                (ToClient::Done(result), _) => return *result,
            }
        }
    })
}

/// The other side of [`run_remotely`].
fn serve(
    backend: &dyn Backend,
    credential: &Credential,
    delivers: bool,
    at_backend: &Receiver<String>,
    to_client: &Sender<String>,
) {
    let send = |message: &ToClient| to_client.send(to_json(message)?).map_err(|_| Error::failure("nobody listens"));
    let mut announce = |issued: &[IssuedToken]| {
        // The backend keeps its secrets, so the message has its own, read from their JSON.
        let copies = serde_json::from_str(&to_json(&issued)?).map_err(|error| Error::failure(error.to_string()))?;
        send(&ToClient::Announced(copies))?;
        receive_json::<Result<()>>(at_backend)?
    };
    let receive = delivers.then_some(&mut announce as &mut SecretReceiver<'_>);
    let done = receive_json(at_backend).and_then(|request| backend.run(credential, request, receive));
    if let Err(error) = send(&ToClient::Done(Box::new(done))) {
        let _ = send(&ToClient::Done(Box::new(Err(error))));
    }
}
