//! `jeton --accessible`: the work of the screens as numbered menus and questions, a line at a time. A screen reader reads
//! every line once; nothing that was printed changes.
//!
//! An entry of a menu fills in the arguments of a command and runs it, so permissions, confirmations and texts are those of
//! the commands. [`super::prompt::Prompt`] asks, and [`super::output::Output`] prints in words.

mod account;
mod api_selection;
mod create_token;
mod denied;
mod fields;
mod menu;
mod rows;
#[cfg(test)]
mod tests;
mod token;
mod token_list;

use std::cell::OnceCell;
use std::rc::Rc;

use menu::{Entry, Then};

use super::args::{AccountCommand, GlobalArgs, NewPasswordArgs, PasswdArgs};
use super::conversation::{Conversation, TerminalLines};
use super::output::Output;
use super::prompt::Prompt;
use super::{App, select_backend};
use crate::config::Settings;
use crate::domain::audit::Face;
use crate::domain::name::Username;
use crate::error::{Error, Kind, Result};
use crate::platform;
use crate::verbs::tokens::OwnerFilter;

/// Explains the answers that every menu and list takes.
const INTRODUCTION: [&str; 2] = [
    "jeton, accessible mode. Everything is printed once, and a line at a time.",
    "Answer each question and press Enter. In menus, a number chooses an entry, 0 goes back, and q quits.",
];

pub(super) fn run(global: &GlobalArgs, settings: Settings) -> Result<()> {
    if global.no_input {
        return Err(Error::unauthenticated("the numbered menus can't be opened with --no-input")
            .why("the menus ask questions")
            .next("Leave out --no-input. To see the commands, run: jeton --help"));
    }
    let world = platform::adapters();
    let lines: Rc<dyn Conversation> = Rc::new(TerminalLines::holding_ends()?);
    let mut app = App {
        backend: select_backend(&settings, &world, Face::Cli)?,
        adapters: world,
        username: settings.username.as_ref().map(|u| u.value.clone()),
        settings,
        prompt: Prompt::accessible(Rc::clone(&lines)),
        out: Output::in_words(lines),
        login: OnceCell::new(),
    };
    converse(&mut app)?;
    if platform::signals::is_asked_to_end() { Err(Error::new(Kind::Cancelled, "ended by a signal")) } else { Ok(()) }
}

/// Reads out the introduction and the menus until the person quits.
fn converse(app: &mut App) -> Result<()> {
    INTRODUCTION.iter().try_for_each(|line| app.out.line(line))?;
    match main_menu(app) {
        Err(e) if !app.prompt.is_quitting() => Err(e),
        Ok(()) | Err(_) => app.out.line("jeton has ended."),
    }
}

fn main_menu(app: &mut App) -> Result<()> {
    let username = sign_in(app)?;
    app.out.line(&format!("Signed in as {username} at {}.", app.backend.location()))?;
    if app.is_read_only() {
        app.out.line("Read-only: the menus have no entries that change something.")?;
    }
    while menu::choose(app, "Main menu", "Quit", MAIN, &())? == Then::Again {}
    Ok(())
}

const MAIN: &[Entry<()>] = &[
    Entry::new("List your tokens", |app, ()| token_list::open(app, OwnerFilter::Mine, false)),
    Entry::new("List the tokens of all accounts", |app, ()| token_list::open(app, OwnerFilter::All, false)),
    Entry::change("Generate a token", |app, ()| create_token::generate(app)),
    Entry::new("List the trash: revoked tokens", |app, ()| token_list::open(app, OwnerFilter::All, true)),
    Entry::new("List denied attempts, by token", |app, ()| denied::by_token(app)),
    Entry::new("List denied attempts, one by one", |app, ()| denied::one_by_one(app, None)),
    Entry::new("List accounts", |app, ()| account::open_list(app)),
    Entry::change("Create an account", |app, ()| account::create(app)),
    Entry::change("Change your password", |app, ()| change_own_password(app)),
];

/// Returns the account that signed in. Asks for its name if there are several accounts.
fn sign_in(app: &mut App) -> Result<Username> {
    let is_unnamed = app.token()?.is_none() && app.settings.login.is_none() && app.login.get().is_none();
    if is_unnamed && matches!(app.username_or_sole(), Err(e) if e.kind == Kind::Denied) {
        app.username = Some(fields::ask(app, "Account", None, Username::parse)?);
    }
    let username = app.session()?.username().clone();
    // An account that is created later doesn't make the name unclear.
    app.username = Some(username.clone());
    Ok(username)
}

fn change_own_password(app: &mut App) -> Result<Then> {
    let password = NewPasswordArgs { new_password_file: None };
    super::account::run(app, AccountCommand::Passwd(PasswdArgs { name: None, password }))?;
    // The old password opened the session.
    app.login.take();
    sign_in(app)?;
    Ok(Then::Again)
}
