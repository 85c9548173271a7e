//! A loss of access is reported at once. The report is completed once the running service has answered if it denies the
//! tokens.

use crate::propagation::{Propagation, describe_confirmed, describe_unconfirmed};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::notice::{Notice, PendingPropagation};

/// Checks with the service the change just reported, after all `effects`. `subject` names the tokens that the service
/// must deny.
pub(super) fn check_propagation(
    model: &mut Model,
    mut effects: Vec<Effect>,
    seq: i64,
    subject: &'static str,
) -> Vec<Effect> {
    for notice in model.notice.iter_mut().chain(model.messages.front_mut()) {
        notice.propagation = Some(PendingPropagation { seq, subject });
    }
    effects.push(Effect::CheckPropagation(seq));
    effects
}

/// Updates the notices with the answer of the service; `None` if there is no service.
pub(super) fn on_propagation_checked(model: &mut Model, seq: i64, answer: Option<&Propagation>) -> Vec<Effect> {
    for notice in model.notice.iter_mut().chain(&mut model.messages) {
        if let Some(PendingPropagation { subject, .. }) = notice.propagation.take_if(|pending| pending.seq == seq) {
            update_notice(notice, subject, answer);
        }
    }
    Vec::new()
}

/// Replaces the effect with the service's answer.
fn update_notice(notice: &mut Notice, subject: &str, answer: Option<&Propagation>) {
    match answer {
        Some(Propagation::Confirmed(time)) => notice.effect = Some(describe_confirmed(subject, *time)),
        Some(Propagation::Unconfirmed { service, why }) => {
            notice.effect = Some(describe_unconfirmed(service, why));
        }
        None => {}
    }
}
