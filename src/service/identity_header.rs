//! The caller's identity that jeton gives to an application, in the headers and the JSON of its answers. Only jeton
//! sets these values.

use crate::domain::word_enum::word_enum;

word_enum! {
    /// A part of the identity, with its name in JSON.
    pub enum IdentityField {
        Account = "account",
        /// The account's id, which never changes.
        AccountId = "account_id",
        Role = "role",
        Token = "token",
        /// The public head of the presented secret.
        Hint = "hint",
        Method = "method",
    }
}

impl IdentityField {
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
}
