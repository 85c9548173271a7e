//! `account show`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::App;
use super::super::output::Table;
use super::status_text;
use crate::domain::contact::Contact;
use crate::domain::name::Username;
use crate::domain::time::ago;
use crate::error::Result;
use crate::verbs::accounts::{AccountDetails, ShowAccount, WhoAmI};

/// The answer of `account show`.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct ShownAccount<'a> {
    /// The account.
    pub(super) account: &'a AccountDetails,
}

pub(super) fn show(app: &mut App, name: Option<&str>) -> Result<()> {
    let named = name.map(Username::parse).transpose()?;
    let credential = app.read_credential()?;
    let username = named.map_or_else(|| app.call(&credential, WhoAmI).map(|me| me.account.username), Ok)?;
    let shown = app.call(&credential, ShowAccount { username })?;
    let (account, tokens) = (&shown.counted.account, shown.counted.tokens);
    if app.out.json {
        return app.print_json(&ShownAccount { account: &shown });
    }
    if app.out.quiet {
        return app.out.line(account.username.as_str());
    }
    let now = app.now();
    let day = app.dates().day(account.created_at);
    let mut table = Table::pairs();
    table.pair("Account", format!("{} ({})", account.username, account.id));
    table.pair("Role", account.role.as_str());
    table.pair("Status", status_text(account));
    table.pair("Contact", account.contact.as_ref().map_or("none", Contact::as_str));
    table.pair("Tokens", format!("{} of {} active; {} more in the trash", tokens.active, tokens.live, tokens.trashed));
    table.pair("Last seen", shown.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)));
    table.pair("Created", format!("{day}, {}", ago(account.created_at, now)));
    app.out.table(&mut table)
}
