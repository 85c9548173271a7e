//! `account contact`.

use super::super::App;
use super::super::args::ContactArgs;
use super::super::change_report::print_changed;
use super::ShownAccount;
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::error::Result;
use crate::verbs::accounts::{SetContact, ShowAccount};

pub(super) fn contact(app: &mut App, args: &ContactArgs) -> Result<()> {
    let username = Username::parse(&args.name)?;
    let contact = args.contact.as_deref().map(Contact::parse).transpose()?;
    if contact.is_none() && !args.clear {
        return show(app, username);
    }
    let what = match &contact {
        Some(contact) => format!("has the contact {contact}. Notices about the account's tokens go to this address"),
        None => {
            "has no contact. Notices about the account's tokens go only to enabled owners with a contact".to_owned()
        }
    };
    let credential = app.write_credential()?;
    let changed = app.call(&credential, SetContact { username, contact })?;
    print_changed(app, &[changed.value], &what)
}

fn show(app: &mut App, username: Username) -> Result<()> {
    let credential = app.read_credential()?;
    let shown = app.call(&credential, ShowAccount { username })?;
    if app.out.json {
        return app.print_json(&ShownAccount { account: &shown });
    }
    let account = &shown.counted.account;
    match &account.contact {
        Some(contact) => app.out.line(contact.as_str()),
        None => {
            app.out.note(&format!("{} has no contact", account.username));
            Ok(())
        }
    }
}
