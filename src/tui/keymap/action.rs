//! The effects of keys.

use crate::tui::layer::ScreenId;

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
