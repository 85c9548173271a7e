use super::{AccountWithCounts, audit_entry, reload};
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::wire_format::WireSecret;
use crate::verbs::credential::Credential;
use crate::verbs::new_password::NewPassword;
use crate::verbs::ports::{NewAccount, PasswordHasher};
use crate::verbs::prelude::*;

/// Creates an account, enabled. It is a conflict if any account ever had the name.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// The name, never used before.
    pub username: Username,
    /// The account's role: for an owner any, for an admin member or viewer.
    pub role: Role,
    /// The e-mail address of those who look after the account's tokens.
    #[serde(default)]
    pub contact: Option<Contact>,
    /// The account's password. It is temporary, because the person who creates the account has chosen it.
    #[serde(with = "WireSecret")]
    pub password: NewPassword,
}

impl Mutation for CreateAccount {
    type Output = AccountWithCounts;

    fn prepare(&mut self, _credential: &Credential, hasher: &dyn PasswordHasher) -> Result<()> {
        self.password.prepare(hasher)
    }

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<AccountWithCounts>> {
        authorize::check_role_grant(actor, self.role)?;
        let id = tx.insert_account(&NewAccount {
            username: &self.username,
            role: self.role,
            password: self.password.hash()?,
            temporary_password: true,
            contact: self.contact.as_ref(),
            now: env.now,
        })?;
        let created = reload(tx, id, env)?;
        let mut entry = audit_entry(Self::NAME, &created.account).with("role", self.role.as_str());
        if let Some(contact) = &self.contact {
            entry = entry.with("contact", contact.as_str());
        }
        Ok(Audited::one(created, entry))
    }

    fn equivalent_command(&self, _out: &AccountWithCounts) -> CliLine {
        let line = CliLine::new(&["account", "create", self.username.as_str()]).option("role", self.role.as_str());
        self.contact.iter().fold(line, |line, contact| line.option("contact", contact.as_str()))
    }
}
