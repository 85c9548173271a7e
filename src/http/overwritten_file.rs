//! Detects an older copy that was written onto the store's file while the write-ahead log has newer changes.
//!
//! The store then mixes both: the pages in the log are new, and all others are old. Its audit log can seem complete, because
//! the last rows are in the log, while a revoked token is as it was before. The file alone shows the fault: only
//! checkpoints write into it, and they never make its own audit log end earlier.

use super::reopening_store::ReopeningStore;
use crate::domain::audit::AuditRow;
use crate::error::{Error, Result};
use crate::store::{FileState, OpenStore};
use crate::verbs::ports::Store;
use crate::verbs::ports::audit_log::AuditTip;
use crate::verbs::restore_record::RestoreRecord;

/// Maximum number of attempts to read the file after a change. A checkpoint that is under way makes it unreadable.
const MAX_ATTEMPTS: u32 = 5;

/// The file as it was last read without the log.
struct SeenFile {
    tip: AuditTip,
    /// The restores in the store at that time. A later one replaces the content of the file.
    restores: Vec<AuditRow>,
}

#[derive(Default)]
pub(super) struct OverwrittenFile {
    seen: Option<SeenFile>,
    checked: Option<FileState>,
    attempts_left: u32,
    /// `true` if the last check found an older file. A checkpoint that is under way can look like this for a moment.
    is_suspect: bool,
    is_older: bool,
}

impl OverwrittenFile {
    /// Returns `true` if two checks have found that the file in `state` is an older copy.
    pub fn check(&mut self, store_handle: &mut ReopeningStore, state: &FileState) -> bool {
        if self.checked.as_ref() != Some(state) {
            self.checked = Some(state.clone());
            self.attempts_left = MAX_ATTEMPTS;
        }
        if self.attempts_left == 0 && !self.is_suspect {
            return self.is_older;
        }
        // A fault of the file alone is none of the store.
        match store_handle.maintain(|store| Ok(read_file(store, self.seen.as_ref()))) {
            Ok(Ok(Some(found))) => {
                (self.attempts_left, self.is_suspect, self.is_older) = (0, false, false);
                self.seen = Some(found).filter(|found| found.tip.seq > 0);
            }
            Ok(Ok(None)) => {
                self.is_older = self.is_suspect;
                self.is_suspect = true;
            }
            Ok(Err(_)) | Err(_) => self.attempts_left = self.attempts_left.saturating_sub(1),
        }
        self.is_older
    }
}

/// Reads the file of `store` alone. `None` if its audit log doesn't continue the one that was `seen`.
fn read_file(store: &OpenStore, seen: Option<&SeenFile>) -> Result<Option<SeenFile>> {
    let restores = store.read(RestoreRecord::rows)?;
    store.open_file_alone()?.read(|snapshot| {
        let tip = snapshot.audit_tip()?;
        let continues = match seen {
            None => true,
            Some(seen) => {
                seen.tip == tip
                    || snapshot.audit_contains(seen.tip)?
                    || restores.iter().any(|restore| !seen.restores.contains(restore))
            }
        };
        Ok(continues.then_some(SeenFile { tip, restores }))
    })
}

/// Returns the error for requests while the file is an older copy.
pub(super) fn older_file_error() -> Error {
    Error::failure("an older copy was written onto the file of the store")
        .why("in this file, rows of the audit log are missing. Only the -wal file has the newer changes")
        .next(
            "Restore the newest backup before you restart the service. On the machine of the store, run: jeton restore \
             FILE",
        )
}
