//! Keys typed ahead of the data that they act on. They are held in order and played back once the data, or an error, has
//! arrived.

use super::on_input;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Key};
use crate::tui::layer::Layer;
use crate::tui::msg::{Msg, ReadKey};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::page_keys;
use crate::verbs::accounts::WhoAmI;

/// Maximum number of held keys and pasted texts.
const MAX_HELD: usize = 400;

/// Handles a key or pasted text, or holds it if it has to wait for data, or for earlier input.
pub(super) fn take(app: &mut App, input: Msg) -> Vec<Effect> {
    if (app.held_input.is_empty() || is_urgent(app, &input))
        && let Some(effects) = on_input(app, &input)
    {
        return effects;
    }
    if app.held_input.len() < MAX_HELD {
        app.held_input.push_back(input);
    } else if app.model.notice.as_ref().is_none_or(|shown| shown.id != NoticeId::KeysIgnored) {
        let text = "Some keys were ignored: you typed too many while jeton was reading the list";
        app.model.notify(Notice::new(NoticeId::KeysIgnored, text));
    }
    Vec::new()
}

/// Handles the held input that has nothing to wait for any more.
pub(super) fn play_back(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    loop {
        app.model.top = app.top_layer();
        // The input was meant for a list and the dialogs over it, never for a password field of the lock, nor for a field
        // that an editor is about to change.
        if app.model.exit.is_some() || app.edited.is_some() || matches!(app.model.top, Layer::Lock | Layer::Screen) {
            app.held_input.clear();
        }
        let Some(input) = app.held_input.pop_front() else { return effects };
        let Some(handled) = on_input(app, &input) else {
            app.held_input.push_front(input);
            return effects;
        };
        effects.extend(handled);
    }
}

/// Returns `true` if a key with this effect has to wait for data. Keys that lead away from the rows act at once.
pub(super) fn must_wait(app: &mut App, action: Option<Action>) -> bool {
    let leads_away = matches!(
        action,
        Some(
            Action::Interrupt
                | Action::Suspend
                | Action::Redraw
                | Action::Quit
                | Action::ShowScreen(_)
                | Action::Cancel
                | Action::StopWork
                | Action::Help
                | Action::Messages
                | Action::IdentifySecret
        )
    );
    let is_move = matches!(
        action,
        Some(Action::Down | Action::Up | Action::PageDown | Action::PageUp | Action::First | Action::Last)
    );
    !leads_away && (!is_move && is_reading_account(app) || waits_for_rows(app, action))
}

/// Returns `true` if the list on top shows rows that are about to be replaced, or if `action` leads beyond them.
pub(super) fn waits_for_rows(app: &mut App, action: Option<Action>) -> bool {
    app.page_mut(app.top_layer()).is_some_and(|(page, ctx)| page.waits_for_rows(action, &ctx))
}

/// Returns `true` after a sign-in, until the account has been read. It is read last of all data that dialogs are opened with.
fn is_reading_account(app: &App) -> bool {
    app.model.me.is_none() && app.model.pending.values().any(|read| read.key.is_some_and(ReadKey::is::<WhoAmI>))
}

/// Returns `true` if the key overtakes held input.
fn is_urgent(app: &App, input: &Msg) -> bool {
    let Msg::Key(event) = input else { return false };
    let action = page_keys::lookup(None, Key::from(*event), &app.model);
    matches!(action, Some(Action::Interrupt | Action::Suspend | Action::Redraw))
}
