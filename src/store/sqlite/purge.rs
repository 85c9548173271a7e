//! Permanently removes tokens, and retains tombstones of their secrets.

use rusqlite::{Connection, params};

use super::query_helpers::{execute, ids, query_all, query_one, tuple};
use super::tokens::visible;
use super::{notices, token_counters, token_lineage};
use crate::domain::secret::{PublicId, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, PurgedToken, Revision, TokenId, Tombstone};
use crate::error::Result;
use crate::verbs::ports::{PurgeCandidate, PurgeQuery};

/// Returns the condition for the tokens of `query`; `?1` is its instant.
fn from_clause(query: &PurgeQuery) -> String {
    let state = match query.which {
        // The first match of deleted, disabled, expired counts. So disabled tokens are not purged.
        Purgeable::Expired => "t.deleted_at IS NULL AND t.enabled = 1 AND t.until <= ?1",
        Purgeable::Trashed => "t.deleted_at <= ?1",
    };
    format!("FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE {state} AND {}", visible(&query.visibility))
}

pub(super) fn set(db: &Connection, query: &PurgeQuery) -> Result<Vec<(TokenId, Revision)>> {
    let sql = format!("SELECT t.id, t.revision {} ORDER BY t.id", from_clause(query));
    query_all(db, &sql, [query.now.0], tuple)
}

pub(super) fn candidates(db: &Connection, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<PurgeCandidate>> {
    let since = match query.which {
        Purgeable::Expired => "t.expires_at",
        Purgeable::Trashed => "t.deleted_at",
    };
    let sql = format!(
        "SELECT t.id, t.revision, a.username || '/' || t.name, {since} {}
         AND t.id IN (SELECT value FROM json_each(?2)) ORDER BY t.id",
        from_clause(query)
    );
    query_all(db, &sql, params![query.now.0, ids(tokens)], |r| {
        Ok(PurgeCandidate { token: r.get(0)?, revision: r.get(1)?, full_name: r.get(2)?, since: r.get(3)? })
    })
}

pub(super) fn purge(db: &Connection, tokens: &[TokenId], now: Timestamp) -> Result<()> {
    // One statement for all tokens takes half the time of one statement for each.
    let ids = ids(tokens);
    let sql = "INSERT INTO tombstones (public_id, digest, token_id, token_name, account_id, purged_at)
               SELECT s.public_id, s.digest, t.id, t.name, t.account_id, ?2
               FROM json_each(?1) j JOIN tokens t ON t.id = j.value JOIN secrets s ON s.token_id = t.id";
    execute(db, sql, params![ids, now.0])?;
    // Reduces the number of tokens of each account.
    let sql = "UPDATE token_counts SET kept = token_counts.kept - gone.kept,
                                       trashed = token_counts.trashed - gone.trashed
               FROM (SELECT account_id, sum(deleted_at IS NULL) AS kept, sum(deleted_at IS NOT NULL) AS trashed
                     FROM tokens WHERE id IN (SELECT value FROM json_each(?1)) GROUP BY account_id) AS gone
               WHERE token_counts.account_id = gone.account_id";
    execute(db, sql, [&ids])?;
    token_counters::sum_up(db)?;
    for sql in [
        "DELETE FROM last_seen WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM secrets WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM token_sets WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM token_methods WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM tokens WHERE id IN (SELECT value FROM json_each(?1))",
    ] {
        execute(db, sql, [&ids])?;
    }
    notices::purge(db, &ids)?;
    token_lineage::forget(db, &ids)
}

pub(super) fn tombstone(db: &Connection, id: &PublicId) -> Result<Option<Tombstone>> {
    let sql = "SELECT s.digest, s.token_id, s.token_name, a.username, s.purged_at
               FROM tombstones s JOIN accounts a ON a.id = s.account_id WHERE s.public_id = ?1";
    query_one(db, sql, [id.as_str()], |r| {
        Ok(Tombstone {
            digest: SecretDigest::from_bytes(r.get(0)?),
            purged: PurgedToken { token: r.get(1)?, name: r.get(2)?, account: r.get(3)?, purged_at: r.get(4)? },
        })
    })
}
