//! Bookkeeping of usage in an open transaction.

use std::time::Duration;

use super::sqlite_tx::SqliteTx;
use super::{accounts, failed_sign_in_audit, usage_journal, uses_and_denials};
use crate::domain::account::{AccountId, CredentialVersion};
use crate::domain::password::PasswordHash;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::verbs::ports::{Denial, FailedSignIn, LoginAttemptKey, UsageTx, Use};

impl UsageTx for SqliteTx<'_> {
    fn reserve_login_attempt(&mut self, key: &LoginAttemptKey, now: Timestamp) -> Result<Option<Duration>> {
        accounts::reserve_login_attempt(self.0, key, now)
    }
    fn record_failed_sign_in(&mut self, failed: &FailedSignIn<'_>) -> Result<()> {
        failed_sign_in_audit::record(self.0, failed)
    }
    fn clear_login_attempts(&mut self, key: &LoginAttemptKey) -> Result<()> {
        accounts::clear_login_attempts(self.0, key)
    }
    fn rehash(&mut self, account: AccountId, version: CredentialVersion, hash: &PasswordHash) -> Result<()> {
        accounts::rehash(self.0, account, version, hash)
    }
    fn record_use(&mut self, used: &Use<'_>) -> Result<()> {
        uses_and_denials::record_use(self.0, used, Timestamp::LAST)
    }
    fn record_denial(&mut self, denied: &Denial<'_>) -> Result<()> {
        uses_and_denials::record_denial(self.0, denied)
    }
    fn record_all(&mut self, uses: &[Use<'_>], denials: &[Denial<'_>]) -> Result<()> {
        usage_journal::record(self.0, uses, denials)
    }
    fn prune_ledger(&mut self, before: Timestamp, limit: u32) -> Result<u64> {
        uses_and_denials::prune(self.0, before, limit)
    }
}
