//! log in, log out: a sign-in from another machine, whose token stands for the password in everything that only reads.

use super::audit_entry;
use crate::domain::account::Account;
use crate::domain::name::TokenName;
use crate::domain::secret::{Secret, SecretFingerprint};
use crate::domain::time::{HOUR, Timestamp};
use crate::domain::wire_format::WireSecret;
use crate::verbs::ports::StoredLogin;
use crate::verbs::prelude::*;
use crate::verbs::session::Session;

/// Time for which a login is valid, in milliseconds: 12 hours.
const LIFETIME: i64 = 12 * HOUR;

/// Opens a login. It replaces the account's login of the same name, and ends when the account's password, role or
/// enabled state changes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The name of the client's machine, such as `cli-laptop`.
    pub name: TokenName,
}

/// The answer to [`LogIn`].
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuedLogin {
    /// The token of the login. It can read all that the account can read, and change nothing.
    #[serde(with = "WireSecret")]
    pub secret: Secret,
    /// End of the login.
    pub expires_at: Timestamp,
    /// The session that the login opens.
    pub session: Session,
}

impl Mutation for LogIn {
    type Output = IssuedLogin;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<IssuedLogin>> {
        let account = actor.account()?.clone();
        let installation = tx.installation()?.ok_or_else(|| Error::failure("this store is not set up"))?;
        let secret = env.secrets.next(&installation.prefix)?;
        let login = StoredLogin {
            public_id: secret.public_id().clone(),
            digest: secret.digest(),
            account: account.id,
            name: self.name.clone(),
            credential_version: account.credential_version,
            expires_at: env.now.plus(LIFETIME),
        };
        tx.insert_login(&login, env.now)?;
        let entry = audit_entry(Self::NAME, &account)
            .with("login", self.name.as_str())
            .with("expires", login.expires_at.rfc3339())
            .with("secret", secret.hint());
        let session = Session::for_account(&account);
        Ok(Audited::one(IssuedLogin { secret, expires_at: login.expires_at, session }, entry))
    }

    fn equivalent_command(&self, out: &IssuedLogin) -> CliLine {
        CliLine::new(&["login", out.session.username().as_str()])
    }
}

/// Returns the valid login of a secret, and its account.
pub(in crate::verbs) fn live_login(
    snapshot: &dyn Snapshot,
    claim: &SecretFingerprint,
    now: Timestamp,
) -> Result<Option<(StoredLogin, Account)>> {
    let login = snapshot.login(claim.public_id())?;
    let login = login.filter(|login| login.digest.matches(claim.digest()) && now < login.expires_at);
    let Some(login) = login else { return Ok(None) };
    let account = snapshot.account(login.account)?.filter(|account| account.enabled);
    let account = account.filter(|account| account.credential_version == login.credential_version);
    Ok(account.map(|account| (login, account)))
}

/// Ends the login of this token.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogOut {
    /// The secret that reads as this account.
    #[serde(with = "WireSecret")]
    pub secret: Secret,
}

impl Mutation for LogOut {
    type Output = ();

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, _env: &Env<'_>) -> Result<Audited<()>> {
        let account = actor.account()?;
        let login = tx.login(self.secret.public_id())?;
        let login = login.filter(|login| login.account == account.id && login.digest.matches(&self.secret.digest()));
        let login = login.ok_or_else(|| Error::not_found("this login has ended already"))?;
        tx.delete_login(&login.public_id)?;
        Ok(Audited::one((), audit_entry(Self::NAME, account).with("login", login.name.as_str())))
    }

    fn equivalent_command(&self, _out: &()) -> CliLine {
        CliLine::new(&["logout"])
    }
}
