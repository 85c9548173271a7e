//! Signals, and the loss of the terminal, told to whoever listens.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH, SIGXFSZ};
use signal_hook::iterator::Signals;

use super::{echo, tasks, write_gate};
use crate::error::{Error, Kind, Result};

/// What the system says to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// To end, by this signal.
    End(i32),
    /// To stop until `SIGCONT`.
    Stop,
    /// To go on.
    Continue,
    /// The terminal has another size.
    Resized,
    /// The terminal is gone.
    HungUp,
}

/// Calls `tell` for each signal and when the terminal goes, from threads of their own.
///
/// # Errors
/// Those of the system.
pub fn watch(tell: impl Fn(Told) + Send + Clone + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH])?;
    let (told, deaf) = (tell.clone(), tell.clone());
    // Without it nothing could end the screens any more.
    tasks::thread(
        "signals",
        move |_| deaf(Told::HungUp),
        move || {
            for signal in signals.forever() {
                told(match signal {
                    SIGTSTP => Told::Stop,
                    SIGCONT => Told::Continue,
                    SIGWINCH => Told::Resized,
                    ending => Told::End(ending),
                });
            }
        },
    )?;
    let blind = tell.clone();
    tasks::thread(
        "terminal",
        move |_| blind(Told::HungUp),
        move || {
            let terminal = rustix::stdio::stdin();
            // Asks for nothing, so that only a hang-up or an error ends the wait.
            let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
            loop {
                match poll(&mut watched, None) {
                    Err(rustix::io::Errno::INTR) => {}
                    Ok(_) | Err(_) => return tell(Told::HungUp),
                }
            }
        },
    )?;
    Ok(())
}

/// A signal to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToService {
    /// To end.
    End(i32),
    /// Other programs' customs (reload, reopen the log, report): a service does nothing for these.
    Other(&'static str),
    /// The thread that waits for signals has failed.
    Deaf,
}

/// Calls `tell` for each signal to a service, from a thread of its own.
///
/// # Errors
/// Those of the system.
pub fn watch_service(tell: impl Fn(ToService) + Send + Clone + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2])?;
    let failed = tell.clone();
    tasks::thread(
        "signals",
        move |_| failed(ToService::Deaf),
        move || {
            for signal in signals.forever() {
                tell(match signal {
                    SIGHUP => ToService::Other("SIGHUP"),
                    SIGUSR1 => ToService::Other("SIGUSR1"),
                    SIGUSR2 => ToService::Other("SIGUSR2"),
                    ending => ToService::End(ending),
                });
            }
        },
    )
    .map(drop)
}

/// A file that may not grow further is an error for whoever writes to it, not the end of the program.
pub fn outlive_full_files() {
    let noticed = Arc::new(AtomicBool::new(false));
    // Where the system doesn't grant it, the program ends there as it would have.
    let _ = signal_hook::flag::register(SIGXFSZ, noticed);
}

/// Whether the terminal is gone.
pub fn has_hung_up() -> bool {
    let terminal = rustix::stdio::stdin();
    let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok() && watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Whether nobody can read what is written to stdout any more: its pipe's other end, or its terminal, is gone.
pub fn output_is_closed() -> bool {
    let output = rustix::stdio::stdout();
    let mut watched = [PollFd::new(&output, PollFlags::empty())];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok() && watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Set once the program itself answers the signals that ask it to end.
static STOPS_ON_END: AtomicBool = AtomicBool::new(false);

/// Whether the program itself ends, in an orderly way, by that signal.
pub fn ends_by_itself(signal: i32) -> bool {
    matches!(signal, SIGHUP | SIGINT | SIGTERM) && STOPS_ON_END.load(Ordering::Relaxed)
}

/// From now on a signal that asks the program to end calls `stop` instead, from a thread of its own. Ctrl-Z stops the
/// program as ever, but never while it holds the store's write lock.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the system refuses.
pub fn stop_on_end(stop: impl Fn() + Send + 'static) -> Result<()> {
    let refused = |e: io::Error| Error::failure("Ctrl-C can't be waited for").why(e.to_string());
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(refused)?;
    STOPS_ON_END.store(true, Ordering::Relaxed);
    echo::handle_signals();
    tasks::thread("signals", |_| (), move || signals.forever().for_each(|_| stop())).map(drop).map_err(refused)
}

/// From now on Ctrl-C ends the program at once and quietly, as cancelled (130).
///
/// # Errors
/// [`crate::error::Kind::Failure`] when the system refuses.
pub fn end_on_interrupt() -> Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    let cancelled = i32::from(Kind::Cancelled.exit_code());
    signal_hook::flag::register_conditional_shutdown(SIGINT, cancelled, always)
        .map(drop)
        .map_err(|e| Error::failure("Ctrl-C can't be waited for").why(e.to_string()))
}

/// Stops the program as `SIGTSTP` would have, until it is continued, but never while it holds the store's write lock.
pub fn stop() {
    // Failing leaves the program running, which is the next best.
    write_gate::between_writes(|| drop(signal_hook::low_level::emulate_default_handler(SIGTSTP)));
}

/// Ends the program as `signal` would have.
pub fn end_by(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}
