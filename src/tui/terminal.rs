//! Taking and restoring the terminal. A single guard restores it once, on every way out.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::backend::TestBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use super::frame_output::FrameOutput;
use crate::error::{Error, Result};
use crate::platform::standard_output;
use crate::platform::terminal_input::size;

/// Asks for reports of presses, releases and the wheel, but not of moves, in a format with decimal positions (SGR).
const TAKE_MOUSE: &str = "\x1b[?1000h\x1b[?1006h";
const RELEASE_MOUSE: &str = "\x1b[?1006l\x1b[?1000l";
/// Ends what a crashed editor may have left on: a scroll region, positions relative to it, insertion, lines that end with
/// another character, no wrapping, another set of letters, other bytes for the arrows and the number keys, exchanged
/// colours, and reports of the focus and of mouse moves.
const PLAIN_MODES: &str =
    "\x1b[r\x1b[?6l\x1b[4l\x1b[20l\x1b[?7h\x1b(B\x1b[?1l\x1b>\x1b[?5l\x1b[?1004l\x1b[?1002l\x1b[?1003l";

/// `true` while the program controls the terminal. Global, because the panic hook can't access anything else.
static IS_ACTIVE: AtomicBool = AtomicBool::new(false);
/// `true` while an editor controls the terminal.
static IS_LENT: AtomicBool = AtomicBool::new(false);

/// Returns `true` while an editor controls the terminal.
pub(super) fn is_lent() -> bool {
    IS_LENT.load(Ordering::SeqCst)
}

fn terminal_error(e: io::Error) -> Error {
    Error::failure("the terminal can't be used")
        .why(e.to_string())
        .next("Try another terminal, or use commands instead of the screens: jeton --help")
}

/// Restores the terminal once. Further calls do nothing.
fn restore() -> io::Result<()> {
    if !IS_ACTIVE.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    // Raw mode first: ending it works even if nothing can be written any more.
    let cooked = disable_raw_mode();
    cooked.and(leave())
}

/// Restores the terminal once, also the modes that a killed editor has left.
fn restore_for_good() -> io::Result<()> {
    let left = if IS_LENT.swap(false, Ordering::SeqCst) { leave() } else { Ok(()) };
    restore().and(left)
}

/// Leaves the alternate screen. Waits for a frame being drawn by another thread: none of it may come afterwards.
fn leave() -> io::Result<()> {
    let mut out = standard_output::lock();
    execute!(out, EndSynchronizedUpdate, Print(RELEASE_MOUSE), DisableBracketedPaste, Show, LeaveAlternateScreen)
}

/// Restores the modes that need no output, because the thread that holds the output may be stuck.
pub(super) fn restore_without_output() {
    if IS_ACTIVE.swap(false, Ordering::SeqCst) {
        // There is no receiver for the error.
        let _ = disable_raw_mode();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    IS_ACTIVE.store(true, Ordering::SeqCst);
    execute!(standard_output::lock(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

/// The terminal while the program controls it.
pub(super) struct TerminalScreen {
    /// Draws into its buffer in memory, and nowhere else. `output` knows what the terminal shows.
    canvas: Terminal<TestBackend>,
    output: FrameOutput,
    /// `true` if the terminal may have another size than the canvas.
    is_stale: bool,
    takes_mouse: bool,
}

/// Returns a canvas of a fixed size: the size that the terminal reports may need more memory than there is. Nothing is
/// ever drawn on its backend.
fn canvas((columns, rows): (u16, u16)) -> Terminal<TestBackend> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
    let Ok(canvas) = Terminal::with_options(TestBackend::new(0, 0), TerminalOptions { viewport });
    canvas
}

impl TerminalScreen {
    /// Takes the terminal. From here on, dropping the guard or a panic anywhere restores the terminal.
    pub(super) fn open() -> Result<Self> {
        let previous_hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = restore();
            previous_hook(info);
        }));
        let guard = RestoreGuard;
        enter().map_err(terminal_error)?;
        std::mem::forget(guard);
        Ok(TerminalScreen { canvas: canvas(size()), output: FrameOutput::new(), is_stale: false, takes_mouse: false })
    }

    /// Draws one frame, and writes what the terminal doesn't show yet. If the terminal supports that, the frame appears as
    /// a whole.
    pub(super) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        if std::mem::take(&mut self.is_stale) {
            let (columns, rows) = size();
            if self.canvas.get_frame().area().as_size() != Size::new(columns, rows) {
                self.canvas = canvas((columns, rows));
            }
            self.output.set_stale();
        }
        view(&mut self.canvas.get_frame());
        let bytes = self.output.take(self.canvas.current_buffer_mut());
        // Held until the frame is complete, so that a panic in another thread restores the terminal before or after the
        // frame.
        let mut out = standard_output::lock();
        // After a panic in another thread the terminal belongs to the shell again.
        if bytes.is_empty() || !IS_ACTIVE.load(Ordering::SeqCst) {
            return Ok(());
        }
        out.write_all(&bytes).and_then(|()| out.flush()).map_err(terminal_error)
    }

    /// Marks the screen as unknown, so that the next frame draws all of it.
    pub(super) fn clear(&mut self) {
        self.is_stale = true;
    }

    /// Sends a sequence that is not part of a frame.
    pub(super) fn send(&mut self, sequence: &str) -> Result<()> {
        let mut out = standard_output::lock();
        if !IS_ACTIVE.load(Ordering::SeqCst) {
            return Ok(());
        }
        out.write_all(sequence.as_bytes()).and_then(|()| out.flush()).map_err(terminal_error)
    }

    /// Lets the terminal report clicks and the wheel, or leaves them to the terminal.
    pub(super) fn take_mouse(&mut self, taken: bool) -> Result<()> {
        self.takes_mouse = taken;
        self.send(if taken { TAKE_MOUSE } else { RELEASE_MOUSE })
    }

    /// Restores the terminal for another program, until [`TerminalScreen::take_back`].
    pub(super) fn lend(&mut self) -> Result<()> {
        restore().map_err(terminal_error)
    }

    /// Does the same as [`TerminalScreen::lend`], for an editor.
    pub(super) fn lend_to_editor(&mut self) -> Result<()> {
        IS_LENT.store(true, Ordering::SeqCst);
        self.lend()
    }

    pub(super) fn take_back(&mut self) -> Result<()> {
        enter().map_err(terminal_error)?;
        IS_LENT.store(false, Ordering::SeqCst);
        self.send(PLAIN_MODES)?;
        self.clear();
        if self.takes_mouse { self.send(TAKE_MOUSE) } else { Ok(()) }
    }

    /// Restores the terminal for good.
    pub(super) fn close(self) -> Result<()> {
        restore_for_good().map_err(terminal_error)
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        // There is no receiver for the error.
        let _ = restore_for_good();
    }
}

/// Restores the terminal if a step fails between taking it and having a [`TerminalScreen`].
struct RestoreGuard;

impl Drop for RestoreGuard {
    fn drop(&mut self) {
        let _ = restore();
    }
}
