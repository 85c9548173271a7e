//! The user behind a unix socket. A client sends passwords and tokens only to a program that could not be an impostor.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tokio::net::UnixStream;

use super::unix_user;
use crate::error::{Error, Result};

/// Bits of a folder's mode with which others than its owner can write.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Checks that the program at the other end belongs to root, to this user, or to a user to whom root or this user has given
/// the socket, as systemd does, or the folder of the socket.
///
/// # Errors
/// [`crate::error::Kind::Denied`] for any other program.
pub(super) fn check(path: &Path, stream: &UnixStream) -> Result<()> {
    let own = rustix::process::geteuid().as_raw();
    let refused = |why: String| {
        Err(Error::denied(format!("nothing was sent to {}", path.display())).why(why).next(
            "If the program is jeton serve, use a socket in a folder that belongs to the service's user. Example: \
             /run/jeton. Group and others must not be able to write to this folder. Only root may be able to write to \
             the folders above",
        ))
    };
    let peer = match stream.peer_cred() {
        Ok(peer) => peer.uid(),
        Err(e) => return refused(format!("the user of the program that listens there is unknown: {e}")),
    };
    match is_trusted(peer, own) || has_folder(peer, own, path).unwrap_or(false) {
        true => Ok(()),
        false => {
            let name = unix_user::name_of(peer).unwrap_or_else(|| format!("uid {peer}"));
            refused(format!("the program that listens there runs as {name}. Perhaps this program is not jeton serve"))
        }
    }
}

fn is_trusted(uid: u32, own: u32) -> bool {
    uid == 0 || uid == own
}

/// Returns `true` if nobody but `peer`, root and this user could have created the file at `path`: the folder belongs to one
/// of them, and nobody but root and this user could have created the folder.
fn has_folder(peer: u32, own: u32, path: &Path) -> io::Result<bool> {
    let path = fs::canonicalize(path)?;
    let mut folders = path.ancestors().skip(1);
    let Some(folder) = folders.next() else { return Ok(false) };
    let mut below = fs::metadata(folder)?;
    if !is_trusted(below.uid(), own) && below.uid() != peer || below.mode() & OTHERS_WRITE != 0 {
        return Ok(false);
    }
    for folder in folders {
        let meta = fs::metadata(folder)?;
        let others_write = meta.mode() & OTHERS_WRITE != 0;
        // Others can't replace an entry of root or of this user in a sticky folder such as /tmp.
        let keeps_entry = !others_write || meta.mode() & STICKY != 0 && is_trusted(below.uid(), own);
        if !is_trusted(meta.uid(), own) || !keeps_entry {
            return Ok(false);
        }
        below = meta;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn socket_is_trusted_by_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        fs::write(&path, "").unwrap();
        let own = rustix::process::geteuid().as_raw();
        let (service, stranger) = (own + 1, own + 2);
        let has = |peer, own| has_folder(peer, own, &path).unwrap();
        // This user's folder, where it or root has put the socket for the service.
        assert!(has(service, own));
        // Seen by another user, the same folder is that of the service itself, or of nobody whom it trusts.
        assert!(has(own, stranger));
        assert_eq!(has(service, stranger), own == 0);
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(!has(service, own) && !has(own, stranger));
    }
}
