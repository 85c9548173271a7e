//! The position of a page in a list whose rows are ordered by time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Maximum number of rows in a page.
pub const MAX_ROWS: usize = 5_000;

/// Returns the number of rows in a page if the caller gives none.
pub const fn default_rows() -> usize {
    100
}

/// The requested page of the audit log or the ledger. Rows are referred to by key; a row of that key need not exist any
/// more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PageCursor<K> {
    #[default]
    Newest,
    Oldest,
    /// The rows right after this one in time.
    Newer(K),
    /// The rows right before this one in time.
    Older(K),
    Around(K),
}
