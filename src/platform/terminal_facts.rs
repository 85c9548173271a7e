//! Facts about the terminal of this process, from the environment and the system. The terminal itself is not asked.

use std::io::IsTerminal;

use super::clipboard::ClipboardRoute;
use super::own_process;

/// The terminal of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalFacts {
    /// `true` if stdin and stdout are a terminal.
    pub is_terminal: bool,
    /// `TERM`; empty if it isn't set.
    pub term: String,
    /// `COLORTERM`; empty if it isn't set.
    pub colorterm: String,
    /// `true` if colours are used.
    pub has_colour: bool,
    pub has_utf8_locale: bool,
    pub clipboard: ClipboardRoute,
    /// Columns and lines. `None` if the system doesn't know them.
    pub size: Option<(u16, u16)>,
}

impl TerminalFacts {
    /// Returns the facts about this process.
    pub fn of_this_process() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok();
        TerminalFacts {
            is_terminal: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
            term: variable("TERM"),
            colorterm: variable("COLORTERM"),
            has_colour: own_process::wants_colour(),
            has_utf8_locale: own_process::has_utf8_locale(),
            clipboard: ClipboardRoute::choose(),
            size: size.map(|size| (size.ws_col, size.ws_row)).filter(|(columns, lines)| *columns > 0 && *lines > 0),
        }
    }
}
