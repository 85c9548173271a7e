//! The two doors: one for proxies that check tokens, one for those who manage the service.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::time::sleep;

use super::connection::{self, Stream};
use super::pulse::Pulse;
use super::{Service, metrics::Metrics};
use crate::domain::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::platform::sockets::{self, Listening, SocketFile};

/// How long is waited after a connection couldn't be taken, or while there are too many.
const PAUSE: Duration = Duration::from_millis(50);

/// How many connections are left to those who manage.
pub(super) const MANAGED: u64 = 32;

/// Which door somebody came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Verify,
    Manage,
}

impl Door {
    /// What systemd calls its socket.
    pub const fn name(self) -> &'static str {
        match self {
            Door::Verify => "verify",
            Door::Manage => "manage",
        }
    }
}

/// A door that is open.
pub(super) struct Opened {
    pub door: Door,
    pub endpoint: Endpoint,
    listening: Listening,
    file: Option<SocketFile>,
}

/// Opens a door: the socket that was handed over under its name, else one at `endpoint`.
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
        Some(listening) => (listening, None),
        None => sockets::listen(endpoint, group)?,
    };
    let endpoint = listening.endpoint().unwrap_or_else(|| endpoint.clone());
    Ok(Opened { door, endpoint, listening, file })
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Opened {
    /// Takes connections until it is told to stop.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when the system refuses to listen.
    pub fn serve(self, service: Arc<Service>, stop: watch::Receiver<bool>) -> Result<()> {
        let refused =
            |e: io::Error| Error::failure(format!("{} can't be listened on", self.endpoint)).why(e.to_string());
        let listener = match self.listening {
            Listening::Tcp(listener) => {
                listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener)).map(Listener::Tcp)
            }
            Listening::Unix(listener) => {
                listener.set_nonblocking(true).and_then(|()| UnixListener::from_std(listener)).map(Listener::Unix)
            }
        };
        let listener = listener.map_err(refused)?;
        let (door, file) = (self.door, self.file);
        tokio::spawn(async move {
            take(door, &listener, &service, stop).await;
            drop(file);
        });
        Ok(())
    }
}

async fn take(door: Door, listener: &Listener, service: &Arc<Service>, mut stop: watch::Receiver<bool>) {
    loop {
        let taken = tokio::select! {
            _ = stop.changed() => return,
            taken = listener.accept() => taken,
        };
        match taken {
            Ok(stream) => {
                let held = Held::new(Arc::clone(service));
                tokio::spawn(async move {
                    connection::serve(Arc::clone(&held.service), door, stream, Arc::clone(&held.pulse)).await;
                    drop(held);
                });
            }
            Err(e) => {
                tracing::warn!(why = %e, "a connection can't be taken");
                sleep(PAUSE).await;
            }
        }
        let most = match door {
            Door::Verify => service.most_open,
            // Whoever manages gets in though the other door is crowded.
            Door::Manage => service.most_open + MANAGED,
        };
        while service.metrics.open.load(Relaxed) >= most && !*stop.borrow() {
            sleep(PAUSE).await;
        }
    }
}

impl Listener {
    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
        }
    }
}

/// A connection among the open ones, for as long as it lives.
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
