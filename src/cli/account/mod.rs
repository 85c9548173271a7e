//! `jeton account …`.

mod change;
pub(super) mod json;
mod look;

use super::App;
use super::args::AccountCommand;
use crate::error::Result;

pub(super) fn run(app: &mut App, command: AccountCommand) -> Result<()> {
    match command {
        AccountCommand::List => look::list(app),
        AccountCommand::Show(args) => look::show(app, args),
        AccountCommand::Create(args) => change::create(app, args),
        AccountCommand::Role(args) => change::role(app, args),
        AccountCommand::Disable(some) => change::disable(app, some),
        AccountCommand::Enable(some) => change::enable(app, some),
        AccountCommand::Passwd(args) => change::passwd(app, args),
        AccountCommand::Delete(args) => change::delete(app, args),
    }
}
