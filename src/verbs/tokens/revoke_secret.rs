//! revoke by value: who holds a secret may end it. The secret in the request is the only proof.

use schemars::JsonSchema;

use super::enable::audit_enabled;
use super::issue::audit_entry;
use crate::domain::account::Account;
use crate::domain::audit::{AuditActor, Face};
use crate::domain::denial_reason::DenialReason;
use crate::domain::name::{TokenName, Username};
use crate::domain::secret::{SecretFingerprint, SecretText};
use crate::domain::time::Timestamp;
use crate::domain::token::Token;
use crate::domain::wire_format::WireSecret;
use crate::domain::word_enum::word_enum;
use crate::verbs::accounts::{self, LogOut, live_login};
use crate::verbs::ports::{SecretState, StoredLogin};
use crate::verbs::prelude::*;
use crate::verbs::tokens::{DisableTokens, RetireToken};
use crate::verbs::verify::secret_record::SecretRecord;

/// Ends a secret that works: its token is disabled. The old secret of a rotation ends alone, so that a program that
/// repeats its rotation doesn't lose the new secret. A login is signed out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeSecret {
    /// The secret of a token, or the token of a login.
    #[serde(with = "WireSecret")]
    pub token: SecretText,
    /// The actor in the audit log, read before the transaction.
    #[serde(skip)]
    holder: Option<(String, String)>,
}

word_enum! {
    /// The thing that ended with a revoked secret.
    pub enum RevokedKind {
        /// The token: it is disabled.
        Token = "token",
        /// The old secret of a rotation. The token's new secret still works.
        OldSecret = "old-secret",
        /// A login.
        Login = "login",
    }
}

/// The answer to [`RevokeSecret`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokedSecret {
    /// The thing that ended: `token` (it is disabled), `old-secret` (the new one still works) or `login`.
    pub revoked: RevokedKind,
    /// The name of the account.
    pub account: Username,
    /// The name of the token or login.
    pub name: TokenName,
}

/// The token or login of a working secret.
enum Holder {
    Token(Box<Token>, SecretState),
    Login(StoredLogin, Account),
}

impl RevokeSecret {
    /// Creates the request to end this secret.
    pub fn new(token: SecretText) -> Self {
        RevokeSecret { token, holder: None }
    }

    /// # Errors
    /// [`crate::error::Kind::NotFound`] if the secret doesn't work. The error does not name the reason.
    fn find(&self, snapshot: &dyn Snapshot, now: Timestamp) -> Result<Holder> {
        let claim = self.token.parse().ok();
        let found = claim.map(|claim| find(snapshot, &claim, now)).transpose()?.flatten();
        found.ok_or_else(|| {
            Error::not_found("the secret doesn't work; nothing was changed")
                .why("the secret is unknown or was replaced, its token is not active, or its login has ended")
                .next("To find the cause, run: jeton token whose")
        })
    }
}

fn find(snapshot: &dyn Snapshot, claim: &SecretFingerprint, now: Timestamp) -> Result<Option<Holder>> {
    if let Some((login, account)) = live_login(snapshot, claim, now)? {
        return Ok(Some(Holder::Login(login, account)));
    }
    let record = SecretRecord::read(snapshot, claim.public_id())?;
    // The secret of a disabled account works again once somebody enables the account.
    let can_end = matches!(record.denial_reason(claim.digest(), now), None | Some(DenialReason::AccountDisabled));
    Ok(match record {
        SecretRecord::Secret(stored, token) if can_end => Some(Holder::Token(token, stored.state)),
        SecretRecord::Secret(..) | SecretRecord::Purged(_) | SecretRecord::Unknown => None,
    })
}

impl Mutation for RevokeSecret {
    type Output = RevokedSecret;

    // A secret that doesn't work never takes the write lock.
    const HAS_PLAN: bool = true;

    fn plan(&mut self, _actor: &Actor, snapshot: &dyn Snapshot, env: &Env<'_>) -> Result<()> {
        self.holder = Some(match self.find(snapshot, env.now)? {
            Holder::Token(token, _) => (token.owner.id.to_string(), token.owner.username.to_string()),
            Holder::Login(_, account) => (account.id.to_string(), account.username.to_string()),
        });
        Ok(())
    }

    fn audit_actor(&self, face: Face) -> Option<AuditActor> {
        self.holder.clone().map(|(account, name)| AuditActor::possession(account, name, face))
    }

    fn run(&self, _actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<RevokedSecret>> {
        let (revoked, account, name, entry) = match self.find(tx, env.now)? {
            Holder::Login(login, account) => {
                tx.delete_login(&login.public_id)?;
                let entry = accounts::audit_entry(LogOut::NAME, &account).with("login", login.name.as_str());
                (RevokedKind::Login, account.username, login.name, entry)
            }
            Holder::Token(token, SecretState::Previous(until)) => {
                tx.retire_previous(token.id)?;
                // Raises the revision, because an edit that is under way has seen the old secret.
                tx.update_token(&token)?;
                let entry = audit_entry(RetireToken::NAME, &token).with("would_have_died", until.rfc3339());
                (RevokedKind::OldSecret, token.owner.username, token.name, entry)
            }
            Holder::Token(mut token, SecretState::Current | SecretState::Dead) => {
                let entry = audit_enabled(DisableTokens::NAME, &token, false);
                token.enabled = false;
                tx.update_token(&token)?;
                (RevokedKind::Token, token.owner.username, token.name, entry)
            }
        };
        let entry = match self.token.hint() {
            Some(hint) => entry.with("secret", hint),
            None => entry,
        };
        Ok(Audited::one(RevokedSecret { revoked, account, name }, entry))
    }

    fn equivalent_command(&self, _out: &RevokedSecret) -> CliLine {
        CliLine::new(&["token", "revoke", "--stdin"])
    }
}

impl RevokedSecret {
    /// Returns `account/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.account, self.name)
    }
}
