//! The file beside a store that says which service answers from it. The service holds a lock on it for as long as it
//! runs, so what a dead one left behind is known for what it is.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::domain::endpoint::Endpoint;
use crate::error::{Error, Result};

/// What its name adds to the store's.
pub const ENDING: &str = "-service";
/// The longest such file that is read, in bytes.
const MOST: u64 = 4096;

/// A running service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Where it checks tokens.
    pub verify: Endpoint,
    /// Where it is managed.
    pub manage: Endpoint,
}

/// The mark of this service, for as long as it is held.
#[derive(Debug)]
pub struct Mark(File);

fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(ENDING);
    PathBuf::from(name)
}

/// Opens it without following a link, and without waiting where it is none of ours but a pipe.
fn open(path: &Path, create: bool) -> std::io::Result<File> {
    let careful = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    OpenOptions::new().read(true).write(create).create(create).mode(0o600).custom_flags(careful).open(path)
}

/// Whether nobody else can have written it, and it is nothing else under another name.
fn is_ours(meta: &Metadata) -> bool {
    let uid = rustix::process::geteuid().as_raw();
    meta.is_file() && meta.uid() == uid && meta.nlink() == 1 && meta.mode() & 0o077 == 0
}

/// Takes the mark of the store at `store`; what it says is written with [`Mark::says`].
///
/// # Errors
/// [`crate::error::Kind::Conflict`] when another service holds it; [`crate::error::Kind::Failure`] when it can't be made.
pub fn take(store: &Path) -> Result<Mark> {
    let path = beside(store);
    let refused = |e: std::io::Error| Error::failure(format!("{} can't be written", path.display())).why(e.to_string());
    let file = open(&path, true).map_err(refused)?;
    if !file.metadata().is_ok_and(|meta| is_ours(&meta)) {
        return Err(refused(std::io::Error::other("it is not a file that only we can write, of one name"))
            .next("Look who made it, and take it away"));
    }
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Mark(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let other = running(store).map_or_else(String::new, |r| format!(" at {}", r.verify));
            Err(Error::conflict("a service answers from this store already")
                .why(format!("it checks tokens{other}"))
                .next("Stop that one first, or serve another store"))
        }
        Err(e) => Err(refused(e.into())),
    }
}

impl Mark {
    /// Writes down where the service answers.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when it can't be written.
    pub fn says(&self, running: &Running) -> Result<()> {
        let text = format!("verify {}\nmanage {}\n", running.verify, running.manage);
        let written = self.0.set_len(0).and_then(|()| (&self.0).write_all(text.as_bytes()));
        written.map_err(|e| Error::failure("it can't be said where the service is").why(e.to_string()))
    }
}

/// The service that answers from the store at `store`, where one does.
pub fn running(store: &Path) -> Option<Running> {
    let file = open(&beside(store), false).ok()?;
    if !is_ours(&file.metadata().ok()?) {
        return None;
    }
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => {}
        Ok(()) | Err(_) => return None,
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).ok()?;
    let said = |word: &str| text.lines().find_map(|line| Endpoint::parse(line.strip_prefix(word)?).ok());
    Some(Running { verify: said("verify ")?, manage: said("manage ")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_held_by_one_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("jeton.db");
        assert_eq!(running(&store), None);
        let mark = take(&store).unwrap();
        assert_eq!(running(&store), None, "nothing is said yet");
        let told = Running {
            verify: Endpoint::parse("127.0.0.1:7180").unwrap(),
            manage: Endpoint::parse("unix:/run/jeton/manage.sock").unwrap(),
        };
        mark.says(&told).unwrap();
        assert_eq!(running(&store), Some(told));
        assert_eq!(take(&store).unwrap_err().kind, crate::error::Kind::Conflict);
        drop(mark);
        assert_eq!(running(&store), None, "what is left behind is nobody's");
        take(&store).unwrap();
    }
}
