//! The progress line of a change in batches.

use std::sync::Arc;

use super::super::App;
use crate::error::Result;
use crate::platform::signals;
use crate::verbs::credential::Credential;
use crate::verbs::request::RequestVerb;

/// Runs `verb` with a progress line of the tokens that are `done`. A signal that would end the program ends the work after
/// its current batch.
pub(super) fn call_with_progress<V: RequestVerb>(
    app: &App,
    credential: &Credential,
    verb: V,
    done: &'static str,
) -> Result<V::Reply> {
    let line = app.out.progress_line();
    let progress = Arc::clone(&app.adapters.progress);
    progress.listen(move |count, total| line(&progress_bar(count, total, done)));
    progress.begin();
    signals::stop_on_signal(move || progress.stop())?;
    let reply = app.call(credential, verb);
    app.out.progress_line()("");
    reply
}

/// Draws the progress: `━━━━────────────────  20 %  1200 of 6000 purged`.
fn progress_bar(count: u64, total: u64, done: &str) -> String {
    const WIDTH: u64 = 20;
    let filled = (count * WIDTH / total.max(1)).min(WIDTH);
    let (filled, empty) = ("━".repeat(filled as usize), "─".repeat((WIDTH - filled) as usize));
    format!("{filled}{empty} {:3} %  {count} of {total} {done}", count * 100 / total.max(1))
}
