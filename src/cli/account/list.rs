//! `account list`.

use std::collections::BTreeSet;

use super::super::App;
use super::super::args::ListOptions;
use super::super::output::{Cell, Columns, ListTable, RESTORE_HINT, check_all_readable};
use super::{status_text, status_word};
use crate::domain::time::{Timestamp, ago};
use crate::error::Result;
use crate::verbs::accounts::{AccountWithCounts, ListAccounts};

static COLUMNS: Columns = Columns {
    shown: &["USERNAME", "ROLE", "STATUS", "ACTIVE", "TOTAL", "TRASH", "CREATED"],
    more: &["ID"],
    has_header: true,
};

pub(super) fn list(app: &mut App, options: &ListOptions) -> Result<()> {
    let mut table = ListTable::new(&COLUMNS, options, &app.out)?;
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
    table.begin(&mut app.out)?;
    let now = app.now();
    listed.accounts.iter().for_each(|account| table.row(row(account, now)));
    table.print(&mut app.out)?;
    check_all_readable("accounts", &unreadable, RESTORE_HINT)
}

fn row(counted: &AccountWithCounts, now: Timestamp) -> [Cell; 8] {
    let (account, tokens) = (&counted.account, counted.tokens);
    [
        account.username.to_string().into(),
        account.role.to_string().into(),
        Cell::new(status_text(account), status_word(account)),
        tokens.active.to_string().into(),
        tokens.live.to_string().into(),
        tokens.trashed.to_string().into(),
        Cell::time(ago(account.created_at, now), Some(account.created_at)),
        account.id.to_string().into(),
    ]
}

/// Returns the row of an account in words.
pub(in crate::cli) fn describe_row(counted: &AccountWithCounts, now: Timestamp) -> String {
    COLUMNS.sentence(&row(counted, now))
}
