//! The two listeners: one for proxies that check tokens, one for the management of the service.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::time::sleep;

use super::connection::{self, Stream};
use super::faults::{Fault, Faults};
use super::pulse::{LOOK_EVERY, Pulse};
use super::{Service, metrics::Metrics};
use crate::domain::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::platform::sockets::{self, Listening, SocketFile};

/// Wait after a connection couldn't be accepted, or while there are too many.
const PAUSE: Duration = Duration::from_millis(10);

/// The listener through which a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Verify,
    Manage,
}

impl Door {
    /// Returns the name of the listener's socket in systemd.
    pub const fn name(self) -> &'static str {
        match self {
            Door::Verify => "verify",
            Door::Manage => "manage",
        }
    }

    /// Returns the fault that is reported if the socket is lost.
    const fn fault(self) -> Fault {
        match self {
            Door::Verify => Fault::VerifySocket,
            Door::Manage => Fault::ManageSocket,
        }
    }

    /// Returns the name of the task that accepts connections.
    pub const fn task(self) -> &'static str {
        match self {
            Door::Verify => "accept verify",
            Door::Manage => "accept manage",
        }
    }
}

/// An open listener.
pub(super) struct Opened {
    pub door: Door,
    pub endpoint: Endpoint,
    group: Option<String>,
    listening: Listening,
    file: Option<SocketFile>,
}

/// Opens a listener: the socket that was handed over under its name, else a new one at `endpoint`.
///
/// # Errors
/// Those of [`sockets::listen`].
pub(super) fn open(
    door: Door,
    handed: &mut Vec<(String, Listening)>,
    endpoint: &Endpoint,
    group: Option<&str>,
) -> Result<Opened> {
    let given = handed.iter().position(|(name, _)| name == door.name()).map(|at| handed.swap_remove(at).1);
    let (listening, file) = match given {
        Some(listening) => {
            let file = listening.endpoint().as_ref().and_then(SocketFile::handed);
            (listening, file)
        }
        None => sockets::listen(endpoint, group)?,
    };
    let refused = |e: io::Error| Error::failure(format!("{endpoint} can't be listened on")).why(e.to_string());
    listening.extend_backlog().map_err(refused)?;
    let endpoint = listening.endpoint().unwrap_or_else(|| endpoint.clone());
    Ok(Opened { door, endpoint, group: group.map(str::to_owned), listening, file })
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Opened {
    /// Accepts connections until `stop` is set.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the system refuses to listen.
    pub fn serve(self, service: Arc<Service>, stop: watch::Receiver<bool>) -> Result<()> {
        let refused =
            |e: io::Error| Error::failure(format!("{} can't be listened on", self.endpoint)).why(e.to_string());
        let listener = Listener::of(self.listening).map_err(refused)?;
        let place = Place { endpoint: self.endpoint, group: self.group, file: self.file };
        let (door, supervisor) = (self.door, Arc::clone(&service.supervisor));
        supervisor.vital(door.task(), async move { take(door, listener, place, &service, stop).await });
        Ok(())
    }
}

/// The address of a listener, and what is needed to reopen it.
struct Place {
    endpoint: Endpoint,
    group: Option<String>,
    file: Option<SocketFile>,
}

impl Place {
    /// Returns a new listener if the file of the old one's socket was removed or replaced. If that isn't possible
    /// now, a fault is reported until one of the next looks succeeds.
    fn look(&mut self, door: Door, faults: &Faults) -> Option<Listener> {
        let file = self.file.as_ref()?;
        if file.is_in_place() {
            faults.resolve(door.fault());
            return None;
        }
        if !file.is_ours() {
            let why = format!("the socket {} came from systemd; restart its socket unit", self.endpoint);
            faults.report(door.fault(), &why);
            return None;
        }
        let opened = sockets::listen(&self.endpoint, self.group.as_deref()).and_then(|(listening, file)| {
            let fail = |e: io::Error| Error::failure("it can't be listened on").why(e.to_string());
            listening.extend_backlog().and_then(|()| Listener::of(listening)).map_err(fail).map(|l| (l, file))
        });
        match opened {
            Ok((listener, file)) => {
                self.file = file;
                tracing::warn!(endpoint = %self.endpoint, "the socket's file was taken away: it is made anew");
                faults.resolve(door.fault());
                Some(listener)
            }
            Err(e) => {
                faults.report(door.fault(), &e.to_string());
                None
            }
        }
    }
}

async fn take(
    door: Door,
    mut listener: Listener,
    mut place: Place,
    service: &Arc<Service>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let taken = tokio::select! {
            _ = stop.changed() => return,
            taken = listener.accept() => taken,
            () = sleep(LOOK_EVERY) => {
                if let Some(reopened) = place.look(door, &service.faults) {
                    listener = reopened;
                }
                continue;
            }
        };
        match taken {
            Ok(stream) => {
                let held = Held::new(Arc::clone(service));
                service.supervisor.single("connection", async move {
                    connection::serve(Arc::clone(&held.service), door, stream, Arc::clone(&held.pulse)).await;
                    drop(held);
                });
            }
            Err(e) if is_of_one(&e) => tracing::debug!(why = %e, "a connection ended before it was accepted"),
            Err(e) => {
                if service.crowd.refused.fetch_add(1, Relaxed) == 0 {
                    tracing::warn!(why = %e, "a connection can't be accepted");
                }
                service.crowd.make_room(&service.pulses, service.room.all);
                sleep(PAUSE).await;
            }
        }
        let most = match door {
            Door::Verify => service.room.verify,
            // Management connections are accepted even if the verify listener is crowded.
            Door::Manage => service.room.all,
        };
        while service.metrics.open.load(Relaxed) >= most && !*stop.borrow() {
            if listener.has_waiting() {
                service.crowd.make_room(&service.pulses, most);
            }
            sleep(PAUSE).await;
        }
    }
}

/// `true` if only this connection is lost, and the next one can be accepted at once.
fn is_of_one(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, PermissionDenied, TimedOut};
    matches!(e.kind(), ConnectionAborted | ConnectionReset | Interrupted | PermissionDenied | TimedOut)
}

impl Listener {
    fn of(listening: Listening) -> io::Result<Self> {
        match listening {
            Listening::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener).map(Listener::Tcp)
            }
            Listening::Unix(listener) => {
                listener.set_nonblocking(true)?;
                UnixListener::from_std(listener).map(Listener::Unix)
            }
        }
    }

    /// `true` if a client waits to be accepted.
    fn has_waiting(&self) -> bool {
        match self {
            Listener::Tcp(listener) => sockets::is_readable(listener),
            Listener::Unix(listener) => sockets::is_readable(listener),
        }
    }

    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // If the connection is already closed, serving it will show that.
                let _ = stream.set_nodelay(true);
                Ok(Stream::Tcp(stream))
            }
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
        }
    }
}

/// An open connection. On drop it is counted as closed.
struct Held {
    service: Arc<Service>,
    pulse: Arc<Pulse>,
}

impl Held {
    fn new(service: Arc<Service>) -> Self {
        let Metrics { open, accepted, .. } = &service.metrics;
        open.fetch_add(1, Relaxed);
        accepted.fetch_add(1, Relaxed);
        let pulse = service.pulses.enter();
        Held { service, pulse }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.service.pulses.leave(&self.pulse);
        self.service.metrics.open.fetch_sub(1, Relaxed);
    }
}
