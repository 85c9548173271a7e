//! The caller's identity that jeton gives to an application, in the headers and the JSON of its answers. Only jeton
//! sets these values.

/// One part of the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The account's name.
    Account,
    /// The account's id, which never changes.
    AccountId,
    /// The account's role.
    Role,
    /// The token's name.
    Token,
    /// The public head of the presented secret.
    Hint,
    /// The requested method.
    Method,
}

impl Field {
    /// Every part.
    pub const ALL: [Field; 6] =
        [Field::Account, Field::AccountId, Field::Role, Field::Token, Field::Hint, Field::Method];

    /// Returns the header that carries this part.
    pub const fn header(self) -> &'static str {
        match self {
            Field::Account => "X-Jeton-Account",
            Field::AccountId => "X-Jeton-Account-Id",
            Field::Role => "X-Jeton-Role",
            Field::Token => "X-Jeton-Token",
            Field::Hint => "X-Jeton-Hint",
            Field::Method => "X-Jeton-Method",
        }
    }

    /// Returns the part's name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Account => "account",
            Field::AccountId => "account_id",
            Field::Role => "role",
            Field::Token => "token",
            Field::Hint => "hint",
            Field::Method => "method",
        }
    }
}
