//! The one table of keys: lookup, footer, help and the README's table iterate it.

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

use crate::tui::model::Model;
use crate::tui::screen::Manage;
use crate::tui::screen::desk::Place;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ends the program.
    Quit,
    /// Ends the program at once, as `SIGINT` would.
    Interrupt,
    /// Hands the terminal back to the shell until `fg`.
    Suspend,
    /// Draws everything anew.
    Redraw,
    /// Opens the list of keys.
    Help,
    /// Opens what was said so far.
    Messages,
    /// Opens the question whose a secret is.
    Whose,
    /// Changes the account under the cursor, or makes one.
    Manage(Manage),
    /// Copies the name under the cursor.
    CopyName,
    /// Changes the rule under the cursor.
    EditRule,
    /// A new token.
    Generate,
    /// A new secret for the token under the cursor.
    Regenerate,
    /// Changes the token under the cursor.
    Edit,
    /// A new token like the one under the cursor.
    CopyAs,
    /// Ends the overlap of the token's two secrets.
    Retire,
    /// Switches the marked tokens, or the one under the cursor, off or on.
    Toggle,
    /// Puts the marked tokens, or the one under the cursor, into the trash.
    Remove,
    /// Reads the list again.
    Refresh,
    /// Puts the cursor into the filter.
    Filter,
    /// Marks the token under the cursor, or takes its mark away, and goes down.
    Mark,
    /// One row down, marking on the way.
    ExtendDown,
    /// One row up, marking on the way.
    ExtendUp,
    /// Marks all that the filter shows.
    MarkShown,
    /// Opens the choice of an order.
    Sort,
    /// Shows the person's own tokens only, or all.
    Mine,
    /// Shows only what expires soon, or all.
    Expiring,
    /// Shows only what nobody uses, or all.
    Stale,
    /// To the trash and back.
    Trash,
    /// Takes tokens out of the trash.
    Restore,
    /// Takes tokens away for good.
    Purge,
    /// Opens what is known of the token under the cursor.
    Details,
    /// Copies the hint under the cursor.
    CopyHint,
    /// Follows the chain of the audit log.
    Verify,
    /// Puts a catalogue into force.
    Apply,
    /// Copies the id of what was changed.
    CopyTarget,
    /// Copies the address that an attempt came from.
    CopyAddress,
    /// Copies the command that does the same.
    CopyLine,
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// A screen of rows down.
    PageDown,
    /// A screen of rows up.
    PageUp,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// The next field.
    Next,
    /// The field before.
    Previous,
    /// The choice to the left.
    Left,
    /// The choice to the right.
    Right,
    /// One word to the left.
    WordLeft,
    /// One word to the right.
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
    /// Deletes all before the cursor.
    DeleteToStart,
    /// Deletes all from the cursor on.
    DeleteToEnd,
    /// Ends the work in batches after its current one.
    StopWork,
    /// Takes the choice under the cursor.
    Select,
    /// Ticks a method or group, or takes its tick away; chooses a set.
    Tick,
    /// Ticks all that is shown.
    TickShown,
    /// Takes the ticks of all that is shown away.
    UntickShown,
    /// Takes the ticks of methods away that were never used.
    DropUnused,
    /// Takes the last change back.
    Undo,
    /// Makes the change again that was taken back.
    Redo,
    /// Shows only what is ticked, or everything.
    OnlyChecked,
    /// Opens or shuts every group.
    FoldAll,
    /// Copies the docs link under the cursor.
    CopyLink,
    /// To the list of API sets and back.
    Sets,
    /// Goes to a screen.
    Show(Place),
    /// Accepts a field and moves on, or presses the button.
    Enter,
    /// Leaves.
    Cancel,
    /// Leaves without what was typed, picked or made.
    Discard,
    /// Shows the secret, or hides it again.
    ShowSecret,
    /// Copies the secret.
    CopySecret,
    /// Saves the secret to a file.
    SaveSecret,
}

/// A row of the table.
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The keys, the one to show first.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// One or two words for the footer.
    pub label: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// Its place in the footer from 1; 0 = not there.
    pub rank: u8,
    /// Whether it can be used now.
    pub enabled: fn(&Model) -> bool,
}

/// What `key` does in `context`, there, on every screen or everywhere; nothing while it can't be used.
pub fn lookup(context: Context, key: Key, model: &Model) -> Option<Action> {
    let found =
        |context: Context, key: Key| BINDINGS.iter().find(move |b| b.context == context && b.keys.contains(&key));
    let on_desk = |key: Key| model.in_front().and_then(|_| found(Context::Desk, key));
    let working = |key: Key| found(Context::LongWork, key).filter(|_| stops_work(context, model));
    let anywhere = |key: Key| {
        working(key).or_else(|| found(context, key)).or_else(|| on_desk(key)).or_else(|| found(Context::Anywhere, key))
    };
    // Where Shift means nothing with a key, it is the key without it.
    let binding = anywhere(key).or_else(|| key.without_shift().and_then(anywhere));
    binding.filter(|b| (b.enabled)(model)).map(|b| b.action)
}

/// Whether the keys of [`Context::LongWork`] hold: never over a dialog or a text, whose own keys they would take.
fn stops_work(context: Context, model: &Model) -> bool {
    model.in_front().is_some() && !context.types() && model.long_work().is_some_and(|work| !work.stopping)
}

/// What `key` does in a text field.
pub fn in_text_field(key: Key) -> Option<Action> {
    BINDINGS.iter().find(|b| b.context == Context::TextField && b.keys.contains(&key)).map(|b| b.action)
}

/// One or two words for what `binding` will do now.
pub fn label(binding: &Binding, model: &Model) -> &'static str {
    enabled::word(binding.action, model).unwrap_or(binding.label)
}

/// From this rank on a screen's own keys stand behind those of every screen.
const BEHIND: u8 = 10;

/// What the footer shows in `context`, in order. After a screen's most important keys stand those of every screen.
pub fn footer(context: Context, model: &Model) -> Vec<&'static Binding> {
    let ranked = |context: Context, ranks: Range<u8>| {
        let mut shown: Vec<_> =
            BINDINGS.iter().filter(|b| b.context == context && ranks.contains(&b.rank) && (b.enabled)(model)).collect();
        shown.sort_by_key(|b| b.rank);
        shown
    };
    if model.in_front().is_none() || context.types() {
        return ranked(context, 1..u8::MAX);
    }
    let stops = ranked(Context::LongWork, 1..u8::MAX).into_iter().filter(|_| stops_work(context, model));
    let mut shown: Vec<_> = stops.collect();
    shown.extend(ranked(context, 1..BEHIND));
    shown.extend(ranked(Context::Desk, 1..u8::MAX));
    shown.extend(ranked(context, BEHIND..u8::MAX));
    shown
}

/// The keys of `context` as the README and the help print them: keys, then the sentence.
pub fn rows(context: Context) -> impl Iterator<Item = (String, &'static str)> {
    BINDINGS.iter().filter(move |b| b.context == context).map(|b| {
        let keys: Vec<String> = b.keys.iter().map(Key::to_string).collect();
        (keys.join(" "), b.help)
    })
}

/// The README's key table.
pub fn markdown() -> String {
    let mut out = String::from("| where | keys | what |\n|---|---|---|\n");
    for context in Context::ALL {
        for (keys, help) in rows(context) {
            let keys: Vec<String> = keys.split(' ').map(|k| format!("`{}`", k.replace('|', "\\|"))).collect();
            out.push_str(&format!("| {} | {} | {help} |\n", context.title(), keys.join(" ")));
        }
    }
    out
}
