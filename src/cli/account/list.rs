//! `account list`.

use std::collections::BTreeSet;

use super::super::App;
use super::super::output::{RESTORE_HINT, Table, check_all_readable};
use super::json::SomeAccountsJson;
use super::status_text;
use crate::domain::time::ago;
use crate::error::Result;
use crate::verbs::accounts::{AccountList, ListAccounts};

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
    let mut table = Table::new(&["USERNAME", "ROLE", "STATUS", "ACTIVE", "TOTAL", "TRASH", "CREATED"]);
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
