//! The lines between a command and the person at the terminal.

use std::cell::RefCell;
use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use super::output::{columns, in_words};
use crate::error::{Error, Result};
use crate::platform::bounded_read::{FirstLine, MAX_SECRET_LINE, read_first_line};
use crate::platform::signals;
use crate::platform::terminal_echo::{EchoOff, TERMINAL};
use crate::platform::terminal_input::wait_for_input_or_end;

/// A person who reads and types lines. Tests have a script instead.
pub(super) trait Conversation: Debug {
    /// Writes text that is already safe for a terminal.
    fn write(&self, text: &str) -> Result<()>;
    /// Reads a line.
    fn read(&self) -> Result<FirstLine>;
    /// Shows nothing of what is typed from now on.
    fn hide_echo(&self) -> Result<()>;
    /// Shows typed lines again. Drops input that was typed unseen.
    fn show_echo(&self);
    /// Returns the width of a line.
    fn columns(&self) -> usize;

    /// Writes lines in words, for a person who listens.
    fn say(&self, lines: &str) -> Result<()> {
        self.write(&in_words(lines, self.columns()))
    }
}

/// The terminal of the process, even if stdin or stdout is something else.
#[derive(Debug, Default)]
pub(super) struct TerminalLines {
    echo: RefCell<Option<EchoOff>>,
    /// `true` if a signal that would end the program ends the input instead.
    holds_ends: bool,
}

impl TerminalLines {
    /// Returns the terminal of a long conversation, which closes the store before a signal ends it.
    pub fn holding_ends() -> Result<Self> {
        signals::hold_ends()?;
        Ok(TerminalLines { holds_ends: true, ..TerminalLines::default() })
    }
}

impl Conversation for TerminalLines {
    fn write(&self, text: &str) -> Result<()> {
        let terminal = OpenOptions::new().write(true).open(TERMINAL);
        terminal.and_then(|mut t| t.write_all(text.as_bytes())).map_err(terminal_error)
    }

    fn read(&self) -> Result<FirstLine> {
        let terminal = File::open(TERMINAL).map_err(terminal_error)?;
        if self.holds_ends && !wait_for_input_or_end(&terminal).map_err(terminal_error)? {
            return Ok(FirstLine::Empty);
        }
        read_first_line(&terminal, MAX_SECRET_LINE)
    }

    fn hide_echo(&self) -> Result<()> {
        let mut echo = self.echo.borrow_mut();
        if echo.is_none() {
            *echo = Some(EchoOff::begin().map_err(terminal_error)?);
        }
        Ok(())
    }

    fn show_echo(&self) {
        self.echo.take();
    }

    fn columns(&self) -> usize {
        columns()
    }
}

fn terminal_error(e: io::Error) -> Error {
    Error::failure("the terminal can't be used")
        .why(e.to_string())
        .next("Run the command in another terminal. In a script, use --no-input and --password-file FILE")
}
