//! A store at a path, opened on first use: what both faces hold. Until the first owner is made nothing is on disk, so
//! that leaving a first run leaves nothing behind.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::store::sqlite::SqliteStore;
use crate::verbs::Jeton;
use crate::verbs::accounts::Greeting;
use crate::verbs::actor::Credential;
use crate::verbs::local::{Caller, Local, World};
use crate::verbs::request::{Request, Response};

/// An installation at a path, there or not yet.
pub struct Place {
    path: PathBuf,
    world: World,
    caller: Caller,
    opened: Mutex<Option<Arc<Local<SqliteStore>>>>,
}

impl Place {
    /// The installation at `path`, on behalf of `caller`. Touches nothing yet.
    pub fn new(path: PathBuf, world: World, caller: Caller) -> Self {
        Place { path, world, caller, opened: Mutex::new(None) }
    }

    /// The same installation over a connection of its own.
    pub fn with_own_connection(&self) -> Self {
        Place::new(self.path.clone(), self.world.clone(), self.caller.clone())
    }

    /// Where its store is or will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The verbs over its store, opened now if it was not yet.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is no store; [`Kind::Failure`] when it is refused.
    pub fn local(&self) -> Result<Arc<Local<SqliteStore>>> {
        self.opened_by(SqliteStore::open)
    }

    /// What to say where there is no first owner yet.
    pub fn not_set_up(&self) -> Error {
        // What opening says is more exact, where that fails.
        self.local().err().unwrap_or_else(|| {
            Error::not_found(format!("the store {} is not set up yet", self.path.display())).next("Run: jeton init")
        })
    }

    /// The lock is held while opening, so that two threads never open the file twice.
    fn opened_by(&self, open: fn(&Path) -> Result<SqliteStore>) -> Result<Arc<Local<SqliteStore>>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(local) = &*opened {
            return Ok(Arc::clone(local));
        }
        let store = open(&self.path)?;
        let local = Arc::new(Local::new(store, self.world.clone(), self.caller.clone()));
        *opened = Some(Arc::clone(&local));
        Ok(local)
    }
}

impl Jeton for Place {
    fn call(&self, who: &Credential, request: Request) -> Result<Response> {
        let local = match &request {
            Request::Init(_) => self.opened_by(SqliteStore::open_or_create)?,
            Request::Greet(_) => match self.local() {
                Err(e) if e.kind == Kind::NotFound => {
                    return Ok(Response::Greet(Greeting { first_run: true, sole_account: None }));
                }
                opened => opened?,
            },
            _ => self.local()?,
        };
        local.call(who, request)
    }
}
