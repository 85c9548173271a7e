//! Copying off the UI thread.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

use zeroize::Zeroizing;

use super::worker::spawn_worker;
use crate::error::Result;
use crate::platform::clipboard::{CLEAR_DELAY, Clipboard, tmux as by_tmux};
use crate::tui::effect::ClipboardText;
use crate::tui::msg::{Copied, Msg, Sent};

/// Starts the clipboard's thread. Once the returned sender is dropped, the thread clears a secret from the clipboard
/// and ends.
pub(super) fn spawn_clipboard(
    mut clipboard: Box<dyn Clipboard>,
    answer: impl Fn(Msg) + Clone + Send + 'static,
) -> Result<(Sender<ClipboardText>, JoinHandle<Option<()>>)> {
    let (texts, queue) = channel::<ClipboardText>();
    let thread = spawn_worker("clipboard", answer, move |answer| {
        let mut holds_secret = false;
        loop {
            let next = if holds_secret {
                queue.recv_timeout(CLEAR_DELAY)
            } else {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match next {
                Ok(ClipboardText { text, is_secret }) => {
                    let how = if is_secret { Copied::Temporary } else { Copied::Permanent };
                    let done = clipboard.copy(text, is_secret);
                    // After a failed copy, the clipboard can still hold an earlier secret.
                    holds_secret = if done.is_ok() { is_secret } else { holds_secret };
                    answer(Msg::Copied(done.map(|()| how)));
                }
                Err(RecvTimeoutError::Timeout) => {
                    answer(Msg::Copied(clipboard.forget().map(|()| Copied::Cleared)));
                    holds_secret = false;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // Nobody reads a message any more.
                    let _ = clipboard.forget();
                    return;
                }
            }
        }
    })?;
    Ok((texts, thread))
}

/// Starts the thread that passes text to tmux. Text that tmux doesn't accept goes to `on_failure`.
pub(super) fn spawn_tmux(
    answer: impl Fn(Msg) + Clone + Send + 'static,
    on_failure: impl Fn(Zeroizing<String>) + Send + 'static,
) -> Result<(Sender<ClipboardText>, JoinHandle<Option<()>>)> {
    let (texts, queue) = channel::<ClipboardText>();
    let thread = spawn_worker("tmux", answer, move |answer| {
        for ClipboardText { text, .. } in queue {
            match by_tmux::load(&text) {
                Ok(()) => answer(Msg::Copied(Ok(Copied::Sent(Sent::Tmux)))),
                Err(_) => on_failure(text),
            }
        }
    })?;
    Ok((texts, thread))
}
