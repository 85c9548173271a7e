//! What systemd hands to a service and hears from it: sockets that are open already (`LISTEN_FDS`), and that it is ready
//! or ending (`NOTIFY_SOCKET`). Without systemd nothing is handed over and nobody hears.

use listenfd::ListenFd;
use sd_notify::NotifyState;

use super::sockets::Listening;
use crate::error::{Error, Result};

/// The sockets that were handed over, by the names that their units give them (`FileDescriptorName=`).
///
/// # Errors
/// [`Error::failure`] for what is no listening socket.
pub fn handed_sockets() -> Result<Vec<(String, Listening)>> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':').map(str::to_owned);
    let mut handed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..handed.len() {
        let unfit = |e: std::io::Error| {
            Error::failure("what systemd hands over can't be listened on")
                .why(e.to_string())
                .next("Its socket units need ListenStream=")
        };
        let socket = match handed.take_unix_listener(index) {
            Ok(found) => found.map(Listening::Unix),
            Err(_) => handed.take_tcp_listener(index).map_err(unfit)?.map(Listening::Tcp),
        };
        let name = names.next().unwrap_or_default();
        sockets.extend(socket.map(|socket| (name, socket)));
    }
    Ok(sockets)
}

/// Tells systemd that the service answers.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// Tells systemd that the service is ending.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

/// Failing to tell changes nothing for those who ask the service.
fn tell(state: NotifyState<'_>) {
    if let Err(e) = sd_notify::notify(false, &[state]) {
        tracing::warn!(why = %e, "systemd can't be told");
    }
}
