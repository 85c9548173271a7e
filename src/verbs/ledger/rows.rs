//! What verbs ask of the ledger, and its rows.

use crate::domain::account::AccountId;
use crate::domain::ledger_filter::LedgerFilter;
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::time::{MINUTE, Timestamp};
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::check::{CheckPage, CheckQuery};
use crate::verbs::ports::Visibility;

/// Which stretch of a list is wanted, the newest row of which stands first. Rows are named by their keys, which need not
/// be there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerAnchor<K> {
    /// Its first rows.
    Newest,
    /// Its last rows.
    Oldest,
    /// The rows right above this one.
    Newer(K),
    /// The rows right below this one.
    Older(K),
    /// The rows around this one.
    Around(K),
}

/// Whose rows are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Everybody's, and those of no token.
    All,
    /// Those of tokens that a reader sees, purged ones included, and where `strangers` holds those of no token.
    Of {
        /// Whose tokens.
        visibility: Visibility,
        /// Attempts without a known token too.
        strangers: bool,
    },
    /// Those of this token alone, whoever reads.
    Token(TokenId),
}

/// A question for one stretch of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerQuery<K> {
    /// Whose rows.
    pub sight: Sight,
    /// Only what happened at this instant or later; of uses, on its day (UTC) or later.
    pub since: Option<Timestamp>,
    /// What else must hold.
    pub filter: LedgerFilter,
    /// Which stretch.
    pub anchor: LedgerAnchor<K>,
    /// The instant at which it is told what secrets are.
    pub now: Timestamp,
    /// The most rows wanted.
    pub limit: usize,
}

/// One stretch of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerWindow<R> {
    /// The rows, the newest first.
    pub rows: Vec<R>,
    /// Whether matching rows stand above the first. Not looked for after [`LedgerAnchor::Older`]: then it is true.
    pub newer: bool,
    /// Whether matching rows stand below the last. Not looked for after [`LedgerAnchor::Newer`]: then it is true.
    pub older: bool,
    /// Matching rows that are left out, because what is stored of them is damaged: in words.
    pub unreadable: Vec<String>,
}

/// Where a token of the ledger is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// Outside the trash.
    Kept,
    /// In the trash.
    Deleted,
    /// Purged.
    Purged,
}

impl Whereabouts {
    /// A word for JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Whereabouts::Kept => "kept",
            Whereabouts::Deleted => "deleted",
            Whereabouts::Purged => "purged",
        }
    }
}

/// A token as the ledger can still name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is or was, and its name; none where nothing is left of it.
    pub named: Option<(Username, TokenName)>,
    /// Where it is.
    pub whereabouts: Whereabouts,
}

impl LedgerToken {
    /// [`LedgerToken::full_name`], and where it is when that is not where one would look.
    pub fn words(&self) -> String {
        match self.whereabouts {
            Whereabouts::Kept => self.full_name(),
            Whereabouts::Deleted => format!("{} (deleted)", self.full_name()),
            Whereabouts::Purged => format!("{} (purged {})", self.full_name(), self.id),
        }
    }

    /// `account/name`, or the id where that is all.
    pub fn full_name(&self) -> String {
        match &self.named {
            Some((account, name)) => format!("{account}/{name}"),
            None => self.id.to_string(),
        }
    }
}

/// What a secret of the ledger is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its token's current one.
    Current,
    /// The one before, in its overlap.
    Previous,
    /// An old one, rotated away.
    Old,
    /// The last one of a token in the trash.
    Deleted,
    /// Of a token that was purged.
    Purged,
    /// None: only its head was one of the token's.
    Wrong,
}

impl Standing {
    /// A word for JSON and tables.
    pub const fn word(self) -> &'static str {
        match self {
            Standing::Current => "current",
            Standing::Previous => "previous",
            Standing::Old => "old",
            Standing::Deleted => "deleted",
            Standing::Purged => "purged",
            Standing::Wrong => "wrong",
        }
    }

    /// What it is in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Standing::Current => "the current secret",
            Standing::Previous => "the previous secret, in its overlap",
            Standing::Old => "an old secret, rotated away",
            Standing::Deleted => "the secret of a deleted token",
            Standing::Purged => "the secret of a purged token",
            Standing::Wrong => "a wrong secret behind the head of one of the token's",
        }
    }
}

/// A secret as the ledger names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSecret {
    /// Its public head.
    pub hint: String,
    /// What it is now.
    pub standing: Standing,
}

/// Names a row of denied attempts: the minute since 1970 and the order in which rows came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeniedKey {
    /// The minute.
    pub minute: i64,
    /// The number of the row.
    pub row: i64,
}

/// Denied attempts of one minute that differ in nothing but their time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedRow {
    /// Its name.
    pub key: DeniedKey,
    /// When the last was.
    pub at: Timestamp,
    /// How many.
    pub attempts: u64,
    /// The true reason, a word of [`crate::verbs::decide::Reason`].
    pub reason: String,
    /// The token, where one is known.
    pub token: Option<LedgerToken>,
    /// Which secret was shown, where that is known.
    pub secret: Option<LedgerSecret>,
    /// The method asked for; empty for none, or for several.
    pub method: String,
    /// The caller's address.
    pub address: String,
    /// What the caller says it is.
    pub client: String,
}

/// Names a row of uses: all of it but the count. The order of the fields is that of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UseKey {
    /// The day since 1970 (UTC).
    pub day: i64,
    /// The token.
    pub token: TokenId,
    /// The public id of the secret.
    pub secret: String,
    /// The method asked for; empty for none.
    pub method: String,
    /// The caller's address.
    pub address: String,
    /// What the caller says it is.
    pub client: String,
}

/// Accepted uses of one day that differ in nothing but their time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseRow {
    /// Its name: day, method, address and client.
    pub key: UseKey,
    /// The token.
    pub token: LedgerToken,
    /// Which of its secrets; none where that was not kept.
    pub secret: Option<LedgerSecret>,
    /// How many.
    pub uses: u64,
}

/// Whether a row without address and client stands for several callers together: there is a most that are kept apart.
pub fn several(address: &str, client: &str) -> bool {
    address.is_empty() && client.is_empty()
}

/// Address and client in words; `-` for one that isn't known.
pub fn caller(address: &str, client: &str) -> (String, String) {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let address = if several(address, client) { "several callers".to_owned() } else { or_dash(address) };
    (address, or_dash(client))
}

impl DeniedRow {
    /// The beginning of its minute, which the list goes by.
    pub fn minute(&self) -> Timestamp {
        Timestamp(self.at.0.div_euclid(MINUTE) * MINUTE)
    }

    /// Whether it stands for several callers together.
    pub fn several(&self) -> bool {
        several(&self.address, &self.client)
    }
}

impl UseRow {
    /// Whether it stands for several callers together.
    pub fn several(&self) -> bool {
        several(&self.key.address, &self.key.client)
    }
}

/// How far the ledger has been measured. The default stands for its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Measured {
    /// Nothing of it.
    #[default]
    Nothing,
    /// Its uses up to this one.
    Uses(UseKey),
    /// All uses, and its attempts up to this row.
    Attempts(i64),
}

/// The size of a part of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPart {
    /// The bytes of its rows, indexes not counted.
    pub bytes: u64,
    /// Where the next part begins. `None` after the last.
    pub next: Option<Measured>,
}

/// The ledger in one consistent state.
pub trait Ledger {
    /// One stretch of the denied attempts.
    fn denied_window(&self, query: &LedgerQuery<DeniedKey>) -> Result<LedgerWindow<DeniedRow>>;
    /// One stretch of the accepted uses.
    fn uses_window(&self, query: &LedgerQuery<UseKey>) -> Result<LedgerWindow<UseRow>>;
    /// Differs from what it was once anybody else has written to the store: whether it is worth being read again.
    fn ledger_head(&self) -> Result<i64>;
    /// How large the part behind `after` is. Looks at `limit` rows at most.
    fn ledger_part(&self, after: &Measured, limit: usize) -> Result<LedgerPart>;
    /// The day or minute of its oldest row. `None` if it is empty.
    fn ledger_oldest(&self) -> Result<Option<Timestamp>>;
    /// Whose a purged token was, and the role of that account.
    fn purged_owner(&self, token: TokenId) -> Result<Option<(AccountId, Role)>>;
    /// A part of what needs attention.
    fn check_page(&self, query: &CheckQuery) -> Result<CheckPage>;
}
