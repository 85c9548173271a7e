//! Sign-in, sign-out, and changes of the own account.

use super::{lock_with_notice, long_work, navigation};
use crate::error::Error;
use crate::tui::app::{App, Screen};
use crate::tui::component::Component;
use crate::tui::effect::Effect;
use crate::tui::layer::Layer;
use crate::tui::notice::Notice;
use crate::tui::outcome::Outcome;
use crate::verbs::accounts::{SetPassword, SetRole};
use crate::verbs::session::Session;

/// Handles a sign-in, or an unlock if the lock has asked.
pub(super) fn on_signed_in(app: &mut App, asker: Option<Layer>, session: Session) -> Vec<Effect> {
    // A page that knows the temporary password has replaced itself.
    if session.is_temporary() {
        return sign_out(app, None);
    }
    app.model.session = Some(session);
    match asker {
        Some(Layer::Lock) => app.lock = None,
        _ => app.show_workspace(),
    }
    let problems = [app.model.appearance.problem.take(), app.model.keymap.problem.take()];
    for problem in problems.into_iter().flatten() {
        app.model.notify(Notice::error(&problem));
    }
    let mut effects = vec![Effect::Redraw];
    effects.extend(navigation::refresh(app));
    effects
}

/// Ends the session and shows `page`, or else stops all work and shows the sign-in.
pub(super) fn sign_out(app: &mut App, page: Option<Box<dyn Component>>) -> Vec<Effect> {
    let mut effects = if page.is_none() { long_work::stop(app) } else { Vec::new() };
    app.model.auth.clear();
    app.modals.clear();
    long_work::drop_other_requests(app);
    (app.model.session, app.model.me, app.lock) = (None, None, None);
    match page {
        Some(page) => app.screen = Screen::Entry(page),
        None => app.show_sign_in(app.model.username.clone().as_ref()),
    }
    effects.extend([Effect::SignOut, Effect::Redraw]);
    effects
}

/// Handles a change of the own account. The earlier proof is no longer valid, so the user signs in again.
pub(super) fn on_own_account_changed(app: &mut App, outcome: &Outcome, text: String) -> Vec<Effect> {
    long_work::drop_other_requests(app);
    let by_token = app.model.session.as_ref().is_some_and(Session::is_token);
    if outcome.is::<SetPassword>() {
        let own = app.model.session.as_ref().map(Session::username);
        if app.model.demo.as_ref().is_some_and(|demo| Some(&demo.username) == own) {
            // The demo banner shows a password that is no longer valid.
            app.model.demo = None;
        }
        lock_with_notice(app, "Password changed. Sign in with the new password.");
    } else if outcome.is::<SetRole>() {
        lock_with_notice(app, &format!("{text}. Sign in again."));
    } else if by_token {
        super::lock(app, Some(&Error::unauthenticated(text)));
    } else {
        app.model.auth.clear();
        (app.model.session, app.model.me, app.model.demo) = (None, None, None);
        app.show_sign_in_after(format!("{text}. Sign in with another account."));
        return vec![Effect::SignOut, Effect::Redraw];
    }
    vec![Effect::Redraw]
}
