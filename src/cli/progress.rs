//! The progress bar of commands. `app.call_with_progress(credential, verb, "purged")` shows a bar for as long as the verb
//! runs; other work holds a [`ProgressBar`], reports to `app.adapters.progress` how much is done (`report`, `advance`) and ends
//! early once that `is_stopped()`.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::App;
use super::output::{Output, columns, print_error, write_stderr};
use crate::error::{Error, Kind, Result};
use crate::platform::clock::Stopwatch;
use crate::platform::signals::{self, EndHandler};
use crate::platform::threads;
use crate::selected_backend::SelectedBackend;
use crate::verbs::batches::Progress;
use crate::verbs::credential::Credential;
use crate::verbs::request::RequestVerb;

/// Work that is done sooner shows nothing. Together with the check of a password before it, work is seen within a second.
const DELAY: Duration = Duration::from_millis(600);
const INTERVAL: Duration = Duration::from_millis(200);
/// Columns of the bar itself.
const BAR_WIDTH: usize = 20;

/// A progress bar on stderr, shown after a delay until it is dropped. Only a person at a terminal sees it, but a
/// signal that would end the program always stops the work instead.
///
/// Drop it before anything else is printed or asked.
pub(super) struct ProgressBar {
    /// Ends the thread when dropped.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<Option<()>>>,
    _handler: EndHandler,
}

/// The words of a bar.
#[derive(Debug, Clone, Copy)]
enum Label {
    /// Counted items, such as `rows verified`.
    Items(&'static str),
    /// Work whose parts can't be counted.
    Phase(&'static str),
}

/// The progress of a list. It is shown until the list begins if the list goes to the terminal, where its rows are the
/// progress; otherwise to the end.
pub(super) struct ListProgress {
    bar: Option<ProgressBar>,
    is_on_terminal: bool,
}

impl ListProgress {
    /// Begins to read a list of rows that are then `done`. A signal ends the program at once: it may wait for the reader of a
    /// pipe.
    pub fn show(out: &Output, progress: &Arc<Progress>, done: &'static str) -> Result<Self> {
        let end = |is_shown: &IsShown| end_as_cancelled(is_shown, || ());
        let show = || ProgressBar::begin(true, progress, Label::Items(done), end);
        let bar = out.shows_progress().then(show).transpose()?;
        Ok(ListProgress { bar, is_on_terminal: out.is_on_terminal() })
    }

    /// Ends the bar if the list is about to be printed on the terminal.
    pub fn begin_output(&mut self) {
        if self.is_on_terminal {
            self.bar.take();
        }
    }
}

/// `true` while the terminal shows a bar. The thread that clears the bar for good holds the lock.
type IsShown = Arc<Mutex<bool>>;

impl ProgressBar {
    /// Begins work on items that are then `done`, such as `purged` or `rows verified`.
    pub fn show(out: &Output, progress: &Arc<Progress>, done: &'static str) -> Result<Self> {
        Self::begin_stoppable(out, progress, Label::Items(done))
    }

    /// Begins to read what is then `done`. A second signal ends the program at once: a read has nothing to finish, and may
    /// wait for a slow disk.
    pub fn show_of_read(out: &Output, progress: &Arc<Progress>, done: &'static str) -> Result<Self> {
        let stopped = Arc::clone(progress);
        Self::begin(out.shows_progress(), progress, Label::Items(done), move |is_shown| match stopped.is_stopped() {
            true => end_as_cancelled(is_shown, || ()),
            false => stopped.stop(),
        })
    }

    /// Begins work whose parts can't be counted, such as `checking the pages of the backup`.
    pub fn show_phase(out: &Output, progress: &Arc<Progress>, phase: &'static str) -> Result<Self> {
        Self::begin_stoppable(out, progress, Label::Phase(phase))
    }

    fn begin_stoppable(out: &Output, progress: &Arc<Progress>, label: Label) -> Result<Self> {
        let stopped = Arc::clone(progress);
        Self::begin(out.shows_progress(), progress, label, move |_| stopped.stop())
    }

    /// Begins work that another process does. A signal can't stop that process, so it ends this program: with an error if
    /// the process may have changed something.
    fn show_remote(app: &App, done: &'static str, is_change: bool) -> Result<Self> {
        let (out, progress, program) = (&app.out, &app.adapters.progress, app.program());
        let as_json = out.json;
        Self::begin(out.shows_progress(), progress, Label::Items(done), move |is_shown| {
            end_as_cancelled(is_shown, || {
                if is_change {
                    print_error(&cancelled_at_server(&program), as_json);
                }
            });
        })
    }

    fn begin(
        is_visible: bool,
        progress: &Arc<Progress>,
        label: Label,
        stop: impl Fn(&IsShown) + Send + 'static,
    ) -> Result<Self> {
        progress.begin();
        let is_shown = IsShown::default();
        let shown = Arc::clone(&is_shown);
        let handler = signals::stop_on_signal(move || stop(&shown))?;
        if !is_visible {
            return Ok(ProgressBar { end: None, thread: None, _handler: handler });
        }
        let (end, ended) = channel::<()>();
        let (progress, started) = (Arc::clone(progress), Stopwatch::start());
        let draw = move || {
            let mut wait = DELAY;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = INTERVAL;
                let text = format_progress(progress.counts(), label, started.elapsed(), progress.is_stopped());
                let text: String = fit(&text, columns());
                let mut is_shown = is_shown.lock().unwrap_or_else(PoisonError::into_inner);
                *is_shown = true;
                write_stderr(&format!("\r{text}{ERASE_REST}"));
            }
            clear(&mut is_shown.lock().unwrap_or_else(PoisonError::into_inner));
        };
        // Without the thread, the work is just not shown.
        let thread = threads::spawn("progress", |_| (), draw).ok();
        Ok(ProgressBar { end: Some(end), thread, _handler: handler })
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // A panic there must not become one here.
            let _ = thread.join();
        }
    }
}

/// Escape sequence: erase to the end of the line.
const ERASE_REST: &str = "\x1b[K";

fn clear(is_shown: &mut bool) {
    if std::mem::take(is_shown) {
        write_stderr(&format!("\r{ERASE_REST}"));
    }
}

/// Ends the program after `last_words`, with the bar cleared.
fn end_as_cancelled(is_shown: &IsShown, last_words: impl FnOnce()) -> ! {
    // Never released: no bar is drawn any more.
    let mut is_shown = is_shown.lock().unwrap_or_else(PoisonError::into_inner);
    clear(&mut is_shown);
    last_words();
    signals::end_as_cancelled()
}

/// Cuts `text`, so that it leaves the last column free: a line that wraps can't be drawn over.
fn fit(text: &str, columns: usize) -> String {
    let mut text = text.to_owned();
    while text.width() >= columns && text.pop().is_some() {}
    text
}

/// Formats the progress: `━━━━────────────────  20 %  1200 of 6000 purged`, or without a total: `1200 purged, 4 s`.
fn format_progress((count, total): (u64, u64), label: Label, elapsed: Duration, is_stopped: bool) -> String {
    let stopping = if is_stopped { "stopping: " } else { "" };
    let seconds = elapsed.as_secs();
    let done = match label {
        Label::Phase(phase) => return format!("{stopping}{phase}, {seconds} s"),
        Label::Items(done) => done,
    };
    let percent = (u128::from(count) * 100).checked_div(u128::from(total)).map(|percent| percent.min(100) as usize);
    match percent {
        Some(percent) => {
            let filled = percent * BAR_WIDTH / 100;
            let (filled, empty) = ("━".repeat(filled), "─".repeat(BAR_WIDTH - filled));
            format!("{filled}{empty} {percent:3} %  {stopping}{count} of {total} {done}")
        }
        None => format!("{stopping}{count} {done}, {seconds} s"),
    }
}

fn cancelled_at_server(program: &str) -> Error {
    Error::new(Kind::Cancelled, "cancelled while the server was working. Perhaps the server has made the change").next(
        format!("To see what was changed, run: {program} token list. Owners and admins can also run: {program} audit"),
    )
}

impl App {
    /// Runs `verb` with a progress bar of the items that are `done`. A signal that would end the program ends the verb: a
    /// change in batches after its current batch, and anything else with [`Kind::Cancelled`] and without a change.
    pub(super) fn call_with_progress<V: RequestVerb>(
        &self,
        credential: &Credential,
        verb: V,
        done: &'static str,
    ) -> Result<V::Reply> {
        let (progress, is_change) = (&self.adapters.progress, Self::is_change::<V>());
        let bar = match self.backend {
            SelectedBackend::Local(_) if is_change => ProgressBar::show(&self.out, progress, done),
            SelectedBackend::Local(_) => ProgressBar::show_of_read(&self.out, progress, done),
            SelectedBackend::Remote(_) => ProgressBar::show_remote(self, done, is_change),
        }?;
        let reply = self.call(credential, verb);
        drop(bar);
        // A question or more output may follow a read.
        if !is_change {
            progress.check()?;
        }
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_has_a_bar_only_with_a_total() {
        let text = |counts| format_progress(counts, Label::Items("purged"), Duration::from_millis(4_700), false);
        assert_eq!(text((1_200, 6_000)), "━━━━────────────────  20 %  1200 of 6000 purged");
        assert_eq!(text((0, 6_000)), "────────────────────   0 %  0 of 6000 purged");
        assert_eq!(text((7_000, 6_000)), "━━━━━━━━━━━━━━━━━━━━ 100 %  7000 of 6000 purged");
        assert_eq!(text((u64::MAX, u64::MAX)).chars().take(24).collect::<String>(), "━━━━━━━━━━━━━━━━━━━━ 100");
        assert_eq!(text((1_200, 0)), "1200 purged, 4 s");
        assert_eq!(text((0, 0)), "0 purged, 4 s");
        assert_eq!(format_progress((5, 0), Label::Items("purged"), INTERVAL * 6, true), "stopping: 5 purged, 1 s");
        assert_eq!(format_progress((5, 9), Label::Phase("checking"), INTERVAL * 6, false), "checking, 1 s");
    }

    #[test]
    fn progress_never_wraps() {
        assert_eq!(fit("1200 purged", 80), "1200 purged");
        assert_eq!(fit("1200 purged", 5), "1200");
        assert_eq!(fit("━━━", 3), "━━");
        assert_eq!(fit("━━━", 0), "");
    }
}
