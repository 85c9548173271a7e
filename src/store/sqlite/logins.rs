//! Sign-ins from other machines.

use rusqlite::params;

use super::query_helpers::{execute, query_one, tuple};
use super::sqlite_tx::SqliteTx;
use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::name::TokenName;
use crate::domain::secret::{PublicId, SecretDigest};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::ports::{LoginReader, LoginWriter, MAX_LOGINS, StoredLogin};

type LoginRow = ([u8; 32], AccountId, TokenName, CredentialVersion, Timestamp);

impl LoginReader for SqliteTx<'_> {
    fn login(&self, id: &PublicId) -> Result<Option<StoredLogin>> {
        let sql = "SELECT digest, account_id, name, credential_version, expires_at FROM logins WHERE public_id = ?1";
        let row = query_one(self.0, sql, [id.as_str()], tuple::<LoginRow>)?;
        Ok(row.map(|(digest, account, name, credential_version, expires_at)| StoredLogin {
            public_id: id.clone(),
            digest: SecretDigest::from_bytes(digest),
            account,
            name,
            credential_version,
            expires_at,
        }))
    }
}

impl LoginWriter for SqliteTx<'_> {
    fn insert_login(&mut self, login: &StoredLogin, now: Timestamp) -> Result<()> {
        let (account, version) = (login.account.0, login.credential_version.0);
        let sql = "DELETE FROM logins WHERE account_id = ?1
                   AND (name = ?2 OR expires_at <= ?3 OR credential_version <> ?4)";
        execute(self.0, sql, params![account, login.name.as_str(), now.0, version])?;
        let sql = "INSERT INTO logins (public_id, digest, account_id, name, credential_version, created_at, expires_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (id, digest) = (login.public_id.as_str(), login.digest.as_bytes());
        let row = params![id, digest, account, login.name.as_str(), version, now.0, login.expires_at.0];
        execute(self.0, sql, row)?;
        let sql = "DELETE FROM logins WHERE account_id = ?1 AND public_id NOT IN (
                       SELECT public_id FROM logins WHERE account_id = ?1
                       ORDER BY public_id = ?2 DESC, created_at DESC, public_id LIMIT ?3)";
        execute(self.0, sql, params![account, id, MAX_LOGINS]).map(drop)
    }

    fn delete_login(&mut self, id: &PublicId) -> Result<()> {
        execute(self.0, "DELETE FROM logins WHERE public_id = ?1", [id.as_str()]).map(drop)
    }
}
