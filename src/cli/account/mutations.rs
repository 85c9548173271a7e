//! `account create`, `role`, `disable`, `enable`, `passwd` and `delete`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::args::{AccountsArgs, CreateAccountArgs, DeleteAccountArgs, PasswdArgs, RoleArgs};
use super::super::propagation::PropagationCheck;
use super::super::{App, new_password};
use super::json::{ChangedAccountsJson, OneAccountJson};
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::ago;
use crate::error::{Error, Result};
use crate::verbs::accounts::{
    AccountWithCounts, CreateAccount, DeleteAccount, DisableAccounts, EnableAccounts, SetPassword, SetRole, ShowAccount,
};
use crate::verbs::actor::Credential;

pub(super) fn create(app: &mut App, args: CreateAccountArgs) -> Result<()> {
    let (username, role) = (Username::parse(&args.name)?, Role::parse(&args.role)?);
    let credential = app.write_credential()?;
    let password = new_password::for_account(app, &username, args.password.new_password_file.as_deref())?;
    let changed = app.call(&credential, CreateAccount { username, role, password })?;
    let name = changed.value.account.username.to_string();
    print_changed(app, &[changed.value], &format!("is a new {role}"))?;
    if !app.out.json {
        app.out.note(&format!("  It signs in with: jeton --user {name}"));
        app.out.note("  The password is temporary: it is replaced at the first sign-in, before anything else");
    }
    Ok(())
}

pub(super) fn role(app: &mut App, args: RoleArgs) -> Result<()> {
    let (username, role) = (Username::parse(&args.name)?, Role::parse(&args.role)?);
    let credential = app.write_credential()?;
    let changed = app.call(&credential, SetRole { username, role })?;
    print_changed(app, &[changed.value], &format!("has the role {role}; its tokens follow with their next request"))
}

pub(super) fn disable(app: &mut App, some: AccountsArgs) -> Result<()> {
    let usernames = usernames(&some)?;
    let credential = app.write_credential()?;
    let changed = app.call(&credential, DisableAccounts { usernames })?;
    print_revoked(app, &changed.value, changed.audit_seq, "disabled", "; its tokens are denied from now on")
}

pub(super) fn enable(app: &mut App, some: AccountsArgs) -> Result<()> {
    let usernames = usernames(&some)?;
    let credential = app.write_credential()?;
    let changed = app.call(&credential, EnableAccounts { usernames })?;
    print_changed(app, &changed.value, "enabled")
}

pub(super) fn passwd(app: &mut App, args: PasswdArgs) -> Result<()> {
    let named = args.name.as_deref().map(Username::parse).transpose()?;
    let username = named.map_or_else(|| app.username_or_sole(), Ok)?;
    let credential = app.password_credential(&username)?;
    let password = new_password::for_account(app, &username, args.password.new_password_file.as_deref())?;
    let changed = app.call(&credential, SetPassword { username, password })?;
    let what = if changed.value.account.temporary_password {
        "has a temporary password, to be replaced at the next sign-in; its tokens go on"
    } else {
        "has a new password; its tokens go on"
    };
    print_changed(app, &[changed.value], what)
}

pub(super) fn delete(app: &mut App, args: DeleteAccountArgs) -> Result<()> {
    let username = Username::parse(&args.name)?;
    let (credential, typed) = match args.confirm {
        Some(typed) => (app.write_credential()?, typed),
        // A token can't delete an account. Refuse before the person types a name.
        None if app.token()?.is_some() => (app.write_credential()?, String::new()),
        None if app.prompt.is_interactive => confirm_deletion(app, &username)?,
        None => {
            return Err(Error::conflict("the deletion is not confirmed")
                .why("there is no terminal to ask on, or --no-input forbids it")
                .next("Say --confirm NAME"));
        }
    };
    let changed = app.call(&credential, DeleteAccount { username, confirmation: typed })?;
    print_revoked(app, &[changed.value], changed.audit_seq, "deleted; nobody else ever gets its name", "")
}

/// Shows the consequences and asks for the name. The verb compares the name, not the CLI.
fn confirm_deletion(app: &App, username: &Username) -> Result<(Credential, String)> {
    let (credential, session) = app.authenticate()?;
    let shown = app.call(&Credential::Session(session), ShowAccount { username: username.clone() })?;
    let (account, tokens, now) = (&shown.counted.account, shown.counted.tokens, app.now());
    let seen = shown.last_seen_at.map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, now)));
    let (active, live) = (tokens.active, tokens.live);
    app.prompt.show(&format!("{}, {}: {active} active of {live} tokens, {seen}", account.username, account.role))?;
    let typed = app.prompt.read_visible("Type the account's name to delete it for good")?;
    Ok((credential, typed))
}

fn usernames(some: &AccountsArgs) -> Result<Vec<Username>> {
    some.names.iter().map(|n| Username::parse(n)).collect()
}

/// Reports the change of each account.
fn print_changed(app: &mut App, accounts: &[AccountWithCounts], what: &str) -> Result<()> {
    if !app.out.json {
        accounts.iter().for_each(|a| app.out.note(&format!("✓ {} {what}", a.account.username)));
        return Ok(());
    }
    let answer = to_json(accounts);
    app.out.json(&answer)
}

/// Reports accounts that lost access, and if the running service already denies their tokens.
fn print_revoked(app: &mut App, accounts: &[AccountWithCounts], seq: i64, what: &str, otherwise: &str) -> Result<()> {
    let service = PropagationCheck::run(app, seq);
    if app.out.json {
        return service.print_json(app, &to_json(accounts));
    }
    print_changed(app, accounts, &format!("{what}{}", service.suffix("its tokens", otherwise)))?;
    service.warn_unconfirmed(app);
    Ok(())
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum AccountsAnswer {
    One(OneAccountJson),
    Many(ChangedAccountsJson),
}

fn to_json(accounts: &[AccountWithCounts]) -> AccountsAnswer {
    match accounts {
        [only] => AccountsAnswer::One(only.into()),
        several => AccountsAnswer::Many(several.into()),
    }
}
