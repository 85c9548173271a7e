//! Sign-in, sign-out, and changes of the own account.

use super::{lock_with_notice, long_work, navigation, requests};
use crate::error::Error;
use crate::tui::effect::Effect;
use crate::tui::model::{Layer, Model, Screen};
use crate::tui::outcome::Outcome;
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::replace_password::ReplacePassword;
use crate::tui::screen::sign_in::SignIn;
use crate::verbs::accounts::{SetPassword, SetRole, SetupState, SignIn as SignInVerb};
use crate::verbs::session::Session;

/// Asks for the first owner, or for a sign-in.
pub(super) fn on_setup(model: &mut Model, setup: SetupState) {
    let name = model.username.clone().or(setup.sole_account);
    model.screen = if setup.first_run {
        Screen::FirstRun(Box::new(FirstRun::new(name.as_ref())))
    } else {
        Screen::SignIn(Box::new(SignIn::new(name.as_ref())))
    };
}

/// Signs in the owner who was just created.
pub(super) fn on_init(model: &mut Model) -> Vec<Effect> {
    let Screen::FirstRun(form) = &mut model.screen else { return Vec::new() };
    match form.dialog_mut().credential() {
        Ok(credential) => requests::send_for_component(model, Layer::Screen, credential, SignInVerb.into()),
        Err(_) => Vec::new(),
    }
}

/// Handles a sign-in, or an unlock if the lock has asked.
pub(super) fn on_signed_in(model: &mut Model, asker: Option<Layer>, session: Session) -> Vec<Effect> {
    if session.is_temporary() {
        return begin_password_replacement(model, &session);
    }
    model.session = Some(session);
    match asker {
        Some(Layer::Lock) => model.lock = None,
        _ => model.screen = Screen::Workspace(Box::default()),
    }
    let mut effects = vec![Effect::Redraw];
    effects.extend(navigation::refresh(model));
    effects
}

/// Handles a sign-in or unlock with a temporary password. From then on only the form that replaces the password is
/// shown.
fn begin_password_replacement(model: &mut Model, session: &Session) -> Vec<Effect> {
    let form = match (&mut model.lock, &mut model.screen) {
        (Some(form), _) => Some(form),
        (None, Screen::SignIn(form)) => Some(&mut **form),
        (None, Screen::Loading | Screen::FirstRun(_) | Screen::ReplacePassword(_) | Screen::Workspace(_)) => None,
    };
    let sent = form.and_then(|form| form.dialog_mut().take_sent_credential());
    sign_out(model);
    if let Some(temporary) = sent {
        let form = ReplacePassword::new(session.username().clone(), temporary);
        model.screen = Screen::ReplacePassword(Box::new(form));
    }
    vec![Effect::Redraw]
}

/// Ends the session and shows the sign-in.
pub(super) fn sign_out(model: &mut Model) {
    model.auth.clear();
    model.modals.clear();
    long_work::drop_other_requests(model);
    (model.session, model.me, model.lock) = (None, None, None);
    model.screen = Screen::SignIn(Box::new(SignIn::new(model.username.as_ref())));
}

/// Signs in with the new password, if it replaces the temporary one of the user signing in.
pub(super) fn sign_in_with_new_password(model: &mut Model) -> Option<Vec<Effect>> {
    let Screen::ReplacePassword(form) = &mut model.screen else { return None };
    let credential = form.dialog_mut().credential();
    Some(requests::send_for_component(model, Layer::Screen, credential, SignInVerb.into()))
}

/// Handles a change of the own account. The earlier proof is no longer valid, so the user signs in again.
pub(super) fn on_own_account_changed(model: &mut Model, outcome: &Outcome, text: String) -> Vec<Effect> {
    long_work::drop_other_requests(model);
    let by_token = model.session.as_ref().is_some_and(Session::is_token);
    if outcome.is::<SetPassword>() {
        let own = model.session.as_ref().map(Session::username);
        if model.demo.as_ref().is_some_and(|demo| Some(&demo.username) == own) {
            // The demo banner shows a password that is no longer valid.
            model.demo = None;
        }
        lock_with_notice(model, "Password changed. Sign in with the new password.");
    } else if outcome.is::<SetRole>() {
        lock_with_notice(model, &format!("{text}. Sign in again."));
    } else if by_token {
        super::lock(model, Some(&Error::unauthenticated(text)));
    } else {
        model.auth.clear();
        (model.session, model.me, model.demo) = (None, None, None);
        let reason = format!("{text}. Sign in with another account.");
        model.screen = Screen::SignIn(Box::new(SignIn::with_reason(reason)));
    }
    vec![Effect::Redraw]
}
