//! The clipboard: the desktop's own if there is one, else the terminal's (OSC 52).

#[cfg(feature = "desktop-clipboard")]
mod arboard_clipboard;
pub mod osc52;
pub mod tmux;

use std::env;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::Result;

/// Time after which a secret is removed from a desktop's clipboard.
pub const CLEAR_DELAY: Duration = Duration::from_secs(45);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipboardRoute {
    /// The desktop on which the program runs.
    Desktop,
    /// The user's terminal, through an escape sequence that is never acknowledged.
    Terminal,
    /// The user's terminal, through the tmux on this machine.
    Tmux,
    /// The user's terminal, through a tmux on another machine, which can't be called from here.
    TmuxPassthrough,
    /// The user's terminal, through GNU screen.
    Screen,
}

impl ClipboardRoute {
    /// Chooses the route from the environment. Over SSH, the desktop of this machine is not the user's.
    pub fn choose() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|v| !v.is_empty());
        let is_remote = set("SSH_TTY") || set("SSH_CONNECTION");
        let has_desktop = cfg!(feature = "desktop-clipboard") && (set("DISPLAY") || set("WAYLAND_DISPLAY"));
        if is_remote || !has_desktop {
            return Self::through_terminal(set("TMUX"), &env::var("TERM").unwrap_or_default());
        }
        ClipboardRoute::Desktop
    }

    /// Returns the route to a terminal called `term`. `in_tmux` is set inside a tmux of this machine.
    fn through_terminal(in_tmux: bool, term: &str) -> Self {
        match in_tmux {
            true => ClipboardRoute::Tmux,
            false if term.starts_with("tmux") => ClipboardRoute::TmuxPassthrough,
            false if term.starts_with("screen") => ClipboardRoute::Screen,
            false => ClipboardRoute::Terminal,
        }
    }
}

/// A clipboard whose text can be removed again.
pub trait Clipboard: Send {
    /// Copies `text` to the clipboard. A secret is kept out of clipboard histories.
    fn copy(&mut self, text: Zeroizing<String>, is_secret: bool) -> Result<()>;

    /// Removes our secret from the clipboard, if the clipboard still holds it.
    ///
    /// # Errors
    /// If the clipboard doesn't answer.
    fn forget(&mut self) -> Result<()>;
}

/// Returns the desktop's clipboard. `None` if the program was built without it.
pub fn desktop() -> Option<Box<dyn Clipboard>> {
    #[cfg(feature = "desktop-clipboard")]
    return Some(Box::<arboard_clipboard::Desktop>::default());
    #[cfg(not(feature = "desktop-clipboard"))]
    None
}

#[cfg(test)]
mod tests {
    use super::ClipboardRoute;

    #[test]
    fn route_through_a_terminal_depends_on_tmux() {
        assert_eq!(ClipboardRoute::through_terminal(false, "xterm-256color"), ClipboardRoute::Terminal);
        assert_eq!(ClipboardRoute::through_terminal(true, "screen-256color"), ClipboardRoute::Tmux);
        assert_eq!(ClipboardRoute::through_terminal(false, "tmux-256color"), ClipboardRoute::TmuxPassthrough);
        assert_eq!(ClipboardRoute::through_terminal(false, "screen.xterm-256color"), ClipboardRoute::Screen);
    }
}
