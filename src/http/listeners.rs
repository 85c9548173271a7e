//! The listeners: one for proxies that verify tokens, one for the management of the service, and one for its management
//! from other machines.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::time::sleep;

use super::connection::{self, Stream};
use super::connection_timeouts::{ConnectionTimer, SWEEP_INTERVAL};
use super::faults::{Fault, Faults};
use super::tls::Tls;
use super::{ServerState, metrics::Metrics};
use crate::error::{Error, Result};
use crate::platform::sockets::{self, BoundSocket, SocketFile};
use crate::service::endpoint::Endpoint;

/// Wait after a connection couldn't be accepted, or while there are too many.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(10);

/// The listener through which a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListenerKind {
    Verify,
    Management,
    /// Management over TLS.
    Https,
}

impl ListenerKind {
    pub const ALL: [ListenerKind; 3] = [ListenerKind::Verify, ListenerKind::Management, ListenerKind::Https];

    /// Returns the name of the listener's socket in systemd.
    pub const fn name(self) -> &'static str {
        match self {
            ListenerKind::Verify => "verify",
            ListenerKind::Management | ListenerKind::Https => "manage",
        }
    }

    /// Returns the fault that is reported if the socket is lost.
    const fn fault(self) -> Fault {
        match self {
            ListenerKind::Verify => Fault::VerifySocket,
            ListenerKind::Management | ListenerKind::Https => Fault::ManageSocket,
        }
    }

    pub const fn task(self) -> &'static str {
        match self {
            ListenerKind::Verify => "accept verify",
            ListenerKind::Management => "accept manage",
            ListenerKind::Https => "accept https",
        }
    }
}

pub(super) struct BoundListener {
    pub kind: ListenerKind,
    pub endpoint: Endpoint,
    group: Option<String>,
    socket: BoundSocket,
    file: Option<SocketFile>,
    tls: Option<Arc<Tls>>,
}

/// Opens a listener: the socket that was handed over under its name, else a new one at `endpoint`. TLS needs a port.
pub(super) fn bind(
    kind: ListenerKind,
    inherited: &mut Vec<(String, BoundSocket)>,
    endpoint: &Endpoint,
    group: Option<&str>,
    tls: Option<Arc<Tls>>,
) -> Result<BoundListener> {
    let fits = |socket: &BoundSocket| tls.is_none() || matches!(socket, BoundSocket::Tcp(_));
    let existing = inherited.iter().position(|(name, socket)| name == kind.name() && fits(socket));
    let existing = existing.map(|at| inherited.swap_remove(at).1);
    let (listening, file) = match existing {
        Some(listening) => {
            let file = listening.endpoint().as_ref().and_then(SocketFile::inherited);
            (listening, file)
        }
        None => sockets::listen(endpoint, group)?,
    };
    let refused = |e: io::Error| Error::failure(format!("can't listen on {endpoint}")).why(e.to_string());
    listening.extend_backlog().map_err(refused)?;
    let endpoint = listening.endpoint().unwrap_or_else(|| endpoint.clone());
    Ok(BoundListener { kind, endpoint, group: group.map(str::to_owned), socket: listening, file, tls })
}

/// Explains that systemd passes a socket named `name` that no listener uses.
pub(super) fn unused_socket(name: &str, has_https: bool) -> Error {
    match ListenerKind::ALL.iter().any(|kind| kind.name() == name) {
        true => Error::usage(format!("systemd passes more sockets named \"{name}\" than jeton uses"))
            .why(
                "jeton uses one socket named verify and one socket named manage. If serve.manage has an https address, \
                 jeton uses a second socket named manage. This second socket must be a TCP port",
            )
            .next(match name == ListenerKind::Https.name() && !has_https {
                true => {
                    "For https, add an https address to serve.manage. Otherwise remove the extra ListenStream= line \
                     from the socket units"
                }
                false => "Remove the extra ListenStream= line from the socket units",
            }),
        false => Error::usage(format!("systemd passes a socket named \"{name}\", which jeton doesn't use"))
            .why(
                "jeton uses one socket named verify and one socket named manage. If serve.manage has an https address, \
                 jeton uses a second socket named manage",
            )
            .next("Correct FileDescriptorName= in the unit of this socket, or disable the unit"),
    }
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl BoundListener {
    /// Accepts connections until `stop` is set.
    pub fn serve(self, service: Arc<ServerState>, stop: watch::Receiver<bool>) -> Result<()> {
        let refused = |e: io::Error| Error::failure(format!("can't listen on {}", self.endpoint)).why(e.to_string());
        let listener = Listener::from_socket(self.socket).map_err(refused)?;
        let address = ListenAddress { endpoint: self.endpoint, group: self.group, file: self.file };
        let (kind, tls, supervisor) = (self.kind, self.tls, Arc::clone(&service.supervisor));
        supervisor.spawn_vital(kind.task(), async move {
            accept_loop(kind, listener, address, tls, &service, stop).await;
        });
        Ok(())
    }
}

/// The address of a listener, and the parameters to reopen it.
struct ListenAddress {
    endpoint: Endpoint,
    group: Option<String>,
    file: Option<SocketFile>,
}

impl ListenAddress {
    /// Returns a new listener if the socket's file was removed or replaced. If reopening fails, a fault is reported
    /// until a later sweep succeeds.
    fn reopen_if_removed(&mut self, kind: ListenerKind, faults: &Faults) -> Option<Listener> {
        let file = self.file.as_ref()?;
        if file.is_in_place() {
            faults.resolve(kind.fault());
            return None;
        }
        if !file.is_ours() {
            let why = format!(
                "systemd created the socket {}, so jeton can't create the socket again. Restart the socket unit: \
                 systemctl restart jeton-{}.socket",
                self.endpoint,
                kind.name()
            );
            faults.report(kind.fault(), &why);
            return None;
        }
        let bound = sockets::listen(&self.endpoint, self.group.as_deref()).and_then(|(listening, file)| {
            let what = "jeton created the socket again, but can't listen on it";
            let fail = |e: io::Error| Error::failure(what).why(e.to_string());
            listening.extend_backlog().and_then(|()| Listener::from_socket(listening)).map_err(fail).map(|l| (l, file))
        });
        match bound {
            Ok((listener, file)) => {
                self.file = file;
                tracing::warn!(
                    endpoint = %self.endpoint,
                    "the socket was removed or replaced, and jeton created the socket again"
                );
                faults.resolve(kind.fault());
                Some(listener)
            }
            Err(e) => {
                faults.report(kind.fault(), &e.to_string());
                None
            }
        }
    }
}

async fn accept_loop(
    kind: ListenerKind,
    mut listener: Listener,
    mut address: ListenAddress,
    tls: Option<Arc<Tls>>,
    service: &Arc<ServerState>,
    mut stop: watch::Receiver<bool>,
) {
    let most = service.limits.max_for(kind);
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => return,
            accepted = listener.accept() => accepted,
            () = sleep(SWEEP_INTERVAL) => {
                if let Some(reopened) = address.reopen_if_removed(kind, &service.faults) {
                    listener = reopened;
                }
                continue;
            }
        };
        match accepted {
            Ok(stream) => {
                let guard = ConnectionGuard::new(Arc::clone(service), kind);
                let tls = tls.clone();
                service.supervisor.spawn_isolated("connection", async move {
                    let stream = match tls {
                        // Boxed, so that connections without TLS have no room for it.
                        Some(tls) => Box::pin(stream.encrypt(&tls, &guard.timer)).await,
                        None => Some(stream),
                    };
                    if let Some(stream) = stream {
                        connection::serve(Arc::clone(&guard.server), kind, stream, Arc::clone(&guard.timer)).await;
                    }
                    drop(guard);
                });
            }
            Err(e) if is_connection_error(&e) => {
                tracing::debug!(why = %e, "a connection closed before it was accepted")
            }
            Err(e) => {
                if service.overload.refused.fetch_add(1, Relaxed) == 0 {
                    tracing::warn!(
                        why = %e,
                        "jeton can't accept new connections at the moment, and logs this only once. The metric \
                         jeton_connections_not_accepted_total counts the failed attempts"
                    );
                }
                service.overload.close_idle(&service.connections, kind, most);
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
        while service.connections.open(kind) >= most && !*stop.borrow() {
            if listener.has_waiting() {
                service.overload.close_idle(&service.connections, kind, most);
            }
            sleep(ACCEPT_RETRY_DELAY).await;
        }
    }
}

/// Returns `true` if only this connection is lost, and the next one can be accepted at once.
fn is_connection_error(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, PermissionDenied, TimedOut};
    matches!(e.kind(), ConnectionAborted | ConnectionReset | Interrupted | PermissionDenied | TimedOut)
}

impl Listener {
    fn from_socket(listening: BoundSocket) -> io::Result<Self> {
        match listening {
            BoundSocket::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener).map(Listener::Tcp)
            }
            BoundSocket::Unix(listener) => {
                listener.set_nonblocking(true)?;
                UnixListener::from_std(listener).map(Listener::Unix)
            }
        }
    }

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
struct ConnectionGuard {
    server: Arc<ServerState>,
    timer: Arc<ConnectionTimer>,
}

impl ConnectionGuard {
    fn new(service: Arc<ServerState>, kind: ListenerKind) -> Self {
        let Metrics { open, accepted, .. } = &service.metrics;
        open.fetch_add(1, Relaxed);
        accepted.fetch_add(1, Relaxed);
        let timer = service.connections.register(kind);
        ConnectionGuard { server: service, timer }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.server.connections.deregister(&self.timer);
        self.server.metrics.open.fetch_sub(1, Relaxed);
    }
}
