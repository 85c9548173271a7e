//! Clicks and the wheel. A click on a key, a tab or a button does what the key does; it never does more.
//!
//! A click acts on the row that the user sees. While other rows are being read, clicks are dropped; keys would be held.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{act, held_input, with_page};
use crate::tui::app::App;
use crate::tui::component::ClickTarget;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::page_keys;
use crate::tui::view;

/// Lines by which a turn of the wheel scrolls.
const WHEEL_LINES: usize = 3;

pub(super) fn on_mouse(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    if !app.model.takes_mouse {
        return Vec::new();
    }
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => click(app, Position::new(event.column, event.row)),
        MouseEventKind::ScrollDown => turn_wheel(app, Action::Down),
        MouseEventKind::ScrollUp => turn_wheel(app, Action::Up),
        _ => Vec::new(),
    }
}

fn click(app: &mut App, at: Position) -> Vec<Effect> {
    let layer = app.top_layer();
    if !app.is_seen(layer) {
        return Vec::new();
    }
    match view::click_target(app, at) {
        Some(ClickTarget::Key(action)) => {
            let is_enabled = app.page(layer).is_none_or(|page| page_keys::is_enabled(page, action, &app.model));
            if is_enabled && !is_unsettled(app, Some(action)) { act(app, layer, action) } else { Vec::new() }
        }
        Some(ClickTarget::Item(item)) if !app.model.is_waiting(layer) && !is_unsettled(app, None) => {
            with_page(app, layer, None, |page, ctx| page.on_click(item, ctx))
        }
        Some(ClickTarget::Item(_)) | None => Vec::new(),
    }
}

fn turn_wheel(app: &mut App, action: Action) -> Vec<Effect> {
    let layer = app.top_layer();
    let mut effects = Vec::new();
    for _ in 0..WHEEL_LINES {
        if app.model.is_waiting(layer) || is_unsettled(app, Some(action)) {
            break;
        }
        effects.extend(with_page(app, layer, None, |page, ctx| page.on_wheel(action, ctx)));
    }
    effects
}

/// Returns `true` if `action` has to wait for data, or if earlier keys do.
fn is_unsettled(app: &mut App, action: Option<Action>) -> bool {
    !app.held_input.is_empty() || held_input::must_wait(app, action)
}

/// Takes the mouse, or leaves it to the terminal.
pub(super) fn switch(app: &mut App) -> Vec<Effect> {
    let taken = !app.model.takes_mouse;
    app.model.takes_mouse = taken;
    let key = app.model.keymap.key(Context::Global, Action::Mouse);
    let text = if taken {
        format!("jeton uses the mouse now. To select text with the mouse, press {key}")
    } else {
        format!("Now the mouse selects text in the terminal. To use the mouse in jeton, press {key}")
    };
    app.model.notify(Notice::new(NoticeId::Mouse, text));
    vec![Effect::TakeMouse(taken)]
}
