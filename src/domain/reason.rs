//! Why an attempt was denied.

/// Why an attempt was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not of the form of a secret.
    Malformed,
    /// Mistyped or cut: the checksum differs.
    Checksum,
    /// Of the form, but not ours.
    Unknown,
    /// A known public id with another secret behind it.
    WrongSecret,
    /// A secret that a newer one replaced.
    Retired,
    /// Past its expiry.
    Expired,
    /// Switched off.
    Disabled,
    /// In the trash.
    Deleted,
    /// Its account is switched off.
    AccountDisabled,
    /// The method is not among those it may call.
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

    /// A word for the store and for JSON.
    pub const fn word(self) -> &'static str {
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

    /// The reason that `word` stands for.
    pub fn of(word: &str) -> Option<Self> {
        Reason::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// The reason in a sentence.
    pub const fn sentence(self) -> &'static str {
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
