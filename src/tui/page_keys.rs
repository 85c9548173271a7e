//! The keys of a page: which can be used now, and the words for them.

use crate::read_only_backend::REASON;
use crate::tui::component::Component;
use crate::tui::keymap::{Action, ActiveContexts, Binding, Context, Key};
use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};

/// Returns the action of `key` on `page`, for scrolling, on every screen, or everywhere, in this order. `None` while the
/// key can't be used. Without a page, only the keys that work everywhere are found.
pub fn lookup(page: Option<&dyn Component>, key: Key, model: &Model) -> Option<Action> {
    model.keymap.lookup(contexts(page, model), key, |action| page.is_none_or(|page| is_enabled(page, action, model)))
}

/// Returns the footer's bindings of `page`, in order.
pub fn footer<'m>(page: &dyn Component, model: &'m Model) -> Vec<&'m Binding> {
    model.keymap.footer(contexts(Some(page), model), |action| is_enabled(page, action, model))
}

/// Returns the bindings that can be used on `page`, each action once.
pub fn usable<'m>(page: &dyn Component, model: &'m Model) -> Vec<&'m Binding> {
    model.keymap.usable(contexts(Some(page), model), |action| is_enabled(page, action, model))
}

/// Returns the bindings of changes on `page` that can't be used because the screens are read-only.
pub fn refused_changes<'m>(page: &dyn Component, model: &'m Model) -> Vec<&'m Binding> {
    model.keymap.usable(contexts(Some(page), model), |action| {
        model.is_read_only && action.is_change() && page.is_enabled(action, model)
    })
}

/// Returns the reason if `key` would change something on `page`, were the screens not read-only.
pub fn refusal(page: &dyn Component, key: Key, model: &Model) -> Option<Notice> {
    let is_change = |action: Action| model.is_read_only && action.is_change() && page.is_enabled(action, model);
    model.keymap.lookup(contexts(Some(page), model), key, is_change)?;
    Some(Notice::new(NoticeId::NoEffect, format!("no changes here: {REASON}")))
}

/// Returns one or two words for the current effect of `binding` on `page`.
pub fn label(binding: &Binding, page: &dyn Component, model: &Model) -> &'static str {
    page.label(binding.action, model).unwrap_or(binding.label)
}

fn contexts(page: Option<&dyn Component>, model: &Model) -> ActiveContexts {
    let contexts = ActiveContexts {
        page: page.map_or(Context::Anywhere, Component::context),
        is_scroll_view: page.is_some_and(Component::is_scroll_view),
        is_screen: model.active_screen().is_some(),
        can_stop_work: model.long_work().is_some_and(|work| !work.stopping),
    };
    debug_assert!(contexts.meet(), "a key could have two actions in {:?}", contexts.page);
    contexts
}

/// Returns `true` if the keys of `action` can be used. The keys of the other screens are the same on every page.
pub fn is_enabled(page: &dyn Component, action: Action, model: &Model) -> bool {
    match action {
        _ if model.is_read_only && action.is_change() => false,
        Action::ShowScreen(screen) => model.active_screen() != Some(screen),
        Action::Servers => model.places.len() > 1,
        _ => page.is_enabled(action, model),
    }
}
