//! A loss of access is reported at once. The report is completed after the running service has answered whether it
//! denies the tokens.

use crate::propagation::{Propagation, describe_confirmed, describe_unconfirmed};
use crate::tui::effect::Effect;
use crate::tui::model::{Awaited, Model, Notice};

/// Asks the service about the change just reported, after all `effects`. `whom` names the tokens that the service must
/// deny.
pub(super) fn ask(model: &mut Model, mut effects: Vec<Effect>, seq: i64, whom: &'static str) -> Vec<Effect> {
    for notice in model.notice.iter_mut().chain(model.messages.front_mut()) {
        notice.awaited = Some(Awaited { seq, whom });
    }
    effects.push(Effect::Witness(seq));
    effects
}

/// Updates the notices with the answer of the service; `None` if there is no service.
pub(super) fn testified(model: &mut Model, seq: i64, testimony: Option<&Propagation>) -> Vec<Effect> {
    for notice in model.notice.iter_mut().chain(&mut model.messages) {
        if let Some(Awaited { whom, .. }) = notice.awaited.take_if(|awaited| awaited.seq == seq) {
            amend(notice, whom, testimony);
        }
    }
    Vec::new()
}

/// Replaces the part of the text after the `;` with the service's answer. The part before it, the change itself, stays.
fn amend(notice: &mut Notice, whom: &str, testimony: Option<&Propagation>) {
    let done = notice.text.split("; ").next().unwrap_or_default();
    match testimony {
        Some(Propagation::Confirmed(time)) => notice.text = format!("{done}; {}", describe_confirmed(whom, *time)),
        Some(Propagation::Unconfirmed { service, why }) => {
            notice.text = format!("{done}; {}", describe_unconfirmed(service, why))
        }
        None => {}
    }
}
