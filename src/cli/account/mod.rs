//! `jeton account …`, one file per command.

mod contact;
mod create;
mod delete;
mod disable;
mod enable;
mod list;
mod passwd;
mod role;
mod show;

pub(super) use list::describe_row;
pub(super) use show::ShownAccount;

use super::App;
use super::args::{AccountCommand, AccountsArgs};
use crate::domain::account::Account;
use crate::domain::name::Username;
use crate::error::Result;

pub(super) fn run(app: &mut App, command: AccountCommand) -> Result<()> {
    match command {
        AccountCommand::List(options) => list::list(app, &options),
        AccountCommand::Show { name } => show::show(app, name.as_deref()),
        AccountCommand::Create(args) => create::create(app, args),
        AccountCommand::Role { name, role } => role::role(app, &name, &role),
        AccountCommand::Disable(some) => disable::disable(app, some),
        AccountCommand::Enable(some) => enable::enable(app, some),
        AccountCommand::Passwd(args) => passwd::passwd(app, args),
        AccountCommand::Contact(args) => contact::contact(app, &args),
        AccountCommand::Delete { name, confirm } => delete::delete(app, &name, confirm),
    }
}

fn usernames(some: &AccountsArgs) -> Result<Vec<Username>> {
    some.names.iter().map(|n| Username::parse(n)).collect()
}

/// Returns an account's state in words.
fn status_word(account: &Account) -> &'static str {
    let text = status_text(account);
    text.split_once(' ').map_or(text, |(_, word)| word)
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
