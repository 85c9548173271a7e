//! More clients than there are file descriptors: the connections that do least are closed, so that newcomers are
//! answered.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::pulse::Pulses;
use crate::error::{Error, Result};
use crate::platform::process;

/// Connections that are open at one time, at most.
const MAX_OPEN: u64 = 16_384;
/// Of those the ones that only those who manage may have, at most.
const MAX_MANAGED: u64 = 32;
/// Files that are opened later: those of the runtime, and those of a store that is opened anew.
const SPARE_FILES: u64 = 12;
/// The fewest connections worth a service.
const MIN_OPEN: u64 = 4;
/// The share of connections that is closed at once. Looking at all of them for each newcomer would take too long.
const SHARE: u64 = 64;
/// Looks at the connections without a further closing, after which the crowd counts as gone.
const CALM: u64 = 4;

/// How many connections may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// By whatever way.
    pub all: u64,
    /// By the verify listener.
    pub verify: u64,
}

impl Room {
    /// Raises the limit of open files as far as it goes, and shares out what is left of it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if that is too little to serve anybody.
    pub fn find() -> Result<Self> {
        let limit = process::raise_open_files();
        Room::of(limit, process::open_files().unwrap_or(0) + SPARE_FILES)
    }

    fn of(limit: u64, others: u64) -> Result<Self> {
        let all = limit.saturating_sub(others);
        if all < MIN_OPEN {
            return Err(Error::failure(format!("only {limit} files may be open"))
                .why(format!("the service itself needs {others}, and connections need the rest"))
                .next("Raise the limit: ulimit -n 1024, or LimitNOFILE= in the unit"));
        }
        let all = all.min(MAX_OPEN + MAX_MANAGED);
        Ok(Room { all, verify: all - (all / 4).clamp(1, MAX_MANAGED) })
    }
}

/// What becomes of connections that are too many.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// Connections closed to make room.
    pub closed: AtomicU64,
    /// Times a connection could not be accepted.
    pub refused: AtomicU64,
}

impl Crowd {
    /// Closes some of the connections that do least, of `most`. Returns whether there were any.
    pub fn make_room(&self, pulses: &Pulses, most: u64) -> bool {
        let closed = pulses.close_idle((most / SHARE).max(1));
        self.closed.fetch_add(closed, Relaxed);
        closed > 0
    }
}

/// Reports a crowd once when it comes and once when it has gone.
#[derive(Default)]
pub(super) struct CrowdReport {
    closed: u64,
    refused: u64,
    /// Those at the beginning of this crowd.
    before: Option<(u64, u64)>,
    calm: u64,
}

impl CrowdReport {
    /// Looks at what has become of connections since the last look.
    pub fn look(&mut self, crowd: &Crowd, open: u64, room: Room) {
        let (closed, refused) = (crowd.closed.load(Relaxed), crowd.refused.load(Relaxed));
        let before = (self.closed, self.refused);
        (self.closed, self.refused) = (closed, refused);
        match self.before {
            None if before != (closed, refused) => {
                self.before = Some(before);
                self.calm = 0;
                tracing::warn!(
                    open,
                    most = room.all,
                    "too many connections: the most idle are closed so that others are answered; raise the limit of open files (ulimit -n, LimitNOFILE=)"
                );
            }
            Some(_) if before != (closed, refused) => self.calm = 0,
            Some((closed_before, refused_before)) => {
                self.calm += 1;
                if self.calm >= CALM {
                    self.before = None;
                    let (closed, refused) = (closed - closed_before, refused - refused_before);
                    tracing::info!(open, closed, refused, "there is room for connections again");
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
    fn room_is_shared_out_whatever_the_limit() {
        assert_eq!(Room::of(40, 28).unwrap(), Room { all: 12, verify: 9 });
        assert_eq!(Room::of(32, 28).unwrap(), Room { all: 4, verify: 3 });
        assert!(Room::of(31, 28).is_err() && Room::of(0, 28).is_err());
        let most = Room { all: MAX_OPEN + MAX_MANAGED, verify: MAX_OPEN };
        assert_eq!((Room::of(20_000, 30).unwrap(), Room::of(u64::MAX, 30).unwrap()), (most, most));
    }
}
