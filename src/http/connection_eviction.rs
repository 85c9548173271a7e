//! Limits for more clients than there are file descriptors. The least active connections are closed to make room for
//! new ones.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::connection_timeouts::ConnectionRegistry;
use super::listeners::ListenerKind;
use crate::error::{Error, Result};
use crate::platform::own_process;

/// Maximum number of connections that the verify listener has open.
const MAX_CONNECTIONS: u64 = 16_384;
/// Maximum number of connections that each of the two management listeners has open, in addition to
/// [`MAX_CONNECTIONS`]. No listener can use up the connections of another.
const MAX_MANAGEMENT: u64 = 1_024;
/// Files that are opened later: those of the runtime, of a reopened store, and of the connection that reads figures.
const SPARE_FILES: u64 = 14;
/// Minimum number of connections with which the service starts.
const MIN_CONNECTIONS: u64 = 4;
/// Divisor of the share of connections that is closed at once. Ranking all connections for each new one would take too
/// long.
const CLOSE_DIVISOR: u64 = 64;
/// Number of sweeps without a closed connection after which the overload counts as over: 2 s.
const SWEEPS_WITHOUT_OVERLOAD: u64 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConnectionLimits {
    pub verify: u64,
    /// Limit of each management listener.
    pub management: u64,
}

impl ConnectionLimits {
    /// Raises the limit of open files as far as the system allows, and divides the remaining files among
    /// connections.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the limit is too low to serve any connection.
    pub fn detect() -> Result<Self> {
        let limit = own_process::raise_max_open_files();
        ConnectionLimits::from_open_files(limit, own_process::open_file_count().unwrap_or(0) + SPARE_FILES)
    }

    fn from_open_files(limit: u64, others: u64) -> Result<Self> {
        let all = limit.saturating_sub(others);
        if all < MIN_CONNECTIONS {
            return Err(Error::failure(format!("the limit of open files is only {limit}"))
                .why(format!("the service itself needs {others} files, so too few remain for connections"))
                .next(
                    "Let jeton open more files. In the systemd unit, set LimitNOFILE=20000. For a container, use the \
                     option --ulimit nofile=20000. Otherwise, run in a root shell: ulimit -n 20000, then sudo -u \
                     USER jeton serve",
                ));
        }
        let management = (all / 8).clamp(1, MAX_MANAGEMENT);
        Ok(ConnectionLimits { verify: (all - 2 * management).min(MAX_CONNECTIONS), management })
    }

    pub fn max_for(self, kind: ListenerKind) -> u64 {
        match kind {
            ListenerKind::Verify => self.verify,
            ListenerKind::Management | ListenerKind::Https => self.management,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct OverloadCounters {
    pub closed: AtomicU64,
    /// Number of times a connection could not be accepted.
    pub refused: AtomicU64,
}

impl OverloadCounters {
    /// Closes the least active connections of a listener: a share of `most`, its limit. Returns `true` if any was closed.
    pub fn close_idle(&self, connections: &ConnectionRegistry, kind: ListenerKind, most: u64) -> bool {
        let closed = connections.close_idle(kind, (most / CLOSE_DIVISOR).max(1));
        self.closed.fetch_add(closed, Relaxed);
        closed > 0
    }
}

/// Logs an overload once when it begins and once when it is over.
#[derive(Default)]
pub(super) struct OverloadReport {
    closed: u64,
    refused: u64,
    /// The counters at the beginning of this overload.
    before: Option<(u64, u64)>,
    sweeps_without_overload: u64,
}

impl OverloadReport {
    /// Compares the counters with those of the last sweep, and logs a change.
    pub fn update(&mut self, counters: &OverloadCounters, open: u64, limits: ConnectionLimits) {
        let (closed, refused) = (counters.closed.load(Relaxed), counters.refused.load(Relaxed));
        let before = (self.closed, self.refused);
        (self.closed, self.refused) = (closed, refused);
        match self.before {
            None if before != (closed, refused) => {
                self.before = Some(before);
                self.sweeps_without_overload = 0;
                let next = match limits.verify < MAX_CONNECTIONS {
                    true => {
                        "The system's limit of open files is too low. Raise the limit to 20000 or more. In the systemd \
                         unit, set LimitNOFILE=20000. For a container, use the option --ulimit nofile=20000. \
                         Otherwise, run in a root shell: ulimit -n 20000, then sudo -u USER jeton serve"
                    }
                    false => "Find the clients that have too many open connections",
                };
                let effect = match before.1 == refused {
                    true => "jeton closes the least active connections",
                    false => "jeton can't accept some new connections",
                };
                tracing::warn!(
                    open,
                    most = limits.verify,
                    "too many connections: {effect}. The limit is {} connections for proxies, and {} for each \
                     management address. {next}",
                    limits.verify,
                    limits.management
                );
            }
            Some(_) if before != (closed, refused) => self.sweeps_without_overload = 0,
            Some((closed_before, refused_before)) => {
                self.sweeps_without_overload += 1;
                if self.sweeps_without_overload >= SWEEPS_WITHOUT_OVERLOAD {
                    self.before = None;
                    let (closed, refused) = (closed - closed_before, refused - refused_before);
                    tracing::info!(
                        open,
                        closed,
                        refused,
                        "the overload is over: for 2 s, jeton did not need to close or refuse a connection"
                    );
                }
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shared_out_for_any_file_limit() {
        assert_eq!(ConnectionLimits::from_open_files(40, 28).unwrap(), ConnectionLimits { verify: 10, management: 1 });
        assert_eq!(ConnectionLimits::from_open_files(32, 28).unwrap(), ConnectionLimits { verify: 2, management: 1 });
        assert!(
            ConnectionLimits::from_open_files(31, 28).is_err() && ConnectionLimits::from_open_files(0, 28).is_err()
        );
        let most = ConnectionLimits { verify: MAX_CONNECTIONS, management: MAX_MANAGEMENT };
        assert_eq!(
            (
                ConnectionLimits::from_open_files(20_000, 30).unwrap(),
                ConnectionLimits::from_open_files(u64::MAX, 30).unwrap()
            ),
            (most, most)
        );
    }
}
