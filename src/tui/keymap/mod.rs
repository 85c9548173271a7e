//! The single table of keys. Lookup, footer, help and `docs/keys.md` iterate over it.
//!
//! The table knows contexts and actions. Pages decide which actions can be used.

mod context;
mod key;
mod table;
#[cfg(test)]
mod tests;

pub use context::Context;
pub use key::Key;
pub use table::BINDINGS;

use std::ops::Range;

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
}

/// The contexts whose keys work at the same time.
#[derive(Debug, Clone, Copy)]
pub struct ActiveContexts {
    /// The context of the page.
    pub page: Context,
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
        [long_work, Some(self.page), global, Some(Context::Anywhere)].into_iter().flatten()
    }

    /// Returns `true` if [`Context::LongWork`] is active. It is not over a dialog or a text field, because they would
    /// take its keys.
    fn stops_work(self) -> bool {
        self.can_stop_work && self.is_screen && !self.page.takes_letters()
    }
}

/// Returns the binding of `action` in `context`.
pub fn binding(context: Context, action: Action) -> Option<&'static Binding> {
    BINDINGS.iter().find(|b| b.context == context && b.action == action)
}

/// Returns the action of `key`. `None` while `is_enabled` forbids the action.
pub fn lookup(contexts: ActiveContexts, key: Key, is_enabled: impl Fn(Action) -> bool) -> Option<Action> {
    let find_in = |context, key| BINDINGS.iter().find(|b| b.context == context && b.keys.contains(&key));
    let find = |key| contexts.iter().find_map(|context| find_in(context, key));
    // If no binding uses Shift with the key, the key without Shift is used.
    let binding = find(key).or_else(|| key.without_shift().and_then(find));
    binding.map(|b| b.action).filter(|action| is_enabled(*action))
}

/// Returns the action of `key` in a text field.
pub fn text_field_action(key: Key) -> Option<Action> {
    BINDINGS.iter().find(|b| b.context == Context::TextField && b.keys.contains(&key)).map(|b| b.action)
}

/// From this rank on, a screen's own keys come after those common to all screens.
const FIRST_LOW_RANK: u8 = 10;

/// Returns the footer's enabled bindings, in order. A screen's most important keys come first, then those common to all
/// screens.
pub fn footer(contexts: ActiveContexts, is_enabled: impl Fn(Action) -> bool) -> Vec<&'static Binding> {
    let ranked = |context: Context, ranks: Range<u8>| {
        let of_context = BINDINGS.iter().filter(|b| b.context == context && ranks.contains(&b.rank));
        let mut shown: Vec<_> = of_context.filter(|b| is_enabled(b.action)).collect();
        shown.sort_by_key(|b| b.rank);
        shown
    };
    let page = contexts.page;
    if !contexts.is_screen || page.takes_letters() {
        return ranked(page, 1..u8::MAX);
    }
    let mut shown = if contexts.stops_work() { ranked(Context::LongWork, 1..u8::MAX) } else { Vec::new() };
    shown.extend(ranked(page, 1..FIRST_LOW_RANK));
    shown.extend(ranked(Context::Global, 1..u8::MAX));
    shown.extend(ranked(page, FIRST_LOW_RANK..u8::MAX));
    shown
}

/// Returns the keys of `context` as printed in `docs/keys.md` and the help: keys, then the sentence.
pub fn rows(context: Context) -> impl Iterator<Item = (String, &'static str)> {
    BINDINGS.iter().filter(move |b| b.context == context).map(|b| {
        let keys: Vec<String> = b.keys.iter().map(Key::to_string).collect();
        (keys.join(" "), b.help)
    })
}
