//! passwd: another password, one's own or that of an account one manages.

use super::{CountedAccount, entry, stored};
use crate::domain::name::Username;
use crate::error::Result;
use crate::verbs::actor::Actor;
use crate::verbs::audited::Audited;
use crate::verbs::authorize::{self, Manage};
use crate::verbs::cli_line::CliLine;
use crate::verbs::needs::Needs;
use crate::verbs::new_password::NewPassword;
use crate::verbs::ports::{PasswordHasher, Tx};
use crate::verbs::{Change, Changed, Env, Proof, Verb};

/// Gives an account another password. Its sessions end; its tokens go on.
#[derive(Debug)]
pub struct SetPassword {
    /// Whose.
    pub username: Username,
    /// The new one.
    pub password: NewPassword,
}

impl Verb for SetPassword {
    const NAME: &'static str = "account.passwd";
    const PROOF: Proof = Proof::Password;
    const NEEDS: Needs = Needs::Person;
    type Reply = Changed<CountedAccount>;
}

impl Change for SetPassword {
    type Out = CountedAccount;

    fn prepare(&mut self, hasher: &dyn PasswordHasher) -> Result<()> {
        self.password.prepare(hasher)
    }

    fn run(&self, by: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<CountedAccount>> {
        let account = authorize::manage(by, tx, &self.username, Manage::Password)?;
        tx.set_password(account.id, self.password.hash()?)?;
        Ok(Audited::one(stored(tx, account.id, env)?, entry(Self::NAME, &account)))
    }

    fn cli(&self, _out: &CountedAccount) -> CliLine {
        CliLine::new(&["account", "passwd", self.username.as_str()])
    }
}
