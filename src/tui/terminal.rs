//! The terminal, taken and given back. One guard undoes what it did, once, from every way out.

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
use crate::platform::terminal::size;

/// Whether the terminal is ours now. Global, because the panic hook has nothing else to look at.
static TAKEN: AtomicBool = AtomicBool::new(false);

fn failed(e: io::Error) -> Error {
    Error::failure("the terminal can't be used").why(e.to_string())
}

/// Gives the terminal back, once; whoever comes second finds it done.
fn give_back() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    // Raw mode first: it works even when nothing can be written any more.
    let cooked = disable_raw_mode();
    // Waits for a frame that another thread is drawing: none of it may come after this.
    let mut out = io::stdout().lock();
    let written = execute!(out, EndSynchronizedUpdate, DisableBracketedPaste, Show, LeaveAlternateScreen);
    cooked.and(written)
}

/// Gives back what can be given back without writing: whoever holds the output may be stuck.
pub(super) fn abandon() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Nobody is left to tell.
        let _ = disable_raw_mode();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

fn whole((columns, rows): (u16, u16)) -> Rect {
    Rect::new(0, 0, columns, rows)
}

/// The terminal while it is ours.
pub(super) struct Screen {
    /// Never dropped: it would show the cursor once more, and panic where there is no terminal any more to say so on.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    /// Whether what the terminal shows is not what was drawn last.
    stale: bool,
}

impl Screen {
    /// Takes the terminal. From here on dropping the guard, or a panic anywhere, gives it back.
    pub(super) fn take() -> Result<Self> {
        // With NO_COLOR set crossterm would also drop the modifiers that mark the selected row; the themes decide.
        crossterm::style::force_color_output(true);
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = give_back();
            earlier(info);
        }));
        let guard = Guard;
        take().map_err(failed)?;
        // Of a size of our own: what the terminal claims may be more than there is memory for.
        let viewport = Viewport::Fixed(whole(size()));
        let backend = CrosstermBackend::new(io::stdout());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).map_err(failed)?;
        std::mem::forget(guard);
        Ok(Screen { terminal: ManuallyDrop::new(terminal), stale: false })
    }

    /// Draws one frame, shown at once or not at all where the terminal can do that.
    pub(super) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        // Held until the frame is whole, so that a panic elsewhere gives the terminal back before or after it.
        let mut out = io::stdout().lock();
        // After a panic elsewhere the terminal is the shell's again.
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        queue!(out, BeginSynchronizedUpdate).map_err(failed)?;
        if std::mem::take(&mut self.stale) {
            // `Terminal::clear` asks the terminal where its cursor is and waits for an answer that the thread reading
            // keys gets; taking the size anew clears without asking.
            queue!(out, Clear(ClearType::All)).map_err(failed)?;
            self.terminal.resize(whole(size())).map_err(failed)?;
        }
        self.terminal.draw(view).map_err(failed)?;
        execute!(out, EndSynchronizedUpdate).map_err(failed)
    }

    /// Forgets what is on the screen, so that the next frame draws all of it.
    pub(super) fn clear(&mut self) {
        self.stale = true;
    }

    /// Sends a sequence that is not part of a frame.
    pub(super) fn send(&mut self, sequence: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        out.write_all(sequence.as_bytes()).and_then(|()| out.flush()).map_err(failed)
    }

    /// Gives the terminal back for as long as `f` runs.
    pub(super) fn lend(&mut self, f: impl FnOnce()) -> Result<()> {
        give_back().map_err(failed)?;
        f();
        take().map_err(failed)?;
        self.clear();
        Ok(())
    }

    /// Gives the terminal back for good.
    pub(super) fn give_back(self) -> Result<()> {
        give_back().map_err(failed)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = give_back();
    }
}

/// Covers the steps between taking the terminal and having a [`Screen`].
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = give_back();
    }
}
