//! The terminal's input bytes and size, from the system.

use std::io;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Assumed columns and rows of a terminal that doesn't report its size.
const DEFAULT_SIZE: (u16, u16) = (80, 24);
/// Maximum columns and rows of the drawn area: more than any screen has, and little memory.
const MAX_SIZE: (u16, u16) = (800, 300);

/// Returns the columns and rows of the drawn area. A terminal may report any size; the part beyond the maximum stays
/// empty.
pub fn size() -> (u16, u16) {
    let reported = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).map_or((0, 0), |s| (s.ws_col, s.ws_row));
    clamp_size(reported)
}

fn clamp_size((columns, rows): (u16, u16)) -> (u16, u16) {
    let bound = |reported: u16, unknown: u16, largest: u16| if reported == 0 { unknown } else { reported.min(largest) };
    (bound(columns, DEFAULT_SIZE.0, MAX_SIZE.0), bound(rows, DEFAULT_SIZE.1, MAX_SIZE.1))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadEvent {
    /// That many bytes are in the buffer.
    Bytes(usize),
    /// No bytes came in the given time.
    TimedOut,
}

/// Waits for bytes from the terminal. The wait is limited by `timeout`; `None` waits forever.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::UnexpectedEof`] if the terminal is gone.
pub fn read(buffer: &mut [u8], timeout: Option<Duration>) -> io::Result<ReadEvent> {
    if !wait(timeout)? {
        return Ok(ReadEvent::TimedOut);
    }
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut *buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => return Ok(ReadEvent::Bytes(count)),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

pub fn has_more() -> bool {
    wait(Some(Duration::ZERO)).unwrap_or(false)
}

/// Returns `true` if there is something to read within `timeout`. Signals don't prolong the wait.
#[expect(
    clippy::disallowed_methods,
    reason = "a signal ends poll early; the remaining timeout is computed from the real clock"
)]
fn wait(timeout: Option<Duration>) -> io::Result<bool> {
    let end = timeout.map(|timeout| Instant::now() + timeout);
    let terminal = rustix::stdio::stdin();
    let mut polled = [PollFd::new(&terminal, PollFlags::IN)];
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(&mut polled, left.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::clamp_size;

    #[test]
    fn claimed_size_is_bounded() {
        assert_eq!(clamp_size((80, 24)), (80, 24));
        assert_eq!(clamp_size((1, 1)), (1, 1));
        assert_eq!(clamp_size((0, 0)), (80, 24));
        assert_eq!(clamp_size((0, 40)), (80, 40));
        assert_eq!(clamp_size((65_535, 65_535)), (800, 300));
    }
}
