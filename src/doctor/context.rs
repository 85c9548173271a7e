use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::service::{self, Probe};
use crate::config::{ExaminedFile, Setting, Settings};
use crate::error::Result;
use crate::platform::clock::Stopwatch;
use crate::platform::terminal_facts::TerminalFacts;
use crate::store::{OpenStore, StoreLocation};
use crate::verbs::local_backend::{Adapters, ClientInfo};

/// Time that a check waits for another program that keeps the store locked.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// Ends the reads of a check after some time.
#[derive(Debug, Default)]
pub struct TimeLimit {
    limit: Option<Duration>,
    started: Mutex<Option<Stopwatch>>,
    was_over: AtomicBool,
}

impl TimeLimit {
    /// Creates a limit for each check. `None` = no limit.
    pub fn new(limit: Option<Duration>) -> Self {
        TimeLimit { limit, ..TimeLimit::default() }
    }

    /// Starts the time of the next check.
    pub fn restart(&self) {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stopwatch::start());
        self.was_over.store(false, Relaxed);
    }

    pub fn is_over(&self) -> bool {
        let started = *self.started.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = matches!((self.limit, started), (Some(limit), Some(started)) if started.elapsed() >= limit);
        self.was_over.fetch_or(is_over, Relaxed);
        is_over
    }

    /// Returns `true` if the check was ended because of the limit.
    pub fn was_over(&self) -> bool {
        self.was_over.load(Relaxed)
    }
}

/// The installation that is examined.
pub struct Context<'a> {
    /// The configuration files, in the order of their rank.
    pub files: Vec<ExaminedFile>,
    /// The settings in force; the first error if they can't be used.
    pub settings: Result<Settings>,
    /// The store, as far as it can be known from settings with faults.
    pub store: Option<Setting<StoreLocation>>,
    /// `true` for slow checks, too.
    pub is_full: bool,
    pub time_limit: Arc<TimeLimit>,
    pub adapters: &'a Adapters,
    pub client: ClientInfo,
    /// The folder that has `etc` and `usr`.
    pub root: PathBuf,
    pub terminal: TerminalFacts,
    /// Configurations of proxies. Empty for those at the usual places.
    pub proxies: Vec<PathBuf>,
    opened: OnceCell<Result<Arc<OpenStore>>>,
    probes: OnceCell<Vec<Probe>>,
}

impl<'a> Context<'a> {
    pub fn new(
        files: Vec<ExaminedFile>,
        settings: Result<Settings>,
        store: Option<Setting<StoreLocation>>,
        adapters: &'a Adapters,
        client: ClientInfo,
    ) -> Self {
        Context {
            files,
            settings,
            store,
            is_full: false,
            time_limit: Arc::default(),
            adapters,
            client,
            root: PathBuf::from("/"),
            terminal: TerminalFacts::of_this_process(),
            proxies: Vec::new(),
            opened: OnceCell::new(),
            probes: OnceCell::new(),
        }
    }

    /// Returns the open store, or the error of opening it. `None` without a store.
    pub(super) fn opened(&self) -> Option<&Result<Arc<OpenStore>>> {
        let location = &self.store.as_ref()?.value;
        if !location.exists().unwrap_or(false) {
            return None;
        }
        Some(self.opened.get_or_init(|| {
            let (limit, progress) = (Arc::clone(&self.time_limit), Arc::clone(&self.adapters.progress));
            location.open_unchanged(BUSY_WAIT, move || progress.is_stopped() || limit.is_over()).map(Arc::new)
        }))
    }

    /// Returns the answers of the configured server, and of the service on the store.
    pub(super) fn probes(&self) -> &[Probe] {
        self.probes.get_or_init(|| service::probe(self))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::audit::Face;
    use crate::error::Error;

    /// Returns a system below `root`, without settings or a store.
    pub fn context_of<'a>(adapters: &'a Adapters, root: &Path) -> Context<'a> {
        let client =
            ClientInfo { face: Face::Cli, source: String::new(), address: String::new(), max_wait: Duration::ZERO };
        let mut context = Context::new(Vec::new(), Err(Error::failure("unused")), None, adapters, client);
        context.root = root.to_owned();
        context
    }
}
