//! The file next to a store that names the service that answers from it. The service holds a lock on the file for
//! as long as it runs, so the leftover of a dead service is recognised.

use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::sidecar::{self, sidecar_path};
use crate::error::{Error, Result};
use crate::service::endpoint::Endpoint;

pub const SUFFIX: &str = "-service";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceInfo {
    pub verify: Endpoint,
    pub manage: Endpoint,
}

/// The locked file of this service. The lock is released on drop.
#[derive(Debug)]
pub struct ServiceLock(File);

/// Returns `true` if no other user can have written the file, and the file has no other name.
fn is_trusted(meta: &Metadata) -> bool {
    sidecar::is_ours(meta, 0o077) && meta.nlink() == 1
}

/// Locks the file for the store at `store`. Its content is written with [`ServiceLock::write`].
///
/// # Errors
/// [`crate::error::Kind::Conflict`] if another service holds the lock; [`crate::error::Kind::Failure`] if the file
/// can't be made.
pub fn acquire(store: &Path) -> Result<ServiceLock> {
    let path = sidecar_path(store, SUFFIX);
    let refused = |e: std::io::Error| {
        Error::failure(format!("the file with the service's addresses, {}, can't be written", path.display()))
            .why(e.to_string())
    };
    let file = sidecar::open_options().write(true).create(true).open(&path).map_err(refused)?;
    if !file.metadata().is_ok_and(|meta| is_trusted(&meta)) {
        return Err(refused(std::io::Error::other(
            "the file must be a regular file without hard links that only the service's user can read and write",
        ))
        .next("Check who created the file, then remove the file"));
    }
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(ServiceLock(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let other = discover(store).map_or_else(String::new, |r| format!(" at {}", r.verify));
            Err(Error::conflict("a service already runs on this store")
                .why(format!("that service verifies tokens{other}"))
                .next("Stop that service first, or serve another store"))
        }
        Err(e) => Err(refused(e.into())),
    }
}

impl ServiceLock {
    pub fn write(&self, info: &ServiceInfo) -> Result<()> {
        let text = format!("verify {}\nmanage {}\n", info.verify, info.manage);
        let written = self.0.set_len(0).and_then(|()| (&self.0).write_all(text.as_bytes()));
        written.map_err(|e| Error::failure("the address of the service can't be recorded").why(e.to_string()))
    }
}

/// Returns the service that answers from the store at `store`, if there is one.
pub fn discover(store: &Path) -> Option<ServiceInfo> {
    let file = sidecar::open_options().open(sidecar_path(store, SUFFIX)).ok()?;
    if !is_trusted(&file.metadata().ok()?) {
        return None;
    }
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => {}
        Ok(()) | Err(_) => return None,
    }
    let mut text = String::new();
    file.take(sidecar::MAX_BYTES).read_to_string(&mut text).ok()?;
    let endpoint = |word: &str| text.lines().find_map(|line| Endpoint::parse(line.strip_prefix(word)?).ok());
    Some(ServiceInfo { verify: endpoint("verify ")?, manage: endpoint("manage ")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_lock_has_one_holder_and_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        assert_eq!(discover(&store), None);
        let lock = acquire(&store).unwrap();
        assert_eq!(discover(&store), None, "nothing is said yet");
        let info = ServiceInfo {
            verify: Endpoint::parse("127.0.0.1:7180").unwrap(),
            manage: Endpoint::parse("unix:/run/jeton/manage.sock").unwrap(),
        };
        lock.write(&info).unwrap();
        assert_eq!(discover(&store), Some(info));
        assert_eq!(acquire(&store).unwrap_err().kind, crate::error::Kind::Conflict);
        drop(lock);
        assert_eq!(discover(&store), None, "what is left behind is nobody's");
        acquire(&store).unwrap();
    }
}
