//! Taking and restoring the terminal. A single guard restores it once, on every way out.

use std::io::{self, Stdout, Write};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use crate::error::{Error, Result};
use crate::platform::terminal_input::size;

/// `true` while the program controls the terminal. Global, because the panic hook can't access anything else.
static IS_ACTIVE: AtomicBool = AtomicBool::new(false);

fn terminal_error(e: io::Error) -> Error {
    Error::failure("the terminal can't be used")
        .why(e.to_string())
        .next("Try another terminal. The commands need no screens: jeton --help")
}

/// Restores the terminal once. Further calls do nothing.
fn restore() -> io::Result<()> {
    if !IS_ACTIVE.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    // Raw mode first: ending it works even if nothing can be written any more.
    let cooked = disable_raw_mode();
    // Waits for a frame being drawn by another thread: none of it may come after the restore.
    let mut out = io::stdout().lock();
    let written = execute!(out, EndSynchronizedUpdate, DisableBracketedPaste, Show, LeaveAlternateScreen);
    cooked.and(written)
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
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

fn full_area((columns, rows): (u16, u16)) -> Rect {
    Rect::new(0, 0, columns, rows)
}

/// The terminal while the program controls it.
pub(super) struct TerminalScreen {
    /// Never dropped: the drop would show the cursor once more, and panic if there is no terminal left to report an
    /// error on.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    /// `true` if the terminal no longer shows the last frame.
    stale: bool,
}

impl TerminalScreen {
    /// Takes the terminal. From here on, dropping the guard or a panic anywhere restores the terminal.
    pub(super) fn open() -> Result<Self> {
        // With NO_COLOR set, crossterm would also drop the modifiers that mark the selected row. The themes handle
        // NO_COLOR.
        crossterm::style::force_color_output(true);
        let previous_hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = restore();
            previous_hook(info);
        }));
        let guard = RestoreGuard;
        enter().map_err(terminal_error)?;
        // A fixed size: the size that the terminal reports may need more memory than there is.
        let viewport = Viewport::Fixed(full_area(size()));
        let backend = CrosstermBackend::new(io::stdout());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).map_err(terminal_error)?;
        std::mem::forget(guard);
        Ok(TerminalScreen { terminal: ManuallyDrop::new(terminal), stale: false })
    }

    /// Draws one frame. If the terminal supports that, the frame appears as a whole.
    pub(super) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        // Held until the frame is complete, so that a panic in another thread restores the terminal before or after the
        // frame.
        let mut out = io::stdout().lock();
        // After a panic in another thread the terminal belongs to the shell again.
        if !IS_ACTIVE.load(Ordering::SeqCst) {
            return Ok(());
        }
        queue!(out, BeginSynchronizedUpdate).map_err(terminal_error)?;
        if std::mem::take(&mut self.stale) {
            // `Terminal::clear` queries the cursor position and waits for the reply, which the thread that reads keys
            // receives. Setting the size again clears without a query.
            queue!(out, Clear(ClearType::All)).map_err(terminal_error)?;
            self.terminal.resize(full_area(size())).map_err(terminal_error)?;
        }
        self.terminal.draw(view).map_err(terminal_error)?;
        execute!(out, EndSynchronizedUpdate).map_err(terminal_error)
    }

    /// Marks the screen as unknown, so that the next frame draws all of it.
    pub(super) fn clear(&mut self) {
        self.stale = true;
    }

    /// Sends a sequence that is not part of a frame.
    pub(super) fn send(&mut self, sequence: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        if !IS_ACTIVE.load(Ordering::SeqCst) {
            return Ok(());
        }
        out.write_all(sequence.as_bytes()).and_then(|()| out.flush()).map_err(terminal_error)
    }

    /// Restores the terminal while `f` runs, then takes it again.
    pub(super) fn suspend(&mut self, f: impl FnOnce()) -> Result<()> {
        restore().map_err(terminal_error)?;
        f();
        enter().map_err(terminal_error)?;
        self.clear();
        Ok(())
    }

    /// Restores the terminal for good.
    pub(super) fn close(self) -> Result<()> {
        restore().map_err(terminal_error)
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        // There is no receiver for the error.
        let _ = restore();
    }
}

/// Restores the terminal if a step fails between taking it and having a [`TerminalScreen`].
struct RestoreGuard;

impl Drop for RestoreGuard {
    fn drop(&mut self) {
        let _ = restore();
    }
}
