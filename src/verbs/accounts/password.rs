//! passwd: sets the password of the actor's own account, or of one that it manages.

use super::{CountedAccount, entry, stored};
use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::verbs::actor::{Actor, Credential};
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, AccountAction};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::new_password::NewPassword;
use crate::verbs::ports::{PasswordHasher, Tx};
use crate::verbs::{Committed, Env, Mutation, Proof, Verb};

/// Sets an account's password. Its sessions end; its tokens keep working. A password that somebody else sets is
/// temporary: its holder must replace it before anything else.
#[derive(Debug)]
pub struct SetPassword {
    /// The account.
    pub username: Username,
    /// The new password.
    pub password: NewPassword,
}

impl Verb for SetPassword {
    const NAME: &'static str = "account.passwd";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::Person;
    const ALLOWS_TEMPORARY_PASSWORD: bool = true;
    type Reply = Committed<CountedAccount>;
}

impl Mutation for SetPassword {
    type Output = CountedAccount;

    fn prepare(&mut self, who: &Credential, hasher: &dyn PasswordHasher) -> Result<()> {
        if let (Credential::Password(name, current), NewPassword::Plain(new)) = (who, &self.password)
            && *name == self.username
            && new.is_same_as(current)
        {
            return Err(Error::usage("the new password is the one that it replaces").next("Choose another"));
        }
        self.password.prepare(hasher)
    }

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<CountedAccount>> {
        let actor = by.account()?;
        if actor.temporary_password && actor.username != self.username {
            return Err(authorize::temporary_password_error(&actor.username));
        }
        let account = authorize::resolve_managed_account(by, tx, &self.username, AccountAction::Password)?;
        let own = account.id == actor.id;
        tx.set_password(account.id, self.password.hash()?, !own)?;
        let entry = entry(Self::NAME, &account).changed("temporary", account.temporary_password, !own);
        Ok(Audited::one(stored(tx, account.id, env)?, entry))
    }

    fn equivalent_command(&self, _out: &CountedAccount) -> CliLine {
        CliLine::new(&["account", "passwd", self.username.as_str()])
    }
}
