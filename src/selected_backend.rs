//! The backend of screens and commands: a store of this machine, or a server.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lazy_backend::LazyLocalBackend;
use crate::propagation::PropagationProbe;
use crate::remote_backend::RemoteBackend;
use crate::service::server_address::ServerAddress;
use crate::store::OpenStore;
use crate::verbs::Backend;
use crate::verbs::credential::Credential;
use crate::verbs::local_backend::LocalBackend;
use crate::verbs::request::{Request, Response};
use crate::verbs::secret_delivery::SecretReceiver;

pub enum SelectedBackend {
    Local(LazyLocalBackend),
    Remote(Arc<RemoteBackend>),
}

impl SelectedBackend {
    /// Returns the same installation with its own connection.
    pub fn with_own_connection(&self) -> Self {
        match self {
            SelectedBackend::Local(local) => SelectedBackend::Local(local.with_own_connection()),
            SelectedBackend::Remote(remote) => SelectedBackend::Remote(Arc::clone(remote)),
        }
    }

    /// Returns the store's path or the server's address.
    pub fn location(&self) -> String {
        match self {
            SelectedBackend::Local(local) => local.path().display().to_string(),
            SelectedBackend::Remote(remote) => remote.server().to_string(),
        }
    }

    /// Returns the check if a change has reached the running service. A server is that service itself.
    pub fn propagation_probe(&self) -> PropagationProbe {
        match self {
            SelectedBackend::Local(local) => PropagationProbe::new(local.path()),
            SelectedBackend::Remote(_) => PropagationProbe::of_server(),
        }
    }

    /// Returns the verbs over the store of this machine.
    ///
    /// # Errors
    /// Those of [`SelectedBackend::local`] and [`LazyLocalBackend::backend`].
    pub fn store(&self) -> Result<Arc<LocalBackend<OpenStore>>> {
        self.local()?.backend()
    }

    /// # Errors
    /// [`crate::error::Kind::Usage`] if a server was selected.
    pub fn local(&self) -> Result<&LazyLocalBackend> {
        match self {
            SelectedBackend::Local(local) => Ok(local),
            SelectedBackend::Remote(remote) => {
                let place = match remote.server() {
                    ServerAddress::Local(_) => "",
                    ServerAddress::Https { .. } => " on the machine of the store,",
                };
                Err(Error::usage("this command needs the file of the store")
                    .why(format!("jeton currently uses the server {}", remote.server()))
                    .next(format!(
                        "Run the command{place} as the unix user that owns the file: sudo -u USER jeton --store PATH …"
                    )))
            }
        }
    }

    /// Explains why nobody can sign in before setup.
    pub fn not_set_up(&self) -> Error {
        match self {
            SelectedBackend::Local(local) => local.not_set_up(),
            SelectedBackend::Remote(remote) => {
                Error::not_found(format!("the store of the server {} is not set up", remote.server()))
                    .next("On the machine of the server, run: jeton init --store PATH")
            }
        }
    }
}

impl Backend for SelectedBackend {
    fn delivers_before_change(&self) -> bool {
        matches!(self, SelectedBackend::Local(_))
    }

    fn program(&self) -> String {
        match self {
            SelectedBackend::Local(local) => local.program(),
            SelectedBackend::Remote(remote) => remote.program(),
        }
    }

    fn interrupt_read(&self) {
        match self {
            SelectedBackend::Local(local) => local.interrupt_read(),
            SelectedBackend::Remote(remote) => remote.interrupt_read(),
        }
    }

    fn stop_waiting(&self) {
        match self {
            SelectedBackend::Local(local) => local.stop_waiting(),
            SelectedBackend::Remote(remote) => remote.stop_waiting(),
        }
    }

    fn sign_out(&self) {
        match self {
            SelectedBackend::Local(local) => local.sign_out(),
            SelectedBackend::Remote(remote) => remote.sign_out(),
        }
    }

    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        match self {
            SelectedBackend::Local(local) => local.run(credential, request, receive),
            SelectedBackend::Remote(remote) => remote.run(credential, request, receive),
        }
    }
}
