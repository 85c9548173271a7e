//! Scopes that a token needs to run a verb. A password needs no scope: there only the role decides.

/// The methods that permit a token to run a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredScope {
    /// Nothing but a live token.
    Nothing,
    /// `jeton.tokens.read` for its own account's tokens, `jeton.tokens.read-all` for those of every account.
    ReadTokens,
    /// `jeton.tokens.write` for its own account's tokens, `jeton.tokens.write-all` for those of every account.
    WriteTokens,
    /// This method of jeton's own catalogue.
    Method(&'static [&'static str; 1]),
    /// More than any token holds: a person and a password.
    PasswordOnly,
}

/// Reading accounts.
pub const READ_ACCOUNTS: RequiredScope = RequiredScope::Method(&["jeton.accounts.read"]);
/// Changing accounts.
pub const WRITE_ACCOUNTS: RequiredScope = RequiredScope::Method(&["jeton.accounts.write"]);
/// Reading the audit log.
pub const READ_AUDIT: RequiredScope = RequiredScope::Method(&["jeton.audit.read"]);
/// Reads the ledger of tokens that the actor may see.
pub const READ_LEDGER: RequiredScope = RequiredScope::Method(&["jeton.ledger.read"]);

impl RequiredScope {
    /// Returns the methods of which one is needed, the narrowest first. Empty if any token or no token is enough.
    pub const fn methods(self) -> &'static [&'static str] {
        match self {
            RequiredScope::Nothing | RequiredScope::PasswordOnly => &[],
            RequiredScope::ReadTokens => &["jeton.tokens.read", "jeton.tokens.read-all"],
            RequiredScope::WriteTokens => &["jeton.tokens.write", "jeton.tokens.write-all"],
            RequiredScope::Method(one) => one,
        }
    }
}
