//! A restore of a backup: what it takes back, and the rows that it adds to the audit log.
//!
//! The caller replaces the store's content. Being able to open the store's file is the proof.

use schemars::JsonSchema;
use serde::Serialize;

use super::Verb;
use super::accounts::{self, DisableAccounts};
use super::audited::Audited;
use super::ports::Tx;
use super::restore_record::RestoreRecord;
use super::tokens::{DisableTokens, RetireToken, RevokeTokens, audit_entry};
use crate::domain::account::{Account, AccountId};
use crate::domain::audit::AuditEntry;
use crate::domain::name::Username;
use crate::domain::time::Timestamp;
use crate::domain::token::TokenId;
use crate::domain::word_enum::word_enum;
use crate::error::Result;

/// The point where the audit logs of a backup and of the store differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divergence {
    /// Number of the last row that both have; 0 if they are of different installations.
    pub common: i64,
    /// Number of rows after it that only the store has.
    pub lost: u64,
    /// Time of the last of these rows.
    pub last_at: Option<Timestamp>,
}

word_enum! {
    /// The way in which access ended after the backup.
    pub enum EndedWay {
        /// The token or account was disabled.
        Disabled = "disabled",
        /// The token is in the trash.
        Revoked = "revoked",
        /// The token was deleted permanently.
        Purged = "purged",
        /// The token got a new secret. The secret of the backup has ended, or ends with the overlap.
        Replaced = "replaced",
        /// The token's expiry was brought forward, and is over.
        Expired = "expired",
        /// The old secret of an overlap was ended early.
        Retired = "retired",
        /// The account was deleted.
        Deleted = "deleted",
    }
}

/// Access that a backup has, and that was ended since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EndedAccess {
    /// A token.
    Token {
        /// The token's id.
        id: TokenId,
        /// Account and name.
        name: String,
        /// The way in which its access ended.
        way: EndedWay,
    },
    /// An account.
    Account {
        /// The account's id.
        id: AccountId,
        /// The name of the account.
        username: Username,
        /// The way in which its access ended.
        way: EndedWay,
    },
}

impl EndedAccess {
    /// Returns the access in words: `token ops/ci: disabled`.
    pub fn describe(&self) -> String {
        match self {
            EndedAccess::Token { name, way, .. } => format!("token {name}: {way}"),
            EndedAccess::Account { username, way, .. } => format!("account {username}: {way}"),
        }
    }
}

/// Adds the row of the restore to the log of the prepared store, and ends access again.
///
/// A token is disabled if its secret was replaced, because its new secret is lost, or if it had expired. An account is only disabled, never
/// deleted. The last enabled owner stays enabled, because nobody could manage the store without one.
///
/// # Errors
/// Those of the store.
pub fn record(
    tx: &mut dyn Tx,
    now: Timestamp,
    restored: &RestoreRecord,
    ended: &[EndedAccess],
) -> Result<Audited<Vec<EndedAccess>>> {
    let (mut skipped, mut entries) = (Vec::new(), Vec::new());
    for access in ended {
        match end_access(tx, now, access)? {
            Some(entry) => entries.push(entry.with("restored", true)),
            None => skipped.push(access.clone()),
        }
    }
    let mut all = Audited::one(skipped, restored.to_entry());
    all.append(entries);
    Ok(all)
}

fn end_access(tx: &mut dyn Tx, now: Timestamp, access: &EndedAccess) -> Result<Option<AuditEntry>> {
    match access {
        EndedAccess::Account { id, .. } => {
            let Some(account) = tx.account(*id)? else { return Ok(None) };
            if account.is_enabled_owner() && accounts::check_owner_remains(tx, std::slice::from_ref(&account)).is_err()
            {
                return Ok(None);
            }
            tx.update_account(&Account { enabled: false, ..account.clone() })?;
            let entry = accounts::audit_entry(DisableAccounts::NAME, &account);
            Ok(Some(entry.changed("enabled", account.enabled, false)))
        }
        EndedAccess::Token { id, way, .. } => {
            let Some(mut token) = tx.token(*id)? else { return Ok(None) };
            let verb = match way {
                EndedWay::Revoked | EndedWay::Purged => {
                    token.deleted_at = Some(now);
                    RevokeTokens::NAME
                }
                EndedWay::Retired => {
                    tx.retire_previous(*id)?;
                    RetireToken::NAME
                }
                EndedWay::Disabled | EndedWay::Replaced | EndedWay::Expired | EndedWay::Deleted => {
                    token.enabled = false;
                    DisableTokens::NAME
                }
            };
            tx.update_token(&token)?;
            Ok(Some(audit_entry(verb, &token).with("way", way.as_str())))
        }
    }
}
