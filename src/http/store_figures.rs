//! The figures that metrics read from the store. They are read on another thread, have a bounded size, and are kept for
//! some seconds, so that no scraper can load the service.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::ServerState;
use crate::domain::time::{DAY, Timestamp};
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::Result;
use crate::platform::clock::Stopwatch;
use crate::store::FileSizes;
use crate::verbs::ports::{Store, TokenFigures};

/// Time in which a token counts as expiring, in milliseconds.
const EXPIRING_SOON: i64 = 30 * DAY;
/// Maximum number of expiring tokens that are named.
pub(super) const MAX_NAMED: usize = 1_000;
/// Minimum time between two reads.
const READ_INTERVAL: Duration = Duration::from_secs(5);
/// Minimum time between two reads, as a multiple of the time of the first. Thus reads take a twentieth of a processor at
/// most, however many tokens there are.
const READ_SHARE: u32 = 20;
/// Maximum age of the figures, if a newer read doesn't finish.
const MAX_AGE: Duration = Duration::from_secs(60);
/// Time for which an answer waits for a read. Prometheus itself waits 10 s.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// The figures of one read.
#[derive(Debug)]
pub(super) struct Figures {
    pub tokens: TokenFigures,
    pub files: FileSizes,
}

struct Reading {
    /// `None` if the store could not be read.
    figures: Option<Arc<Figures>>,
    ended: Stopwatch,
    took: Duration,
}

impl Reading {
    fn is_due(&self) -> bool {
        self.ended.elapsed() >= READ_INTERVAL.max(self.took * READ_SHARE)
    }
}

#[derive(Default)]
pub(super) struct StoreFigures {
    latest: Mutex<Option<Reading>>,
    /// Held by the one read that is under way.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl StoreFigures {
    /// Returns the figures, which are a minute old at most. `None` if the store can't be read.
    pub async fn get(service: &Arc<ServerState>) -> Option<Arc<Figures>> {
        let this = &service.store_figures;
        let read = async {
            // The turn ends with the read, which goes on if this answer doesn't wait for it.
            let turn = Arc::clone(&this.turn).lock_owned().await;
            if this.is_due() {
                let owner = Arc::clone(service);
                let work = move || {
                    owner.store_figures.read(&owner);
                    drop(turn);
                };
                service.supervisor.blocking(work).await;
            }
        };
        if this.is_due() {
            // Without a result in time, the answer has the figures of an earlier read.
            let _ = timeout(READ_TIMEOUT, read).await;
        }
        let latest = this.lock();
        latest.as_ref().filter(|reading| reading.ended.elapsed() < MAX_AGE)?.figures.clone()
    }

    fn is_due(&self) -> bool {
        self.lock().as_ref().is_none_or(Reading::is_due)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Reading>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, service: &ServerState) {
        let clock = Stopwatch::start();
        let read = read_store(service, service.expiry_clock.now());
        let took = clock.elapsed();
        let mut latest = self.lock();
        if let (Err(error), true) = (&read, latest.as_ref().is_none_or(|before| before.figures.is_some())) {
            let why = error.to_string();
            tracing::warn!(why = %escape_untrusted(&why), "the store can't be read, so the metrics lack its figures");
        }
        *latest = Some(Reading { figures: read.ok().map(Arc::new), ended: Stopwatch::start(), took });
    }
}

fn read_store(service: &ServerState, now: Timestamp) -> Result<Figures> {
    service.api.with_store(|store| {
        let tokens = store.read(|snapshot| snapshot.token_figures(now, now.plus(EXPIRING_SOON), MAX_NAMED));
        // The indexes of a million tokens would stay in memory until the next read.
        store.shrink_cache()?;
        Ok(Figures { tokens: tokens?, files: store.file_sizes()? })
    })
}
