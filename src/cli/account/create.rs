//! `account create`.

use super::super::App;
use super::super::args::CreateAccountArgs;
use super::super::change_report::print_changed;
use super::super::new_password::new_password;
use crate::config::{Setting, Source};
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::Result;
use crate::verbs::accounts::{CreateAccount, GetSetup, WhoAmI};
use crate::verbs::actor::Actor;
use crate::verbs::authorize;
use crate::verbs::credential::Credential;

pub(super) fn create(app: &mut App, args: CreateAccountArgs) -> Result<()> {
    let (username, role) = (Username::parse(&args.name)?, Role::parse(&args.role)?);
    let contact = args.contact.as_deref().map(Contact::parse).transpose()?;
    app.require_person()?;
    let had_sole_account = app.call(&Credential::Store, GetSetup)?.sole_account.is_some();
    let credential = app.write_credential()?;
    let given = app.prompt.given_new_password(args.password.new_password_file.as_deref())?;
    if given.is_none() {
        // The verb checks the permission too. Checking here refuses before anyone chooses a password.
        let actor = Actor::Account(app.call(&credential, WhoAmI)?.account);
        authorize::check_role_grant(&actor, role)?;
    }
    let password = new_password(app, &username, given)?;
    let changed = app.call(&credential, CreateAccount { username, role, contact, password })?;
    let name = changed.value.account.username.to_string();
    print_changed(app, &[changed.value], &format!("created with the role {role}"))?;
    if !app.out.json {
        app.out.command_note(&format!("  Sign in with: {} --user {name}", app.program()));
        app.out.note("  The password is temporary: the user must replace it at the first sign-in");
        let is_stored = |username: &Setting<Username>| !matches!(username.source, Source::Option(_));
        if had_sole_account && !app.settings.username.as_ref().is_some_and(is_stored) {
            app.out.command_note(&format!(
                "! The store now has two accounts. Add --user ACCOUNT to commands, or run once: {} login NAME",
                app.program()
            ));
        }
    }
    Ok(())
}
