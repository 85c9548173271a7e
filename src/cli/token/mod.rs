//! `jeton token …`, one file per kind of command.

mod can;
mod delete;
mod edit;
mod issue;
mod list;
mod purge;
mod show;
mod switch;
mod whose;

use super::App;
use super::args::TokenCommand;
use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::error::Result;

pub(super) fn run(app: &mut App, command: TokenCommand) -> Result<()> {
    match command {
        TokenCommand::Create(args) => issue::create(app, args),
        TokenCommand::List(args) => list::list(app, args),
        TokenCommand::Show(one) => show::show(app, one),
        TokenCommand::Can(args) => can::can(app, args),
        TokenCommand::Edit(args) => edit::edit(app, args),
        TokenCommand::Copy(args) => issue::copy(app, args),
        TokenCommand::Disable(some) => switch::disable(app, some),
        TokenCommand::Enable(some) => switch::enable(app, some),
        TokenCommand::Regenerate(args) => issue::regenerate(app, args),
        TokenCommand::Retire(one) => switch::retire(app, one),
        TokenCommand::Revoke(args) => delete::delete(app, args),
        TokenCommand::Restore(args) => switch::restore(app, args),
        TokenCommand::Purge(args) => purge::purge(app, args),
        TokenCommand::Whose => whose::whose(app),
    }
}

/// Returns a token's status as glyph and word. A disabled account shows instead of *active*.
fn status(token: &Token, now: Timestamp) -> &'static str {
    match token.status(now) {
        Status::Active if !token.owner.enabled => "○ account off",
        Status::Active => "● active",
        Status::Disabled => "○ disabled",
        Status::Expired => "× expired",
        Status::Deleted => "† deleted",
    }
}
