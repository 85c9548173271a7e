//! The terminal's echo, kept off for as long as a password may be typed.

use std::fs::File;
use std::io;
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The terminal of this process.
pub const TERMINAL: &str = "/dev/tty";

/// A terminal without echo, and its modes before.
struct Silenced {
    terminal: File,
    before: Termios,
}

static SILENCED: Mutex<Option<Silenced>> = Mutex::new(None);

/// Keeps the echo off until it is dropped. A signal that ends or stops the program puts the echo back too.
#[derive(Debug)]
pub struct EchoOff(());

impl EchoOff {
    /// Turns the echo off.
    ///
    /// # Errors
    /// Those of the system, where there is no terminal for example.
    pub fn begin() -> io::Result<Self> {
        let mut silenced = SILENCED.lock().unwrap_or_else(PoisonError::into_inner);
        if silenced.is_none() {
            let terminal = File::open(TERMINAL)?;
            let before = tcgetattr(&terminal)?;
            handle_signals();
            silence(&terminal, &before)?;
            *silenced = Some(Silenced { terminal, before });
        }
        Ok(EchoOff(()))
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        let silenced = SILENCED.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Silenced { terminal, before }) = silenced {
            // What was typed unseen and not asked for may be a password: nobody else shall read or show it.
            restore(&terminal, &before, OptionalActions::Flush);
        }
    }
}

fn silent(before: &Termios) -> Termios {
    let mut modes = before.clone();
    modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
    modes
}

fn silence(terminal: &File, before: &Termios) -> rustix::io::Result<()> {
    tcsetattr(terminal, OptionalActions::Now, &silent(before))
}

/// Modes that somebody else has set meanwhile, a pager for example, stay.
fn restore(terminal: &File, before: &Termios, when: OptionalActions) {
    let ours = tcgetattr(terminal).is_ok_and(|now| now.local_modes == silent(before).local_modes);
    if ours {
        // Nobody is left to be told when it fails: the terminal is gone.
        let _ = tcsetattr(terminal, when, before);
    }
}

/// Once for the life of the process, because a signal handler can't be taken away again. With the echo on, the signals
/// do what they always do.
pub(super) fn handle_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP]) else { return };
        // Without it a signal ends the program as it always does, but for the terminal.
        let watching = super::tasks::thread(
            "echo",
            |_| (),
            move || {
                for signal in signals.forever() {
                    // Held until the program goes on, so that nobody turns the echo off meanwhile.
                    let silenced = SILENCED.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(Silenced { terminal, before }) = &*silenced {
                        restore(terminal, before, OptionalActions::Now);
                    }
                    match signal {
                        SIGTSTP => super::signals::stop(),
                        ending if super::signals::ends_by_itself(ending) => {}
                        ending => drop(emulate_default_handler(ending)),
                    }
                    if let Some(Silenced { terminal, before }) = &*silenced {
                        let _ = silence(terminal, before);
                    }
                }
            },
        );
        drop(watching);
    });
}
