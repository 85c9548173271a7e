//! Tokens: named grants of accounts.

use std::fmt;

use crate::domain::account::AccountId;
use crate::domain::expiry::Expiry;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::reason::Reason;
use crate::domain::role::Role;
use crate::domain::secret::SecretDigest;
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};

/// A token's immutable id, shown as `t:1204`: no name can be taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub i64);

impl TokenId {
    /// Reads `t:1204`.
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

/// Counts a token's changes: two people who change one token at once are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision(pub i64);

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Guards an API.
    Api,
}

impl TokenKind {
    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
        match self {
            TokenKind::Api => "api",
        }
    }
}

/// Computed, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// In the trash.
    Deleted,
    /// Switched off, kept.
    Disabled,
    /// Past its expiry.
    Expired,
    /// Works, where its account does.
    Active,
}

impl Status {
    /// Every status, in the order in which the first match wins.
    pub const ALL: [Status; 4] = [Status::Deleted, Status::Disabled, Status::Expired, Status::Active];

    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
        match self {
            Status::Deleted => "deleted",
            Status::Disabled => "disabled",
            Status::Expired => "expired",
            Status::Active => "active",
        }
    }

    /// # Errors
    /// [`crate::error::Kind::Usage`] with the four words.
    pub fn parse(text: &str) -> Result<Self> {
        Status::ALL
            .into_iter()
            .find(|s| s.word() == text)
            .ok_or_else(|| Error::usage("no such status").why("a status is active, disabled, expired or deleted"))
    }
}

/// What of its account a token is judged and shown by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenOwner {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub username: Username,
    /// Its role: a ceiling.
    pub role: Role,
    /// Whether it is enabled.
    pub enabled: bool,
}

/// The secret that a rotation left alive for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    /// Its public head.
    pub hint: String,
    /// When it dies.
    pub retires_at: Timestamp,
    /// When it was last accepted.
    pub last_seen_at: Option<Timestamp>,
    /// The role that it was issued under.
    pub issued_role: Role,
    /// The token that got this secret by regenerating; `None` if a person did, or it is the first one.
    pub regenerated_by: Option<TokenId>,
}

/// A named grant of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Never changes.
    pub id: TokenId,
    /// Whose it is.
    pub owner: TokenOwner,
    /// Its name.
    pub name: TokenName,
    /// What it is for, in somebody's words.
    pub description: Description,
    /// What it is for, in ours.
    pub kind: TokenKind,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Which methods it may call, before its account's ceiling.
    pub selection: Selection,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expiry: Expiry,
    /// When it was put into the trash.
    pub deleted_at: Option<Timestamp>,
    /// The public head of its current secret.
    pub hint: String,
    /// When that secret was made.
    pub secret_since: Timestamp,
    /// The role that the current secret was issued under: a ceiling, like the role of the account.
    pub issued_role: Role,
    /// The token that made this one; `None` if a person did.
    pub made_by: Option<TokenId>,
    /// The token that got the current secret by regenerating; `None` if a person did, or it is the first one.
    pub regenerated_by: Option<TokenId>,
    /// The secret that a rotation left alive for a while, over or not: [`Token::overlap`] says whether it still lives.
    pub previous: Option<PreviousSecret>,
    /// When any of its secrets was last accepted.
    pub last_seen_at: Option<Timestamp>,
    /// See [`Revision`].
    pub revision: Revision,
}

/// What a token's status depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    is_deleted: bool,
    is_enabled: bool,
    expiry: Expiry,
}

impl Life {
    /// The status at `now`, the first match of deleted, disabled, expired, active.
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
}

impl Life {
    /// Why a token of an account that is enabled or not works for nothing at all at `now`; `None` if it works.
    pub fn refused(self, is_account_enabled: bool, now: Timestamp) -> Option<Reason> {
        match self.status(now) {
            Status::Deleted => Some(Reason::Deleted),
            Status::Disabled => Some(Reason::Disabled),
            Status::Expired => Some(Reason::Expired),
            Status::Active if !is_account_enabled => Some(Reason::AccountDisabled),
            Status::Active => None,
        }
    }
}

impl Token {
    /// Its status at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        self.life().status(now)
    }

    /// What its status depends on.
    pub fn life(&self) -> Life {
        Life { is_deleted: self.deleted_at.is_some(), is_enabled: self.enabled, expiry: self.expiry }
    }

    /// Why its current secret works for nothing at all at `now`; `None` if it works.
    pub fn refused(&self, now: Timestamp) -> Option<Reason> {
        self.life().refused(self.owner.enabled, now)
    }

    /// The secret that a rotation left alive, while it lives: at the very instant of its end it is dead already.
    pub fn overlap(&self, now: Timestamp) -> Option<&PreviousSecret> {
        self.previous.as_ref().filter(|previous| now < previous.retires_at)
    }

    /// The role that a secret issued under `issued` has today.
    pub fn effective_role(&self, issued: Role) -> Role {
        issued.min(self.owner.role)
    }

    /// The role of the current secret today.
    pub fn role(&self) -> Role {
        self.effective_role(self.issued_role)
    }

    /// The higher of the roles of the current secret and the one before.
    pub fn highest_role(&self) -> Role {
        let previous = self.previous.as_ref().map(|previous| self.effective_role(previous.issued_role));
        previous.map_or(self.role(), |previous| previous.max(self.role()))
    }

    /// The higher of the roles that the current secret and the one before were issued under: what they may come to by a
    /// promotion.
    pub fn highest_issued_role(&self) -> Role {
        self.previous.as_ref().map_or(self.issued_role, |previous| previous.issued_role.max(self.issued_role))
    }

    /// `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner.username, self.name)
    }
}

/// Which tokens a purge takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purgeable {
    /// Those whose status is expired.
    Expired,
    /// Those in the trash.
    Trashed,
}

impl Purgeable {
    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
        match self {
            Purgeable::Expired => "expired",
            Purgeable::Trashed => "trashed",
        }
    }
}

/// What is left of a secret whose token was purged.
#[derive(Debug, Clone)]
pub struct Tombstone {
    /// SHA-256 of the whole secret.
    pub digest: SecretDigest,
    /// The id that the token had; never given again.
    pub token: TokenId,
    /// The name that it had last.
    pub name: TokenName,
    /// Whose it was.
    pub account: Username,
    /// When it was purged.
    pub purged_at: Timestamp,
}

impl Tombstone {
    /// `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.account, self.name)
    }
}

/// How people point at a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRef {
    /// As typed: `name`, `account/name`, a hint or an id.
    Typed(String),
    /// A token by its id.
    Id(TokenId),
    /// A token that a screen shows, and the name that it shows.
    Shown(TokenId, String),
}

impl fmt::Display for TokenRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenRef::Typed(text) | TokenRef::Shown(_, text) => f.write_str(text),
            TokenRef::Id(id) => id.fmt(f),
        }
    }
}
