//! `account create`, `role`, `disable`, `enable`, `passwd` and `delete`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::args::{CreateAccountArgs, DeleteAccountArgs, PasswdArgs, RoleArgs, SomeAccounts};
use super::super::witness::Asked;
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
    let who = app.to_change()?;
    let password = new_password::of(app, &username, args.password.new_password_file.as_deref())?;
    let changed = app.ask(&who, CreateAccount { username, role, password })?;
    let name = changed.value.account.username.to_string();
    done(app, &[changed.value], &format!("is a new {role}"))?;
    if !app.out.json {
        app.out.note(&format!("  It signs in with: jeton --user {name}"));
        app.out.note("  The password is temporary: it is replaced at the first sign-in, before anything else");
    }
    Ok(())
}

pub(super) fn role(app: &mut App, args: RoleArgs) -> Result<()> {
    let (username, role) = (Username::parse(&args.name)?, Role::parse(&args.role)?);
    let who = app.to_change()?;
    let changed = app.ask(&who, SetRole { username, role })?;
    done(app, &[changed.value], &format!("has the role {role}; its tokens follow with their next request"))
}

pub(super) fn disable(app: &mut App, some: SomeAccounts) -> Result<()> {
    let usernames = usernames(&some)?;
    let who = app.to_change()?;
    let changed = app.ask(&who, DisableAccounts { usernames })?;
    taken(app, &changed.value, changed.audit_seq, "disabled", "; its tokens are denied from now on")
}

pub(super) fn enable(app: &mut App, some: SomeAccounts) -> Result<()> {
    let usernames = usernames(&some)?;
    let who = app.to_change()?;
    let changed = app.ask(&who, EnableAccounts { usernames })?;
    done(app, &changed.value, "enabled")
}

pub(super) fn passwd(app: &mut App, args: PasswdArgs) -> Result<()> {
    let named = args.name.as_deref().map(Username::parse).transpose()?;
    let username = named.map_or_else(|| app.who(), Ok)?;
    let who = app.to_set_password(&username)?;
    let password = new_password::of(app, &username, args.password.new_password_file.as_deref())?;
    let changed = app.ask(&who, SetPassword { username, password })?;
    let what = if changed.value.account.temporary_password {
        "has a temporary password, to be replaced at the next sign-in; its tokens go on"
    } else {
        "has a new password; its tokens go on"
    };
    done(app, &[changed.value], what)
}

pub(super) fn delete(app: &mut App, args: DeleteAccountArgs) -> Result<()> {
    let username = Username::parse(&args.name)?;
    let (who, typed) = match args.confirm {
        Some(typed) => (app.to_change()?, typed),
        // A token can't delete an account. Refuse before the person types a name.
        None if app.token()?.is_some() => (app.to_change()?, String::new()),
        None if app.prompt.possible => confirmed(app, &username)?,
        None => {
            return Err(Error::conflict("the deletion is not confirmed")
                .why("there is no terminal to ask on, or --no-input forbids it")
                .next("Say --confirm NAME"));
        }
    };
    let changed = app.ask(&who, DeleteAccount { username, confirmation: typed })?;
    taken(app, &[changed.value], changed.audit_seq, "deleted; nobody else ever gets its name", "")
}

/// Shows the consequences and asks for the name. The verb compares the name, not the CLI.
fn confirmed(app: &App, username: &Username) -> Result<(Credential, String)> {
    let (who, session) = app.proved()?;
    let shown = app.ask(&Credential::Session(session), ShowAccount { username: username.clone() })?;
    let (account, tokens, now) = (&shown.counted.account, shown.counted.tokens, app.now());
    let seen = shown.last_seen_at.map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, now)));
    let (active, kept) = (tokens.active, tokens.live);
    app.prompt.show(&format!("{}, {}: {active} active of {kept} tokens, {seen}", account.username, account.role))?;
    let typed = app.prompt.line("Type the account's name to delete it for good")?;
    Ok((who, typed))
}

fn usernames(some: &SomeAccounts) -> Result<Vec<Username>> {
    some.names.iter().map(|n| Username::parse(n)).collect()
}

/// Reports the change of each account.
fn done(app: &mut App, accounts: &[AccountWithCounts], what: &str) -> Result<()> {
    if !app.out.json {
        accounts.iter().for_each(|a| app.out.note(&format!("✓ {} {what}", a.account.username)));
        return Ok(());
    }
    let told = told(accounts);
    app.out.json(&told)
}

/// Reports accounts that lost access, and if the running service already denies their tokens.
fn taken(app: &mut App, accounts: &[AccountWithCounts], seq: i64, what: &str, otherwise: &str) -> Result<()> {
    let service = Asked::about(app, seq);
    if app.out.json {
        return service.json(app, &told(accounts));
    }
    done(app, accounts, &format!("{what}{}", service.clause("its tokens", otherwise)))?;
    service.doubt(app);
    Ok(())
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Told {
    One(OneAccountJson),
    Several(ChangedAccountsJson),
}

fn told(accounts: &[AccountWithCounts]) -> Told {
    match accounts {
        [only] => Told::One(only.into()),
        several => Told::Several(several.into()),
    }
}
