//! Texts of prompts and messages for which tests on a terminal wait: one place for a change of their wording.

/// Asks for the username of a new store's owner.
pub const OWNER_NAME: &str = "owner: ";
/// Asks for a new password again.
pub const REPEAT_PASSWORD: &str = "Repeat the password: ";
/// Rejects a new password of too few bytes.
pub const TOO_SHORT: &str = "too short";
/// Rejects a repeated password that is not the first one.
pub const NOT_THE_SAME: &str = "don't match";
/// Asks for a confirmation of a revocation: the token's name, or the number of tokens.
pub const CONFIRM_REVOCATION: &str = "to revoke";
/// Asks for a confirmation of what can't be undone: a name or a number.
pub const CONFIRM_FOR_GOOD: &str = "permanently: ";
/// Asks to confirm a shown change.
pub const CONFIRM_CHANGE: &str = "yes";
/// Asks for a secret.
pub const SECRET: &str = "Secret";
/// Begins the message of an error.
pub const ERROR: &str = "error: ";

/// Asks `username` for its password.
pub fn password_of(username: &str) -> String {
    format!("Password of {username}")
}

/// Asks for a new password of `username`.
pub fn new_password_of(username: &str) -> String {
    format!("New password of {username}")
}

/// Texts of the numbered menus.
pub mod accessible {
    /// Asks for an entry of a menu.
    pub const NUMBER: &str = "Number: ";
    /// Asks for a row of a list, or what to do with the list.
    pub const ROW: &str = "Row or command: ";
    pub const TYPE_NAME: &str = "Type the token's name";
    /// Begins the line about a change that was made.
    pub const DONE: &str = "Done: ";
}

/// Texts of the screens for which tests in a real terminal wait.
pub mod screens {
    pub const FIRST_RUN: &str = "Welcome to jeton";
    pub const SIGN_IN: &str = "Sign in to jeton";
    /// Rejects the password of a sign-in.
    pub const WRONG_SIGN_IN: &str = "wrong username or password";
    /// Rejects a sign-in too soon after the last one.
    pub const TRY_LATER: &str = "next sign-in attempt";
    pub const LOCKED: &str = "jeton is locked";
    /// Stands for the rows of an empty table.
    pub const NO_TOKENS: &str = "No tokens yet";
    /// Usage of a token that was never used.
    pub const NEVER_USED: &str = "never used";
    /// Rejects the password that confirms a change.
    pub const WRONG_PASSWORD: &str = "Wrong password";
    /// A line of the form for a new secret.
    pub const REGENERATE: &str = "Old stops";
    pub const GENERATE: &str = "Generate a token";
    /// The chosen API selection of a form, before another is chosen.
    pub const NO_ACCESS: &str = "(•) no access";
    /// Titles of the dialogs that change a token, before its name.
    pub const DISABLE: &str = "Disable";
    pub const ENABLE: &str = "Enable";
    pub const REVOKE: &str = "Revoke";
    /// Rejects a confirmation that is not the token's name.
    pub const WRONG_NAME: &str = "Type the name exactly";
    /// Heads the dialog with a new secret.
    pub const SECRET_READY: &str = "is ready";
    /// Label of the path for saving a secret.
    pub const SECRET_PATH: &str = "New file";
    pub const SAVED: &str = "saved to";
    /// The secret went to the terminal by an escape sequence.
    pub const COPIED_BY_TERMINAL: &str = "sent to your terminal";
    pub const COPIED_BY_TMUX: &str = "sent to tmux";
    /// Asks about leaving a secret that nobody has.
    pub const DISCARD_SECRET: &str = "Leave without the secret?";
    /// The same question if the secret went to the terminal.
    pub const ONLY_SENT: &str = "was sent to ";
    pub const DISCARD_DRAFT: &str = "Discard this draft?";
    pub const ANSWER_IGNORED: &str = "The key was ignored";
    pub const NOT_SUSPENDED: &str = "can't be suspended";
    pub const PASTE_IGNORED: &str = "Pasted text was ignored";
    /// Title of the list of keys, with the corner of its box.
    pub const HELP: &str = "┌ Keys";
}
