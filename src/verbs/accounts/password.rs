use super::{AccountWithCounts, audit_entry, reload};
use crate::domain::name::Username;
use crate::domain::wire_format::WireSecret;
use crate::verbs::credential::Credential;
use crate::verbs::new_password::NewPassword;
use crate::verbs::ports::PasswordHasher;
use crate::verbs::prelude::*;

/// Sets an account's password. Its sessions end; its tokens keep working. A password that somebody else sets is
/// temporary: its holder must replace it before anything else.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The account whose password changes.
    pub username: Username,
    /// The new password.
    #[serde(with = "WireSecret")]
    pub password: NewPassword,
}

impl Mutation for SetPassword {
    type Output = AccountWithCounts;

    fn prepare(&mut self, credential: &Credential, hasher: &dyn PasswordHasher) -> Result<()> {
        if let (Credential::Password(name, current), NewPassword::Plain(new)) = (credential, &self.password)
            && *name == self.username
            && new.is_same_as(current)
        {
            return Err(Error::usage("the new password is the same as the old one").next("Choose another password"));
        }
        self.password.prepare(hasher)
    }

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<AccountWithCounts>> {
        let own_account = actor.account()?;
        if own_account.temporary_password && own_account.username != self.username {
            return Err(authorize::temporary_password_error(&own_account.username));
        }
        let account = authorize::resolve_managed_account(actor, tx, &self.username, AccountAction::Password)?;
        let own = account.id == own_account.id;
        tx.set_password(account.id, self.password.hash()?, !own)?;
        let entry = audit_entry(Self::NAME, &account).changed("temporary", account.temporary_password, !own);
        Ok(Audited::one(reload(tx, account.id, env)?, entry))
    }

    fn equivalent_command(&self, _out: &AccountWithCounts) -> CliLine {
        CliLine::new(&["account", "passwd", self.username.as_str()])
    }
}
