//! The position of a page in a list whose rows are ordered by time.

use serde::{Deserialize, Serialize};

/// The requested page of the audit log or the ledger. Rows are referred to by key; a row of that key need not exist any
/// more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PageCursor<K> {
    Newest,
    Oldest,
    /// The rows right after this one in time.
    Newer(K),
    /// The rows right before this one in time.
    Older(K),
    Around(K),
}
