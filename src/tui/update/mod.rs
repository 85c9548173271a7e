//! The update function: `(app, message) → (app, effects)`. No clock, no randomness, no I/O.

mod damaged_rows;
mod editing;
mod held_input;
mod long_work;
mod mouse;
mod navigation;
mod outcomes;
mod quit;
mod replies;
mod requests;
mod session;

use std::path::PathBuf;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::error::{Error, Kind, Result};
use crate::tui::app::App;
use crate::tui::component::{Component, Destination, DialogResult, Exit, Intent, Reply, UpdateContext};
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Key};
use crate::tui::layer::Layer;
use crate::tui::model::RequestKind;
use crate::tui::msg::{Copied, Msg, ReadKey};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::{background_query, modal, page_keys, tips};
use crate::verbs::accounts::{GetSetup, SignIn as SignInVerb};
use crate::verbs::credential::Credential;
use crate::verbs::session::Session;

const ANSWER_IGNORED: &str = "The key was ignored: the dialog has only just appeared";

/// Returns the first effects of the program.
pub fn start(app: &mut App) -> Vec<Effect> {
    let mut effects = begin(app);
    app.model.top = app.top_layer();
    if app.model.takes_mouse {
        effects.push(Effect::TakeMouse(true));
    }
    effects
}

/// Handles one message.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let mut effects = handle(app, msg);
    effects.extend(held_input::play_back(app));
    effects.extend(tips::offer(app));
    effects
}

/// Returns `true` if the list on top shows rows that are about to be replaced.
pub fn waits_for_rows(app: &mut App) -> bool {
    held_input::waits_for_rows(app, None)
}

fn begin(app: &mut App) -> Vec<Effect> {
    if let Some(token) = app.model.auth.token().cloned() {
        return requests::send(app, RequestKind::Setup, None, Credential::Token(token), SignInVerb.into());
    }
    let demo = app.model.demo.as_ref().map(|demo| {
        let password = crate::domain::password::Password::from_raw(demo.password.clone());
        (Some(demo.username.clone()), Credential::from_password(demo.username.clone(), password))
    });
    let login = app.model.auth.take_login().map(|login| (app.model.username.clone(), Credential::Token(login)));
    match demo.or(login) {
        Some((username, credential)) => {
            app.show_sign_in(username.as_ref());
            requests::send_for_component(app, Layer::Screen, credential, SignInVerb.into())
        }
        None => requests::send(app, RequestKind::Setup, None, Credential::Store, GetSetup.into()),
    }
}

fn handle(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Now(now) => {
            app.model.now = now;
            if app.model.notice.as_ref().is_some_and(|n| n.until() <= now) {
                app.model.notice = None;
            }
            app.model.auth.tick(now);
            let idle = app.model.auth.locks_at().is_some_and(|at| at <= now);
            if idle && app.model.session.is_some() && app.lock.is_none() {
                lock(app, None);
                return vec![Effect::Redraw];
            }
            navigation::on_time(app)
        }
        Msg::Key(_) | Msg::Paste(_) | Msg::Act(_) => {
            app.model.auth.on_input(app.model.now);
            held_input::take(app, msg)
        }
        Msg::Mouse(event) => {
            app.model.auth.on_input(app.model.now);
            mouse::on_mouse(app, event)
        }
        Msg::StoreChanged(seq) if app.lock.is_none() && seq > app.model.seen_seq => navigation::refresh(app),
        Msg::LedgerChanged if app.lock.is_none() => navigation::on_ledger_changed(app),
        Msg::StoreChanged(_) | Msg::LedgerChanged => Vec::new(),
        Msg::ServerReachable(is_reachable) => {
            app.model.is_offline = !is_reachable;
            // What was read meanwhile has failed.
            if is_reachable && app.model.session.is_some() && app.lock.is_none() {
                return navigation::refresh(app);
            }
            Vec::new()
        }
        Msg::Background(rgb) => background_query::on_answer(app, rgb),
        Msg::Resize(columns, rows) => {
            app.model.size = (columns, rows);
            app.for_each_page(|page, ctx| page.on_resize(ctx));
            // A terminal that shrank and grew back has lost its content, although its size is the same.
            vec![Effect::Redraw]
        }
        Msg::Reply(id, result) => replies::on_reply(app, id, *result),
        Msg::Edited(result) => editing::on_edited(app, result),
        Msg::CatalogueLoaded(id, result) => replies::on_catalogue(app, id, *result),
        Msg::ServiceFound(endpoint) => {
            app.model.verify_endpoint = Some(endpoint);
            Vec::new()
        }
        Msg::PropagationChecked(seq, answer) => outcomes::on_propagation_checked(app, seq, answer.as_ref()),
        Msg::Copied(result) => on_copied(app, result),
        Msg::Saved(result) => on_saved(app, result),
        Msg::ViewStateFailed(error) => {
            app.model.notify(Notice::error(&error));
            Vec::new()
        }
        Msg::Progress(done, total) => {
            long_work::on_progress(app, done, total);
            Vec::new()
        }
        Msg::WorkerFailed => {
            app.model.exit = Some(Err(Error::failure("a part of jeton failed; see the message above").next(
                "Start jeton again and check if your last change was made. A change of more than 1 000 tokens \
                     can be incomplete",
            )));
            Vec::new()
        }
        Msg::TerminalLost(why) => {
            app.model.exit = Some(Err(Error::failure("the terminal can't be read").why(why).next("Start jeton again")));
            Vec::new()
        }
        Msg::CannotSuspend => {
            app.model.notify(Notice::new(NoticeId::NoEffect, "jeton can't be suspended: no shell would continue it"));
            Vec::new()
        }
        Msg::Resumed => {
            lock(app, None);
            vec![Effect::Redraw]
        }
    }
}

/// Covers the screens until the password is entered again; the layers below stay unchanged. A session signed in with a
/// token ends instead: a token doesn't identify the person at the keyboard.
pub(super) fn lock(app: &mut App, error: Option<&Error>) {
    app.model.auth.clear();
    if app.model.session.as_ref().is_some_and(Session::is_token) {
        let ended = Error::unauthenticated("the session has ended")
            .why("you signed in with a token, and a token can't unlock the screens")
            .next("Start jeton again");
        app.model.exit = Some(Err(error.cloned().unwrap_or(ended)));
        return;
    }
    app.cover("", error.map(Error::to_string));
}

/// Locks the screens, because the session is no longer valid, and shows the reason.
pub(super) fn lock_with_notice(app: &mut App, reason: &str) {
    app.model.auth.clear();
    app.cover(reason, None);
}

/// Offers `reply` to the page of `layer`. `None` if the page has no use for it.
fn offer(app: &mut App, layer: Layer, replied: Option<ReadKey>, reply: &mut Reply) -> Option<Vec<Effect>> {
    let (page, ctx) = app.page_mut(layer)?;
    let intent = page.on_reply(reply, &UpdateContext { replied, ..ctx })?;
    Some(apply_intent(app, layer, intent))
}

/// Lets `handle` change the page of `layer`, if there is one, and carries out the intent. `replied` is the subject of the
/// read that was answered.
fn with_page(
    app: &mut App,
    layer: Layer,
    replied: Option<ReadKey>,
    handle: impl FnOnce(&mut dyn Component, &UpdateContext<'_>) -> Intent,
) -> Vec<Effect> {
    let Some((page, ctx)) = app.page_mut(layer) else { return Vec::new() };
    let intent = handle(page, &UpdateContext { replied, ..ctx });
    apply_intent(app, layer, intent)
}

/// Handles the result of copying to the clipboard. A dialog that shows a secret keeps the result visible.
fn on_copied(app: &mut App, result: Result<Copied>) -> Vec<Effect> {
    let mut reply = Reply::Copied(result);
    let effects = offer(app, app.top_layer(), None, &mut reply);
    if let (None, Reply::Copied(result)) = (&effects, &reply) {
        let id = match result {
            // Only the dialog of the secret says that the clipboard was cleared.
            Ok(Copied::Cleared) => return Vec::new(),
            Ok(Copied::Temporary | Copied::Permanent) => NoticeId::Copied,
            Ok(Copied::Sent(_)) => NoticeId::Sent,
            Err(_) => NoticeId::NotCopied,
        };
        app.model.notify(Notice::new(id, Copied::describe(result)));
    }
    effects.unwrap_or_default()
}

/// Handles the result of saving a secret to a file. The dialog for the path closes, and the one below shows the result.
fn on_saved(app: &mut App, result: Result<PathBuf>) -> Vec<Effect> {
    let mut reply = Reply::Saved(result);
    let ids = app.modals.ids();
    ids.into_iter().rev().filter_map(|id| offer(app, Layer::Modal(id), None, &mut reply)).flatten().collect()
}

/// Handles a key or pasted text. `None` if it has to wait.
fn on_input(app: &mut App, input: &Msg) -> Option<Vec<Effect>> {
    match input {
        Msg::Key(event) if event.kind != KeyEventKind::Release => press(app, event),
        Msg::Paste(text) => paste(app, text),
        Msg::Act(action) => act_for_palette(app, *action),
        _ => Some(Vec::new()),
    }
}

fn press(app: &mut App, event: &KeyEvent) -> Option<Vec<Effect>> {
    let layer = app.top_layer();
    let waits = app.model.is_waiting(layer);
    if let Some((page, ctx)) = app.page_mut(layer).filter(|_| !waits)
        && page.focused_input().is_some_and(|field| field.handle(event))
    {
        let intent = page.on_edit(&ctx);
        return Some(apply_intent(app, layer, intent));
    }
    let key = Key::from(*event);
    let action = page_keys::lookup(app.page(layer), key, &app.model);
    if let Some(notice) = app.page(layer).and_then(|page| page_keys::refusal(page, key, &app.model)) {
        app.model.notify(notice);
    }
    if held_input::must_wait(app, action) {
        return None;
    }
    Some(action.map_or_else(Vec::new, |action| act(app, layer, action)))
}

/// Does the action that was chosen in the command palette, if its key can be used now. `None` if it has to wait.
fn act_for_palette(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    let layer = app.top_layer();
    if held_input::must_wait(app, Some(action)) {
        return None;
    }
    let usable = app.page(layer).map(|page| page_keys::usable(page, &app.model)).unwrap_or_default();
    if !usable.iter().any(|binding| binding.action == action) {
        app.model.notify(Notice::new(
            NoticeId::NoEffect,
            "This action is not possible now, or you are not permitted to do it",
        ));
        return Some(Vec::new());
    }
    Some(act(app, layer, action))
}

/// Returns `true` if the action would press a button of a dialog that no frame has shown, or discard something there. Such a
/// key was typed ahead, or belongs to a pasted text: nobody has read the question.
fn answers_unseen_question(app: &App, layer: Layer, action: Action) -> bool {
    let is_answer = |page: &dyn Component| match action {
        Action::Accept => page.presses_button(),
        _ => action == Action::Discard,
    };
    !app.is_seen(layer) && app.page(layer).is_some_and(is_answer)
}

/// Carries out the action of a key, on the page of `layer` if it is not the same on all pages.
fn act(app: &mut App, layer: Layer, action: Action) -> Vec<Effect> {
    if let Some(effects) = long_work::stop_instead_of(app, action) {
        return effects;
    }
    let waits = app.model.is_waiting(layer);
    match action {
        Action::Interrupt => quit::quit(app, layer, Err(Error::new(Kind::Cancelled, "ended by Ctrl-C"))),
        Action::Suspend => vec![Effect::Suspend],
        Action::Redraw => vec![Effect::Redraw],
        Action::Cancel if waits => long_work::stop_for(app, layer),
        _ if waits => Vec::new(),
        _ if answers_unseen_question(app, layer, action) => {
            app.model.notify(Notice::new(NoticeId::NoEffect, ANSWER_IGNORED));
            Vec::new()
        }
        Action::ShowScreen(screen) => navigation::go(app, &Destination::Screen(screen)),
        Action::Quit => quit::quit(app, layer, Ok(())),
        Action::Mouse => mouse::switch(app),
        Action::OpenEditor => editing::open(app, layer),
        _ => match app.page(layer).and_then(|page| modal::global(action, page, &app.model)) {
            Some(dialog) => open(app, dialog),
            None => with_page(app, layer, None, |page, ctx| page.on_action(action, ctx)),
        },
    }
}

/// Inserts pasted text into the focused field. Without a focused field the text is ignored: it must never run as
/// shortcuts. `None` if it has to wait.
fn paste(app: &mut App, text: &str) -> Option<Vec<Effect>> {
    let layer = app.top_layer();
    app.modals.on_paste(app.model.now);
    let (waits, must_wait) = (app.model.is_waiting(layer), held_input::must_wait(app, None));
    let Some((page, ctx)) = app.page_mut(layer) else { return Some(Vec::new()) };
    Some(match page.focused_input() {
        Some(field) if !waits => {
            let whole = field.insert(text);
            let intent = page.on_edit(&ctx);
            if !whole {
                app.model.notify(Notice::new(
                    NoticeId::TextTruncated,
                    "Not all of the pasted text was taken: it was too long, or had line breaks or control characters. Check \
                     the field",
                ));
            }
            apply_intent(app, layer, intent)
        }
        None if must_wait => return None,
        field => {
            let text = match field {
                Some(_) => "Pasted text was ignored: jeton is still busy. Paste again in a moment",
                None => "Pasted text was ignored: no field has the focus",
            };
            app.model.notify(Notice::new(NoticeId::PasteIgnored, text));
            Vec::new()
        }
    })
}

/// Carries out the intent that the page of `layer` returned.
pub(super) fn apply_intent(app: &mut App, layer: Layer, intent: Intent) -> Vec<Effect> {
    match intent {
        Intent::Stay => Vec::new(),
        Intent::All(intents) => intents.into_iter().flat_map(|intent| apply_intent(app, layer, intent)).collect(),
        Intent::Close(answer) => close(app, layer, answer),
        Intent::Push(dialog) => open(app, dialog),
        Intent::Ask(ask) => requests::ask(app, layer, ask),
        Intent::AskAgain => {
            app.modals.set_unseen();
            Vec::new()
        }
        Intent::Run(effect) => vec![effect],
        Intent::Notify(id, text) => {
            app.model.notify(Notice::new(id, text));
            Vec::new()
        }
        Intent::Go(destination) => navigation::go(app, &destination),
        Intent::Act(action) => {
            // Done once the dialog is closed, and before the keys that were typed ahead.
            app.held_input.push_front(Msg::Act(action));
            Vec::new()
        }
        Intent::Remember(change) => match app.model.view_state.apply(&change) {
            Ok(()) => vec![Effect::Remember(change)],
            Err(why) => {
                app.model.notify(Notice::new(NoticeId::NoEffect, why));
                Vec::new()
            }
        },
        Intent::Leave(Exit::SignOut(page)) => session::sign_out(app, page),
        Intent::Leave(Exit::Quit(result)) => quit::quit(app, layer, result),
        Intent::Leave(Exit::Switch(place)) => {
            app.model.switch_to = Some(place);
            quit::quit(app, layer, Ok(()))
        }
    }
}

/// Opens a dialog, and requests the data that it shows.
pub(super) fn open(app: &mut App, dialog: Box<dyn Component>) -> Vec<Effect> {
    let layer = Layer::Modal(app.modals.push(dialog));
    with_page(app, layer, None, |page, ctx| page.on_open(ctx))
}

/// Closes the page and passes its answer to the page below. An error without a dialog below is shown in the bottom line.
fn close(app: &mut App, layer: Layer, answer: Option<DialogResult>) -> Vec<Effect> {
    if let Layer::Modal(id) = layer {
        app.modals.close(id);
    }
    let Some(answer) = answer else { return Vec::new() };
    let dialog = app.modals.top_id().filter(|_| matches!(layer, Layer::Modal(_))).map(Layer::Modal);
    match (answer, dialog) {
        (DialogResult::Error(error), None) => {
            app.model.notify(Notice::error(&error));
            Vec::new()
        }
        (answer, dialog) => {
            let below = dialog.unwrap_or_else(|| app.screen_layer());
            with_page(app, below, None, |page, _| page.on_answer(answer))
        }
    }
}
