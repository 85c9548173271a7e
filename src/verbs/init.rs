use super::credential::Credential;
use super::new_password::NewPassword;
use super::ports::{Installation, NewAccount, PasswordHasher};
use crate::domain::account::Account;
use crate::domain::catalogue::validate::validate;
use crate::domain::catalogue::{Catalogue, MANAGEMENT};
use crate::domain::name::{Prefix, Username};
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::domain::wire_format::WireSecret;
use crate::verbs::prelude::*;

/// Sets up an installation with its first owner. It is a conflict if the store already has an owner.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Init {
    /// The first owner.
    pub username: Username,
    /// The owner's password.
    #[serde(with = "WireSecret")]
    pub password: NewPassword,
    /// The beginning of every secret of this installation.
    pub prefix: Prefix,
    /// `true` if members and viewers manage their own tokens.
    pub self_service: bool,
    /// A catalogue in addition to `jeton`'s own.
    pub catalogue: Option<Catalogue>,
}

impl Mutation for Init {
    type Output = Account;

    fn prepare(&mut self, _credential: &Credential, hasher: &dyn PasswordHasher) -> Result<()> {
        self.password.prepare(hasher)
    }

    fn run(&self, _actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<Account>> {
        if tx.installation()?.is_some() {
            return Err(Error::conflict("this store is set up already")
                .next("To set up another store, use --store with another path"));
        }
        tx.set_installation(&Installation { prefix: self.prefix.clone(), created_at: env.now })?;
        tx.set_policy(&Policy { self_service: self.self_service, ..Policy::default() })?;
        let own = Catalogue::shipped(MANAGEMENT)?;
        tx.set_catalogue(&own)?;
        if let Some(catalogue) = &self.catalogue {
            validate(catalogue, &[own])?;
            tx.set_catalogue(catalogue)?;
        }
        let id = tx.insert_account(&NewAccount {
            username: &self.username,
            role: Role::Owner,
            password: self.password.hash()?,
            temporary_password: false,
            contact: None,
            now: env.now,
        })?;
        let account = tx.account(id)?.ok_or_else(|| Error::failure("the new account was not stored"))?;
        let entry = AuditEntry::new(Self::NAME, id, self.username.as_str())
            .with("role", Role::Owner.as_str())
            .with("prefix", self.prefix.as_str())
            .with("self_service", self.self_service)
            .with("catalogue", self.catalogue.as_ref().map_or(MANAGEMENT, |c| c.name.as_str()));
        Ok(Audited::one(account, entry))
    }

    fn equivalent_command(&self, _out: &Account) -> CliLine {
        CliLine::new(&["init"])
            .option("username", self.username.as_str())
            .option_if("prefix", Some(self.prefix.as_str()).filter(|_| self.prefix != Prefix::default()))
            .option_if("catalogue", self.catalogue.as_ref().map(|catalogue| catalogue.name.as_str()))
    }
}
