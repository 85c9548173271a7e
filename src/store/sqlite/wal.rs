//! Writes back the write-ahead log, and measures its size.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::platform::sidecar::{WAL_SUFFIX, sidecar_path};

/// Number of bytes of the write-ahead log that stay on disk after all of it was written back.
pub(super) const MAX_WAL_BYTES: i64 = 16 * 1024 * 1024;

/// Writes back as much of the write-ahead log as possible without waiting, and returns the number of remaining bytes.
/// The file itself shrinks only with the next write.
pub(super) fn checkpoint(db: &Connection) -> rusqlite::Result<u64> {
    let page: i64 = db.query_row("PRAGMA page_size", [], |r| r.get(0))?;
    let left: i64 =
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| Ok(r.get::<_, i64>(1)? - r.get::<_, i64>(2)?))?;
    Ok(left.saturating_mul(page).max(0).unsigned_abs())
}

/// Returns the size of the write-ahead log of the store at `path`.
pub(super) fn bytes(path: &Path) -> u64 {
    fs::metadata(sidecar_path(path, WAL_SUFFIX)).map_or(0, |meta| meta.len())
}
