//! The order of the token list: a column, up or down. Equal values stand by id.

use crate::error::{Error, Result};

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortColumn {
    /// The token's name.
    #[default]
    Name,
    /// Disabled, expired, active; each by expiry, never last.
    Status,
    /// The account's name, then the token's.
    Account,
    /// The words of the API column.
    Api,
    /// The expiry, never last.
    Expires,
    /// The last use, never first.
    LastSeen,
    /// When it was made.
    Created,
    /// The public head of the current secret.
    Hint,
}

impl SortColumn {
    /// Every column, in the order of the table.
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

    /// The word that stands for it.
    pub const fn word(self) -> &'static str {
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

    /// # Errors
    /// [`crate::error::Kind::Usage`] with the words.
    pub fn parse(text: &str) -> Result<Self> {
        SortColumn::ALL.into_iter().find(|c| c.word() == text).ok_or_else(|| {
            let words = SortColumn::ALL.map(SortColumn::word).join(", ");
            Error::usage("there is no such column to sort by").why(format!("there are {words}"))
        })
    }
}

/// An order of the token list; by name from A to Z unless something else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sort {
    /// What it is ordered by.
    pub column: SortColumn,
    /// From the last to the first.
    pub descending: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for column in SortColumn::ALL {
            assert_eq!(SortColumn::parse(column.word()).unwrap(), column);
        }
        let refused = SortColumn::parse("size").unwrap_err().to_string();
        assert!(refused.contains("name, status, account, api, expires, seen, created, hint"), "{refused}");
        assert_eq!(Sort::default(), Sort { column: SortColumn::Name, descending: false });
    }
}
