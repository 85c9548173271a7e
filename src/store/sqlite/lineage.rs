//! Which token made which.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::convert::{all, run};
use crate::domain::token::TokenId;
use crate::error::Result;

pub(super) fn set_maker(db: &Connection, token: TokenId, maker: TokenId) -> Result<()> {
    run(db, "INSERT INTO lineage (token_id, made_by) VALUES (?1, ?2)", params![token.0, maker.0])?;
    Ok(())
}

fn ids(tokens: &[TokenId]) -> String {
    Value::from_iter(tokens.iter().map(|token| token.0)).to_string()
}

/// Follows purged makers too: their rows stay while something they made is there.
pub(super) const DESCENDANTS: &str = "
    WITH RECURSIVE made (id) AS (
        SELECT l.token_id FROM json_each(?1) j JOIN lineage l ON l.made_by = j.value
        UNION
        SELECT l.token_id FROM made m JOIN lineage l ON l.made_by = m.id
        LIMIT 100000)
    SELECT t.id FROM made m CROSS JOIN tokens t ON t.id = m.id
    WHERE t.deleted_at IS NULL AND t.id NOT IN (SELECT value FROM json_each(?1))
    ORDER BY t.id LIMIT ?2";

pub(super) fn descendants(db: &Connection, makers: &[TokenId], limit: usize) -> Result<Vec<TokenId>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    all(db, DESCENDANTS, params![ids(makers), limit], |r| Ok(TokenId(r.get(0)?)))
}

/// Drops the rows of purged `tokens` that made nothing which is still known.
pub(super) fn forget(db: &Connection, tokens: &str) -> Result<()> {
    run(
        db,
        "DELETE FROM lineage WHERE token_id IN (SELECT value FROM json_each(?1))
                AND NOT EXISTS (SELECT 1 FROM lineage made WHERE made.made_by = lineage.token_id)",
        [tokens],
    )?;
    Ok(())
}
