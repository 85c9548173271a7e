//! Keys typed ahead of the rows that they act on. They are held in order and played back once the rows, or an error, have
//! arrived.

use super::on_input;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Key};
use crate::tui::layer::Layer;
use crate::tui::msg::Msg;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::page_keys;

/// Maximum number of held keys and pasted texts.
const MAX_HELD: usize = 400;

/// Handles a key or pasted text, or holds it if it has to wait for rows, or for earlier input.
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
        // The input was meant for a list and the dialogs over it, never for a password field of the lock.
        if app.model.exit.is_some() || matches!(app.model.top, Layer::Lock | Layer::Screen) {
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

/// Returns `true` if a key with this effect has to wait for rows. Keys that lead away from them act at once.
pub(super) fn waits_for_rows(app: &mut App, action: Option<Action>) -> bool {
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
    let page = app.page_mut(app.top_layer());
    !leads_away && page.is_some_and(|(page, ctx)| page.waits_for_rows(action, &ctx))
}

/// Returns `true` if the key overtakes held input.
fn is_urgent(app: &App, input: &Msg) -> bool {
    let Msg::Key(event) = input else { return false };
    let action = page_keys::lookup(None, Key::from(*event), &app.model);
    matches!(action, Some(Action::Interrupt | Action::Suspend | Action::Redraw))
}
