//! Queries for the token list, and for the tokens that a purge takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::Visibility;
use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::expiry::Expiry;
use crate::domain::name::{TokenName, Username};
use crate::domain::query::sort::Sort;
use crate::domain::query::token_filter::{FilterBounds, TokenFilter};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, Revision, Token, TokenId};

/// The requested section of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TokenCursor {
    /// Before the first token.
    #[default]
    Start,
    /// Before the first token. If many tokens match, their first page is returned before they are counted: position and
    /// matching are 0.
    StartUncounted,
    /// After the last token.
    End,
    /// The rows around this token, or around its place in the order if it isn't in the list. The position is the last
    /// one reported to the caller. If given, the window's position is computed from it instead of being counted. A
    /// scroll needs that; a jump, or a look after a change, has none.
    Around(TokenId, Option<u64>),
    /// The rows after this token: the next page of a list that is read from its start to its end. Without a token, the
    /// first page of such a list. Nothing is counted: position and matching are 0, and so is total after a token.
    After(Option<TokenId>),
}

/// A page of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowQuery {
    /// The tokens that the reader may see.
    pub visibility: Visibility,
    /// Limits the list to this account.
    pub account: Option<AccountId>,
    /// The tokens to return.
    pub filter: TokenFilter,
    /// The times that the filter's spans mean.
    pub bounds: FilterBounds,
    /// Their order.
    pub sort: Sort,
    /// Tokens in the trash instead of the others.
    pub trashed: bool,
    /// The time at which statuses are computed.
    pub now: Timestamp,
    /// The end of the page before.
    pub cursor: TokenCursor,
    /// Maximum number of tokens.
    pub limit: usize,
}

/// A query for tokens by the beginning of their names.
#[derive(Debug, Clone, Copy)]
pub struct NamesQuery<'a> {
    /// The tokens that the reader may see.
    pub visibility: &'a Visibility,
    /// The only account whose tokens are meant. `None`: all.
    pub account: Option<AccountId>,
    /// The beginning, case-sensitive.
    pub beginning: &'a str,
    /// Tokens in the trash instead of the others.
    pub trashed: bool,
    /// Maximum number of tokens.
    pub limit: usize,
}

/// A token's name, as [`NamesQuery`] finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedToken {
    /// The account of the token.
    pub account: AccountId,
    /// The name of that account.
    pub username: String,
    /// The name of the token.
    pub name: String,
}

/// One section of the token list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The rows, in order.
    pub rows: Vec<Token>,
    /// Number of matching tokens before the first row. 0 exactly if there is none before it.
    pub position: u64,
    /// Number of matching tokens. Equals `position` plus the rows exactly if none follows the last row.
    pub matching: u64,
    /// `true` if counting stopped at the limit; `matching` is then a lower bound. So is `position` if the window was
    /// read from the end or its position was counted.
    pub matching_is_lower_bound: bool,
    /// Number of tokens without the filter.
    pub total: u64,
    /// Tokens of the section that are left out of the rows because their stored data is damaged.
    pub unreadable: Vec<TokenId>,
    /// The last token of the section, readable or not. `None` if the section is empty.
    pub last: Option<TokenId>,
    /// Rows of which a dead secret was tried in the last 7 days, each with its last attempt.
    pub still_tried: BTreeMap<TokenId, Timestamp>,
}

impl Window {
    /// Returns the number of matching tokens before the first one after the section.
    pub fn end(&self) -> u64 {
        self.position + (self.rows.len() + self.unreadable.len()) as u64
    }
}

/// The part of a token that a change of many tokens needs of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenState {
    /// The token.
    pub token: TokenId,
    /// Its revision.
    pub revision: Revision,
    /// `false` if it is disabled.
    pub enabled: bool,
    /// Its expiry.
    pub expiry: Expiry,
    /// Its last use. `None`: never used.
    pub last_seen_at: Option<Timestamp>,
}

impl From<&Token> for TokenState {
    fn from(token: &Token) -> Self {
        let Token { id, revision, enabled, expiry, last_seen_at, .. } = *token;
        TokenState { token: id, revision, enabled, expiry, last_seen_at }
    }
}

/// The counts at the top of the token screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VisibleCounts {
    /// Active tokens of the reader's own account.
    pub own_active: u32,
    /// Visible active tokens that will have expired by the given time.
    pub expiring: u64,
    /// Visible tokens outside the trash of which a dead secret was tried in the last 7 days: [`MAX_TRIED_COUNT`] at most.
    pub still_tried: u64,
    /// Visible tokens in the trash of which a dead secret was tried in the last 7 days, counted up to the same number.
    pub tried_in_trash: u64,
    /// Visible tokens with denied attempts in the last hour, and one more if there were attempts without a known token that
    /// the reader may see. Only the newest [`MAX_RECENT_ROWS`] rows count.
    pub denied_now: u64,
}

/// Maximum number of rows of denied attempts that are read for [`VisibleCounts::denied_now`].
pub const MAX_RECENT_ROWS: u64 = 10_000;

/// Maximum number of tokens that are counted as still tried.
pub const MAX_TRIED_COUNT: u64 = 1_000;

/// Figures about the tokens of all accounts, for monitoring. Each token is counted in one of the first five.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenFigures {
    /// Tokens that work.
    pub active: u64,
    /// Tokens that would work if their account were enabled.
    pub account_disabled: u64,
    /// Disabled tokens outside the trash.
    pub disabled: u64,
    /// Enabled tokens outside the trash that have expired.
    pub expired: u64,
    /// Tokens in the trash.
    pub deleted: u64,
    /// Tokens that work, but will have expired by the given time.
    pub expiring: u64,
    /// The first of them to expire, the soonest first.
    pub soonest: Vec<ExpiringToken>,
}

/// A working token and its expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiringToken {
    /// The account of the token.
    pub account: AccountId,
    /// The role of that account.
    pub role: Role,
    /// The name of that account, as stored.
    pub username: String,
    /// The name of the token, as stored.
    pub name: String,
    /// The expiry.
    pub expires_at: Timestamp,
}

/// Owner and selection of a token. Used when all tokens must be scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub name: TokenName,
    /// The name of its account.
    pub account: Username,
    /// The roles of its secrets today, the current one's first, each once. For a token without a secret, the role of
    /// its account.
    pub roles: Vec<Role>,
    /// The methods that the token may call, before the ceiling of its account.
    pub selection: Selection,
}

impl Grant {
    /// Returns `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.account, self.name)
    }
}

/// A page of tokens with what they may call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrantPage {
    /// The tokens.
    pub grants: Vec<Grant>,
    /// Tokens of the page that are left out because their stored data is damaged.
    pub unreadable: Vec<TokenId>,
    /// The last token of the page, readable or not. `None` if the page is empty.
    pub last: Option<TokenId>,
}

/// A query for the tokens that a purge takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeQuery {
    /// The tokens that the reader may see.
    pub visibility: Visibility,
    /// The kind of tokens.
    pub which: Purgeable,
    /// The time at which statuses are computed.
    pub now: Timestamp,
}

/// A token that a purge takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeCandidate {
    /// The token.
    pub token: TokenId,
    /// Its revision.
    pub revision: Revision,
    /// `account/name`.
    pub full_name: String,
    /// The time at which it expired, or was put into the trash.
    pub since: Timestamp,
}
