//! A store at its location, opened on first use; screens and commands hold it. Nothing is on disk until the first owner is
//! created, so that leaving a first run leaves nothing behind.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::audit::Face;
use crate::error::{Error, Kind, Result};
use crate::store::{OpenMode, OpenStore, StoreLocation};
use crate::verbs::Backend;
use crate::verbs::accounts::SetupState;
use crate::verbs::cli_line::CliLine;
use crate::verbs::credential::Credential;
use crate::verbs::local_backend::{Adapters, ClientInfo, LocalBackend};
use crate::verbs::request::{Request, Response};
use crate::verbs::secret_delivery::SecretReceiver;

/// An installation at a location. It may not exist yet.
pub struct LazyLocalBackend {
    location: StoreLocation,
    adapters: Adapters,
    client: ClientInfo,
    backend: Mutex<Option<Arc<LocalBackend<OpenStore>>>>,
}

impl LazyLocalBackend {
    /// Creates the backend for the installation at `location`, on behalf of `client`. Touches no file yet.
    pub fn new(location: StoreLocation, adapters: Adapters, client: ClientInfo) -> Self {
        LazyLocalBackend { location, adapters, client, backend: Mutex::new(None) }
    }

    /// Returns the same installation with its own connection.
    pub fn with_own_connection(&self) -> Self {
        LazyLocalBackend::new(self.location.clone(), self.adapters.clone(), self.client.clone())
    }

    /// Returns the path of the store, which may not exist yet.
    pub fn path(&self) -> &Path {
        self.location.path()
    }

    /// Returns the verbs over the store, and opens the store if it isn't open yet.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is no store; [`Kind::Failure`] when it is refused.
    pub fn backend(&self) -> Result<Arc<LocalBackend<OpenStore>>> {
        self.open(if self.client.face == Face::Tui { OpenMode::Screens } else { OpenMode::Existing })
    }

    /// Explains why the store can't be used before setup.
    pub fn not_set_up(&self) -> Error {
        // If opening fails, its error is more exact.
        self.backend().err().unwrap_or_else(|| {
            let path = self.path().display().to_string();
            Error::not_found(format!("the store {path} is not set up yet"))
                .next(format!("Run: {}", CliLine::new(&["init"]).option("store", path)))
        })
    }

    /// The lock is held while opening, so that two threads never open the file twice.
    fn open(&self, mode: OpenMode) -> Result<Arc<LocalBackend<OpenStore>>> {
        let mut slot = self.backend.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = &*slot {
            return Ok(Arc::clone(backend));
        }
        let store = self.location.open(mode)?;
        let backend = Arc::new(LocalBackend::new(store, self.adapters.clone(), self.client.clone()));
        *slot = Some(Arc::clone(&backend));
        Ok(backend)
    }
}

impl Backend for LazyLocalBackend {
    fn run(
        &self,
        credential: &Credential,
        request: Request,
        receive: Option<&mut SecretReceiver<'_>>,
    ) -> Result<Response> {
        let backend = match &request {
            Request::Init(_) => self.open(OpenMode::Create)?,
            Request::GetSetup(_) => match self.backend() {
                Err(e) if e.kind == Kind::NotFound => {
                    return Ok(Response::GetSetup(SetupState { first_run: true, sole_account: None, prefix: None }));
                }
                slot => slot?,
            },
            _ => self.backend()?,
        };
        backend.run(credential, request, receive)
    }

    fn interrupt_read(&self) {
        // While the lock is held, the store is being opened.
        if let Some(backend) = self.backend.try_lock().ok().and_then(|slot| slot.clone()) {
            backend.interrupt_read();
        }
    }
}
