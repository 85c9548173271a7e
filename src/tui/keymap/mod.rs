//! The single table of keys. Lookup, footer, help and `docs/keys.md` iterate over it.

mod context;
mod enabled;
mod key;
mod table;
#[cfg(test)]
mod tests;

pub use context::Context;
pub use key::Key;
pub use table::BINDINGS;

use std::ops::Range;

use crate::tui::component::Component;
use crate::tui::model::Model;
use crate::tui::screen::workspace::ScreenId;

/// The effect of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ends the program.
    Quit,
    /// Ends the program at once, as `SIGINT` would.
    Interrupt,
    /// Returns the terminal to the shell until `fg`.
    Suspend,
    Redraw,
    /// Opens the list of keys.
    Help,
    /// Opens the past messages.
    Messages,
    /// Opens the search for the token of a secret.
    IdentifySecret,
    CreateAccount,
    /// Changes the role of the account under the cursor.
    SetRole,
    /// Changes the password of the account under the cursor.
    SetPassword,
    /// Deletes the account under the cursor.
    DeleteAccount,
    /// Copies the name under the cursor.
    CopyName,
    /// Changes the rule under the cursor.
    EditPolicy,
    /// Creates a token.
    CreateToken,
    /// Creates a new secret for the token under the cursor.
    RegenerateToken,
    /// Changes the token under the cursor.
    EditToken,
    /// Creates a token like the one under the cursor.
    CopyToken,
    /// Ends the overlap of the token's two secrets.
    EndOverlap,
    /// Disables or enables the marked objects, or the one under the cursor.
    SetEnabled,
    /// Revokes the marked tokens, or the one under the cursor.
    Revoke,
    /// Reads the list again.
    Refresh,
    /// Focuses the filter.
    Filter,
    /// Marks or unmarks the token under the cursor, and moves down.
    Mark,
    /// Moves down one row and marks on the way.
    ExtendDown,
    /// Moves up one row and marks on the way.
    ExtendUp,
    /// Marks all tokens that match the filter.
    MarkShown,
    /// Opens the choice of the order.
    Sort,
    /// Shows only the user's own tokens, or all.
    Mine,
    /// Shows only tokens that expire soon, or all.
    Expiring,
    /// Shows only unused tokens, or all.
    Stale,
    /// Switches between the trash and the other tokens.
    Trash,
    /// Restores tokens from the trash.
    Restore,
    /// Purges tokens.
    Purge,
    /// Opens the details of the token under the cursor.
    Details,
    /// Copies the hint under the cursor.
    CopyHint,
    /// Verifies the hash chain of the audit log.
    CheckAuditLog,
    ApplyCatalogue,
    /// Copies the id of the changed object.
    CopyTarget,
    /// Copies the client address of an attempt.
    CopyAddress,
    /// Copies the equivalent command.
    CopyLine,
    /// Moves down one row.
    Down,
    /// Moves up one row.
    Up,
    /// Moves down one screen of rows.
    PageDown,
    /// Moves up one screen of rows.
    PageUp,
    /// Moves to the first row.
    First,
    /// Moves to the last row.
    Last,
    /// Moves to the next field.
    Next,
    /// Moves to the previous field.
    Previous,
    /// Moves to the choice on the left.
    Left,
    /// Moves to the choice on the right.
    Right,
    /// Moves one word to the left.
    WordLeft,
    /// Moves one word to the right.
    WordRight,
    /// Deletes the character before the cursor.
    DeleteLeft,
    /// Deletes the character under the cursor.
    DeleteRight,
    /// Deletes back to the last space.
    DeleteToSpace,
    /// Deletes the word before the cursor.
    DeleteWordLeft,
    /// Deletes the word after the cursor.
    DeleteWordRight,
    /// Deletes all text before the cursor.
    DeleteToStart,
    /// Deletes all text from the cursor on.
    DeleteToEnd,
    /// Stops the work in batches after its current batch.
    StopWork,
    /// Takes the choice under the cursor.
    Select,
    /// Ticks or unticks a method or group; chooses a set.
    Tick,
    /// Ticks all shown methods.
    TickShown,
    /// Unticks all shown methods.
    UntickShown,
    /// Unticks methods that were never used.
    DropUnused,
    /// Undoes the last change.
    Undo,
    /// Redoes the last undone change.
    Redo,
    /// Shows only ticked methods, or all.
    OnlyChecked,
    /// Opens or closes every group.
    FoldAll,
    /// Copies the docs link under the cursor.
    CopyLink,
    /// Switches between the tree and the list of API sets.
    Sets,
    ShowScreen(ScreenId),
    /// Accepts a field and moves on, or presses the button.
    Accept,
    /// Cancels or goes back.
    Cancel,
    /// Discards the typed, picked or created data.
    Discard,
    /// Shows or hides the secret.
    ShowSecret,
    CopySecret,
    /// Saves the secret to a file.
    SaveSecret,
}

/// A row of the key table.
pub struct Binding {
    /// The context in which the keys work.
    pub context: Context,
    /// The keys; the first one is shown in the footer.
    pub keys: &'static [Key],
    /// Their effect.
    pub action: Action,
    /// One or two words for the footer.
    pub label: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// Position in the footer from 1; 0 = not in the footer.
    pub rank: u8,
    /// Returns `true` if the keys can be used now.
    pub enabled: fn(&Model) -> bool,
}

impl Binding {
    fn is_enabled(&self, page: &dyn Component, model: &Model) -> bool {
        (self.enabled)(model) && page.is_enabled(self.action, model)
    }
}

/// Returns the action of `key` on `page`, on every screen, or everywhere, in this order. `None` while the key can't be
/// used. Without a page, only the keys that work everywhere are found.
pub fn lookup(page: Option<&dyn Component>, key: Key, model: &Model) -> Option<Action> {
    let context = page.map_or(Context::Anywhere, Component::context);
    let find =
        |context: Context, key: Key| BINDINGS.iter().find(move |b| b.context == context && b.keys.contains(&key));
    let global = |key: Key| model.active_screen().and_then(|_| find(Context::Global, key));
    let long_work = |key: Key| find(Context::LongWork, key).filter(|_| can_stop_work(context, model));
    let lookup_in_order = |key: Key| {
        long_work(key).or_else(|| find(context, key)).or_else(|| global(key)).or_else(|| find(Context::Anywhere, key))
    };
    // If no binding uses Shift with the key, the key without Shift is used.
    let binding = lookup_in_order(key).or_else(|| key.without_shift().and_then(lookup_in_order));
    binding.filter(|b| page.is_none_or(|page| b.is_enabled(page, model))).map(|b| b.action)
}

/// Returns `true` if the keys of [`Context::LongWork`] are active. They are not over a dialog or a text field, because
/// they would take its keys.
fn can_stop_work(context: Context, model: &Model) -> bool {
    model.active_screen().is_some() && !context.takes_letters() && model.long_work().is_some_and(|work| !work.stopping)
}

/// Returns the action of `key` in a text field.
pub fn text_field_action(key: Key) -> Option<Action> {
    BINDINGS.iter().find(|b| b.context == Context::TextField && b.keys.contains(&key)).map(|b| b.action)
}

/// Returns one or two words for the current effect of `binding` on `page`.
pub fn label(binding: &Binding, page: &dyn Component, model: &Model) -> &'static str {
    let label = page.label(binding.action, model).or_else(|| enabled::dynamic_label(binding.action, model));
    label.unwrap_or(binding.label)
}

/// From this rank on, a screen's own keys come after those common to all screens.
const FIRST_LOW_RANK: u8 = 10;

/// Returns the footer's bindings of `page`, in order. A screen's most important keys come first, then those common
/// to all screens.
pub fn footer(page: &dyn Component, model: &Model) -> Vec<&'static Binding> {
    let context = page.context();
    let ranked = |context: Context, ranks: Range<u8>| {
        let of_context = BINDINGS.iter().filter(|b| b.context == context && ranks.contains(&b.rank));
        let mut shown: Vec<_> = of_context.filter(|b| b.is_enabled(page, model)).collect();
        shown.sort_by_key(|b| b.rank);
        shown
    };
    if model.active_screen().is_none() || context.takes_letters() {
        return ranked(context, 1..u8::MAX);
    }
    let stops = ranked(Context::LongWork, 1..u8::MAX).into_iter().filter(|_| can_stop_work(context, model));
    let mut shown: Vec<_> = stops.collect();
    shown.extend(ranked(context, 1..FIRST_LOW_RANK));
    shown.extend(ranked(Context::Global, 1..u8::MAX));
    shown.extend(ranked(context, FIRST_LOW_RANK..u8::MAX));
    shown
}

/// Returns the keys of `context` as printed in `docs/keys.md` and the help: keys, then the sentence.
pub fn rows(context: Context) -> impl Iterator<Item = (String, &'static str)> {
    BINDINGS.iter().filter(move |b| b.context == context).map(|b| {
        let keys: Vec<String> = b.keys.iter().map(Key::to_string).collect();
        (keys.join(" "), b.help)
    })
}
