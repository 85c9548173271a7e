//! The interface of verbs to the ledger, and the ledger's rows.

use crate::domain::account::AccountId;
use crate::domain::denial_reason::DenialReason;
use crate::domain::name::{TokenName, Username};
use crate::domain::query::ledger_filter::LedgerFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::role::Role;
use crate::domain::time::{MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::domain::wire_format::{NullIfEmpty, UtcDay, in_answer};
use crate::domain::word_enum::word_enum;
use crate::error::Result;
use crate::verbs::findings::{FindingPage, FindingQuery};
use crate::verbs::ports::Visibility;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The tokens whose rows are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerScope {
    /// All tokens, and rows without a token.
    All,
    /// Tokens that a reader sees, purged ones included. With `unknown_tokens`, also rows without a token.
    Visible {
        /// The tokens that the reader may see.
        visibility: Visibility,
        /// `true` to include attempts without a known token.
        unknown_tokens: bool,
    },
    /// This token alone, for any reader.
    Token(TokenId),
}

/// A page of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerQuery<K> {
    /// The tokens whose rows are read.
    pub scope: LedgerScope,
    /// Only rows of this time or later. For uses, of its day (UTC) or later.
    pub since: Option<Timestamp>,
    /// The rows to return.
    pub filter: LedgerFilter,
    /// The end of the page before.
    pub cursor: PageCursor<K>,
    /// The time at which the state of secrets is computed.
    pub now: Timestamp,
    /// Maximum number of rows.
    pub limit: usize,
}

/// One section of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LedgerWindow_{R}")]
pub struct LedgerWindow<R> {
    /// The rows, the newest first.
    pub rows: Vec<R>,
    /// `true` if matching rows precede the first. Not checked after [`PageCursor::Older`]; then always `true`.
    pub newer: bool,
    /// `true` if matching rows follow the last. Not checked after [`PageCursor::Newer`]; then always `true`.
    pub older: bool,
    /// Descriptions of matching rows that are left out because their stored data is damaged.
    pub unreadable: Vec<String>,
}

word_enum! {
    /// The present place of a token in the ledger.
    pub enum TokenState {
        /// Outside the trash.
        Live = "kept",
        /// In the trash.
        Trashed = "deleted",
        /// Purged.
        Purged = "purged",
    }
}

/// A token, as far as the ledger can still name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerToken {
    /// The token's id.
    pub id: TokenId,
    /// The token's account. `None` if nothing is left of the token.
    pub account: Option<Username>,
    /// The token's name. `None` if nothing is left of the token.
    pub name: Option<TokenName>,
    /// The token's present place.
    pub state: TokenState,
}

impl LedgerToken {
    /// Returns [`LedgerToken::full_name`], and the token's place if it is in the trash or purged.
    pub fn describe(&self) -> String {
        match self.state {
            TokenState::Live => self.full_name(),
            TokenState::Trashed => format!("{} (revoked)", self.full_name()),
            TokenState::Purged => format!("{} (purged {})", self.full_name(), self.id),
        }
    }

    /// Returns the word of a denial reason for people. The code `deleted` stands for revoked and for purged tokens.
    pub fn reason_word<'r>(&self, code: &'r str) -> &'r str {
        match (DenialReason::from_word(code), self.state) {
            (Some(DenialReason::Deleted), TokenState::Purged) => "purged",
            (Some(DenialReason::Deleted), TokenState::Live | TokenState::Trashed) => "revoked",
            _ => code,
        }
    }

    /// Returns `account/name`, or the id if nothing else is known.
    pub fn full_name(&self) -> String {
        match (&self.account, &self.name) {
            (Some(account), Some(name)) => format!("{account}/{name}"),
            _ => self.id.to_string(),
        }
    }
}

/// Returns the word of a denial reason for people, as [`LedgerToken::reason_word`] does. `token` may be unknown.
pub fn reason_word<'r>(token: Option<&LedgerToken>, code: &'r str) -> &'r str {
    token.map_or(code, |token| token.reason_word(code))
}

word_enum! {
    /// The present state of a secret in the ledger.
    pub enum SecretStatus {
        /// The current secret of its token.
        Current = "current",
        /// The previous secret, during its overlap.
        Previous = "previous",
        /// An old secret, rotated away.
        Old = "old",
        /// The last secret of a token in the trash.
        Deleted = "deleted",
        /// A secret of a purged token.
        Purged = "purged",
        /// A wrong secret that has the public id of a secret of the token.
        Wrong = "wrong",
    }
}

impl SecretStatus {
    /// Describes the state in words.
    pub const fn describe(self) -> &'static str {
        match self {
            SecretStatus::Current => "the current secret",
            SecretStatus::Previous => "the old secret, during the overlap",
            SecretStatus::Old => "an old secret that was replaced",
            SecretStatus::Deleted => "the secret of a revoked token",
            SecretStatus::Purged => "the secret of a purged token",
            SecretStatus::Wrong => "a wrong secret that starts like a secret of this token",
        }
    }
}

/// A secret in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerSecret {
    /// The hint.
    pub hint: String,
    /// The secret's present state.
    #[serde(rename = "is")]
    pub status: SecretStatus,
}

/// The key of a row of denied attempts: the minute since 1970 and the order in which rows were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeniedKey {
    /// The minute.
    pub minute: i64,
    /// The number of the row.
    pub row: i64,
}

/// Denied attempts of one minute that differ only in their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Denied")]
pub struct DeniedRow {
    /// The row's key.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub key: DeniedKey,
    /// The time of the last attempt.
    pub at: Timestamp,
    /// Number of attempts.
    pub attempts: u64,
    /// The true reason, a word of [`crate::verbs::verify::DenialReason`].
    #[schemars(description = "The true reason of the denial, a code of DenialReason.")]
    pub reason: String,
    /// The token, if known.
    pub token: Option<LedgerToken>,
    /// The presented secret, if known.
    pub secret: Option<LedgerSecret>,
    /// The requested method. Empty for none, or for several.
    #[serde(with = "NullIfEmpty")]
    #[schemars(description = "The requested method; `null` for none, or for several.")]
    pub method: String,
    /// The caller's address. `None` if it is unknown, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub address: String,
    /// The client name that the caller gives. `None` without one, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub client: String,
    /// `true` if the row sums up several callers: see [`is_aggregated`].
    #[schemars(description = "`true` if the row sums up several callers.")]
    pub several_callers: bool,
}

/// Maximum number of rows in which the addresses of [`DeniedTokenRow`] are counted.
pub const MAX_COUNTED_ROWS: usize = 100;

/// The key of a token in the list of denied tokens: its last attempt. Token 0 stands for all attempts without a known
/// token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeniedTokenKey {
    /// The time of the last attempt.
    pub at: Timestamp,
    /// The token.
    pub token: TokenId,
}

/// The denied attempts with the secrets of one token, or those without a known token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeniedToken")]
pub struct DeniedTokenRow {
    /// The row's key.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub key: DeniedTokenKey,
    /// The token. `None` for all attempts without a known token.
    pub token: Option<LedgerToken>,
    /// Number of attempts.
    pub attempts: u64,
    /// The time of the last attempt.
    pub at: Timestamp,
    /// The reason of the last denial, a word of [`crate::verbs::verify::DenialReason`].
    #[schemars(description = "The reason of the last denial, a code of DenialReason.")]
    pub reason: String,
    /// The secret of the last attempt, if known.
    pub secret: Option<LedgerSecret>,
    /// The caller's address in the last attempt. `None` if it is unknown, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub address: String,
    /// The client name in the last attempt. `None` without one, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub client: String,
    /// Number of known addresses in the newest 100 rows.
    pub addresses: u64,
}

/// The key of a row of uses: all of it but the count. The order of the fields is that of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseKey {
    /// The day since 1970 (UTC).
    pub day: i64,
    /// The token.
    pub token: TokenId,
    /// The public id of the secret.
    pub secret: String,
    /// The requested method. Empty if none was given.
    pub method: String,
    /// The caller's address.
    pub address: String,
    /// The client name that the caller gives.
    pub client: String,
}

/// Accepted uses of one day that differ only in their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Use")]
pub struct UseRow {
    /// The day since 1970 (UTC).
    #[serde(with = "UtcDay")]
    #[schemars(description = "The day (UTC).")]
    pub day: i64,
    /// Number of uses.
    pub uses: u64,
    /// The token.
    pub token: LedgerToken,
    /// The presented secret. `None` if it was not recorded.
    pub secret: Option<LedgerSecret>,
    /// The requested method. Empty if none was given.
    #[serde(with = "NullIfEmpty")]
    #[schemars(description = "The requested method; `null` if none was given.")]
    pub method: String,
    /// The caller's address. `None` if it is unknown, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub address: String,
    /// The client name that the caller gives. `None` without one, or for several callers.
    #[serde(with = "NullIfEmpty")]
    pub client: String,
    /// `true` if the row sums up several callers: see [`is_aggregated`].
    #[schemars(description = "`true` if the row sums up several callers.")]
    pub several_callers: bool,
    /// The public id of the secret.
    #[serde(skip_serializing_if = "in_answer")]
    #[schemars(skip)]
    pub public_id: String,
}

/// Returns `true` if a row without address and client sums up several callers. Only a limited number of callers is kept
/// separately.
pub fn is_aggregated(address: &str, client: &str) -> bool {
    address.is_empty() && client.is_empty()
}

/// Returns address and client as text; `-` if unknown.
pub fn format_origin(address: &str, client: &str) -> (String, String) {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let address = if is_aggregated(address, client) { "several callers".to_owned() } else { or_dash(address) };
    (address, or_dash(client))
}

impl DeniedRow {
    /// Returns the minute in which the attempts were made.
    pub fn minute(&self) -> Timestamp {
        Timestamp(self.at.0.div_euclid(MINUTE) * MINUTE)
    }
}

/// The name of the row of all attempts without a known token.
pub const UNKNOWN_SECRETS: &str = "(unknown secrets)";

impl DeniedTokenRow {
    /// Returns the last caller's address, and the number of other addresses.
    pub fn caller(&self) -> (String, u64) {
        let (address, _) = format_origin(&self.address, &self.client);
        (address, self.addresses.saturating_sub(u64::from(!self.address.is_empty())))
    }

    /// Returns [`DeniedTokenRow::caller`] in words.
    pub fn origin(&self) -> String {
        let (address, others) = self.caller();
        if others == 0 { address } else { format!("{address} and {others} more") }
    }
}

impl UseRow {
    /// Returns the row's key.
    pub fn key(&self) -> UseKey {
        UseKey {
            day: self.day,
            token: self.token.id,
            secret: self.public_id.clone(),
            method: self.method.clone(),
            address: self.address.clone(),
            client: self.client.clone(),
        }
    }
}

/// The progress of measuring the ledger. The default is its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SizeCursor {
    /// Before the first row.
    #[default]
    Start,
    /// Uses measured up to this day of this token.
    Uses(TokenId, i64),
    /// All uses measured, and attempts up to this row.
    Attempts(i64),
}

/// The size of a part of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSizePart {
    /// The bytes of the rows, without indexes.
    pub bytes: u64,
    /// The start of the next part. `None` after the last.
    pub next: Option<SizeCursor>,
}

/// Reads uses and denied attempts.
pub trait Ledger {
    /// Returns a page of denied attempts.
    fn denied_window(&self, query: &LedgerQuery<DeniedKey>) -> Result<LedgerWindow<DeniedRow>>;
    /// Returns a page of denied attempts, summed up by token.
    fn denied_tokens_window(&self, query: &LedgerQuery<DeniedTokenKey>) -> Result<LedgerWindow<DeniedTokenRow>>;
    /// Returns a page of uses.
    fn uses_window(&self, query: &LedgerQuery<UseKey>) -> Result<LedgerWindow<UseRow>>;
    /// Returns a version that changes once another handle has committed. Shows if the ledger must be read again.
    fn ledger_version(&self) -> Result<i64>;
    /// Returns the size of the part after `after`: of `limit` days of tokens, or of `limit` attempts.
    fn ledger_size_part(&self, after: SizeCursor, limit: usize) -> Result<LedgerSizePart>;
    /// Returns the day or minute of the ledger's oldest row. `None` if the ledger is empty.
    fn ledger_oldest(&self) -> Result<Option<Timestamp>>;
    /// Returns the account of a purged token, and the role under which its secret was issued.
    fn owner_of_purged(&self, token: TokenId) -> Result<Option<(AccountId, Role)>>;
    /// Returns a part of the findings that need attention.
    fn finding_page(&self, query: &FindingQuery) -> Result<FindingPage>;
}
