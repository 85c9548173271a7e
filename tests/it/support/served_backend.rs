//! [`ServedBackend`]: the verbs behind a service in this process, which listens at sockets.

use std::path::PathBuf;
use std::time::Duration;

use jeton::config::ServeSettings;
use jeton::domain::name::TokenName;
use jeton::error::Result;
use jeton::http::{self, ServerConfig, ServerHandle};
use jeton::remote_backend::RemoteBackend;
use jeton::service::endpoint::Endpoint;
use jeton::service::server_address::{ServerAddress, ServerConnection};
use jeton::store::StoreLocation;
use jeton::verbs::Backend;
use jeton::verbs::credential::Credential;
use jeton::verbs::local_backend::Adapters;
use jeton::verbs::request::{Request, Response};
use jeton::verbs::secret_delivery::SecretReceiver;

/// Serves the store at `path`.
pub fn start_service(path: PathBuf, adapters: Adapters) -> ServerHandle {
    let config = ServerConfig {
        store: StoreLocation::file(path),
        settings: ServeSettings::default(),
        insecure: false,
        accept_older_store: false,
        accept_earlier_clock: false,
        adapters,
    };
    http::start(config, || ()).unwrap()
}

pub fn socket(endpoint: &Endpoint) -> PathBuf {
    let Endpoint::Unix(path) = endpoint else { panic!("a port") };
    path.clone()
}

/// A service, and its backend for clients.
pub struct ServedBackend {
    remote: RemoteBackend,
    service: Option<ServerHandle>,
}

impl ServedBackend {
    pub fn start(path: PathBuf, adapters: Adapters) -> Self {
        let service = start_service(path, adapters.clone());
        let address = ServerAddress::parse(&service.addrs.manage.to_string()).unwrap();
        let remote = RemoteBackend::new(
            ServerConnection::new(address),
            TokenName::parse("cli-test").unwrap(),
            &adapters,
            Duration::ZERO,
        );
        ServedBackend { remote, service: Some(service) }
    }
}

impl Drop for ServedBackend {
    fn drop(&mut self) {
        if let Some(service) = self.service.take() {
            let _ = service.stop();
        }
    }
}

impl Backend for ServedBackend {
    fn delivers_before_change(&self) -> bool {
        self.remote.delivers_before_change()
    }

    fn program(&self) -> String {
        self.remote.program()
    }

    fn sign_out(&self) {
        self.remote.sign_out();
    }

    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        self.remote.run(credential, request, receive)
    }
}
