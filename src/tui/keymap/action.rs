//! The actions of keys.

use crate::tui::layer::ScreenId;

/// The effect of a key. The help of its bindings describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Quit,
    /// Ends the program at once, as `SIGINT` would.
    Interrupt,
    /// Returns the terminal to the shell until `fg`.
    Suspend,
    Redraw,
    Help,
    Messages,
    /// Takes the mouse, or leaves it to the terminal.
    Mouse,
    /// Opens the command palette.
    Palette,
    /// Opens the list of servers.
    Servers,
    /// Opens the search for the token of a secret.
    IdentifySecret,
    CreateAccount,
    SetRole,
    SetPassword,
    SetContact,
    DeleteAccount,
    CopyName,
    EditPolicy,
    CreateToken,
    RegenerateToken,
    EditToken,
    /// Creates a token like the one under the cursor.
    CopyToken,
    EndOverlap,
    /// Disables or enables the marked objects, or the one under the cursor.
    SetEnabled,
    Revoke,
    Refresh,
    Filter,
    /// Completes the field or value at the end of the filter.
    CompleteFilter,
    Mark,
    /// Moves down one row and marks on the way.
    ExtendDown,
    /// Moves up one row and marks on the way.
    ExtendUp,
    /// Marks all tokens that match the filter.
    MarkShown,
    Sort,
    /// Opens the list of columns to show.
    Columns,
    /// Opens the list of saved filters.
    Filters,
    /// Saves the filter under a name.
    SaveFilter,
    /// Shows only the user's own tokens, or all.
    Mine,
    /// Shows only tokens that expire soon, or all.
    Expiring,
    /// Shows only unused tokens, or all.
    Stale,
    /// Shows only tokens of which a dead secret is still tried, or all.
    Tried,
    /// Switches between the trash and the other tokens.
    Trash,
    Restore,
    Purge,
    Details,
    CopyHint,
    /// Shows denied attempts summed up by token, or one by one.
    GroupDenied,
    /// Goes to the token of the row under the cursor.
    GoToToken,
    CheckAuditLog,
    ApplyCatalogue,
    /// Copies the id of the changed object.
    CopyTarget,
    CopyAddress,
    /// Copies the equivalent command.
    CopyLine,
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    Next,
    Previous,
    Left,
    Right,
    WordLeft,
    WordRight,
    DeleteLeft,
    DeleteRight,
    DeleteToSpace,
    DeleteWordLeft,
    DeleteWordRight,
    DeleteToStart,
    DeleteToEnd,
    /// Stops the work in batches after its current batch.
    StopWork,
    /// Takes the choice under the cursor.
    Select,
    /// Ticks or unticks a method or group; chooses a set.
    Tick,
    TickShown,
    UntickShown,
    DropUnused,
    Undo,
    Redo,
    /// Shows only ticked methods, or all.
    OnlyChecked,
    FoldAll,
    CopyLink,
    /// Switches between the tree and the list of API sets.
    Sets,
    ShowScreen(ScreenId),
    /// Accepts a field and moves on, or presses the button.
    Accept,
    Cancel,
    Discard,
    ShowSecret,
    CopySecret,
    SaveSecret,
}

impl Action {
    /// Returns `true` if the action opens a dialog whose only purpose is a change.
    pub fn is_change(self) -> bool {
        matches!(
            self,
            Action::CreateAccount
                | Action::SetRole
                | Action::SetPassword
                | Action::SetContact
                | Action::DeleteAccount
                | Action::EditPolicy
                | Action::CreateToken
                | Action::RegenerateToken
                | Action::EditToken
                | Action::CopyToken
                | Action::EndOverlap
                | Action::SetEnabled
                | Action::Revoke
                | Action::Restore
                | Action::Purge
                | Action::ApplyCatalogue
        )
    }
}
