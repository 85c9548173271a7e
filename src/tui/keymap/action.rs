//! The actions of keys.

use crate::tui::layer::ScreenId;

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident: $name:literal,)*) => {
        /// The effect of a key. The help of its bindings describes it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)*
            ShowScreen(ScreenId),
        }

        impl Action {
            /// Returns the name of the action in the user's file of keys.
            pub fn name(self) -> &'static str {
                match self {
                    $(Action::$action => $name,)*
                    Action::ShowScreen(screen) => screen_name(screen),
                }
            }
        }
    };
}

/// Names of the actions that show a screen, in the order of the screens.
const SCREEN_NAMES: [&str; 7] =
    ["show-tokens", "show-accounts", "show-audit-log", "show-catalogue", "show-policy", "show-denied", "show-uses"];

fn screen_name(screen: ScreenId) -> &'static str {
    usize::from(screen.0).checked_sub(1).and_then(|at| SCREEN_NAMES.get(at)).copied().unwrap_or("")
}

// Columns: action, and its name in the user's file of keys.
actions! {
    Quit: "quit",
    /// Ends the program at once, as `SIGINT` would.
    Interrupt: "interrupt",
    /// Returns the terminal to the shell until `fg`.
    Suspend: "suspend",
    Redraw: "redraw",
    Help: "help",
    Messages: "messages",
    /// Takes the mouse, or leaves it to the terminal.
    Mouse: "mouse",
    /// Opens the command palette.
    Palette: "commands",
    /// Opens the list of servers.
    Servers: "servers",
    /// Opens the search for the token of a secret.
    IdentifySecret: "identify-secret",
    CreateAccount: "create-account",
    SetRole: "set-role",
    SetPassword: "set-password",
    SetContact: "set-contact",
    DeleteAccount: "delete-account",
    CopyName: "copy-name",
    EditPolicy: "edit-policy",
    CreateToken: "create-token",
    RegenerateToken: "regenerate-token",
    EditToken: "edit-token",
    /// Creates a token like the one under the cursor.
    CopyToken: "copy-token",
    EndOverlap: "end-overlap",
    /// Disables or enables the marked objects, or the one under the cursor.
    SetEnabled: "disable-or-enable",
    Revoke: "revoke",
    Refresh: "refresh",
    Filter: "filter",
    /// Completes the field or value at the end of the filter.
    CompleteFilter: "complete",
    Mark: "mark",
    /// Moves down one row and marks on the way.
    ExtendDown: "extend-down",
    /// Moves up one row and marks on the way.
    ExtendUp: "extend-up",
    /// Marks all tokens that match the filter.
    MarkShown: "mark-all",
    Sort: "sort",
    /// Opens the list of columns to show.
    Columns: "columns",
    /// Opens the list of saved filters.
    Filters: "saved-filters",
    /// Saves the filter under a name.
    SaveFilter: "save-filter",
    /// Shows only the user's own tokens, or all.
    Mine: "all-or-mine",
    /// Shows only tokens that expire soon, or all.
    Expiring: "expiring",
    /// Shows only unused tokens, or all.
    Stale: "stale",
    /// Shows only tokens of which a dead secret is still tried, or all.
    Tried: "still-tried",
    /// Switches between the trash and the other tokens.
    Trash: "trash",
    Restore: "undo-or-restore",
    Purge: "purge",
    Details: "details",
    CopyHint: "copy-hint",
    /// Shows denied attempts summed up by token, or one by one.
    GroupDenied: "group-denied",
    /// Goes to the token of the row under the cursor, or to the tokens with its method.
    GoToToken: "go-to-token",
    CheckAuditLog: "verify-audit-log",
    ApplyCatalogue: "apply-catalogue",
    /// Copies the id of the changed object.
    CopyTarget: "copy-target",
    CopyAddress: "copy-address",
    /// Copies the equivalent command.
    CopyLine: "copy-command",
    Down: "down",
    Up: "up",
    PageDown: "page-down",
    PageUp: "page-up",
    First: "first",
    Last: "last",
    Next: "next",
    Previous: "previous",
    Left: "left",
    Right: "right",
    WordLeft: "word-left",
    WordRight: "word-right",
    DeleteLeft: "delete-left",
    DeleteRight: "delete-right",
    DeleteToSpace: "delete-to-space",
    DeleteWordLeft: "delete-word-left",
    DeleteWordRight: "delete-word-right",
    DeleteToStart: "delete-to-start",
    DeleteToEnd: "delete-to-end",
    /// Opens the text of the field in the user's editor.
    OpenEditor: "open-editor",
    /// Stops the work in batches after its current batch.
    StopWork: "stop-work",
    /// Takes the choice under the cursor.
    Select: "select",
    /// Ticks or unticks a method or group; chooses a set.
    Tick: "tick",
    TickShown: "tick-all",
    UntickShown: "untick-all",
    DropUnused: "drop-unused",
    Undo: "undo",
    Redo: "redo",
    /// Shows only ticked methods, or all.
    OnlyChecked: "only-ticked",
    FoldAll: "fold-all",
    CopyLink: "copy-link",
    /// Switches between the tree and the list of API sets.
    Sets: "api-sets",
    /// Accepts a field and moves on, or presses the button.
    Accept: "accept",
    Cancel: "cancel",
    Discard: "discard",
    ShowSecret: "show-secret",
    CopySecret: "copy-secret",
    SaveSecret: "save-secret",
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
