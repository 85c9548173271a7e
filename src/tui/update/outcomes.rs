//! Completed changes: the notice, all pages, and the answer of the running service.

use super::{navigation, session, with_page};
use crate::propagation::{Propagation, describe_confirmed, describe_unconfirmed};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::layer::Layer;
use crate::tui::notice::{Notice, PendingPropagation};
use crate::tui::outcome::{Outcome, Subject};
use crate::verbs::accounts::SetContact;

/// Handles a change made here: reports it, closes the dialogs, shows it on all pages and reads them again. If access was
/// lost, also checks that the running service denies it.
pub(super) fn on_change(app: &mut App, waited: Option<Layer>, mut outcome: Outcome) -> Vec<Effect> {
    let seq = outcome.audit_seq;
    let notice = outcome.notice();
    let (text, is_loss) = (notice.full_text(), notice.propagation.is_some());
    app.model.notify(notice);
    // Work in batches ends without its dialog. Others may be open by then.
    if waited.is_some() {
        app.modals.clear();
    }
    // A new contact doesn't end the session.
    let mut effects = if is_own_account(app, &outcome.subject) && !outcome.is::<SetContact>() {
        session::on_own_account_changed(app, &outcome, text)
    } else {
        // All is read here, so the change needs no second look when it is noticed.
        app.model.seen_seq = app.model.seen_seq.max(seq);
        show(app, &mut outcome)
    };
    if is_loss {
        effects.push(Effect::CheckPropagation(seq));
    }
    effects
}

fn is_own_account(app: &App, subject: &Subject) -> bool {
    let Subject::Accounts(accounts) = subject else { return false };
    app.model.me.as_ref().is_some_and(|me| accounts.iter().any(|counted| counted.account.id == me.account.id))
}

fn show(app: &mut App, outcome: &mut Outcome) -> Vec<Effect> {
    let mut effects = Vec::new();
    for layer in app.layers() {
        effects.extend(with_page(app, layer, None, |page, ctx| page.on_change(outcome, ctx)));
    }
    effects.extend(navigation::refresh(app));
    effects
}

/// Updates the notices with the answer of the service; `None` if there is no service.
pub(super) fn on_propagation_checked(app: &mut App, seq: i64, answer: Option<&Propagation>) -> Vec<Effect> {
    for notice in app.model.notice.iter_mut().chain(&mut app.model.messages) {
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
        Some(Propagation::Unconfirmed { service, why, next }) => {
            notice.effect = Some(describe_unconfirmed(service, why, next));
        }
        None => {}
    }
}
