//! Reasons why an attempt was denied.

use serde::{Deserialize, Serialize};

/// The reason why an attempt was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DenialReason {
    Malformed,
    Checksum,
    Unknown,
    WrongSecret,
    Retired,
    Expired,
    Disabled,
    Deleted,
    AccountDisabled,
    NotPermitted,
}

impl DenialReason {
    /// Every reason.
    pub const ALL: [DenialReason; 10] = [
        DenialReason::Malformed,
        DenialReason::Checksum,
        DenialReason::Unknown,
        DenialReason::WrongSecret,
        DenialReason::Retired,
        DenialReason::Expired,
        DenialReason::Disabled,
        DenialReason::Deleted,
        DenialReason::AccountDisabled,
        DenialReason::NotPermitted,
    ];

    /// Returns the reason as a word for the store and for JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            DenialReason::Malformed => "malformed",
            DenialReason::Checksum => "checksum",
            DenialReason::Unknown => "unknown",
            DenialReason::WrongSecret => "wrong-secret",
            DenialReason::Retired => "retired",
            DenialReason::Expired => "expired",
            DenialReason::Disabled => "disabled",
            DenialReason::Deleted => "deleted",
            DenialReason::AccountDisabled => "account-disabled",
            DenialReason::NotPermitted => "not-permitted",
        }
    }

    /// Returns the reason for `word`.
    pub fn parse(word: &str) -> Option<Self> {
        DenialReason::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    pub const fn describe(self) -> &'static str {
        match self {
            DenialReason::Malformed => "not a jeton secret",
            DenialReason::Checksum => "the secret is mistyped or cut off (wrong checksum)",
            DenialReason::Unknown => "this store never issued such a secret",
            DenialReason::WrongSecret => "the secret starts like an issued secret but is wrong",
            DenialReason::Retired => "the secret was replaced by a newer one",
            DenialReason::Expired => "the token has expired",
            DenialReason::Disabled => "the token is disabled",
            DenialReason::Deleted => "the token was revoked",
            DenialReason::AccountDisabled => "the token's account is disabled",
            DenialReason::NotPermitted => "the token may not call that method",
        }
    }
}
