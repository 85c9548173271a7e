//! Calls with a key of their caller.

use rusqlite::params;

use super::query_helpers::{corrupt, execute, ids, query_one, tuple};
use super::sqlite_tx::SqliteTx;
use crate::domain::account::AccountId;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::error::Result;
use crate::verbs::ports::{KeyedCallReader, KeyedCallWriter, MAX_KEYED_CALLS, StoredCall};

impl KeyedCallReader for SqliteTx<'_> {
    fn keyed_call(&self, account: AccountId, key: &str) -> Result<Option<StoredCall>> {
        let sql = "SELECT digest, tokens, created_at FROM keyed_calls WHERE account_id = ?1 AND key = ?2";
        let row = query_one(self.0, sql, params![account.0, key], tuple::<([u8; 32], String, Timestamp)>)?;
        row.map(|(digest, tokens, created_at)| {
            let tokens: Vec<i64> = serde_json::from_str(&tokens)
                .map_err(|_| corrupt("the tokens of an earlier call with an idempotency key"))?;
            Ok(StoredCall { digest, tokens: tokens.into_iter().map(TokenId).collect(), created_at })
        })
        .transpose()
    }
}

impl KeyedCallWriter for SqliteTx<'_> {
    fn insert_keyed_call(&mut self, account: AccountId, key: &str, call: &StoredCall, oldest: Timestamp) -> Result<()> {
        let sql = "DELETE FROM keyed_calls WHERE account_id = ?1 AND created_at < ?2";
        execute(self.0, sql, params![account.0, oldest.0])?;
        let sql = "INSERT OR REPLACE INTO keyed_calls (account_id, key, digest, tokens, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        execute(self.0, sql, params![account.0, key, call.digest, ids(&call.tokens), call.created_at.0])?;
        let sql = "DELETE FROM keyed_calls WHERE account_id = ?1 AND key NOT IN (
                       SELECT key FROM keyed_calls WHERE account_id = ?1
                       ORDER BY key = ?2 DESC, created_at DESC, key LIMIT ?3)";
        execute(self.0, sql, params![account.0, key, MAX_KEYED_CALLS]).map(drop)
    }
}
