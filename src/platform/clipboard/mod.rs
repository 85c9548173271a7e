//! The clipboard: the desktop's own where there is one, else the terminal's (OSC 52).

mod desktop;
pub mod osc52;
pub mod tmux;

use std::env;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::Result;

pub use desktop::Desktop;

/// How long a secret stays on a desktop's clipboard.
pub const CLEARED_AFTER: Duration = Duration::from_secs(45);

/// Which way text takes to a clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The desktop we run on.
    Desktop,
    /// The terminal in front of the person, through an escape sequence that nobody acknowledges.
    Terminal,
    /// The same, through the tmux that runs here.
    Tmux,
    /// The same, through a tmux that runs elsewhere: it can't be called.
    PastTmux,
}

impl Route {
    /// Over SSH the desktop here is not the person's, so the environment decides before anything is tried.
    pub fn choose() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|v| !v.is_empty());
        if set("SSH_TTY") || set("SSH_CONNECTION") || !(set("DISPLAY") || set("WAYLAND_DISPLAY")) {
            return Self::to_terminal(set("TMUX"), &env::var("TERM").unwrap_or_default());
        }
        Route::Desktop
    }
}

impl Route {
    /// The way to a terminal called `term`, inside a tmux of this machine or not.
    fn to_terminal(in_tmux: bool, term: &str) -> Self {
        match in_tmux {
            true => Route::Tmux,
            false if term.starts_with("tmux") => Route::PastTmux,
            false => Route::Terminal,
        }
    }
}

/// A clipboard that can be told to forget.
pub trait Clipboard: Send {
    /// Puts `text` there; a secret is kept out of clipboard histories.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when there is none.
    fn copy(&mut self, text: Zeroizing<String>, is_secret: bool) -> Result<()>;

    /// Takes our secret away again, if it is still there.
    fn forget(&mut self);
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn the_way_to_a_terminal() {
        assert_eq!(Route::to_terminal(false, "xterm-256color"), Route::Terminal);
        assert_eq!(Route::to_terminal(true, "screen-256color"), Route::Tmux);
        assert_eq!(Route::to_terminal(false, "tmux-256color"), Route::PastTmux);
    }
}
