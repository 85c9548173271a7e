//! The terminal's input bytes and size, from the system.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use super::signals;

/// Assumed columns and rows of a terminal that doesn't report its size.
const DEFAULT_SIZE: (u16, u16) = (80, 24);
/// Maximum columns and rows of the drawn area: more than any screen has, and little memory.
const MAX_SIZE: (u16, u16) = (800, 300);
/// Time between two checks if the program was asked to end.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// Maximum time that a pause waits for the reader.
const PAUSE_TIMEOUT: Duration = Duration::from_millis(500);

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
    /// Another program reads the terminal: the reader must call [`InputPause::wait`].
    Paused,
}

/// Pauses the thread that reads the terminal, so that another program gets all that is typed.
pub struct InputPause {
    state: Mutex<PauseState>,
    changed: Condvar,
    /// A pipe whose bytes wake the reader.
    wake: (OwnedFd, OwnedFd),
}

#[derive(Default)]
struct PauseState {
    is_wanted: bool,
    is_paused: bool,
}

/// The pause of the reader, until this is dropped.
pub struct PausedInput(Arc<InputPause>);

impl InputPause {
    pub fn new() -> io::Result<Arc<Self>> {
        let wake = pipe_with(PipeFlags::CLOEXEC)?;
        Ok(Arc::new(InputPause { state: Mutex::default(), changed: Condvar::new(), wake }))
    }

    fn state(&self) -> MutexGuard<'_, PauseState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the reader reads no more. A reader that has ended isn't waited for.
    pub fn begin(self: &Arc<Self>) -> PausedInput {
        let mut state = self.state();
        state.is_wanted = true;
        // If this fails, the reader has ended.
        let _ = rustix::io::write(&self.wake.1, &[0]);
        drop(self.changed.wait_timeout_while(state, PAUSE_TIMEOUT, |state| !state.is_paused));
        PausedInput(Arc::clone(self))
    }

    /// Pauses this thread, which reads the terminal.
    pub fn wait(&self) {
        let _ = rustix::io::read(&self.wake.0, &mut [0]);
        let mut state = self.state();
        state.is_paused = true;
        self.changed.notify_all();
        let mut state = self.changed.wait_while(state, |s| s.is_wanted).unwrap_or_else(PoisonError::into_inner);
        state.is_paused = false;
    }
}

impl Drop for PausedInput {
    fn drop(&mut self) {
        self.0.state().is_wanted = false;
        self.0.changed.notify_all();
    }
}

/// Waits for bytes from the terminal, or for a `pause`. The wait is limited by `timeout`; `None` waits forever.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::UnexpectedEof`] if the terminal is gone.
pub fn read(buffer: &mut [u8], timeout: Option<Duration>, pause: &InputPause) -> io::Result<ReadEvent> {
    let terminal = rustix::stdio::stdin();
    let mut polled = [PollFd::new(&pause.wake.0, PollFlags::IN), PollFd::new(&terminal, PollFlags::IN)];
    loop {
        if !wait(&mut polled, timeout)? {
            return Ok(ReadEvent::TimedOut);
        }
        if !polled[0].revents().is_empty() {
            return Ok(ReadEvent::Paused);
        }
        match rustix::io::read(rustix::stdio::stdin(), &mut *buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => return Ok(ReadEvent::Bytes(count)),
            // Another program has made the terminal non-blocking, and has read the bytes.
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// Waits for something to read from `input`. Returns `false` if a signal asked the program to end first, after
/// [`signals::hold_ends`].
pub fn wait_for_input_or_end(input: impl AsFd) -> io::Result<bool> {
    while !signals::is_asked_to_end() {
        if wait(&mut [PollFd::new(&input, PollFlags::IN)], Some(CHECK_INTERVAL))? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub fn has_more() -> bool {
    wait(&mut [PollFd::new(&rustix::stdio::stdin(), PollFlags::IN)], Some(Duration::ZERO)).unwrap_or(false)
}

/// Returns `true` if something can be read within `timeout`. Signals don't prolong the wait.
#[expect(
    clippy::disallowed_methods,
    reason = "a signal ends poll early; the remaining timeout is computed from the real clock"
)]
fn wait(polled: &mut [PollFd<'_>], timeout: Option<Duration>) -> io::Result<bool> {
    let end = timeout.map(|timeout| Instant::now() + timeout);
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(polled, left.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claimed_size_is_bounded() {
        assert_eq!(clamp_size((80, 24)), (80, 24));
        assert_eq!(clamp_size((1, 1)), (1, 1));
        assert_eq!(clamp_size((0, 0)), (80, 24));
        assert_eq!(clamp_size((0, 40)), (80, 40));
        assert_eq!(clamp_size((65_535, 65_535)), (800, 300));
    }

    #[test]
    fn paused_reader_reads_nothing_until_the_pause_ends() {
        let pause = InputPause::new().unwrap();
        let reader = Arc::clone(&pause);
        let (send, waits) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            for _ in 0..2 {
                let mut polled = [PollFd::new(&reader.wake.0, PollFlags::IN)];
                assert!(wait(&mut polled, None).unwrap());
                reader.wait();
                send.send(()).unwrap();
            }
        });
        for _ in 0..2 {
            let paused = pause.begin();
            assert!(pause.state().is_paused && waits.try_recv().is_err());
            drop(paused);
            waits.recv().unwrap();
        }
        thread.join().unwrap();
        // Nobody is left to be paused.
        drop(pause.begin());
    }
}
