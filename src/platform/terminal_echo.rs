//! Turns the terminal's echo off for as long as a password may be typed.

use std::fs::File;
use std::io;
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

pub const TERMINAL: &str = "/dev/tty";

struct SilencedTerminal {
    terminal: File,
    before: Termios,
}

static SILENCED: Mutex<Option<SilencedTerminal>> = Mutex::new(None);

/// Keeps the echo off until it is dropped. A signal that ends or stops the program also restores the echo.
#[derive(Debug)]
pub struct EchoOff(());

impl EchoOff {
    pub fn begin() -> io::Result<Self> {
        let mut silenced = SILENCED.lock().unwrap_or_else(PoisonError::into_inner);
        if silenced.is_none() {
            let terminal = File::open(TERMINAL)?;
            let before = tcgetattr(&terminal)?;
            handle_signals();
            silence(&terminal, &before)?;
            *silenced = Some(SilencedTerminal { terminal, before });
        }
        Ok(EchoOff(()))
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        let silenced = SILENCED.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(SilencedTerminal { terminal, before }) = silenced {
            // Input that was typed unseen and not read may be a password: it is discarded, so that no other program
            // reads or shows it.
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

/// Restores the modes, unless another program has set its own meanwhile, a pager for example.
fn restore(terminal: &File, before: &Termios, when: OptionalActions) {
    let is_ours = tcgetattr(terminal).is_ok_and(|now| now.local_modes == silent(before).local_modes);
    if is_ours {
        // On failure the terminal is gone, so the error can't be reported.
        let _ = tcsetattr(terminal, when, before);
    }
}

/// Installs the signal handlers, once for the life of the process because they can't be removed again. While the
/// echo is on, the signals have their usual effect.
pub(super) fn handle_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP]) else { return };
        // If the thread can't be started, a signal ends the program as usual, but without restoring the terminal.
        let watching = super::threads::spawn(
            "echo",
            |_| (),
            move || {
                for signal in signals.forever() {
                    // The lock is held until the program continues, so that no other thread turns the echo off
                    // meanwhile.
                    let silenced = SILENCED.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(SilencedTerminal { terminal, before }) = &*silenced {
                        restore(terminal, before, OptionalActions::Now);
                    }
                    match signal {
                        SIGTSTP => super::signals::suspend_self(),
                        ending if super::signals::is_handled_here(ending) => {}
                        ending => drop(emulate_default_handler(ending)),
                    }
                    if let Some(SilencedTerminal { terminal, before }) = &*silenced {
                        let _ = silence(terminal, before);
                    }
                }
            },
        );
        drop(watching);
    });
}
