//! Questions for the token list, and for the tokens that a purge takes.

use std::collections::BTreeSet;

use super::Visibility;
use crate::domain::account::AccountId;
use crate::domain::filter::Filter;
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::selection::Selection;
use crate::domain::sort::Sort;
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, Token, TokenId};

/// Which stretch of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its first rows.
    Start,
    /// Its last rows.
    End,
    /// The rows around this token, or around where it would stand. With the position at which the asker was last told
    /// it stands, the window's is reckoned from that instead of being counted: a scroll needs it, a jump or a look
    /// after a change has none.
    Around(TokenId, Option<u64>),
    /// The rows after this token: the next page of a list that is read from its start. Nothing is counted again for
    /// it: position, matching and total are 0.
    After(TokenId),
}

/// A question for one stretch of the token list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowQuery {
    /// Whose tokens.
    pub visibility: Visibility,
    /// Only this account's.
    pub account: Option<AccountId>,
    /// What else must hold.
    pub filter: Filter,
    /// The instant that the filter's `expiring` means.
    pub expiring_by: Option<Timestamp>,
    /// In which order.
    pub sort: Sort,
    /// Tokens in the trash instead of the others.
    pub trashed: bool,
    /// The instant at which statuses are computed.
    pub now: Timestamp,
    /// Which stretch.
    pub anchor: Anchor,
    /// The most rows wanted.
    pub limit: usize,
}

/// One stretch of the token list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// The rows, in order.
    pub rows: Vec<Token>,
    /// How many matching tokens stand before the first row: 0 exactly when none does.
    pub position: u64,
    /// How many tokens match: `position` and the rows together exactly when none stands behind the last row.
    pub matching: u64,
    /// More tokens match than were counted: `matching` is how many there are at least, and where the window was read
    /// from the end, or its position counted, so is `position`.
    pub matching_is_least: bool,
    /// How many there are without the filter.
    pub total: u64,
    /// Tokens of the stretch that are left out of the rows: what is stored of them is damaged.
    pub unreadable: Vec<TokenId>,
    /// The last token of the stretch, readable or not. `None` if it is empty.
    pub last: Option<TokenId>,
    /// Those of the rows that don't work any more and were tried all the same in the last 7 days.
    pub knocking: BTreeSet<TokenId>,
}

impl Window {
    /// How many matching tokens stand before the first one behind the stretch.
    pub fn end(&self) -> u64 {
        self.position + (self.rows.len() + self.unreadable.len()) as u64
    }
}

/// What the head of the token screen counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Active tokens of the reader's own account.
    pub own_active: u32,
    /// Visible active tokens that will have expired by the asked instant.
    pub expiring: u64,
}

/// Whose a token is and what it may call: what is read of each where all of them count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub name: TokenName,
    /// The name of its account.
    pub account: Username,
    /// The roles of its secrets today, the current one's first, each once; the role of its
    /// account for a token without a secret.
    pub roles: Vec<Role>,
    /// Which methods it may call, before its account's ceiling.
    pub selection: Selection,
}

impl Grant {
    /// `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.account, self.name)
    }
}

/// A page of grants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrantPage {
    /// The grants.
    pub grants: Vec<Grant>,
    /// Tokens of the page that are left out: what is stored of them is damaged.
    pub unreadable: Vec<TokenId>,
    /// The last token of the page, readable or not. `None` if the page is empty.
    pub last: Option<TokenId>,
}

/// A question for the tokens that a purge takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeQuery {
    /// Whose tokens.
    pub visibility: Visibility,
    /// Which of them.
    pub which: Purgeable,
    /// The instant at which statuses are computed. What is put into the trash later is not taken.
    pub now: Timestamp,
}

/// A token that a purge takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Its id.
    pub token: TokenId,
    /// `account/name`.
    pub full_name: String,
    /// When it expired, or was put into the trash.
    pub since: Timestamp,
}
