//! The file next to a store that names the service that answers from it. The service holds a lock on the file for
//! as long as it runs, so the leftover of a dead service is recognised.

use std::fs::{self, File, Metadata};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::clock::SystemClock;
use super::sidecar::{self, sidecar_path};
use crate::error::{Error, Result};
use crate::service::endpoint::Endpoint;
use crate::verbs::ports::Clock;

pub const SUFFIX: &str = "-service";
/// Number of attempts to lock the file while commands look at it, and the time between two.
const LOCK_ATTEMPTS: u32 = 100;
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceInfo {
    pub verify: Endpoint,
    pub manage: Endpoint,
}

/// The locked file of this service. On drop, the addresses are removed and the lock is released: addresses without a lock are
/// those of a service that crashed.
#[derive(Debug)]
pub struct ServiceLock {
    path: PathBuf,
    file: Mutex<File>,
    written: OnceLock<ServiceInfo>,
}

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
    let file = Mutex::new(open_locked(&path)?);
    Ok(ServiceLock { path, file, written: OnceLock::new() })
}

fn open_locked(path: &Path) -> Result<File> {
    let refused = |e: std::io::Error| {
        Error::failure(format!("the service's addresses can't be written to {}", path.display())).why(e.to_string())
    };
    let file = sidecar::open_options().write(true).create(true).open(path).map_err(refused)?;
    if !file.metadata().is_ok_and(|meta| is_trusted(&meta)) {
        return Err(refused(std::io::Error::other(
            "only the service's user may have access to the file. The file must be a regular file without hard links",
        ))
        .next("Check who created the file, then remove the file"));
    }
    match lock_for_service(&file, || SystemClock::new().sleep(LOCK_RETRY_DELAY)) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let error = Error::conflict("a service already runs on this store")
                .next("Stop that service first, or serve another store");
            Err(match read(&file) {
                Some(service) => error.why(format!("that service verifies tokens at {}", service.verify)),
                None => error,
            })
        }
        Err(e) => Err(refused(e.into())),
    }
}

/// Takes the lock of a service. Commands that look for a service lock the file too, for an instant.
fn lock_for_service(file: &File, mut pause: impl FnMut()) -> rustix::io::Result<()> {
    for _ in 0..LOCK_ATTEMPTS {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => {}
            locked => return locked,
        }
        // Fails if a service holds the lock.
        flock(file, FlockOperation::NonBlockingLockShared)?;
        flock(file, FlockOperation::Unlock)?;
        pause();
    }
    flock(file, FlockOperation::NonBlockingLockExclusive)
}

impl ServiceLock {
    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self, info: &ServiceInfo) -> Result<()> {
        let _ = self.written.set(info.clone());
        write(&self.file(), info)
    }

    /// Makes the file again if it was removed or replaced: without it, nobody finds this service, and a second one could
    /// start.
    ///
    /// # Errors
    /// Those of [`acquire`].
    pub fn keep_in_place(&self) -> Result<()> {
        let mut file = self.file();
        let inode = |meta: Metadata| (meta.dev(), meta.ino());
        let in_place = fs::symlink_metadata(&self.path).ok().map(inode);
        if in_place.is_some() && in_place == file.metadata().ok().map(inode) {
            return Ok(());
        }
        let new = open_locked(&self.path)?;
        self.written.get().map_or(Ok(()), |info| write(&new, info))?;
        *file = new;
        Ok(())
    }
}

impl Drop for ServiceLock {
    fn drop(&mut self) {
        if self.written.get().is_some() {
            let _ = self.file().set_len(0);
        }
    }
}

fn write(mut file: &File, info: &ServiceInfo) -> Result<()> {
    let text = format!("verify {}\nmanage {}\n", info.verify, info.manage);
    let written = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
    written.map_err(|e| {
        Error::failure("the service's addresses can't be written to the file next to the store").why(e.to_string())
    })
}

fn read(file: &File) -> Option<ServiceInfo> {
    let mut text = String::new();
    file.take(sidecar::MAX_BYTES).read_to_string(&mut text).ok()?;
    let endpoint = |word: &str| text.lines().find_map(|line| Endpoint::parse(line.strip_prefix(word)?).ok());
    Some(ServiceInfo { verify: endpoint("verify ")?, manage: endpoint("manage ")? })
}

/// The service that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundService {
    Running(ServiceInfo),
    /// The service ended without removing its addresses: it crashed, or was killed.
    Crashed(ServiceInfo),
}

/// Returns the service of the store at `store`, if its file names one.
pub fn find(store: &Path) -> Option<FoundService> {
    let file = sidecar::open_options().open(sidecar_path(store, SUFFIX)).ok()?;
    if !is_trusted(&file.metadata().ok()?) {
        return None;
    }
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => read(&file).map(FoundService::Running),
        Ok(()) => read(&file).map(FoundService::Crashed),
        Err(_) => None,
    }
}

/// Returns the service that answers from the store at `store`, if there is one.
pub fn discover(store: &Path) -> Option<ServiceInfo> {
    match find(store)? {
        FoundService::Running(service) => Some(service),
        FoundService::Crashed(_) => None,
    }
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
        assert_eq!(find(&store), None, "nothing is left behind");
        acquire(&store).unwrap();
    }

    #[test]
    fn service_waits_for_commands_that_look_for_one_and_not_for_another_service() {
        let folder = tempfile::tempdir().unwrap();
        let path = sidecar_path(&folder.path().join("jeton.db"), SUFFIX);
        let open = || sidecar::open_options().write(true).create(true).open(&path).unwrap();
        let (service, mut pauses) = (open(), 0);
        let mut command = Some(open());
        flock(command.as_ref().unwrap(), FlockOperation::NonBlockingLockShared).unwrap();
        let mut end_command = || {
            pauses += 1;
            command.take_if(|_| pauses == 3);
        };
        lock_for_service(&service, &mut end_command).unwrap();
        assert_eq!(pauses, 3);
        let refused = lock_for_service(&open(), || panic!("it waited for a service"));
        assert_eq!(refused, Err(rustix::io::Errno::WOULDBLOCK));
        // A command that never ends.
        flock(&service, FlockOperation::NonBlockingLockShared).unwrap();
        let mut pauses = 0;
        assert_eq!(lock_for_service(&open(), || pauses += 1), Err(rustix::io::Errno::WOULDBLOCK));
        assert_eq!(pauses, LOCK_ATTEMPTS);
    }

    #[test]
    fn addresses_without_a_lock_are_those_of_a_crashed_service() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        let [verify, manage] = ["127.0.0.1:7180", "unix:/run/jeton/manage.sock"].map(|e| Endpoint::parse(e).unwrap());
        let info = ServiceInfo { verify, manage };
        let crashed = acquire(&store).unwrap();
        crashed.write(&info).unwrap();
        let text = fs::read(sidecar_path(&store, SUFFIX)).unwrap();
        drop(crashed);
        fs::write(sidecar_path(&store, SUFFIX), text).unwrap();
        assert_eq!((find(&store), discover(&store)), (Some(FoundService::Crashed(info.clone())), None));
        // A start that fails doesn't hide that.
        drop(acquire(&store).unwrap());
        assert_eq!(find(&store), Some(FoundService::Crashed(info)));
    }

    #[test]
    fn file_that_was_removed_or_replaced_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        let path = sidecar_path(&store, SUFFIX);
        let lock = acquire(&store).unwrap();
        let [verify, manage] = ["127.0.0.1:1", "127.0.0.1:2"].map(|e| Endpoint::parse(e).unwrap());
        lock.write(&ServiceInfo { verify, manage }).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(discover(&store), None);
        for _ in 0..2 {
            lock.keep_in_place().unwrap();
            assert_eq!(discover(&store).unwrap().manage.to_string(), "127.0.0.1:2");
        }
        assert_eq!(acquire(&store).unwrap_err().kind, crate::error::Kind::Conflict);
        fs::remove_file(&path).unwrap();
        let other = acquire(&store).unwrap();
        assert_eq!(lock.keep_in_place().unwrap_err().kind, crate::error::Kind::Conflict, "another service");
        drop(other);
        lock.keep_in_place().unwrap();
        assert!(discover(&store).is_some());
    }
}
