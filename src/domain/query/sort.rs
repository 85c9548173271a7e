//! The order of the token list: a column, ascending or descending. Equal values are ordered by id.

use crate::domain::name::quoted;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SortColumn {
    #[default]
    Name,
    /// Disabled, expired, active. Within each by expiry, with `never` last.
    Status,
    /// The account's name, then the token's name.
    Account,
    /// The text of the API column.
    Api,
    /// The expiry, with `never` last.
    Expires,
    /// The last use, with `never` first.
    #[serde(rename = "seen")]
    LastSeen,
    Created,
    /// The public head of the current secret.
    Hint,
}

impl SortColumn {
    /// All columns, in the order of the table.
    pub const ALL: [SortColumn; 8] = [
        SortColumn::Name,
        SortColumn::Status,
        SortColumn::Account,
        SortColumn::Api,
        SortColumn::Expires,
        SortColumn::LastSeen,
        SortColumn::Created,
        SortColumn::Hint,
    ];

    /// Returns the column as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            SortColumn::Name => "name",
            SortColumn::Status => "status",
            SortColumn::Account => "account",
            SortColumn::Api => "api",
            SortColumn::Expires => "expires",
            SortColumn::LastSeen => "seen",
            SortColumn::Created => "created",
            SortColumn::Hint => "hint",
        }
    }

    /// Parses a column.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the known words.
    pub fn parse(text: &str) -> Result<Self> {
        SortColumn::ALL.into_iter().find(|c| c.as_str() == text).ok_or_else(|| {
            let words = SortColumn::ALL.map(SortColumn::as_str).join(", ");
            Error::usage(format!("no sort column {}", quoted(text))).why(format!("use one of: {words}"))
        })
    }
}

/// An order of the token list. The default is by name from A to Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sort {
    pub column: SortColumn,
    pub descending: bool,
}

impl Sort {
    /// Returns `↓` for ascending order, `↑` for descending order.
    pub const fn arrow(self) -> &'static str {
        if self.descending { "↑" } else { "↓" }
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
