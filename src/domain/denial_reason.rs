//! Reasons why an attempt was denied.

use super::word_enum::word_enum;

word_enum! {
    pub enum DenialReason {
        Malformed = "malformed",
        Checksum = "checksum",
        Unknown = "unknown",
        WrongSecret = "wrong-secret",
        Retired = "retired",
        Expired = "expired",
        Disabled = "disabled",
        Deleted = "deleted",
        AccountDisabled = "account-disabled",
        NotPermitted = "not-permitted",
    }
}

impl DenialReason {
    /// Returns the reasons that show that a dead secret is still tried. Attempts that were denied before a token `works`
    /// again don't count.
    pub const fn of_dead_secrets(works: bool) -> &'static [DenialReason] {
        match works {
            true => &[DenialReason::Retired],
            false => &[DenialReason::Retired, DenialReason::Disabled, DenialReason::Expired, DenialReason::Deleted],
        }
    }

    pub const fn describe(self) -> &'static str {
        match self {
            DenialReason::Malformed => "not a jeton secret",
            DenialReason::Checksum => "the secret is mistyped or cut off (wrong checksum)",
            DenialReason::Unknown => "the secret is unknown to this store",
            DenialReason::WrongSecret => "the secret starts like an issued secret but is wrong",
            DenialReason::Retired => "the secret was replaced by a newer secret",
            DenialReason::Expired => "the token has expired",
            DenialReason::Disabled => "the token is disabled",
            DenialReason::Deleted => "the token was revoked or purged",
            DenialReason::AccountDisabled => "the token's account is disabled",
            DenialReason::NotPermitted => "the token is not permitted to call the method",
        }
    }

    /// Returns the reason for a token that was not purged.
    pub const fn describe_for_existing(self) -> &'static str {
        match self {
            DenialReason::Deleted => "the token is in the trash",
            reason => reason.describe(),
        }
    }
}
