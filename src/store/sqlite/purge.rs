//! Permanently removes tokens, and retains tombstones of their secrets.

use rusqlite::{Connection, Params, params};
use serde_json::Value;

use super::query_helpers::{corrupt, execute, query_all, query_one};
use super::token_lineage;
use super::tokens::visible;
use crate::domain::account::AccountId;
use crate::domain::name::{TokenName, Username};
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::{Purgeable, PurgedToken, TokenId, Tombstone};
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

pub(super) fn count_candidates(db: &Connection, query: &PurgeQuery) -> Result<u64> {
    let count =
        query_one(db, &format!("SELECT count(*) {}", from_clause(query)), [query.now.0], |r| r.get::<_, i64>(0))?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

pub(super) fn candidates(
    db: &Connection,
    query: &PurgeQuery,
    after: Option<TokenId>,
    limit: usize,
) -> Result<Vec<PurgeCandidate>> {
    let after = after.map_or(i64::MIN, |id| id.0);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    rows(db, query, "t.id > ?2 ORDER BY t.id LIMIT ?3", params![query.now.0, after, limit])
}

pub(super) fn candidates_among(db: &Connection, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<PurgeCandidate>> {
    rows(db, query, "t.id IN (SELECT value FROM json_each(?2)) ORDER BY t.id", params![query.now.0, ids(tokens)])
}

fn rows(db: &Connection, query: &PurgeQuery, which: &str, params: impl Params) -> Result<Vec<PurgeCandidate>> {
    let since = match query.which {
        Purgeable::Expired => "t.expires_at",
        Purgeable::Trashed => "t.deleted_at",
    };
    let sql = format!("SELECT t.id, a.username || '/' || t.name, {since} {} AND {which}", from_clause(query));
    query_all(db, &sql, params, |r| {
        Ok(PurgeCandidate { token: TokenId(r.get(0)?), full_name: r.get(1)?, since: Timestamp(r.get(2)?) })
    })
}

fn ids(tokens: &[TokenId]) -> String {
    Value::from_iter(tokens.iter().map(|token| token.0)).to_string()
}

pub(super) fn purge(db: &Connection, tokens: &[TokenId], now: Timestamp) -> Result<()> {
    // One statement for all tokens takes half the time of one statement for each.
    let ids = ids(tokens);
    execute(
        db,
        "INSERT INTO tombstones (public_id, digest, token_id, token_name, account_id, purged_at)
         SELECT s.public_id, s.digest, t.id, t.name, t.account_id, ?2
         FROM json_each(?1) j JOIN tokens t ON t.id = j.value JOIN secrets s ON s.token_id = t.id",
        params![ids, now.0],
    )?;
    // Reduces the number of tokens of each account.
    execute(
        db,
        "UPDATE token_counts SET kept = token_counts.kept - gone.kept, trashed = token_counts.trashed - gone.trashed
         FROM (SELECT account_id, sum(deleted_at IS NULL) AS kept, sum(deleted_at IS NOT NULL) AS trashed
               FROM tokens WHERE id IN (SELECT value FROM json_each(?1)) GROUP BY account_id) AS gone
         WHERE token_counts.account_id = gone.account_id",
        [&ids],
    )?;
    for sql in [
        "DELETE FROM last_seen WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM secrets WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM token_sets WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM token_methods WHERE token_id IN (SELECT value FROM json_each(?1))",
        "DELETE FROM tokens WHERE id IN (SELECT value FROM json_each(?1))",
    ] {
        execute(db, sql, [&ids])?;
    }
    token_lineage::forget(db, &ids)
}

pub(super) fn tombstone(db: &Connection, id: &PublicId) -> Result<Option<Tombstone>> {
    let row = query_one(
        db,
        "SELECT s.digest, s.token_id, s.token_name, a.username, s.purged_at
         FROM tombstones s JOIN accounts a ON a.id = s.account_id WHERE s.public_id = ?1",
        [id.as_str()],
        |r| {
            let (name, account): (String, String) = (r.get(2)?, r.get(3)?);
            Ok((r.get::<_, [u8; 32]>(0)?, r.get(1)?, name, account, r.get(4)?))
        },
    )?;
    let Some((digest, token, name, account, purged_at)) = row else { return Ok(None) };
    Ok(Some(Tombstone {
        digest: SecretDigest::from_bytes(digest),
        purged: PurgedToken {
            token: TokenId(token),
            name: TokenName::parse(&name).map_err(|_| corrupt("a token name"))?,
            account: Username::parse(&account).map_err(|_| corrupt("a username"))?,
            purged_at: Timestamp(purged_at),
        },
    }))
}

/// Returns the account that owned a purged token, and the account's role.
pub(super) fn owner(db: &Connection, token: TokenId) -> Result<Option<(AccountId, Role)>> {
    let row = query_one(
        db,
        "SELECT a.id, a.role FROM tombstones s JOIN accounts a ON a.id = s.account_id WHERE s.token_id = ?1 LIMIT 1",
        [token.0],
        |r| Ok((AccountId(r.get(0)?), r.get::<_, String>(1)?)),
    )?;
    row.map(|(id, role)| Ok((id, Role::parse(&role).map_err(|_| corrupt("a role"))?))).transpose()
}
