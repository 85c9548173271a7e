//! The single table of keys. Lookup, footer, help and `docs/keys.md` iterate over it.
//!
//! The table knows contexts and actions. Pages decide which actions can be used.

mod action;
mod context;
mod key;
mod table;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use context::Context;
pub use key::Key;
pub use table::{BINDINGS, Binding};

use std::ops::Range;

use crossterm::event::KeyCode;

/// The contexts whose keys work at the same time.
#[derive(Debug, Clone, Copy)]
pub struct ActiveContexts {
    pub page: Context,
    /// `true` if the page only scrolls, so that [`Context::ScrollView`] is active.
    pub is_scroll_view: bool,
    /// `true` if the page is a screen without a dialog over it, so that [`Context::Global`] is active.
    pub is_screen: bool,
    /// `true` if work in batches can be stopped, unless the page takes its keys.
    pub can_stop_work: bool,
}

impl ActiveContexts {
    /// Returns the contexts in the order of their precedence.
    fn iter(self) -> impl Iterator<Item = Context> {
        let long_work = self.stops_work().then_some(Context::LongWork);
        let global = self.is_screen.then_some(Context::Global);
        let scroll_view = self.is_scroll_view.then_some(Context::ScrollView);
        [long_work, Some(self.page), scroll_view, global, Some(Context::Anywhere)].into_iter().flatten()
    }

    /// Returns `true` if [`Context::LongWork`] is active. It is not over a dialog or a text field, because they would
    /// take its keys.
    fn stops_work(self) -> bool {
        self.can_stop_work && self.is_screen && !self.page.takes_letters()
    }
}

pub fn binding(context: Context, action: Action) -> Option<&'static Binding> {
    BINDINGS.iter().find(|b| b.contexts.contains(&context) && b.action == action)
}

/// Returns the action of `key`. `None` while `is_enabled` forbids the action.
pub fn lookup(contexts: ActiveContexts, key: Key, is_enabled: impl Fn(Action) -> bool) -> Option<Action> {
    let find_in = |context, key| BINDINGS.iter().find(|b| b.contexts.contains(&context) && b.keys.contains(&key));
    let find = |key| contexts.iter().find_map(|context| find_in(context, key));
    // If no binding uses Shift with the key, the key without Shift is used.
    let binding = find(key).or_else(|| key.without_shift().and_then(find));
    binding.map(|b| b.action).filter(|action| is_enabled(*action))
}

/// Returns the action of Enter in `context`, which a click on the row under the cursor has too.
pub fn enter_action(context: Context) -> Option<Action> {
    let enter = Key::code(KeyCode::Enter);
    BINDINGS.iter().find(|b| b.contexts.contains(&context) && b.keys.contains(&enter)).map(|b| b.action)
}

pub fn text_field_action(key: Key) -> Option<Action> {
    BINDINGS.iter().find(|b| b.contexts.contains(&Context::TextField) && b.keys.contains(&key)).map(|b| b.action)
}

/// Returns the enabled bindings in the order of precedence, each action once.
pub fn usable(contexts: ActiveContexts, is_enabled: impl Fn(Action) -> bool) -> Vec<&'static Binding> {
    let mut found: Vec<&'static Binding> = Vec::new();
    for context in contexts.iter() {
        let mut of_context: Vec<_> = BINDINGS.iter().filter(|b| b.contexts.contains(&context)).collect();
        of_context.sort_by_key(|b| if b.rank == 0 { u8::MAX } else { b.rank });
        for binding in of_context {
            if is_enabled(binding.action) && !found.iter().any(|known| known.action == binding.action) {
                found.push(binding);
            }
        }
    }
    found
}

/// From this rank on, a screen's own keys come after those common to all screens.
const FIRST_LOW_RANK: u8 = 10;

/// Returns the footer's enabled bindings, in order. A screen's most important keys come first, then those common to all
/// screens.
pub fn footer(contexts: ActiveContexts, is_enabled: impl Fn(Action) -> bool) -> Vec<&'static Binding> {
    let ranked = |context: Context, ranks: Range<u8>| {
        let of_context = BINDINGS.iter().filter(|b| b.contexts.contains(&context) && ranks.contains(&b.rank));
        let mut shown: Vec<_> = of_context.filter(|b| is_enabled(b.action)).collect();
        shown.sort_by_key(|b| b.rank);
        shown
    };
    let page = contexts.page;
    if !contexts.is_screen || page.takes_letters() {
        let mut shown = ranked(page, 1..u8::MAX);
        if contexts.is_scroll_view {
            shown.extend(ranked(Context::ScrollView, 1..u8::MAX));
        }
        return shown;
    }
    let mut shown = if contexts.stops_work() { ranked(Context::LongWork, 1..u8::MAX) } else { Vec::new() };
    shown.extend(ranked(page, 1..FIRST_LOW_RANK));
    shown.extend(ranked(Context::Global, 1..u8::MAX));
    shown.extend(ranked(page, FIRST_LOW_RANK..u8::MAX));
    shown
}

/// Returns the keys of `context` as printed in `docs/keys.md` and the help: keys, then the sentence. The help scrolls, but
/// signs are typed into its field.
pub fn rows(context: Context) -> impl Iterator<Item = (String, &'static str)> {
    let is_help = context == Context::Help;
    let contexts = if is_help { [context, Context::ScrollView] } else { [context; 2] };
    BINDINGS.iter().filter(move |b| b.contexts.iter().any(|one| contexts.contains(one))).map(move |b| {
        let keys = b.keys.iter().filter(|key| !(is_help && key.is_typed()));
        let keys: Vec<String> = keys.map(Key::to_string).collect();
        (keys.join(" "), b.help)
    })
}
