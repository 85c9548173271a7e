//! Records how far the audit log was seen, in a file next to the store, for the service's next start.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use super::reopening_store::ReopeningStore;
use super::task_supervisor::Supervisor;
use crate::domain::checkpoint::Checkpoint;
use crate::domain::time::Timestamp;
use crate::domain::untrusted_text::escape_untrusted;
use crate::platform::audit_position_file;
use crate::platform::sidecar::sidecar_path;
use crate::verbs::ports::Store;
use crate::verbs::verify::rollback_detector::RollbackDetector;

/// Time for which changes are gathered before the next write.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// Accepts the store from now on, even if it is older than the state that was seen. The user who started the service
/// has requested that.
pub(super) fn accept_older_store(store_handle: &mut ReopeningStore, continuity: &mut RollbackDetector, now: Timestamp) {
    let mut found = continuity.clone();
    let result = store_handle.with(|store| {
        store.read(|snapshot| {
            let tip = snapshot.audit_tip()?;
            // The result is returned as text, because a different store is no fault here.
            Ok(found.check(snapshot, tip, now).map_or_else(|e| Some(e.what_and_why()), |_| None))
        })
    });
    match result {
        Ok(Some(why)) if found.is_rolled_back() => {
            *continuity = RollbackDetector::default();
            tracing::warn!(
                why = %escape_untrusted(&why),
                "jeton accepts the store because of --accept-older-store. If the store is an older copy, later changes \
                 are missing, and revoked tokens can work again"
            );
        }
        Ok(None) => tracing::warn!("--accept-older-store was not needed: leave out this option at the next start"),
        // A fault at this point also occurs at the first request and is logged there.
        Ok(Some(_)) | Err(_) => {}
    }
}

#[derive(Default)]
struct Pending {
    next: Option<Checkpoint>,
    is_failing: bool,
}

/// The file `STORE-seen`, and the state to write next.
pub(super) struct AuditPosition {
    store: PathBuf,
    pending: Mutex<Pending>,
    /// Held while the file is written. Once a caller has this lock, everything that was pending before is written.
    writing: Mutex<()>,
    wake: Notify,
}

impl AuditPosition {
    /// Opens the file of the store at `store`. Returns it with the recorded state.
    pub fn open(store: PathBuf) -> (Arc<Self>, RollbackDetector) {
        let continuity = match audit_position_file::read(&store) {
            Ok(None) => {
                tracing::warn!(
                    file = %sidecar_path(&store, audit_position_file::SUFFIX).display(),
                    "the file with the last seen audit row does not exist. At the first start with this store, this \
                     is normal. Otherwise, somebody removed the file. Then jeton can't check at this start if an older \
                     copy replaced the store"
                );
                RollbackDetector::default()
            }
            Ok(seen) => RollbackDetector::from_seen(seen),
            Err(e) => RollbackDetector::unreadable(e.to_string()),
        };
        let (pending, writing, wake) = (Mutex::default(), Mutex::default(), Notify::new());
        (Arc::new(AuditPosition { store, pending, writing, wake }), continuity)
    }

    /// Schedules `seen` to be written soon.
    pub fn advance(&self, seen: &Checkpoint) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).next = Some(seen.clone());
        self.wake.notify_one();
    }

    /// Writes pending states for as long as the service runs.
    pub async fn run(self: Arc<Self>, supervisor: Arc<Supervisor>) {
        loop {
            self.wake.notified().await;
            let seen = Arc::clone(&self);
            // `AuditPosition::write` logs its own failures.
            supervisor.blocking(move || seen.write()).await;
            sleep(WRITE_INTERVAL).await;
        }
    }

    /// Writes the pending state now. If that fails, it is retried with the next change, and at the end.
    pub fn write(&self) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = || self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(next) = lock().next.take() else { return };
        let written = audit_position_file::write(&self.store, &next);
        let mut pending = lock();
        match written {
            Ok(()) if pending.is_failing => {
                pending.is_failing = false;
                tracing::info!("the last seen audit row can be saved again");
            }
            Ok(()) => {}
            Err(e) => {
                if !pending.is_failing {
                    let why = e.to_string();
                    tracing::warn!(
                        why = %escape_untrusted(&why),
                        "the last seen audit row can't be saved. After a restart, the service might not notice an \
                         older copy of the store. In an older copy, revoked tokens can work again. Check the \
                         permissions and the free space of the store's folder"
                    );
                }
                pending.is_failing = true;
                pending.next.get_or_insert(next);
                self.wake.notify_one();
            }
        }
    }
}
