//! The order of the token list: a column, ascending or descending. Equal values are ordered by id.

use crate::domain::name::quoted;
use crate::domain::word_enum::word_enum;
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

word_enum! {
    /// The columns of the list, in the order of the table.
    #[derive(Default)]
    pub enum SortColumn {
        #[default]
        Name = "name",
        /// Disabled, expired, active. Within each by expiry, with `never` last.
        Status = "status",
        /// The account's name, then the token's name.
        Account = "account",
        /// The text of the API column.
        Api = "api",
        /// The expiry, with `never` last.
        Expires = "expires",
        /// The last use, with `never` first.
        LastSeen = "seen",
        Created = "created",
        /// The public head of the current secret.
        Hint = "hint",
    }
}

impl SortColumn {
    /// Returns `true` if users usually look for the greatest value first: for the latest time, as in a log.
    pub const fn is_descending_first(self) -> bool {
        matches!(self, SortColumn::LastSeen | SortColumn::Created)
    }

    pub fn parse(text: &str) -> Result<Self> {
        SortColumn::from_word(text).ok_or_else(|| {
            let words = SortColumn::ALL.map(SortColumn::as_str).join(", ");
            Error::usage(format!("no sort column {}", quoted(text))).why(format!("use one of: {words}"))
        })
    }
}

/// An order of the token list. The default is by name from A to Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sort {
    pub column: SortColumn,
    pub descending: bool,
}

impl Sort {
    /// Returns `↓` for the usual direction of the column, `↑` for the other one.
    pub const fn arrow(self) -> &'static str {
        if self.descending == self.column.is_descending_first() { "↓" } else { "↑" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for column in SortColumn::ALL {
            assert_eq!(SortColumn::parse(column.as_str()).unwrap(), column);
        }
        let refused = SortColumn::parse("size").unwrap_err().to_string();
        assert!(refused.contains("name, status, account, api, expires, seen, created, hint"), "{refused}");
        assert_eq!(Sort::default(), Sort { column: SortColumn::Name, descending: false });
    }
}
