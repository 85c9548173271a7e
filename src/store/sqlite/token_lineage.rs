//! The origin of tokens and secrets: the token that created another token or regenerated its secret.

use rusqlite::{Connection, params};

use super::query_helpers::{execute, ids, query_all, sql_limit};
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;

/// Follows purged parents too: their rows stay while a token that they created exists. Also follows secrets that no
/// longer work, because tokens created with them may still work. But such a secret makes its own token count only while
/// the secret works.
pub(super) const DESCENDANTS: &str = "
    WITH RECURSIVE
    live (public_id) AS NOT MATERIALIZED (
        SELECT public_id FROM secrets WHERE state = 'current' OR (state = 'previous' AND retires_at > ?3)),
    made (id, is_held) AS (
        SELECT l.token_id, 1 FROM json_each(?1) j CROSS JOIN lineage l ON l.made_by = j.value
        UNION
        SELECT r.token_id, EXISTS (SELECT 1 FROM live WHERE live.public_id = r.public_id)
        FROM json_each(?1) j CROSS JOIN regenerated r ON r.made_by = j.value
        UNION
        SELECT l.token_id, 1 FROM made m CROSS JOIN lineage l ON l.made_by = m.id
        UNION
        SELECT r.token_id, EXISTS (SELECT 1 FROM live WHERE live.public_id = r.public_id)
        FROM made m CROSS JOIN regenerated r ON r.made_by = m.id
        LIMIT 100000)
    SELECT DISTINCT t.id FROM made m CROSS JOIN tokens t ON t.id = m.id
    WHERE m.is_held AND t.deleted_at IS NULL AND t.id NOT IN (SELECT value FROM json_each(?1))
    ORDER BY t.id LIMIT ?2";

pub(super) fn descendants(db: &Connection, makers: &[TokenId], now: Timestamp, limit: usize) -> Result<Vec<TokenId>> {
    query_all(db, DESCENDANTS, params![ids(makers), sql_limit(limit), now.0], |r| r.get(0))
}

/// Deletes the rows of purged `tokens` that created nothing which is still known.
pub(super) fn forget(db: &Connection, tokens: &str) -> Result<()> {
    for table in ["lineage", "regenerated"] {
        execute(
            db,
            &format!(
                "DELETE FROM {table} WHERE token_id IN (SELECT value FROM json_each(?1))
                        AND NOT EXISTS (SELECT 1 FROM lineage made WHERE made.made_by = {table}.token_id)
                        AND NOT EXISTS (SELECT 1 FROM regenerated made WHERE made.made_by = {table}.token_id)"
            ),
            [tokens],
        )?;
    }
    Ok(())
}
