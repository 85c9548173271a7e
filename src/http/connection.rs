//! One connection: who may hold it for how long, and how much he may say.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::listen::Door;
use super::verify::Guest;
use super::{Service, router};

/// How long a head may take from its first byte to its last.
const HEAD: Duration = Duration::from_secs(5);
/// How long a connection may be silent: longer than the proxies' own limit (nginx: 60 s), so that they close first.
const IDLE: Duration = Duration::from_secs(75);
/// How long an answer may take; nothing that is asked takes longer than the store's patience.
const ANSWER: Duration = Duration::from_secs(10);
/// How often a silent connection is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2_500);
/// The longest head, in bytes.
const HEAD_MOST: usize = 16 * 1024;

/// Either kind of stream.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn peer(&self) -> Option<IpAddr> {
        match self {
            Stream::Tcp(stream) => stream.peer_addr().ok().map(|address| address.ip()),
            Stream::Unix(_) => None,
        }
    }
}

/// What a connection is at, and since when: milliseconds since it began, times three, plus the phase.
struct Pulse {
    began: Instant,
    beat: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Silent,
    Reading,
    Answering,
}

impl Pulse {
    /// Something was said: a head begins, or goes on, or more follows while the one before is answered.
    fn heard(&self) {
        let phase = match self.phase() {
            Phase::Reading => return,
            Phase::Silent => Phase::Reading,
            Phase::Answering => Phase::Answering,
        };
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX / 4);
        self.beat.store(now * 3 + phase as u64, Relaxed);
    }

    /// What follows counts from when something was last heard.
    fn go_on(&self, phase: Phase) {
        self.beat.store(self.beat.load(Relaxed) / 3 * 3 + phase as u64, Relaxed);
    }

    fn phase(&self) -> Phase {
        match self.beat.load(Relaxed) % 3 {
            0 => Phase::Silent,
            1 => Phase::Reading,
            _ => Phase::Answering,
        }
    }

    /// For how long it may go on as it is; none when it has already been too long.
    fn left(&self, idle: Duration) -> Option<Duration> {
        let limit = match self.phase() {
            Phase::Silent => idle,
            Phase::Reading => HEAD,
            Phase::Answering => ANSWER,
        };
        let since = Duration::from_millis(self.beat.load(Relaxed) / 3);
        limit.checked_sub(self.began.elapsed().saturating_sub(since)).filter(|left| !left.is_zero())
    }
}

struct Watched {
    stream: Stream,
    pulse: Arc<Pulse>,
}

/// Answers what comes over `stream`, until either side has had enough.
pub(super) async fn serve(service: Arc<Service>, door: Door, stream: Stream, mut stop: watch::Receiver<bool>) {
    let guest = Arc::new(Guest::new(stream.peer()));
    let pulse = Arc::new(Pulse { began: Instant::now(), beat: AtomicU64::new(0) });
    let answering = Arc::clone(&pulse);
    let answers = Arc::clone(&service);
    let answer = service_fn(move |request: Request<Incoming>| {
        let (service, pulse, guest) = (Arc::clone(&answers), Arc::clone(&answering), Arc::clone(&guest));
        async move {
            pulse.go_on(Phase::Answering);
            let answer = match door {
                Door::Verify => router::verify(&service, &guest, request).await,
                Door::Manage => router::manage(&service, request).await,
            };
            pulse.go_on(Phase::Silent);
            Ok::<_, Infallible>(answer)
        }
    });
    let watched = TokioIo::new(Watched { stream, pulse: Arc::clone(&pulse) });
    let connection = http1::Builder::new().max_buf_size(HEAD_MOST).max_headers(100).serve_connection(watched, answer);
    let mut connection = std::pin::pin!(connection);
    let mut look_in = LOOK_EVERY;
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(e) = ended {
                    tracing::debug!(why = %e, "a connection ended");
                }
                return;
            }
            _ = stop.changed(), if !stopping => {
                stopping = true;
                if pulse.phase() == Phase::Silent {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
            () = sleep(look_in) => match pulse.left(service.idle_limit()) {
                None => {
                    service.metrics.timed_out.fetch_add(1, Relaxed);
                    return;
                }
                Some(left) => look_in = left.min(LOOK_EVERY),
            }
        }
    }
}

impl Service {
    /// How long a connection may be silent now: where there are many, not for long.
    fn idle_limit(&self) -> Duration {
        if self.metrics.open.load(Relaxed) * 2 > self.most_open { HEAD } else { IDLE }
    }
}

macro_rules! with_stream {
    ($self:ident, $stream:ident => $act:expr) => {
        match &mut $self.get_mut().stream {
            Stream::Tcp($stream) => $act,
            Stream::Unix($stream) => $act,
        }
    };
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let this = self.as_mut();
        let read = with_stream!(this, stream => Pin::new(stream).poll_read(cx, buffer));
        if buffer.filled().len() > before {
            self.pulse.heard();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        with_stream!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        with_stream!(self, stream => Pin::new(stream).poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(millis_ago: u64) -> Pulse {
        let began = Instant::now().checked_sub(Duration::from_millis(millis_ago)).unwrap();
        Pulse { began, beat: AtomicU64::new(0) }
    }

    #[test]
    fn a_head_counts_from_its_first_byte_and_silence_from_the_last_word() {
        let pulse = pulse(60_000);
        assert!(pulse.left(IDLE).is_some(), "silent for a minute");
        assert!(pulse.left(HEAD).is_none());
        pulse.heard();
        let first = pulse.left(IDLE).unwrap();
        assert!(pulse.phase() == Phase::Reading && first <= HEAD);
        pulse.heard();
        assert!(pulse.left(IDLE).unwrap() <= first, "a byte a second gives no more time");
        pulse.go_on(Phase::Answering);
        pulse.go_on(Phase::Silent);
        assert!(pulse.left(IDLE).unwrap() > HEAD);
    }

    #[test]
    fn who_goes_on_asking_is_not_cut_off() {
        let pulse = pulse(60_000);
        pulse.go_on(Phase::Answering);
        assert!(pulse.left(IDLE).is_none(), "an answer that takes a minute");
        pulse.heard();
        assert!(pulse.phase() == Phase::Answering && pulse.left(IDLE).is_some());
    }
}
