//! contact: sets the e-mail address of those who look after an account's tokens.

use super::{AccountWithCounts, audit_entry, reload};
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::verbs::prelude::*;

/// Sets or removes an account's contact. Sessions and tokens keep working.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetContact {
    /// The account whose contact changes.
    pub username: Username,
    /// The new contact. `null` removes the contact.
    pub contact: Option<Contact>,
}

impl Mutation for SetContact {
    type Output = AccountWithCounts;

    fn run(&self, actor: &Actor, tx: &mut dyn Tx, env: &Env<'_>) -> Result<Audited<AccountWithCounts>> {
        let account = authorize::resolve_managed_account(actor, tx, &self.username, AccountAction::SetContact)?;
        let text = |contact: &Option<Contact>| contact.as_ref().map(ToString::to_string);
        let entry = audit_entry(Self::NAME, &account).changed("contact", text(&account.contact), text(&self.contact));
        tx.set_contact(account.id, self.contact.as_ref())?;
        Ok(Audited::one(reload(tx, account.id, env)?, entry))
    }

    fn equivalent_command(&self, _out: &AccountWithCounts) -> CliLine {
        let line = CliLine::new(&["account", "contact", self.username.as_str()]);
        match &self.contact {
            Some(contact) => line.arg(contact.as_str()),
            None => line.arg("--clear"),
        }
    }
}
