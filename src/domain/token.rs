//! Tokens: named grants of accounts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::denial_reason::DenialReason;
use crate::domain::expiry::Expiry;
use crate::domain::name::{Description, TokenName, Username, quoted};
use crate::domain::role::Role;
use crate::domain::secret::SecretDigest;
use crate::domain::time::Timestamp;
use crate::domain::token_json::TokenJson;
use crate::domain::word_enum::word_enum;
use crate::error::{Error, Result};

/// A token's immutable id, shown as `t:1204`. No token name can look like an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub i64);

impl TokenId {
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("t:")?;
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok().map(TokenId))?
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t:{}", self.0)
    }
}

/// Counter of a token's changes. Detects that two people change one token at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision(pub i64);

word_enum! {
    /// The purpose of a token.
    pub enum TokenKind {
        /// Protects an API.
        Api = "api",
    }
}

word_enum! {
    /// The status of a token: the first that applies. Computed, never stored.
    pub enum Status {
        /// The token is in the trash.
        Deleted = "deleted",
        /// The token is disabled. It can be enabled again.
        Disabled = "disabled",
        /// The expiry is over.
        Expired = "expired",
        /// The token works if its account does.
        Active = "active",
    }
}

impl Status {
    pub fn parse(text: &str) -> Result<Self> {
        // `revoked` is the word for people, `deleted` the one in JSON.
        let revoked = (text == "revoked").then_some(Status::Deleted);
        Status::from_word(text).or(revoked).ok_or_else(|| {
            Error::usage(format!("no status {}", quoted(text))).why("use active, disabled, expired or revoked")
        })
    }
}

/// The account data needed to check and show a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenOwner {
    pub id: AccountId,
    pub username: Username,
    pub role: Role,
    pub enabled: bool,
}

/// The old secret that a rotation kept valid for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    pub hint: String,
    /// When the secret stops working.
    pub retires_at: Timestamp,
    /// When the secret was last accepted.
    pub last_seen_at: Option<Timestamp>,
    pub issued_role: Role,
    /// The token that regenerated the secret. `None` if a person did, or it is the first secret.
    pub regenerated_by: Option<TokenId>,
}

/// A named grant of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "TokenJson", into = "TokenJson")]
pub struct Token {
    pub id: TokenId,
    pub owner: TokenOwner,
    pub name: TokenName,
    /// The purpose of the token, written by a person.
    pub description: Description,
    pub kind: TokenKind,
    pub enabled: bool,
    /// The methods that the token may call, before its account's ceiling.
    pub selection: Selection,
    pub created_at: Timestamp,
    pub expiry: Expiry,
    /// When the token was moved to the trash.
    pub deleted_at: Option<Timestamp>,
    /// Since when the token is expected to be unused, such as one for emergencies. It is then never stale.
    pub expected_unused_since: Option<Timestamp>,
    /// The public head of the current secret.
    pub hint: String,
    /// When the current secret was created.
    pub secret_since: Timestamp,
    /// The role under which the current secret was issued. A ceiling, like the role of the account.
    pub issued_role: Role,
    /// The token that created this one; `None` if a person did.
    pub made_by: Option<TokenId>,
    /// The token that regenerated the current secret. `None` if a person did, or it is the first secret.
    pub regenerated_by: Option<TokenId>,
    /// The old secret that a rotation kept valid for a while. Its overlap may have ended: see [`Token::overlap`].
    pub previous: Option<PreviousSecret>,
    /// When any of the token's secrets was last accepted.
    pub last_seen_at: Option<Timestamp>,
    pub revision: Revision,
}

/// The data that a token's status depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    is_deleted: bool,
    is_enabled: bool,
    expiry: Expiry,
}

impl Lifecycle {
    /// Returns the status at `now`: the first match of deleted, disabled, expired, active.
    pub fn status(self, now: Timestamp) -> Status {
        if self.is_deleted {
            Status::Deleted
        } else if !self.is_enabled {
            Status::Disabled
        } else if self.expiry.is_past(now) {
            Status::Expired
        } else {
            Status::Active
        }
    }

    /// Returns why the token permits nothing at all at `now`; `None` if it works.
    pub fn denial_reason(self, is_account_enabled: bool, now: Timestamp) -> Option<DenialReason> {
        match self.status(now) {
            Status::Deleted => Some(DenialReason::Deleted),
            Status::Disabled => Some(DenialReason::Disabled),
            Status::Expired => Some(DenialReason::Expired),
            Status::Active if !is_account_enabled => Some(DenialReason::AccountDisabled),
            Status::Active => None,
        }
    }
}

impl Token {
    pub fn status(&self, now: Timestamp) -> Status {
        self.lifecycle().status(now)
    }

    pub fn lifecycle(&self) -> Lifecycle {
        Lifecycle { is_deleted: self.deleted_at.is_some(), is_enabled: self.enabled, expiry: self.expiry }
    }

    /// Returns why the current secret permits nothing at all at `now`; `None` if it works.
    pub fn denial_reason(&self, now: Timestamp) -> Option<DenialReason> {
        self.lifecycle().denial_reason(self.owner.enabled, now)
    }

    /// Returns the old secret of a rotation, while that secret still works. At exactly its end the secret no longer
    /// works.
    pub fn overlap(&self, now: Timestamp) -> Option<&PreviousSecret> {
        self.previous.as_ref().filter(|previous| now < previous.retires_at)
    }

    /// Returns the role that a secret issued under `issued` has today.
    pub fn effective_role(&self, issued: Role) -> Role {
        issued.min(self.owner.role)
    }

    /// Returns the role of the current secret today.
    pub fn role(&self) -> Role {
        self.effective_role(self.issued_role)
    }

    /// Returns the higher of the roles of the current and the previous secret.
    pub fn highest_role(&self) -> Role {
        let previous = self.previous.as_ref().map(|previous| self.effective_role(previous.issued_role));
        previous.map_or(self.role(), |previous| previous.max(self.role()))
    }

    /// Returns the higher of the roles that the current secret and the previous one were issued under. A promotion can
    /// raise them to this role.
    pub fn highest_issued_role(&self) -> Role {
        self.previous.as_ref().map_or(self.issued_role, |previous| previous.issued_role.max(self.issued_role))
    }

    /// Returns the last use of a token that was expected to be unused by then.
    pub fn unexpected_use(&self) -> Option<Timestamp> {
        self.last_seen_at.filter(|seen| self.expected_unused_since.is_some_and(|since| *seen > since))
    }

    /// Describes that the token is expected to be unused, and whether it was used since. `None` if its use is expected.
    pub fn describe_expected_use(&self) -> Option<&'static str> {
        self.expected_unused_since.map(|_| match self.unexpected_use() {
            None => "expected to be unused",
            Some(_) => "used although expected to be unused",
        })
    }

    /// Returns `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner.username, self.name)
    }
}

word_enum! {
    /// The tokens that a purge removes.
    pub enum Purgeable {
        Expired = "expired",
        Trashed = "trashed",
    }
}

/// The remains of a secret whose token was purged.
#[derive(Debug, Clone)]
pub struct Tombstone {
    pub digest: SecretDigest,
    pub purged: PurgedToken,
}

/// The remains of a purged token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgedToken {
    /// The id of the purged token, which is never reused.
    #[serde(rename = "id")]
    pub token: TokenId,
    /// The token's last name.
    pub name: TokenName,
    /// Username of the last owner.
    pub account: Username,
    /// Time of the purge.
    pub purged_at: Timestamp,
}

impl PurgedToken {
    /// Returns `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.account, self.name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TokenRef {
    /// As typed: `name`, `account/name`, a hint or an id.
    Text(String),
    Id(TokenId),
    /// A token that a screen shows, with the name shown.
    Named(TokenId, String),
}

impl fmt::Display for TokenRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenRef::Text(text) | TokenRef::Named(_, text) => f.write_str(text),
            TokenRef::Id(id) => id.fmt(f),
        }
    }
}
