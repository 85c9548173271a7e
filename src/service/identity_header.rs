//! The caller's identity that jeton gives to an application, in the headers and the JSON of its answers. Only jeton
//! sets these values.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityField {
    Account,
    /// The account's id, which never changes.
    AccountId,
    Role,
    Token,
    /// The public head of the presented secret.
    Hint,
    Method,
}

impl IdentityField {
    pub const ALL: [IdentityField; 6] = [
        IdentityField::Account,
        IdentityField::AccountId,
        IdentityField::Role,
        IdentityField::Token,
        IdentityField::Hint,
        IdentityField::Method,
    ];

    pub const fn header(self) -> &'static str {
        match self {
            IdentityField::Account => "X-Jeton-Account",
            IdentityField::AccountId => "X-Jeton-Account-Id",
            IdentityField::Role => "X-Jeton-Role",
            IdentityField::Token => "X-Jeton-Token",
            IdentityField::Hint => "X-Jeton-Hint",
            IdentityField::Method => "X-Jeton-Method",
        }
    }

    /// Returns the part's name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            IdentityField::Account => "account",
            IdentityField::AccountId => "account_id",
            IdentityField::Role => "role",
            IdentityField::Token => "token",
            IdentityField::Hint => "hint",
            IdentityField::Method => "method",
        }
    }
}
