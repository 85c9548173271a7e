//! `jeton account …`.

pub(super) mod json;
mod mutations;
mod queries;

use super::App;
use super::args::AccountCommand;
use crate::error::Result;

pub(super) fn run(app: &mut App, command: AccountCommand) -> Result<()> {
    match command {
        AccountCommand::List => queries::list(app),
        AccountCommand::Show(args) => queries::show(app, args),
        AccountCommand::Create(args) => mutations::create(app, args),
        AccountCommand::Role(args) => mutations::role(app, args),
        AccountCommand::Disable(some) => mutations::disable(app, some),
        AccountCommand::Enable(some) => mutations::enable(app, some),
        AccountCommand::Passwd(args) => mutations::passwd(app, args),
        AccountCommand::Delete(args) => mutations::delete(app, args),
    }
}
