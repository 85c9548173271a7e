//! Number of tokens of each account and of all, updated with every change. So lists don't have to count tokens.

use rusqlite::{Connection, params};

use super::query_helpers::{corrupt, execute};
use crate::error::Result;

/// Records that the account has one more token, in the trash or not.
pub(super) fn increment(db: &Connection, account: i64, trashed: bool) -> Result<()> {
    adjust(db, account, i64::from(!trashed), i64::from(trashed))
}

/// Records that a token of the account was moved into the trash or out of it.
pub(super) fn transfer(db: &Connection, account: i64, trashed: bool) -> Result<()> {
    let into = if trashed { 1 } else { -1 };
    adjust(db, account, -into, into)
}

/// Sets the number of all tokens to the sum of those of the accounts.
pub(super) fn sum_up(db: &Connection) -> Result<()> {
    let sql = "UPDATE token_totals SET (kept, trashed) =
                   (SELECT coalesce(sum(kept), 0), coalesce(sum(trashed), 0) FROM token_counts)";
    execute(db, sql, []).map(drop)
}

fn adjust(db: &Connection, account: i64, kept: i64, trashed: i64) -> Result<()> {
    let sql = "UPDATE token_counts SET kept = kept + ?2, trashed = trashed + ?3 WHERE account_id = ?1";
    if execute(db, sql, params![account, kept, trashed])? == 0 {
        let sql = "INSERT INTO token_counts (account_id, kept, trashed) VALUES (?1, ?2, ?3)";
        execute(db, sql, params![account, kept, trashed])?;
    }
    match execute(db, "UPDATE token_totals SET kept = kept + ?1, trashed = trashed + ?2", [kept, trashed])? {
        0 => Err(corrupt("the number of all tokens")),
        _ => Ok(()),
    }
}
