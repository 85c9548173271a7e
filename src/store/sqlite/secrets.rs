//! Digests of secrets.

use rusqlite::{Connection, params};

use super::query_helpers::{corrupt, execute, query_one, tuple};
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret, SecretDigest};
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::{SecretState, StoredSecret};

pub(super) fn by_public_id(db: &Connection, id: &PublicId) -> Result<Option<StoredSecret>> {
    let sql = "SELECT digest, token_id, state, retires_at, issued_role FROM secrets WHERE public_id = ?1";
    let row = query_one(db, sql, [id.as_str()], tuple::<([u8; 32], TokenId, String, Option<Timestamp>, Role)>)?;
    let Some((digest, token, state, retires_at, issued_role)) = row else { return Ok(None) };
    let state = match (state.as_str(), retires_at) {
        ("current", None) => SecretState::Current,
        ("previous", Some(until)) => SecretState::Previous(until),
        ("dead", None) => SecretState::Dead,
        _ => return Err(corrupt("a secret's state")),
    };
    Ok(Some(StoredSecret { digest: SecretDigest::from_bytes(digest), token, state, issued_role }))
}

pub(super) fn set_current(
    db: &Connection,
    token: TokenId,
    secret: &Secret,
    issued_role: Role,
    now: Timestamp,
    keep_old_until: Option<Timestamp>,
) -> Result<()> {
    // Retires the previous secret first, because a token has at most one.
    retire_previous(db, token)?;
    let old = if keep_old_until.is_some() { "previous" } else { "dead" };
    let sql = "UPDATE secrets SET state = ?2, retires_at = ?3 WHERE token_id = ?1 AND state = 'current'";
    execute(db, sql, params![token.0, old, keep_old_until.map(|at| at.0)])?;
    let sql = "INSERT INTO secrets (public_id, digest, token_id, state, created_at, issued_role)
               VALUES (?1, ?2, ?3, 'current', ?4, ?5)";
    let id = secret.public_id().as_str();
    execute(db, sql, params![id, secret.digest().as_bytes(), token.0, now.0, issued_role.as_str()])?;
    execute(db, "UPDATE tokens SET public_id = ?2 WHERE id = ?1", params![token.0, id]).map(drop)
}

pub(super) fn retire_previous(db: &Connection, token: TokenId) -> Result<()> {
    let sql = "UPDATE secrets SET state = 'dead', retires_at = NULL WHERE token_id = ?1 AND state = 'previous'";
    execute(db, sql, [token.0]).map(drop)
}
