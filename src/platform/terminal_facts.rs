//! Facts about the terminal of this process, from the environment and the system. The terminal itself is not asked.

use std::io::IsTerminal;

use super::clipboard::ClipboardRoute;
use super::own_process;

/// The number of colours that a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourDepth {
    /// Its own 16 colours, or fewer.
    Sixteen,
    /// 256, of which those from 16 on have known values.
    Indexed,
    /// All of RGB.
    All,
}

/// The beginnings of `TERM` of terminals that answer a question for their background, or ignore it. Others may show it.
const ASKABLE: [&str; 16] = [
    "xterm",
    "tmux",
    "rxvt",
    "alacritty",
    "foot",
    "kitty",
    "wezterm",
    "ghostty",
    "st-",
    "konsole",
    "gnome",
    "vte",
    "contour",
    "iterm",
    "mintty",
    "putty",
];

/// The terminal of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalFacts {
    /// `true` if stdin and stdout are a terminal.
    pub is_terminal: bool,
    /// `TERM`; empty if it isn't set.
    pub term: String,
    /// `COLORTERM`; empty if it isn't set.
    pub colorterm: String,
    /// `COLORFGBG`, the numbers of the colours of text and background; empty if it isn't set.
    pub colorfgbg: String,
    /// `true` if a terminal multiplexer that answers like a terminal is in between (tmux).
    pub is_in_tmux: bool,
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
            colorfgbg: variable("COLORFGBG"),
            // A GNU screen that was started in tmux has both variables.
            is_in_tmux: !variable("TMUX").is_empty() && variable("STY").is_empty(),
            has_colour: own_process::wants_colour(),
            has_utf8_locale: own_process::has_utf8_locale(),
            clipboard: ClipboardRoute::choose(),
            size: size.map(|size| (size.ws_col, size.ws_row)).filter(|(columns, lines)| *columns > 0 && *lines > 0),
        }
    }
}

impl TerminalFacts {
    /// Returns `true` in GNU screen, which keeps a single Esc back while it reports the mouse (seen with 4.09).
    pub fn is_gnu_screen(&self) -> bool {
        !self.is_in_tmux && self.term.starts_with("screen")
    }

    pub fn colour_depth(&self) -> ColourDepth {
        match self.colorterm.as_str() {
            "truecolor" | "24bit" => ColourDepth::All,
            _ if self.term.contains("256color") => ColourDepth::Indexed,
            _ => ColourDepth::Sixteen,
        }
    }

    /// Returns `true` if the background is light, as far as the environment says.
    pub fn has_light_background(&self) -> Option<bool> {
        // Its background is black.
        if self.term == "linux" {
            return Some(false);
        }
        // Some terminals put a third number between the two.
        let number: u8 = self.colorfgbg.rsplit_once(';')?.1.parse().ok()?;
        (number < 16).then_some(matches!(number, 7 | 9..=15))
    }

    /// Returns `true` if the terminal can be asked for its background. GNU screen and unknown terminals can't.
    pub fn can_be_asked(&self) -> bool {
        let is_known = ASKABLE.iter().any(|name| self.term.starts_with(name));
        self.is_terminal && (is_known || (self.is_in_tmux && self.term.starts_with("screen")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(term: &str, colorterm: &str, colorfgbg: &str, is_in_tmux: bool) -> TerminalFacts {
        TerminalFacts {
            is_terminal: true,
            term: term.to_owned(),
            colorterm: colorterm.to_owned(),
            colorfgbg: colorfgbg.to_owned(),
            is_in_tmux,
            has_colour: true,
            has_utf8_locale: true,
            clipboard: ClipboardRoute::Terminal,
            size: None,
        }
    }

    #[test]
    fn depth_is_that_which_the_terminal_declares() {
        for (term, colorterm, depth) in [
            ("xterm-256color", "truecolor", ColourDepth::All),
            ("xterm", "24bit", ColourDepth::All),
            ("tmux-256color", "", ColourDepth::Indexed),
            ("xterm", "", ColourDepth::Sixteen),
            ("linux", "yes", ColourDepth::Sixteen),
        ] {
            assert_eq!(facts(term, colorterm, "", false).colour_depth(), depth, "{term} {colorterm}");
        }
    }

    #[test]
    fn background_is_read_from_the_environment() {
        for (text, expected) in [
            ("15;0", Some(false)),
            ("0;15", Some(true)),
            ("0;default;15", Some(true)),
            ("12;8", Some(false)),
            ("0;7", Some(true)),
            ("15;default", None),
            ("15;256", None),
            ("15;16", None),
            ("", None),
            (";", None),
        ] {
            assert_eq!(facts("xterm", "", text, false).has_light_background(), expected, "{text}");
        }
        assert_eq!(facts("linux", "", "", false).has_light_background(), Some(false));
    }

    #[test]
    fn only_known_terminals_are_asked() {
        for (term, is_in_tmux, expected) in [
            ("xterm-256color", false, true),
            ("tmux-256color", false, true),
            ("screen-256color", true, true),
            ("screen-256color", false, false),
            ("screen", false, false),
            ("linux", false, false),
            ("dumb", false, false),
            ("vt100", false, false),
            ("", false, false),
        ] {
            let facts = facts(term, "", "", is_in_tmux);
            assert_eq!(facts.can_be_asked(), expected, "{term}");
            assert!(!TerminalFacts { is_terminal: false, ..facts }.can_be_asked());
        }
    }
}
