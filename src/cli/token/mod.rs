//! `jeton token …`, one file per kind of command.

mod can;
mod create;
mod edit;
mod enable;
mod list;
mod purge;
mod revoke;
mod show;
mod whose;

use super::App;
use super::args::TokenCommand;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::error::Result;

pub(super) fn run(app: &mut App, command: TokenCommand) -> Result<()> {
    match command {
        TokenCommand::Create(args) => create::create(app, args),
        TokenCommand::List(args) => list::list(app, args),
        TokenCommand::Show(one) => show::show(app, one),
        TokenCommand::Can(args) => can::can(app, args),
        TokenCommand::Edit(args) => edit::edit(app, args),
        TokenCommand::Copy(args) => create::copy(app, args),
        TokenCommand::Disable(some) => enable::disable(app, some),
        TokenCommand::Enable(some) => enable::enable(app, some),
        TokenCommand::Regenerate(args) => create::regenerate(app, args),
        TokenCommand::Retire(one) => enable::retire(app, one),
        TokenCommand::Revoke(args) => revoke::revoke(app, args),
        TokenCommand::Restore(args) => enable::restore(app, args),
        TokenCommand::Purge(args) => purge::purge(app, args),
        TokenCommand::Whose => whose::whose(app),
    }
}

/// Returns a token's status as glyph and word. A disabled account shows instead of *active*.
fn status_text(token: &Token, now: Timestamp) -> &'static str {
    match token.status(now) {
        Status::Active if !token.owner.enabled => "○ account off",
        Status::Active => "● active",
        Status::Disabled => "○ disabled",
        Status::Expired => "× expired",
        Status::Deleted => "† deleted",
    }
}
