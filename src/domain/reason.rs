//! Reasons why an attempt was denied.

/// The reason why an attempt was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The text doesn't have the form of a secret.
    Malformed,
    /// Mistyped or cut off: the checksum differs.
    Checksum,
    /// Well-formed, but not a secret of this store.
    Unknown,
    /// A known public id, but the rest of the secret differs.
    WrongSecret,
    /// The secret was replaced by a newer one.
    Retired,
    /// The token is expired.
    Expired,
    /// The token is disabled.
    Disabled,
    /// The token is in the trash.
    Deleted,
    /// The token's account is disabled.
    AccountDisabled,
    /// The token may not call the method.
    NotPermitted,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 10] = [
        Reason::Malformed,
        Reason::Checksum,
        Reason::Unknown,
        Reason::WrongSecret,
        Reason::Retired,
        Reason::Expired,
        Reason::Disabled,
        Reason::Deleted,
        Reason::AccountDisabled,
        Reason::NotPermitted,
    ];

    /// Returns the reason as a word for the store and for JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Malformed => "malformed",
            Reason::Checksum => "checksum",
            Reason::Unknown => "unknown",
            Reason::WrongSecret => "wrong-secret",
            Reason::Retired => "retired",
            Reason::Expired => "expired",
            Reason::Disabled => "disabled",
            Reason::Deleted => "deleted",
            Reason::AccountDisabled => "account-disabled",
            Reason::NotPermitted => "not-permitted",
        }
    }

    /// Returns the reason for `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Reason::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// Returns the reason as a sentence.
    pub const fn describe(self) -> &'static str {
        match self {
            Reason::Malformed => "that is not a secret of the form jeton issues",
            Reason::Checksum => "the secret is mistyped or cut: its checksum differs",
            Reason::Unknown => "no such secret was issued here",
            Reason::WrongSecret => "the head of the secret is known, the rest is wrong",
            Reason::Retired => "the secret was replaced by a newer one",
            Reason::Expired => "the token is expired",
            Reason::Disabled => "the token is disabled",
            Reason::Deleted => "the token is deleted",
            Reason::AccountDisabled => "the token's account is disabled",
            Reason::NotPermitted => "the token may not call that method",
        }
    }
}
