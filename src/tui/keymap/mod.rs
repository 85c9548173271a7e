//! The single table of keys, and the keys of the user. Lookup, footer, help and `docs/keys.md` iterate over them.
//!
//! The table knows contexts and actions. Pages decide which actions can be used.

mod action;
mod context;
mod key;
mod key_file;
mod table;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use context::Context;
pub use key::Key;
pub use table::Binding;

use std::borrow::Cow;
use std::ops::Range;

use crossterm::event::KeyCode;
use table::BINDINGS;

use crate::error::{Error, Result};
use crate::platform::config_folder;

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

    /// Returns `true` if each context is known to meet the others, so that conflicts of their keys are found.
    pub fn meet(self) -> bool {
        self.iter().all(|one| self.iter().all(|two| one.meets(two)))
    }

    /// Returns `true` if [`Context::LongWork`] is active. It is not over a dialog or a text field, because they would
    /// take its keys.
    fn stops_work(self) -> bool {
        self.can_stop_work && self.is_screen && !self.page.takes_letters()
    }
}

/// The keys in use: those of the table, unless the user has others.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Cow<'static, [Binding]>,
    /// The fault of a file of keys that is not used.
    pub problem: Option<Error>,
}

impl Default for Keymap {
    fn default() -> Self {
        Keymap { bindings: Cow::Borrowed(BINDINGS), problem: None }
    }
}

impl Keymap {
    /// Returns the user's keys. With a fault in their file, the default keys are used, because a wrong key must not keep
    /// anyone from revoking a token.
    pub fn of_user() -> Self {
        match config_folder::read_keys() {
            Ok(Some(file)) => Keymap::parse(&file.path, &file.text),
            Ok(None) => Ok(Keymap::default()),
            Err(error) => Err(error),
        }
        .unwrap_or_else(|problem| Keymap { problem: Some(problem), ..Keymap::default() })
    }

    /// Returns the keys that `text` in TOML describes. Errors call the text `name`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the first line that can't be used.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        key_file::parse(name, text)
    }

    /// Returns `true` if the user has no keys of their own.
    pub fn is_default(&self) -> bool {
        matches!(self.bindings, Cow::Borrowed(_))
    }

    /// Returns the bindings of `context`, in the order of the table.
    pub fn bindings_in(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |b| b.contexts.contains(&context))
    }

    pub fn binding(&self, context: Context, action: Action) -> Option<&Binding> {
        self.bindings_in(context).find(|b| b.action == action)
    }

    /// Returns the key for `action` in `context`, for texts.
    pub fn key(&self, context: Context, action: Action) -> String {
        self.binding(context, action).map(Binding::key).unwrap_or_default()
    }

    /// Replaces the keys for `action` in `context`. Keys such as Enter keep their effect.
    fn set(&mut self, context: Context, action: Action, mut keys: Vec<Key>) {
        let bindings = self.bindings.to_mut();
        let Some(at) = bindings.iter().position(|b| b.contexts.contains(&context) && b.action == action) else {
            return;
        };
        let Some(shared) = bindings.get_mut(at) else { return };
        let kept: Vec<Key> = shared.keys.iter().copied().filter(|key| key.is_fixed() && !keys.contains(key)).collect();
        keys.extend(kept);
        let own = Binding { contexts: vec![context].into(), keys: keys.into(), ..shared.clone() };
        shared.contexts.to_mut().retain(|other| *other != context);
        if shared.contexts.is_empty() {
            *shared = own;
        } else {
            bindings.insert(at, own);
        }
    }

    /// Returns the action of `key`. `None` while `is_enabled` forbids the action.
    pub fn lookup(&self, contexts: ActiveContexts, key: Key, is_enabled: impl Fn(Action) -> bool) -> Option<Action> {
        let find_in = |context, key| self.bindings_in(context).find(|b| b.keys.contains(&key));
        let find = |key| contexts.iter().find_map(|context| find_in(context, key));
        // If no binding uses Shift with the key, the key without Shift is used.
        let binding = find(key).or_else(|| key.without_shift().and_then(find));
        binding.map(|b| b.action).filter(|action| is_enabled(*action))
    }

    /// Returns the enabled bindings in the order of precedence, each action once.
    pub fn usable(&self, contexts: ActiveContexts, is_enabled: impl Fn(Action) -> bool) -> Vec<&Binding> {
        let mut found: Vec<&Binding> = Vec::new();
        for context in contexts.iter() {
            let mut of_context: Vec<_> = self.bindings_in(context).collect();
            of_context.sort_by_key(|b| if b.rank == 0 { u8::MAX } else { b.rank });
            for binding in of_context {
                if is_enabled(binding.action) && !found.iter().any(|known| known.action == binding.action) {
                    found.push(binding);
                }
            }
        }
        found
    }

    /// Returns the footer's enabled bindings, in order. A screen's most important keys come first, then those common to
    /// all screens.
    pub fn footer(&self, contexts: ActiveContexts, is_enabled: impl Fn(Action) -> bool) -> Vec<&Binding> {
        let ranked = |context: Context, ranks: Range<u8>| {
            let of_context = self.bindings_in(context).filter(|b| ranks.contains(&b.rank));
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

    /// Returns the bindings of `context` as printed in `docs/keys.md` and the help, and their keys. The help scrolls, but
    /// signs are typed into its field.
    pub fn rows(&self, context: Context) -> impl Iterator<Item = (String, &Binding)> {
        let is_help = context == Context::Help;
        let contexts = if is_help { [context, Context::ScrollView] } else { [context; 2] };
        let shown = self.bindings.iter().filter(move |b| b.contexts.iter().any(|one| contexts.contains(one)));
        shown.map(move |b| {
            let keys = b.keys.iter().filter(|key| !(is_help && key.is_typed()));
            let keys: Vec<String> = keys.map(Key::to_string).collect();
            (keys.join(" "), b)
        })
    }
}

/// From this rank on, a screen's own keys come after those common to all screens.
const FIRST_LOW_RANK: u8 = 10;

/// Returns the action of Enter in `context`, which a click on the row under the cursor has too.
pub fn enter_action(context: Context) -> Option<Action> {
    default_action(context, Key::code(KeyCode::Enter))
}

/// Returns the action of `key` in a text field, which no keymap changes.
pub fn text_field_action(key: Key) -> Option<Action> {
    default_action(Context::TextField, key)
}

fn default_action(context: Context, key: Key) -> Option<Action> {
    BINDINGS.iter().find(|b| b.contexts.contains(&context) && b.keys.contains(&key)).map(|b| b.action)
}
