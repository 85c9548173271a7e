//! The update function: `(model, message) → (model, effects)`. No clock, no randomness, no I/O.

mod damaged_rows;
mod long_work;
mod navigation;
mod outcomes;
mod replies;
mod requests;
mod session;

use std::path::PathBuf;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::error::{Error, Kind, Result};
use crate::tui::component::{Answer, Component, Destination, Exit, Intent, Reply, UpdateContext};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Key};
use crate::tui::modal;
use crate::tui::model::{Layer, Model, RequestKind, Screen};
use crate::tui::msg::{Copied, Msg, ReadKey};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::page_keys;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::widget::form::Form;
use crate::verbs::accounts::{GetSetup, SignIn as SignInVerb};
use crate::verbs::credential::Credential;
use crate::verbs::session::Session;

/// Returns the first effects of the program.
pub fn start(model: &mut Model) -> Vec<Effect> {
    let credential = model.demo.as_ref().map(|demo| {
        let password = crate::domain::password::Password::from_raw(demo.password.clone());
        Credential::from_password(demo.username.clone(), password)
    });
    if let Some(token) = model.auth.token().cloned() {
        return requests::send(model, RequestKind::Setup, None, Credential::Token(token), SignInVerb.into());
    }
    match credential {
        Some(credential) => {
            model.screen = Screen::SignIn(Box::new(SignIn::new(model.demo.as_ref().map(|d| &d.username))));
            requests::send_for_component(model, Layer::Screen, credential, SignInVerb.into())
        }
        None => requests::send(model, RequestKind::Setup, None, Credential::Store, GetSetup.into()),
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
            model.auth.tick(now);
            let idle = model.auth.locks_at().is_some_and(|at| at <= now);
            if idle && model.session.is_some() && model.lock.is_none() {
                lock(model, None);
                return vec![Effect::Redraw];
            }
            Vec::new()
        }
        Msg::Key(key) => {
            model.auth.on_input(model.now);
            press(model, &key)
        }
        Msg::Paste(text) => {
            model.auth.on_input(model.now);
            paste(model, &text)
        }
        Msg::StoreChanged(seq) if model.lock.is_none() && seq > model.seen_seq => navigation::refresh(model),
        Msg::LedgerChanged if model.lock.is_none() => navigation::on_ledger_changed(model),
        Msg::StoreChanged(_) | Msg::LedgerChanged => Vec::new(),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            for layer in model.layers() {
                if let Some((page, ctx)) = model.page_mut(layer) {
                    page.on_resize(ctx.rows);
                }
            }
            // A terminal that shrank and grew back has lost its content, although its size is the same.
            vec![Effect::Redraw]
        }
        Msg::Reply(id, result) => replies::on_reply(model, id, *result),
        Msg::CatalogueLoaded(id, result) => replies::on_catalogue(model, id, *result),
        Msg::PropagationChecked(seq, answer) => outcomes::on_propagation_checked(model, seq, answer.as_ref()),
        Msg::Copied(result) => on_copied(model, result),
        Msg::Saved(result) => on_saved(model, result),
        Msg::Progress(done, total) => {
            long_work::on_progress(model, done, total);
            Vec::new()
        }
        Msg::WorkerFailed => {
            model.exit = Some(Err(Error::failure("a part of jeton failed; see the message above").next(
                "Each change was made completely or not at all. Start jeton again and check if your last \
                     change was made",
            )));
            Vec::new()
        }
        Msg::TerminalLost(why) => {
            model.exit = Some(Err(Error::failure("the terminal can't be read").why(why)));
            Vec::new()
        }
        Msg::Resumed => {
            lock(model, None);
            vec![Effect::Redraw]
        }
    }
}

/// Covers the screens until the password is entered again; the layers below stay unchanged. A session signed in with a
/// token ends instead: a token doesn't identify the person at the keyboard.
pub(super) fn lock(model: &mut Model, error: Option<&Error>) {
    model.auth.clear();
    if model.session.as_ref().is_some_and(Session::is_token) {
        let ended = Error::unauthenticated("the session has ended")
            .why("you signed in with a token, and a token can't unlock the screens; start jeton again");
        model.exit = Some(Err(error.cloned().unwrap_or(ended)));
        return;
    }
    model.modals.iter_mut().for_each(Component::on_lock);
    if let Some(session) = &model.session {
        let mut form = SignIn::locked(session.username(), "");
        if let Some(error) = error {
            form.set_problem(error.to_string());
        }
        model.lock = Some(form);
    }
}

/// Locks the screens, because the session is no longer valid, and shows the reason.
pub(super) fn lock_with_notice(model: &mut Model, reason: &str) {
    model.auth.clear();
    if let Some(session) = &model.session {
        model.lock = Some(SignIn::locked(session.username(), reason));
    }
}

/// Offers `reply` to the page of `layer`. `None` if the page has no use for it.
fn offer(model: &mut Model, layer: Layer, replied: Option<ReadKey>, reply: &mut Reply) -> Option<Vec<Effect>> {
    let (page, ctx) = model.page_mut(layer)?;
    let intent = page.on_reply(reply, &UpdateContext { replied, ..ctx })?;
    Some(apply_intent(model, layer, intent))
}

/// Lets `handle` change the page of `layer`, if there is one, and carries out the intent. `replied` is the subject of the
/// read that was answered.
fn with_page(
    model: &mut Model,
    layer: Layer,
    replied: Option<ReadKey>,
    handle: impl FnOnce(&mut dyn Component, &UpdateContext<'_>) -> Intent,
) -> Vec<Effect> {
    let Some((page, ctx)) = model.page_mut(layer) else { return Vec::new() };
    let intent = handle(page, &UpdateContext { replied, ..ctx });
    apply_intent(model, layer, intent)
}

/// Handles the result of copying to the clipboard. A dialog that shows a secret keeps the result visible.
fn on_copied(model: &mut Model, result: Result<Copied>) -> Vec<Effect> {
    let mut reply = Reply::Copied(result);
    let effects = offer(model, model.top_layer(), None, &mut reply);
    if let (None, Reply::Copied(result)) = (&effects, &reply) {
        let id = if result.is_err() { NoticeId::NotCopied } else { NoticeId::Copied };
        model.notify(Notice::new(id, Copied::describe(result)));
    }
    effects.unwrap_or_default()
}

/// Handles the result of saving a secret to a file. The dialog for the path closes, and the one below shows the result.
fn on_saved(model: &mut Model, result: Result<PathBuf>) -> Vec<Effect> {
    let mut reply = Reply::Saved(result);
    let ids = model.modals.ids();
    ids.into_iter().rev().filter_map(|id| offer(model, Layer::Modal(id), None, &mut reply)).flatten().collect()
}

fn press(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let layer = model.top_layer();
    let waits = model.is_waiting(layer);
    if let Some((page, _)) = model.page_mut(layer).filter(|_| !waits)
        && page.focused_input().is_some_and(|field| field.handle(event))
    {
        let intent = page.on_edit();
        return apply_intent(model, layer, intent);
    }
    let Some(action) = page_keys::lookup(model.page(layer), Key::from(*event), model) else { return Vec::new() };
    if let Some(effects) = long_work::stop_instead_of(model, action) {
        return effects;
    }
    match action {
        Action::Interrupt => return quit(model, layer, Err(Error::new(Kind::Cancelled, "ended by Ctrl-C"))),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        _ if waits => return Vec::new(),
        Action::ShowScreen(screen) => return navigation::go(model, &Destination::Screen(screen)),
        Action::Quit => return quit(model, layer, Ok(())),
        _ => {}
    }
    if let Some(dialog) = modal::global(action, model) {
        return open(model, dialog);
    }
    with_page(model, layer, None, |page, ctx| page.on_action(action, ctx))
}

/// Inserts pasted text into the focused field. Without a focused field the text is ignored: it must never run as
/// shortcuts.
fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let layer = model.top_layer();
    let waits = model.is_waiting(layer);
    let Some((page, _)) = model.page_mut(layer) else { return Vec::new() };
    match page.focused_input() {
        Some(field) if !waits => {
            let whole = field.insert(text);
            let intent = page.on_edit();
            if !whole {
                model.notify(Notice::new(
                    NoticeId::PasteTruncated,
                    "Pasted text was cut: it was too long, or had line breaks or control characters",
                ));
            }
            apply_intent(model, layer, intent)
        }
        _ => {
            let text = "Pasted text was ignored: no field has the focus";
            model.notify(Notice::new(NoticeId::PasteIgnored, text));
            Vec::new()
        }
    }
}

/// Ends the program. Opens a question first if a new secret that the user has not seen would be lost.
fn quit(model: &mut Model, layer: Layer, result: Result<()>) -> Vec<Effect> {
    let already_warned = match layer {
        Layer::Lock => model.lock.as_ref().is_some_and(Form::has_problem),
        Layer::Modal(id) => model.modals.get(id).is_some_and(Component::is_discard_question),
        Layer::Screen | Layer::Workspace(_) => false,
    };
    if !model.has_unseen_secret() || already_warned {
        model.exit = Some(result);
        return Vec::new();
    }
    if let Some(lock) = &mut model.lock {
        lock.set_problem("you have not seen a new secret yet: unlock to see it, or press the key again to quit");
    } else {
        let question = model.modals.iter().rev().find_map(Component::discard_question);
        question.map(|question| model.modals.push(question));
    }
    Vec::new()
}

/// Carries out the intent that the page of `layer` returned.
pub(super) fn apply_intent(model: &mut Model, layer: Layer, intent: Intent) -> Vec<Effect> {
    match intent {
        Intent::Stay => Vec::new(),
        Intent::All(intents) => intents.into_iter().flat_map(|intent| apply_intent(model, layer, intent)).collect(),
        Intent::Close(answer) => close(model, layer, answer),
        Intent::Push(dialog) => open(model, dialog),
        Intent::Ask(ask) => requests::ask(model, layer, ask),
        Intent::Run(effect) => vec![effect],
        Intent::Notify(id, text) => {
            model.notify(Notice::new(id, text));
            Vec::new()
        }
        Intent::Go(destination) => navigation::go(model, &destination),
        Intent::Leave(Exit::SignOut) => {
            let mut effects = long_work::stop(model);
            session::sign_out(model);
            effects.push(Effect::Redraw);
            effects
        }
        Intent::Leave(Exit::Quit(result)) => quit(model, layer, result),
    }
}

/// Opens a dialog, and requests the data that it shows.
pub(super) fn open(model: &mut Model, dialog: Box<dyn Component>) -> Vec<Effect> {
    let layer = Layer::Modal(model.modals.push(dialog));
    with_page(model, layer, None, |page, ctx| page.on_open(ctx))
}

/// Closes the page and passes its answer to the page below. An error without a dialog below is shown in the bottom line.
fn close(model: &mut Model, layer: Layer, answer: Option<Answer>) -> Vec<Effect> {
    if let Layer::Modal(id) = layer {
        model.modals.close(id);
    }
    let Some(answer) = answer else { return Vec::new() };
    let dialog = model.modals.top_id().filter(|_| matches!(layer, Layer::Modal(_))).map(Layer::Modal);
    match (answer, dialog) {
        (Answer::Error(error), None) => {
            model.notify(Notice::error(&error));
            Vec::new()
        }
        (answer, dialog) => {
            let below = dialog.unwrap_or_else(|| model.top_layer());
            with_page(model, below, None, |page, _| page.on_answer(answer))
        }
    }
}
