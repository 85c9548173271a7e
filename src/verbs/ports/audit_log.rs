use crate::domain::audit::AuditRow;
use crate::domain::audit_chain::RawRow;
use crate::domain::query::audit_filter::AuditFilter;
use crate::domain::query::page_cursor::PageCursor;
use crate::domain::time::Timestamp;
use crate::domain::wire_format::HexHash;
use crate::error::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A page of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only rows of this time or later.
    pub since: Option<Timestamp>,
    /// Only rows about this target, e.g. `t:7`.
    pub target: Option<String>,
    /// The rows to return.
    pub filter: AuditFilter,
    /// The end of the page before.
    pub cursor: PageCursor<i64>,
    /// Maximum number of rows.
    pub limit: usize,
}

/// A row with its hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HashedRow {
    /// The stored row.
    #[serde(flatten)]
    pub row: AuditRow,
    /// SHA-256 over the row and the hash of the row before.
    #[serde(with = "HexHash")]
    pub hash: [u8; 32],
}

/// One section of the log.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditWindow {
    /// The rows, the oldest first.
    pub rows: Vec<HashedRow>,
    /// The number of the log's last row, matching or not; 0 in an empty log.
    pub newest: i64,
    /// `true` if matching rows precede the first. Not checked after [`PageCursor::Newer`]; then always `true`.
    pub older: bool,
    /// `true` if matching rows follow the last. Not checked after [`PageCursor::Older`]; then always `true`.
    pub newer: bool,
    /// The numbers of matching rows that are left out because their stored data is damaged. A section ends after about
    /// 1,000 of them: even one without rows may have more before or after it.
    pub unreadable: Vec<i64>,
}

impl AuditWindow {
    /// Returns the lowest row number of the section, damaged rows included. The previous section ends before that row.
    pub fn first_seq(&self) -> Option<i64> {
        self.rows.first().map(|chained| chained.row.seq).into_iter().chain(self.unreadable.iter().copied()).min()
    }

    /// Returns the highest row number of the section, damaged rows included. The next section begins after that row.
    pub fn last_seq(&self) -> Option<i64> {
        self.rows.last().map(|chained| chained.row.seq).into_iter().chain(self.unreadable.iter().copied()).max()
    }
}

/// Consecutive rows of the audit log, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AuditPage {
    /// The rows, in the order of their numbers.
    pub rows: Vec<RawRow>,
    /// `true` if the store is damaged right after these rows.
    pub is_torn: bool,
}

/// The log's last row. While the last row is the same, so is all data that verbs change. In an empty log, number and
/// hash are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditTip {
    /// The number of the newest row. 0 = none.
    pub seq: i64,
    /// The row's hash in the chain, which covers all rows before it.
    pub hash: [u8; 32],
}

/// Reads the audit log.
pub trait AuditLog {
    /// Returns the end of the chain of hashes.
    fn audit_tip(&self) -> Result<AuditTip>;
    /// Returns the rows of `verb` about `target`, the newest first, at most `limit`.
    fn audit_rows(&self, verb: &str, target: &str, limit: usize) -> Result<Vec<AuditRow>>;
    /// Returns the number of the last row; 0 in an empty log.
    fn audit_head(&self) -> Result<i64> {
        self.audit_tip().map(|tip| tip.seq)
    }
    /// Returns `true` if the log contains this row, and therefore all rows before it.
    fn audit_contains(&self, tip: AuditTip) -> Result<bool>;
    /// Returns `true` if the log equals the log at `tip` plus later rows, none of a verb whose name starts with
    /// `without`.
    fn audit_is_append_only_since(&self, tip: AuditTip, without: &str) -> Result<bool>;
    /// Returns a page of rows.
    fn audit_window(&self, query: &AuditQuery) -> Result<AuditWindow>;
    /// Describes how the place of the log differs from the one that jeton creates. `None` if it doesn't.
    fn audit_schema_error(&self) -> Result<Option<String>>;
    /// Returns the rows numbered higher than `after` (all rows without it), `limit` at most, however damaged.
    fn audit_page(&self, after: Option<i64>, limit: usize) -> Result<AuditPage>;
}
