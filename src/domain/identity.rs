//! What an application is told of who asks, by jeton alone: in the answers' headers and in their JSON.

/// One part of it.
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
    /// The public head of the secret that was presented.
    Hint,
    /// The method that was asked for.
    Method,
}

impl Field {
    /// Every part.
    pub const ALL: [Field; 6] =
        [Field::Account, Field::AccountId, Field::Role, Field::Token, Field::Hint, Field::Method];

    /// The header that tells it.
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

    /// Its name in JSON.
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
