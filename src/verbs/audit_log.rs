//! What verbs ask of the audit log.

use crate::domain::audit::AuditRow;
use crate::domain::audit_filter::AuditFilter;
use crate::domain::chain::RawRow;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// Which stretch of the log is wanted. Rows are named by their numbers, which need not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAnchor {
    /// Its first rows.
    Oldest,
    /// Its last rows.
    Newest,
    /// The rows right before this one.
    Before(i64),
    /// The rows right after this one.
    After(i64),
    /// The rows around this one.
    Around(i64),
}

/// A question for one stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only what happened at this instant or later.
    pub since: Option<Timestamp>,
    /// Only what happened to this, e.g. `t:7`.
    pub target: Option<String>,
    /// What else must hold.
    pub filter: AuditFilter,
    /// Which stretch.
    pub anchor: AuditAnchor,
    /// The most rows wanted.
    pub limit: usize,
}

/// A row and its hash in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Chained {
    /// The row.
    pub row: AuditRow,
    /// Its hash, as it is stored.
    pub hash: [u8; 32],
}

/// One stretch of the log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AuditWindow {
    /// The rows, the oldest first.
    pub rows: Vec<Chained>,
    /// The number of the log's last row, whether it matches or not; 0 in an empty log.
    pub newest: i64,
    /// Whether matching rows stand before the first. Not looked for after [`AuditAnchor::After`]: then it is true.
    pub older: bool,
    /// Whether matching rows stand behind the last. Not looked for after [`AuditAnchor::Before`]: then it is true.
    pub newer: bool,
    /// The numbers of matching rows that are left out: what is stored of them is damaged.
    pub unreadable: Vec<i64>,
}

/// Rows as they lie in the store.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AuditPage {
    /// The rows, in the order of their numbers.
    pub rows: Vec<RawRow>,
    /// Whether the file is damaged right behind them.
    pub torn: bool,
}

/// The log's last row: as long as it is the same, so is everything that verbs change. In an empty log all is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditTip {
    /// Its number.
    pub seq: i64,
    /// Its hash in the chain, which stands for all rows before it.
    pub hash: [u8; 32],
}

/// The log in one consistent state.
pub trait AuditLog {
    /// The last row.
    fn audit_tip(&self) -> Result<AuditTip>;
    /// The number of the last row; 0 in an empty log.
    fn audit_head(&self) -> Result<i64> {
        self.audit_tip().map(|tip| tip.seq)
    }
    /// Whether the log holds this row, and with it all that stood before it.
    fn audit_contains(&self, tip: AuditTip) -> Result<bool>;
    /// Whether the log is what it was at `tip` and rows behind it, none of a verb whose name starts with `without`.
    fn audit_only_grew(&self, tip: AuditTip, without: &str) -> Result<bool>;
    /// One stretch of the log.
    fn audit_window(&self, query: &AuditQuery) -> Result<AuditWindow>;
    /// In what the log's table differs from the one that jeton makes, in words.
    fn audit_table_flaw(&self) -> Result<Option<String>>;
    /// The rows numbered higher than `after` (all of them without it), `limit` at most, however damaged.
    fn audit_page(&self, after: Option<i64>, limit: usize) -> Result<AuditPage>;
}
