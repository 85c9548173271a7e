//! Passes text to tmux for the clipboard of tmux's terminal. By default tmux drops the escape sequences of the
//! programs in it, but accepts this.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::platform::clock::Stopwatch;

const TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Loads `text` into a buffer of tmux, which passes it on to its terminal. The text goes through a pipe.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::TimedOut`] if tmux doesn't answer, another kind if tmux refuses.
pub fn load(text: &str) -> io::Result<()> {
    let mut command = Command::new("tmux");
    command.args(["load-buffer", "-w", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let written = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(text.as_bytes()));
    let time = Stopwatch::start();
    loop {
        if let Some(status) = child.try_wait()? {
            written?;
            return if status.success() { Ok(()) } else { Err(io::Error::other("tmux refused")) };
        }
        if time.elapsed() >= TIMEOUT {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "a child's end can't be waited for with a deadline")]
fn pause() {
    std::thread::sleep(POLL_INTERVAL);
}
