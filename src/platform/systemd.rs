//! Communication with systemd: sockets that are already open (`LISTEN_FDS`), and reports that the service is ready
//! or ending (`NOTIFY_SOCKET`). Without systemd no sockets are handed over, and reports have no effect.

use std::path::Path;

use listenfd::ListenFd;
use sd_notify::NotifyState;

use super::sockets::BoundSocket;
use crate::error::{Error, Result};

/// Returns the sockets that were handed over, with the names from their units (`FileDescriptorName=`).
///
/// # Errors
/// [`Error::failure`] for a file that is no listening socket.
pub fn inherited_sockets() -> Result<Vec<(String, BoundSocket)>> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':').map(str::to_owned);
    let mut inherited = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..inherited.len() {
        let unfit = |e: std::io::Error| {
            Error::failure("the sockets passed by systemd can't be used")
                .why(e.to_string())
                .next("In the socket units, use only ListenStream=")
        };
        let socket = match inherited.take_unix_listener(index) {
            Ok(found) => found.map(BoundSocket::Unix),
            Err(_) => inherited.take_tcp_listener(index).map_err(unfit)?.map(BoundSocket::Tcp),
        };
        let name = names.next().unwrap_or_default();
        sockets.extend(socket.map(|socket| (name, socket)));
    }
    Ok(sockets)
}

/// Returns `true` for a file in the folder in which systemd passes credentials to this service (`LoadCredential=`). Nobody
/// else can read that folder. But systemd lets the service's user read the file by an ACL, which looks like access of a group.
pub fn is_credential(path: &Path) -> bool {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty());
    folder.is_some_and(|folder| path.parent() == Some(Path::new(&folder)))
}

pub fn ready() {
    notify(NotifyState::Ready);
}

pub fn stopping() {
    notify(NotifyState::Stopping);
}

/// Sends a report. A failure has no effect on the clients of the service, so it is ignored.
fn notify(state: NotifyState<'_>) {
    if let Err(e) = sd_notify::notify(false, &[state]) {
        tracing::warn!(why = %e, "systemd can't be notified");
    }
}
