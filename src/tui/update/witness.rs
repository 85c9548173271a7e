//! What was taken away is said at once, and again once the running service was asked whether it denies it.

use crate::tui::effect::Effect;
use crate::tui::model::{Awaited, Model, Notice};
use crate::witness::{Testimony, denies, unsure};

/// Has the service asked about the change that was just told, behind all `effects`: whom it is to deny.
pub(super) fn ask(model: &mut Model, mut effects: Vec<Effect>, seq: i64, whom: &'static str) -> Vec<Effect> {
    for notice in model.notice.iter_mut().chain(model.messages.front_mut()) {
        notice.awaited = Some(Awaited { seq, whom });
    }
    effects.push(Effect::Witness(seq));
    effects
}

/// The service has answered, or there is none.
pub(super) fn testified(model: &mut Model, seq: i64, testimony: Option<&Testimony>) -> Vec<Effect> {
    for notice in model.notice.iter_mut().chain(&mut model.messages) {
        if let Some(Awaited { whom, .. }) = notice.awaited.take_if(|awaited| awaited.seq == seq) {
            amend(notice, whom, testimony);
        }
    }
    Vec::new()
}

/// What was done stays; what follows from it, behind the `;`, is said as the service says it.
fn amend(notice: &mut Notice, whom: &str, testimony: Option<&Testimony>) {
    let done = notice.text.split("; ").next().unwrap_or_default();
    match testimony {
        Some(Testimony::Denies(time)) => notice.text = format!("{done}; {}", denies(whom, *time)),
        Some(Testimony::Unsure { service, why }) => notice.text = format!("{done}; {}", unsure(service, why)),
        None => {}
    }
}
