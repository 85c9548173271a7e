//! The end of the program, after a question if a new secret would be lost.

use crate::error::Result;
use crate::tui::app::App;
use crate::tui::component::Component;
use crate::tui::effect::Effect;
use crate::tui::layer::Layer;

/// The question on the lock.
const LOSS: &str = "a new secret would be lost: unlock to see the secret, or press the same key again to quit";

/// Ends the program. Asks first if a new secret that the user has not seen would be lost. A second key is the answer only
/// if a frame has shown the question.
pub(super) fn quit(app: &mut App, layer: Layer, result: Result<()>) -> Vec<Effect> {
    let has_asked = match layer {
        Layer::Lock => app.lock.as_ref().is_some_and(|lock| lock.problem() == Some(LOSS)),
        Layer::Modal(id) => app.modals.get(id).is_some_and(Component::is_discard_question),
        Layer::Screen | Layer::Workspace(_) => false,
    };
    let is_asked = has_asked && app.is_question_seen(layer);
    if is_asked || !app.has_unseen_secret() {
        app.model.exit = Some(result);
    } else if !has_asked {
        ask(app);
    }
    Vec::new()
}

fn ask(app: &mut App) {
    if let Some(lock) = &mut app.lock {
        lock.set_problem(LOSS);
        app.is_lock_seen = false;
    } else {
        let question = app.modals.iter().rev().find_map(Component::discard_question);
        question.map(|question| app.modals.push(question));
    }
}
