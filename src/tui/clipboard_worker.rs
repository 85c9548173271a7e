//! Copying off the UI thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use zeroize::Zeroizing;

use super::worker::spawn_worker;
use crate::error::{Error, Result};
use crate::platform::clipboard::{Clipboard, tmux as by_tmux};
use crate::tui::effect::ClipboardText;
use crate::tui::msg::{Copied, Msg, Sent};
use crate::verbs::ports::Clock;

/// The thread that copies.
pub(super) struct ClipboardWorker {
    texts: Sender<ClipboardText>,
    /// Disconnected once the thread has ended.
    ended: Receiver<()>,
}

impl ClipboardWorker {
    fn start<F: Fn(Msg) + Clone + Send + 'static>(
        name: &'static str,
        answer: F,
        work: impl FnOnce(Receiver<ClipboardText>, &F) + Send + 'static,
    ) -> Result<Self> {
        let ((texts, queue), (is_running, ended)) = (channel(), channel());
        spawn_worker(name, answer, move |answer| {
            let _is_running = is_running;
            work(queue, answer);
        })?;
        Ok(ClipboardWorker { texts, ended })
    }

    /// Copies `text`.
    ///
    /// # Errors
    /// The thread has ended.
    pub(super) fn copy(&self, text: ClipboardText) -> Result<()> {
        self.texts
            .send(text)
            .map_err(|_| Error::failure("a part of jeton has ended unexpectedly").next("Start jeton again"))
    }

    /// Ends the thread, which clears a secret from the clipboard first. The returned channel is disconnected once that is
    /// done, which is never for a desktop that doesn't answer.
    pub(super) fn end(self) -> Receiver<()> {
        // Without a sender, the thread ends.
        drop(self.texts);
        self.ended
    }
}

/// Starts the clipboard's thread, which clears a secret from the clipboard after `clear_delay`.
pub(super) fn spawn_clipboard(
    mut clipboard: Box<dyn Clipboard>,
    clear_delay: Duration,
    clock: Arc<dyn Clock>,
    answer: impl Fn(Msg) + Clone + Send + 'static,
) -> Result<ClipboardWorker> {
    ClipboardWorker::start("clipboard", answer, move |queue, answer| {
        // The time on the monotonic clock at which the clipboard is cleared, while it holds a secret.
        let mut clear_at: Option<Duration> = None;
        loop {
            let next = match clear_at {
                Some(at) => queue.recv_timeout(at.saturating_sub(clock.monotonic())),
                None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(ClipboardText { text, is_secret }) => {
                    let how = if is_secret { Copied::Temporary } else { Copied::Permanent };
                    let done = clipboard.copy(text, is_secret);
                    // After a failed copy, the clipboard can still hold an earlier secret.
                    if done.is_ok() {
                        clear_at = is_secret.then(|| clock.monotonic() + clear_delay);
                    }
                    answer(Msg::Copied(done.map(|()| how)));
                }
                Err(RecvTimeoutError::Timeout) => {
                    answer(Msg::Copied(clipboard.forget().map(|()| Copied::Cleared)));
                    clear_at = None;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // Nobody reads a message any more.
                    let _ = clipboard.forget();
                    return;
                }
            }
        }
    })
}

/// Starts the thread that passes text to tmux. Text that tmux doesn't accept goes to `on_failure`.
pub(super) fn spawn_tmux(
    answer: impl Fn(Msg) + Clone + Send + 'static,
    on_failure: impl Fn(Zeroizing<String>) + Send + 'static,
) -> Result<ClipboardWorker> {
    ClipboardWorker::start("tmux", answer, move |queue, answer| {
        for ClipboardText { text, .. } in queue {
            match by_tmux::load(&text) {
                Ok(()) => answer(Msg::Copied(Ok(Copied::Sent(Sent::Tmux)))),
                Err(_) => on_failure(text),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::clock::SystemClock;

    /// A clipboard that refuses all texts but the first one, which it takes once the sender of `more` is dropped.
    struct Refusing {
        more: Receiver<()>,
        count: usize,
    }

    impl Clipboard for Refusing {
        fn copy(&mut self, _text: Zeroizing<String>, _is_secret: bool) -> Result<()> {
            let _ = self.more.recv();
            self.count += 1;
            if self.count == 1 { Ok(()) } else { Err(Error::failure("refused")) }
        }

        fn forget(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn secret_is_cleared_even_if_a_later_copy_fails() {
        let ((answers, answered), (release, more)) = (channel(), channel());
        let clipboard = Box::new(Refusing { more, count: 0 });
        let answer = move |msg| answers.send(msg).unwrap_or(());
        let worker =
            spawn_clipboard(clipboard, Duration::from_millis(1), Arc::new(SystemClock::new()), answer).unwrap();
        for is_secret in [true, false] {
            worker.copy(ClipboardText { text: "text".to_owned().into(), is_secret }).unwrap();
        }
        drop(release);
        for expected in [Some(Copied::Temporary), None, Some(Copied::Cleared)] {
            let Msg::Copied(found) = answered.recv_timeout(Duration::from_secs(30)).unwrap() else { panic!() };
            assert_eq!(found.ok(), expected);
        }
        assert_eq!(worker.end().recv_timeout(Duration::from_secs(30)), Err(RecvTimeoutError::Disconnected));
    }
}
