//! Work in batches. After the first batch its dialog closes; the work continues in the background and can be stopped.

use super::navigation;
use crate::error::Error;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::keymap::Action;
use crate::tui::layer::Layer;
use crate::tui::long_work::LongWork;
use crate::tui::model::RequestKind;
use crate::tui::msg::RequestId;
use crate::tui::notice::{Notice, NoticeId};
use crate::verbs::batches::MAX_ATOMIC;

/// Records a finished batch. After the first of several batches the dialog closes, because the request is under way.
pub(super) fn on_progress(app: &mut App, done: u64, total: u64) {
    let Some(work) = app.model.long_work.as_mut().filter(|_| total > MAX_ATOMIC as u64) else { return };
    work.counts = Some((done, total));
    let id = work.id;
    close_dialog(app, id);
}

/// Closes the dialog that waits for `id`. The request continues without the dialog.
fn close_dialog(app: &mut App, id: RequestId) {
    let Some(pending) = app.model.pending.get_mut(&id) else { return };
    pending.kind = RequestKind::LongWork;
    if let Some(Layer::Modal(dialog)) = pending.asker.take() {
        app.modals.close(dialog);
        app.for_each_page(|page, _| page.on_batch_done());
    }
}

/// Stops the running work if `action` is a stop or a quit; `None` if `action` keeps its usual meaning. A quit stops the
/// work first, so that the user sees how much was done.
pub(super) fn stop_instead_of(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    let ends = matches!(action, Action::Interrupt | Action::Quit);
    if !(ends || action == Action::StopWork) || app.model.long_work().is_none_or(|work| work.stopping) {
        return None;
    }
    if ends {
        app.model.notify(Notice::new(
            NoticeId::WorkStopping,
            "Stopping the running change. To quit without waiting, press the same key again",
        ));
    }
    Some(stop(app))
}

/// Stops the work that the dialog of `layer` waits for, before its first batch is finished.
pub(super) fn stop_for(app: &mut App, layer: Layer) -> Vec<Effect> {
    let pending = app.model.long_work.and_then(|work| app.model.pending.get(&work.id));
    if pending.is_some_and(|pending| pending.asker == Some(layer)) { stop(app) } else { Vec::new() }
}

pub(super) fn stop(app: &mut App) -> Vec<Effect> {
    match &mut app.model.long_work {
        Some(LongWork { stopping, .. }) => {
            *stopping = true;
            vec![Effect::StopLongWork]
        }
        None => Vec::new(),
    }
}

/// Forgets all pending replies except the one for the work in batches, whose result is always reported.
pub(super) fn drop_other_requests(app: &mut App) {
    let long = app.model.long_work.map(|work| work.id);
    app.model.pending.retain(|id, _| Some(*id) == long);
    if let Some(id) = long {
        close_dialog(app, id);
    }
}

/// Handles an error of work that goes on without its dialog. Some tokens may have been changed before.
pub(super) fn failed(app: &mut App, error: &Error) -> Vec<Effect> {
    app.model.notify(Notice::error(error));
    app.for_each_page(|page, _| page.on_batch_done());
    navigation::refresh_pages(app)
}
