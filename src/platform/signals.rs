//! Reports signals, and the loss of the terminal, to listeners.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{
    SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH,
    SIGXCPU, SIGXFSZ,
};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::signal_name;

use super::{stop_between_writes, terminal_echo, threads};
use crate::error::{Error, Kind, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalEvent {
    /// The program must end by this signal.
    End(i32),
    /// The program must stop until `SIGCONT`.
    Stop,
    Continue,
    Resized,
    HungUp,
}

/// Calls `send` with the event of each of `signals`, from a separate thread. If the thread fails, `send` gets `failed`.
fn forward<E: Send + 'static>(
    signals: &[i32],
    event: fn(i32) -> E,
    failed: E,
    send: impl Fn(E) + Send + Clone + 'static,
) -> io::Result<()> {
    let mut signals = Signals::new(signals)?;
    let on_panic = send.clone();
    let work = move || signals.forever().for_each(|signal| send(event(signal)));
    threads::spawn("signals", move |_| on_panic(failed), work).map(drop)
}

/// Calls `send` for each signal and when the terminal is lost, from separate threads. Without the first thread nothing
/// could end the screens any more.
pub fn watch(send: impl Fn(SignalEvent) + Send + Clone + 'static) -> io::Result<()> {
    let event = |signal| match signal {
        SIGTSTP => SignalEvent::Stop,
        SIGCONT => SignalEvent::Continue,
        SIGWINCH => SignalEvent::Resized,
        ending => SignalEvent::End(ending),
    };
    let ends = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU];
    let signals = [ends.as_slice(), &[SIGTSTP, SIGCONT, SIGWINCH]].concat();
    forward(&signals, event, SignalEvent::HungUp, send.clone())?;
    let on_hangup = send.clone();
    let wait = move || {
        let terminal = rustix::stdio::stdin();
        // No events are requested, so that only a hang-up or an error ends the wait.
        let mut polled = [PollFd::new(&terminal, PollFlags::empty())];
        while poll(&mut polled, None) == Err(rustix::io::Errno::INTR) {}
        send(SignalEvent::HungUp);
    };
    threads::spawn("terminal", move |_| on_hangup(SignalEvent::HungUp), wait).map(drop)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceSignal {
    /// The service must end by the signal with this name.
    End(&'static str),
    /// The service must read its certificate again.
    Reload,
    /// A signal that other programs use to reopen the log or report. A service ignores it.
    Other(&'static str),
    /// The thread that waits for signals has failed.
    WatcherFailed,
}

/// Calls `send` for each signal to a service, from a separate thread.
pub fn watch_service(send: impl Fn(ServiceSignal) + Send + Clone + 'static) -> io::Result<()> {
    let event = |signal| match signal {
        SIGHUP => ServiceSignal::Reload,
        SIGUSR1 => ServiceSignal::Other("SIGUSR1"),
        SIGUSR2 => ServiceSignal::Other("SIGUSR2"),
        ending => ServiceSignal::End(signal_name(ending).unwrap_or("unknown")),
    };
    let signals = [SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2];
    forward(&signals, event, ServiceSignal::WatcherFailed, send)
}

/// Makes writing to a file beyond its size limit an error of that write, instead of ending the program.
pub fn ignore_sigxfsz() {
    let noticed = Arc::new(AtomicBool::new(false));
    // If the system refuses, the program ends at the limit as before.
    let _ = signal_hook::flag::register(SIGXFSZ, noticed);
}

pub fn has_hung_up() -> bool {
    is_gone(rustix::stdio::stdin())
}

/// Returns `true` if stdout has no reader any more: the other end of its pipe, or its terminal, is gone.
pub fn output_is_closed() -> bool {
    is_gone(rustix::stdio::stdout())
}

fn is_gone(fd: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::new(&fd, PollFlags::empty())];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&now)).is_ok() && polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Number of handlers of the signals that would end the program.
static HANDLERS: AtomicUsize = AtomicUsize::new(0);

/// Returns `true` if the program itself ends in an orderly way by that signal.
pub fn is_handled_here(signal: i32) -> bool {
    matches!(signal, SIGHUP | SIGINT | SIGTERM) && HANDLERS.load(Ordering::Relaxed) > 0
}

/// Handles the signals that would end the program, until it is dropped. Then they end the program again.
pub struct EndHandler(Handle);

impl Drop for EndHandler {
    fn drop(&mut self) {
        // In this order: a signal in between ends the program, and is not lost.
        HANDLERS.fetch_sub(1, Ordering::Relaxed);
        self.0.close();
    }
}

/// Explains why a command ends that Ctrl-C could not interrupt.
fn unhandled(e: &io::Error) -> Error {
    Error::failure("the command was stopped, because jeton can't react to Ctrl-C")
        .why(e.to_string())
        .next("Run the command again when fewer programs are running")
}

/// Makes a signal that would end the program call `stop` instead, from a separate thread. Ctrl-Z still stops the
/// program. A write transaction may end first, for a limited time.
pub fn stop_on_signal(stop: impl Fn() + Send + 'static) -> Result<EndHandler> {
    let refused = |e: io::Error| unhandled(&e);
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(refused)?;
    HANDLERS.fetch_add(1, Ordering::Relaxed);
    let handler = EndHandler(signals.handle());
    // It ends the program once no handler is left.
    terminal_echo::handle_signals();
    threads::spawn("signals", |_| (), move || signals.forever().for_each(|_| stop())).map_err(refused)?;
    Ok(handler)
}

/// Ends the program as cancelled (130), from any thread.
pub fn end_as_cancelled() -> ! {
    std::process::exit(i32::from(Kind::Cancelled.exit_code()))
}

/// Set by a signal that would end the program, after [`hold_ends`].
static ASKED_TO_END: AtomicBool = AtomicBool::new(false);

/// Makes a signal that would end the program only set [`is_asked_to_end`], from the first call on.
pub fn hold_ends() -> Result<()> {
    static HELD: Mutex<Option<EndHandler>> = Mutex::new(None);
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if held.is_none() {
        *held = Some(stop_on_signal(|| ASKED_TO_END.store(true, Ordering::Relaxed))?);
    }
    Ok(())
}

/// Returns `true` if a signal that would end the program has arrived since [`hold_ends`].
pub fn is_asked_to_end() -> bool {
    ASKED_TO_END.load(Ordering::Relaxed)
}

/// Makes Ctrl-C end the program at once and without output, as cancelled (130).
pub fn end_on_interrupt() -> Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    let cancelled = i32::from(Kind::Cancelled.exit_code());
    signal_hook::flag::register_conditional_shutdown(SIGINT, cancelled, always).map(drop).map_err(|e| unhandled(&e))
}

/// Stops the program like `SIGTSTP`, until it is continued. First waits for open write transactions, for a limited
/// time.
pub fn suspend_self() {
    // If stopping fails, the program continues.
    stop_between_writes::between_writes(|| drop(signal_hook::low_level::emulate_default_handler(SIGTSTP)));
}

/// Ends the program like `signal`.
pub fn end_by_signal(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}
