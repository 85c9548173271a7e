//! A store at a path, opened on first use; screens and commands hold it. Nothing is on disk until the first owner is
//! created, so that leaving a first run leaves nothing behind.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::store::sqlite::SqliteStore;
use crate::verbs::Backend;
use crate::verbs::accounts::SetupState;
use crate::verbs::actor::Credential;
use crate::verbs::local::{Adapters, ClientInfo, LocalBackend};
use crate::verbs::request::{Request, Response};

/// An installation at a path. It may not exist yet.
pub struct LazyLocalBackend {
    path: PathBuf,
    adapters: Adapters,
    client: ClientInfo,
    backend: Mutex<Option<Arc<LocalBackend<SqliteStore>>>>,
}

impl LazyLocalBackend {
    /// Creates the backend for the installation at `path`, on behalf of `client`. Touches no file yet.
    pub fn new(path: PathBuf, adapters: Adapters, client: ClientInfo) -> Self {
        LazyLocalBackend { path, adapters, client, backend: Mutex::new(None) }
    }

    /// Returns the same installation with its own connection.
    pub fn with_own_connection(&self) -> Self {
        LazyLocalBackend::new(self.path.clone(), self.adapters.clone(), self.client.clone())
    }

    /// Returns the path of the store, which may not exist yet.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the verbs over the store, and opens the store if it isn't open yet.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is no store; [`Kind::Failure`] when it is refused.
    pub fn backend(&self) -> Result<Arc<LocalBackend<SqliteStore>>> {
        self.open_with(SqliteStore::open)
    }

    /// Explains why the store can't be used before setup.
    pub fn not_set_up(&self) -> Error {
        // If opening fails, its error is more exact.
        self.backend().err().unwrap_or_else(|| {
            Error::not_found(format!("the store {} is not set up yet", self.path.display())).next("Run: jeton init")
        })
    }

    /// The lock is held while opening, so that two threads never open the file twice.
    fn open_with(&self, open: fn(&Path) -> Result<SqliteStore>) -> Result<Arc<LocalBackend<SqliteStore>>> {
        let mut slot = self.backend.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = &*slot {
            return Ok(Arc::clone(backend));
        }
        let store = open(&self.path)?;
        let backend = Arc::new(LocalBackend::new(store, self.adapters.clone(), self.client.clone()));
        *slot = Some(Arc::clone(&backend));
        Ok(backend)
    }
}

impl Backend for LazyLocalBackend {
    fn call(&self, credential: &Credential, request: Request) -> Result<Response> {
        let backend = match &request {
            Request::Init(_) => self.open_with(SqliteStore::open_or_create)?,
            Request::GetSetup(_) => match self.backend() {
                Err(e) if e.kind == Kind::NotFound => {
                    return Ok(Response::GetSetup(SetupState { first_run: true, sole_account: None }));
                }
                slot => slot?,
            },
            _ => self.backend()?,
        };
        backend.call(credential, request)
    }
}
