//! The clipboard: the desktop's own where there is one, else the terminal's (OSC 52).

mod desktop;
pub mod osc52;

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
    Terminal {
        /// Whether the sequence must be wrapped to pass tmux.
        tmux: bool,
    },
}

impl Route {
    /// Over SSH the desktop here is not the person's, so the environment decides before anything is tried.
    pub fn choose() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|v| !v.is_empty());
        if set("SSH_TTY") || set("SSH_CONNECTION") || !(set("DISPLAY") || set("WAYLAND_DISPLAY")) {
            return Route::Terminal { tmux: set("TMUX") };
        }
        Route::Desktop
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
