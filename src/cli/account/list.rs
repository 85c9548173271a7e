//! `account list`.

use std::collections::BTreeSet;

use super::super::App;
use super::super::output::{RESTORE_HINT, Table, check_all_readable};
use super::status_text;
use crate::domain::time::ago;
use crate::error::Result;
use crate::verbs::accounts::ListAccounts;

pub(super) fn list(app: &mut App) -> Result<()> {
    let credential = app.read_credential()?;
    let mut listed = app.call(&credential, ListAccounts)?;
    listed.unreadable.sort_by_key(ToString::to_string);
    let unreadable: BTreeSet<String> = listed.unreadable.iter().map(ToString::to_string).collect();
    if app.out.json {
        app.print_json(&listed)?;
        return check_all_readable("accounts", &unreadable, RESTORE_HINT);
    }
    if app.out.quiet {
        listed.accounts.iter().try_for_each(|a| app.out.line(a.account.username.as_str()))?;
        return check_all_readable("accounts", &unreadable, RESTORE_HINT);
    }
    let mut table = Table::new(&["USERNAME", "ROLE", "STATUS", "ACTIVE", "TOTAL", "TRASH", "CREATED"]);
    let now = app.now();
    for counted in &listed.accounts {
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
