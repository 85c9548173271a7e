//! The update function: `(model, message) → (model, effects)`. No clock, no randomness, no I/O.

mod catalogue;
mod damaged;
mod desk;
mod dialogs;
mod long_work;
pub mod people;
mod replies;
mod requests;
mod several;
mod witness;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::domain::selection::Selection;
use crate::error::{Error, Kind};
use crate::tui::effect::Effect;
use crate::tui::keymap::{self, Action, Key};
use crate::tui::modal::Modal;
use crate::tui::model::{Model, Purpose, Screen, Tone};
use crate::tui::msg::Msg;
use crate::tui::screen::frame::height;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::screen::{Component, Intent, UpdateContext};
use crate::tui::widget::form::Form;
use crate::verbs::accounts::{GetSetup, SignIn as SignInVerb};
use crate::verbs::actor::{Credential, Session};
use crate::verbs::ports::TokenCursor;

/// The layer that takes input: the lock, else the top dialog, else the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Lock,
    Modal(usize),
    Screen,
}

/// Returns the first effects of the program.
pub fn start(model: &mut Model) -> Vec<Effect> {
    let credential = model.demo.as_ref().map(|demo| {
        let password = crate::domain::password::Password::from_raw(demo.password.clone());
        Credential::from_password(demo.username.clone(), password)
    });
    if let Some(token) = model.guard.token().cloned() {
        return requests::send(model, Purpose::Greeting, Credential::Token(token), SignInVerb.into());
    }
    match credential {
        Some(credential) => {
            model.screen = Screen::SignIn(Box::new(SignIn::new(model.demo.as_ref().map(|d| &d.username))));
            requests::send_for(model, Layer::Screen, credential, SignInVerb.into())
        }
        None => requests::send(model, Purpose::Greeting, Credential::Store, GetSetup.into()),
    }
}

/// Handles one message.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Now(now) => {
            model.now = now;
            if model.notice.as_ref().is_some_and(|n| n.until() <= now) {
                model.notice = None;
            }
            model.guard.at(now);
            let idle = model.guard.locks_at().is_some_and(|at| at <= now);
            if idle && model.session.is_some() && model.lock.is_none() {
                lock(model, None);
                return vec![Effect::Clear];
            }
            Vec::new()
        }
        Msg::Key(key) => {
            model.guard.touched(model.now);
            press(model, &key)
        }
        Msg::Paste(text) => {
            model.guard.touched(model.now);
            paste(model, &text)
        }
        Msg::Changed => {
            if model.lock.is_none() {
                replies::changed_elsewhere(model)
            } else {
                Vec::new()
            }
        }
        Msg::Recorded => {
            if model.lock.is_none() {
                requests::recorded(model)
            } else {
                Vec::new()
            }
        }
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            if let Some(desk) = model.desk_mut() {
                desk.tokens.on_resize(height(rows));
                desk.audit.rows_mut().on_resize(height(rows));
                desk.denied.rows_mut().on_resize(height(rows));
                desk.accounts.on_resize(height(rows));
                desk.policy.on_resize(height(rows));
            }
            // A terminal that shrank and grew back has lost its content, although its size is the same.
            vec![Effect::Clear]
        }
        Msg::Reply(id, result) => replies::reply(model, id, *result),
        Msg::Read(id, result) => replies::read(model, id, *result),
        Msg::Testified(seq, testimony) => witness::testified(model, seq, testimony.as_ref()),
        Msg::Copied(result) => dialogs::copied(model, result),
        Msg::Saved(result) => dialogs::saved(model, result),
        Msg::Progress(done, total) => {
            long_work::progressed(model, done, total);
            Vec::new()
        }
        Msg::WorkerFailed => {
            model.exit = Some(Err(Error::failure("a part of jeton has failed; its message stands above")
                .next("Whatever it was doing was done wholly or not at all: start jeton again and look")));
            Vec::new()
        }
        Msg::Blind(why) => {
            model.exit = Some(Err(Error::failure("the terminal can't be read").why(why)));
            Vec::new()
        }
        Msg::Resumed => {
            lock(model, None);
            vec![Effect::Clear]
        }
    }
}

/// Covers the screens until the password is entered again; the layers below stay unchanged. A session signed in with a
/// token ends instead: a token can't prove who is at the keyboard now.
pub(super) fn lock(model: &mut Model, because: Option<&Error>) {
    model.guard.forget();
    if model.session.as_ref().is_some_and(Session::is_token) {
        let ended =
            Error::unauthenticated("the screens have ended").why("a token had signed in, which can't unlock them");
        model.exit = Some(Err(because.cloned().unwrap_or(ended)));
        return;
    }
    for modal in &mut model.modals {
        if let Modal::RevealSecret(reveal) = modal {
            reveal.hide();
        }
    }
    if let Some(session) = &model.session {
        let mut form = SignIn::locked(session.username(), "");
        if let Some(error) = because {
            form.set_problem(error.to_string());
        }
        model.lock = Some(form);
    }
}

/// Asks for the password again, because the earlier proof is no longer valid, and shows the reason.
pub(super) fn lock_calmly(model: &mut Model, because: &str) {
    model.guard.forget();
    if let Some(session) = &model.session {
        model.lock = Some(SignIn::locked(session.username(), because));
    }
}

pub(super) fn top(model: &Model) -> Layer {
    match (&model.lock, model.modals.len()) {
        (Some(_), _) => Layer::Lock,
        (None, 0) => Layer::Screen,
        (None, n) => Layer::Modal(n - 1),
    }
}

pub(super) fn page(model: &mut Model, layer: Layer) -> Option<&mut dyn Component> {
    match layer {
        Layer::Lock => model.lock.as_mut().map(|l| l as &mut dyn Component),
        Layer::Modal(at) => model.modals.get_mut(at).map(Modal::page_mut),
        Layer::Screen => model.screen.page_mut(),
    }
}

fn press(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let layer = top(model);
    let waits = page(model, layer).and_then(Component::pending_request).is_some_and(|w| w.is_some());
    if let Some(page) = page(model, layer).filter(|_| !waits)
        && page.focused_input().is_some_and(|field| field.handle(event))
    {
        let outcome = page.on_edit();
        return apply(model, layer, outcome);
    }
    let Some(action) = keymap::lookup(model.context(), Key::from(*event), model) else { return Vec::new() };
    if let Some(effects) = long_work::stopped_by(model, action) {
        return effects;
    }
    match action {
        Action::Interrupt => return leave_program(model, layer, Err(Error::new(Kind::Cancelled, "ended by Ctrl-C"))),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Clear],
        _ if waits => return Vec::new(),
        Action::Show(place) => return desk::show(model, place),
        Action::Help => return dialogs::help(model),
        Action::Messages => return dialogs::messages(model),
        Action::Whose => return dialogs::whose(model),
        Action::Quit => return leave_program(model, layer, Ok(())),
        _ => {}
    }
    let zone = model.zone.clone();
    let lines = match layer {
        Layer::Modal(at) => model.modals.get(at).map_or(0, |modal| modal.page().line_count(model)),
        Layer::Lock | Layer::Screen => 0,
    };
    let ctx = UpdateContext { now: model.now, zone: zone.get(), rows: height(model.size.1), size: model.size, lines };
    let Some(page) = page(model, layer) else { return Vec::new() };
    let outcome = page.on_action(action, &ctx);
    apply(model, layer, outcome)
}

/// Inserts pasted text into the focused field. Without a focused field the text is ignored: it must never run as
/// shortcuts.
fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let layer = top(model);
    let Some(page) = page(model, layer) else { return Vec::new() };
    let waits = page.pending_request().is_some_and(|w| w.is_some());
    match page.focused_input() {
        Some(field) if !waits => {
            let whole = field.insert(text);
            let outcome = page.on_edit();
            if !whole {
                model.say(Tone::Bad, "Only a part of the pasted text fitted in: one line, no control characters", None);
            }
            apply(model, layer, outcome)
        }
        _ => {
            model.say(Tone::Bad, "Pasted text was ignored: no field has the focus", None);
            Vec::new()
        }
    }
}

/// Ends the program. Asks first if a new secret that nobody has seen would be lost.
fn leave_program(model: &mut Model, layer: Layer, result: Result<(), Error>) -> Vec<Effect> {
    let asked = match layer {
        Layer::Lock => model.lock.as_ref().is_some_and(Form::has_problem),
        Layer::Modal(at) => matches!(model.modals.get(at), Some(Modal::DiscardSecret(_))),
        Layer::Screen => false,
    };
    if !model.holds_unseen_secret() || asked {
        model.exit = Some(result);
        return Vec::new();
    }
    if let Some(lock) = &mut model.lock {
        lock.set_problem("a new secret that nobody has seen waits behind this lock; again to end anyway");
    } else {
        let leaving = model.modals.iter().rev().find_map(|modal| match modal {
            Modal::RevealSecret(reveal) => Some(reveal.discard_dialog()),
            _ => None,
        });
        model.modals.extend(leaving.map(Modal::DiscardSecret));
    }
    Vec::new()
}

/// Carries out the outcome that the page of `layer` returned.
pub(super) fn apply(model: &mut Model, layer: Layer, outcome: Intent) -> Vec<Effect> {
    match outcome {
        Intent::Stay => Vec::new(),
        Intent::Close => {
            close(model, layer);
            Vec::new()
        }
        Intent::Push(modal) => {
            model.modals.push(modal);
            Vec::new()
        }
        Intent::Send(credential, request) => requests::send_for(model, layer, credential, request),
        Intent::Query(request) => match model.session.clone() {
            Some(session) => requests::send_for(model, layer, Credential::Session(session), request),
            None => Vec::new(),
        },
        Intent::ReadCatalogue(path) => requests::read_for(model, layer, path),
        Intent::Confirm(wanted) => dialogs::confirm(model, wanted),
        Intent::List(anchor) => requests::list(model, anchor),
        Intent::ListAudit(anchor) => requests::audit(model, anchor),
        Intent::ListDenied(anchor) => requests::denied(model, anchor),
        Intent::MarkShown => requests::mark_shown(model),
        Intent::SetSort(sort) => {
            close(model, layer);
            if let Some(tokens) = model.tokens_mut() {
                tokens.set_sort(sort);
            }
            requests::list(model, TokenCursor::Start)
        }
        Intent::Refresh => desk::refresh(model),
        Intent::ShowToken(id, whereabouts) => desk::to_token(model, id, whereabouts),
        Intent::ShowTokensOf(username) => people::tokens_of(model, &username),
        Intent::CursorMoved => desk::moved(model),
        Intent::Run(effect) => vec![effect],
        Intent::Notify(tone, text) => {
            model.say(tone, text, None);
            Vec::new()
        }
        Intent::CloseWithError(error) => refuse(model, layer, error),
        Intent::OpenDialog(what) => dialogs::open(model, what),
        Intent::CloseWithSelection(selection) => picked(model, layer, selection),
        Intent::ShowScreen(place) => desk::show(model, place),
        Intent::CloseAll => {
            model.modals.clear();
            vec![Effect::Clear]
        }
        Intent::SignOut => {
            let mut effects = long_work::stop(model);
            people::sign_out(model);
            effects.push(Effect::Clear);
            effects
        }
        Intent::Exit(result) => leave_program(model, layer, result),
    }
}

fn close(model: &mut Model, layer: Layer) {
    if let Layer::Modal(at) = layer {
        model.modals.truncate(at);
    }
}

/// Closes the picker and passes its selection to the page below.
fn picked(model: &mut Model, layer: Layer, selection: Selection) -> Vec<Effect> {
    close(model, layer);
    let below = top(model);
    match page(model, below).map(|p| p.on_selection(selection)) {
        Some(outcome) => apply(model, below, outcome),
        None => Vec::new(),
    }
}

/// Closes the page and reports the reason to the page below, or in the bottom line.
fn refuse(model: &mut Model, layer: Layer, error: Error) -> Vec<Effect> {
    close(model, layer);
    match layer {
        Layer::Modal(at) if at > 0 => {
            let below = Layer::Modal(at - 1);
            match page(model, below).map(|p| p.on_error(error)) {
                Some(outcome) => apply(model, below, outcome),
                None => Vec::new(),
            }
        }
        Layer::Lock | Layer::Modal(_) | Layer::Screen => {
            model.say(Tone::Bad, error.to_string(), None);
            Vec::new()
        }
    }
}
