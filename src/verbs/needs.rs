//! What a token must hold to ask for a verb. A password needs none of it: there the role alone decides.

/// What a token must hold to ask for a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but being alive.
    Nothing,
    /// `jeton.tokens.read` for its own account's tokens, `jeton.tokens.read-all` for everybody's.
    ReadTokens,
    /// `jeton.tokens.write` for its own account's tokens, `jeton.tokens.write-all` for everybody's.
    WriteTokens,
    /// This one method.
    Method(&'static [&'static str; 1]),
    /// More than any token holds: it takes a person and a password.
    Person,
}

/// Looks at accounts.
pub const READ_ACCOUNTS: Needs = Needs::Method(&["jeton.accounts.read"]);
/// Changes accounts, as far as a token may.
pub const WRITE_ACCOUNTS: Needs = Needs::Method(&["jeton.accounts.write"]);
/// Reads the audit log.
pub const READ_AUDIT: Needs = Needs::Method(&["jeton.audit.read"]);
/// Reads the ledger, of tokens that it may see.
pub const READ_LEDGER: Needs = Needs::Method(&["jeton.ledger.read"]);

impl Needs {
    /// The methods of which one is needed, the narrowest first; none where any token or no token will do.
    pub const fn methods(self) -> &'static [&'static str] {
        match self {
            Needs::Nothing | Needs::Person => &[],
            Needs::ReadTokens => &["jeton.tokens.read", "jeton.tokens.read-all"],
            Needs::WriteTokens => &["jeton.tokens.write", "jeton.tokens.write-all"],
            Needs::Method(one) => one,
        }
    }
}
