//! `account list` and `account show`.

use std::collections::BTreeSet;

use super::super::App;
use super::super::args::ShowAccountArgs;
use super::super::output::{RESTORE_HINT, Table, check_all_readable};
use super::json::{ShownAccountJson, SomeAccountsJson};
use crate::domain::account::Account;
use crate::domain::expiry::Expiry;
use crate::domain::name::Username;
use crate::domain::time::ago;
use crate::error::Result;
use crate::verbs::accounts::{AccountList, ListAccounts, ShowAccount, WhoAmI};

pub(super) fn list(app: &mut App) -> Result<()> {
    let credential = app.read_credential()?;
    let AccountList { accounts, unreadable } = app.call(&credential, ListAccounts)?;
    let unreadable: BTreeSet<String> = unreadable.iter().map(ToString::to_string).collect();
    if app.out.json {
        app.out.json(&SomeAccountsJson::new(&accounts, &unreadable))?;
        return check_all_readable("accounts", &unreadable, RESTORE_HINT);
    }
    if app.out.quiet {
        accounts.iter().try_for_each(|a| app.out.line(a.account.username.as_str()))?;
        return check_all_readable("accounts", &unreadable, RESTORE_HINT);
    }
    let mut table = Table::new(&["USERNAME", "ROLE", "STATUS", "ACTIVE", "KEPT", "TRASHED", "CREATED"]);
    let now = app.now();
    for counted in &accounts {
        let (account, tokens) = (&counted.account, counted.tokens);
        table.row([
            account.username.to_string(),
            account.role.to_string(),
            status_text(account).to_owned(),
            tokens.active.to_string(),
            tokens.live.to_string(),
            tokens.trashed.to_string(),
            ago(account.created_at, now),
        ]);
    }
    app.out.table(&mut table)?;
    check_all_readable("accounts", &unreadable, RESTORE_HINT)
}

pub(super) fn show(app: &mut App, args: ShowAccountArgs) -> Result<()> {
    let named = args.name.as_deref().map(Username::parse).transpose()?;
    let credential = app.read_credential()?;
    let username = named.map_or_else(|| app.call(&credential, WhoAmI).map(|me| me.account.username), Ok)?;
    let shown = app.call(&credential, ShowAccount { username })?;
    let (account, tokens) = (&shown.counted.account, shown.counted.tokens);
    if app.out.json {
        return app.out.json(&ShownAccountJson::from(&shown));
    }
    if app.out.quiet {
        return app.out.line(account.username.as_str());
    }
    let now = app.now();
    let day = Expiry::At(account.created_at.plus(1)).day(app.adapters.clock.zone());
    let mut table = Table::pairs();
    table.pair("Account", format!("{} ({})", account.username, account.id));
    table.pair("Role", account.role.as_str());
    table.pair("Status", status_text(account));
    table.pair("Tokens", format!("{} active of {} kept, {} in the trash", tokens.active, tokens.live, tokens.trashed));
    table.pair("Last seen", shown.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)));
    table.pair("Created", format!("{day}, {}", ago(account.created_at, now)));
    app.out.table(&mut table)
}

/// Returns an account's state as glyph and words.
fn status_text(account: &Account) -> &'static str {
    match (account.enabled, account.temporary_password) {
        (true, false) => "● enabled",
        (true, true) => "◐ temporary password",
        (false, false) => "○ disabled",
        (false, true) => "○ disabled, temporary password",
    }
}
