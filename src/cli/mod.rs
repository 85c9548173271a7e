//! The command line: parses arguments, runs one verb, prints the answer and returns an exit code.

mod account;
mod args;
mod audit;
mod catalogue;
mod check;
mod config;
mod demo;
mod guide;
mod init;
mod json;
mod ledger;
mod login;
mod new_password;
mod output;
mod policy;
mod prompt;
mod serve;
pub mod shapes;
mod token;
mod verify;
mod whoami;
mod witness;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use args::{Command, Global};
use output::Output;
use prompt::{PasswordFrom, Prompt};

use crate::config::{CliOverrides, Settings};
use crate::domain::audit::Face;
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::lazy_backend::LazyLocalBackend;
use crate::propagation::PropagationProbe;
use crate::verbs::accounts::{GetSetup, SignIn};
use crate::verbs::actor::{Credential, Session};
use crate::verbs::authorize;
use crate::verbs::local::{Adapters, ClientInfo};
use crate::verbs::request::{CHANGES, RequestVerb, call};
use crate::{platform, tui};

/// Maximum wait of a command for the delay that earlier failed tries caused.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for the screens, where a person sees the wait and can leave.
const PATIENCE_ON_SCREEN: Duration = Duration::from_secs(1);
/// Number of times a prompt asks for a password.
const TRIES: usize = 3;

/// Returns the tree of commands, as `docs/cli.md` lists it.
pub fn command() -> clap::Command {
    args::command()
}

/// Runs the command line.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    // Guess from the words, in case parsing fails. After `--` there are no options.
    let as_json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json" || arg == "--log-json");
    let line = match args::read(args.into_iter()) {
        Ok(line) => line,
        Err(stop) if as_json && !stop.wanted => {
            output::error(&unreadable(&stop.text), true);
            return ExitCode::from(Kind::Usage.exit_code());
        }
        Err(stop) => {
            return ExitCode::from(match output::verbatim(&stop.text, stop.wanted) {
                true if stop.wanted => 0,
                true => Kind::Usage.exit_code(),
                false => Kind::Failure.exit_code(),
            });
        }
    };
    let as_json = line.global.json || matches!(&line.command, Some(Command::Serve(args)) if args.log_json);
    let moved = platform::process::move_token_out_of_environment();
    match moved.and_then(|()| carry_out(line.global, line.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            output::error(&e, as_json);
            ExitCode::from(e.kind.exit_code())
        }
    }
}

/// Returns the error for an unparsable command line. The first line of `text` becomes the message, the rest the advice.
fn unreadable(text: &str) -> Error {
    let (what, next) = text.trim().split_once('\n').unwrap_or((text.trim(), ""));
    let next = next.split_whitespace().collect::<Vec<_>>().join(" ");
    let error = Error::usage(what.trim_start_matches("error: "));
    if next.is_empty() { error } else { error.next(next) }
}

fn carry_out(global: Global, command: Option<Command>) -> Result<()> {
    let Some(command) = command else { return screens(global) };
    match command {
        Command::Demo(args) => demo::run(&global, &args),
        Command::Init(args) => init::run(&mut App::new(global)?, args),
        Command::Token(command) => token::run(&mut App::new(global)?, command),
        Command::Account(command) => account::run(&mut App::new(global)?, command),
        Command::Policy(command) => policy::run(&mut App::new(global)?, command),
        Command::Catalogue(command) => catalogue::run(&mut App::new(global)?, command),
        Command::Audit(args) => audit::run(&mut App::new(global)?, args),
        Command::Ledger(command) => ledger::run(&mut App::new(global)?, command),
        Command::Check(args) => check::run(&mut App::new(global)?, &args),
        Command::Verify(args) => verify::run(&mut App::new(global)?, args),
        Command::Serve(args) => serve::run(&global, args),
        Command::Guide(args) => guide::run(&mut App::new(global)?, &args),
        Command::Whoami => whoami::run(&mut App::new(global)?),
        Command::Login(args) => login::login(&mut App::new(global)?, args),
        Command::Logout => login::logout(&mut App::new(global)?),
        Command::Config(command) => config::run(&mut App::new(global)?, command),
    }
}

/// Runs `jeton` without a command.
fn screens(global: Global) -> Result<()> {
    let settings = Settings::load(given(&global))?;
    if global.no_input && settings.token.is_none() {
        return Err(Error::unauthenticated("the screens ask for a password, and --no-input forbids it")
            .next("For the commands see: jeton --help"));
    }
    needs_terminal()?;
    let world = platform::adapters();
    let place = LazyLocalBackend::new(settings.store.value.clone(), world.clone(), caller(Face::Tui));
    conclude(show_screens(place, &world, &settings, None)?)
}

/// Opens the screens on `place`.
fn show_screens(
    place: LazyLocalBackend,
    world: &Adapters,
    settings: &Settings,
    demo: Option<tui::Demo>,
) -> Result<tui::ExitReason> {
    tui::run(tui::TuiConfig {
        progress: Arc::clone(&world.progress),
        propagation_probe: PropagationProbe::new(place.path()),
        store_path: place.path().display().to_string(),
        for_long_changes: Arc::new(place.with_own_connection()),
        for_long_reads: Arc::new(place.with_own_connection()),
        backend: Arc::new(place),
        clock: Arc::clone(&world.clock),
        secret_files: Arc::clone(&world.secret_files),
        username: settings.username.as_ref().map(|u| u.value.clone()),
        token: settings.token_credential()?,
        remember_password: settings.confirm_remember.value,
        lock_after: settings.lock_after.value,
        demo,
    })
}

/// Returns the store and the identity given on the command line.
fn given(global: &Global) -> CliOverrides {
    CliOverrides {
        store: global.store.clone(),
        user: global.user.clone(),
        password: global.password_stdin || global.password_file.is_some(),
        ..CliOverrides::default()
    }
}

/// Ends the program with the result of the screens.
fn conclude(ended: tui::ExitReason) -> Result<()> {
    match ended {
        tui::ExitReason::Quit => Ok(()),
        tui::ExitReason::Signal(signal) => platform::signals::end_by_signal(signal),
    }
}

fn needs_terminal() -> Result<()> {
    let why = if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        "stdin or stdout is not one"
    } else if platform::process::is_dumb_terminal() {
        "this one calls itself dumb (TERM)"
    } else {
        return Ok(());
    };
    Err(Error::usage("the screens need a terminal").why(why).next("For the commands see: jeton --help"))
}

fn caller(face: Face) -> ClientInfo {
    let patience = match face {
        Face::Tui => PATIENCE_ON_SCREEN,
        Face::Cli => PATIENCE,
    };
    ClientInfo { face, source: format!("uid {}", platform::process::uid()), max_wait: patience }
}

/// The context of every command.
struct App {
    place: LazyLocalBackend,
    world: Adapters,
    settings: Settings,
    username: Option<Username>,
    prompt: Prompt,
    out: Output,
}

impl App {
    fn new(global: Global) -> Result<Self> {
        let settings = Settings::load(given(&global))?;
        let password = match global.password_file {
            Some(path) => PasswordFrom::File(path),
            None if global.password_stdin => PasswordFrom::Stdin,
            None => PasswordFrom::Prompt,
        };
        let world = platform::adapters();
        Ok(App {
            place: LazyLocalBackend::new(settings.store.value.clone(), world.clone(), caller(Face::Cli)),
            world,
            username: settings.username.as_ref().map(|u| u.value.clone()),
            settings,
            prompt: Prompt::new(password, global.no_input),
            out: Output::new(global.json, global.quiet),
        })
    }

    fn ask<V: RequestVerb>(&self, who: &Credential, verb: V) -> Result<V::Reply> {
        let reply = call(&self.place, who, verb)?;
        if CHANGES.contains(&(V::NAME, true)) {
            self.out.changed();
        }
        Ok(reply)
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn store_path(&self) -> &Path {
        self.place.path()
    }

    /// Returns the account given on the command line or in the settings, or else the only one that exists.
    fn who(&self) -> Result<Username> {
        let greeting = self.ask(&Credential::Store, GetSetup)?;
        if greeting.first_run {
            return Err(self.place.not_set_up());
        }
        self.username.clone().or(greeting.sole_account).ok_or_else(|| {
            Error::denied("it is not known who asks").why("there are several accounts here").next("Say --user U")
        })
    }

    /// Returns the token to use instead of a password, if one was given.
    fn token(&self) -> Result<Option<Credential>> {
        Ok(self.settings.token_credential()?.map(Credential::Token))
    }

    /// Returns a credential for reading: a session, or the token itself. A token records one use.
    fn to_look(&self) -> Result<Credential> {
        match self.token()? {
            Some(token) => Ok(token),
            None => self.proved().map(|(_, session)| Credential::Session(session)),
        }
    }

    /// Returns a credential for a change: the token, or the password. Prompts until the password is right.
    fn to_change(&self) -> Result<Credential> {
        self.to_change_or(false)
    }

    /// Returns a credential for changing `username`'s password. The actor's own password may be temporary.
    fn to_set_password(&self, username: &Username) -> Result<Credential> {
        let own = self.token()?.is_none() && self.who()? == *username;
        self.to_change_or(own)
    }

    fn to_change_or(&self, replace: bool) -> Result<Credential> {
        if let Some(token) = self.token()? {
            return Ok(token);
        }
        self.prompt.silence();
        let who = self.who()?;
        match self.prompt.given_password()? {
            Some(password) => Ok(Credential::from_password(who, Password::from_raw(password))),
            None => self.prompted(who, replace).map(|(credential, _)| credential),
        }
    }

    /// Returns a token or password credential, and a session opened with it.
    fn proved(&self) -> Result<(Credential, Session)> {
        if let Some(token) = self.token()? {
            let session = self.ask(&token, SignIn)?;
            return Ok((token, session));
        }
        self.prompt.silence();
        let who = self.who()?;
        match self.prompt.given_password()? {
            None => self.prompted(who, false),
            Some(password) => {
                let credential = Credential::from_password(who, Password::from_raw(password));
                let session = self.signed_in(&credential, false)?;
                Ok((credential, session))
            }
        }
    }

    /// Opens a session. A temporary password opens one only to `replace` it.
    fn signed_in(&self, credential: &Credential, replace: bool) -> Result<Session> {
        let session = self.ask(credential, SignIn)?;
        if session.is_temporary() && !replace {
            return Err(authorize::temporary_password_error(session.username()));
        }
        Ok(session)
    }

    fn prompted(&self, who: Username, replace: bool) -> Result<(Credential, Session)> {
        let mut tries = 0;
        loop {
            let password = self.prompt.hidden(&format!("Password of {who}"))?;
            let credential = Credential::from_password(who.clone(), Password::from_raw(password));
            tries += 1;
            match self.signed_in(&credential, replace) {
                Ok(session) => return Ok((credential, session)),
                Err(e) if e.kind == Kind::Unauthenticated && tries < TRIES => self.prompt.show(&e.what)?,
                Err(e) => return Err(e),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_one_line_has_no_next_step() {
        assert_eq!(unreadable("error: no\n").next, None);
        assert_eq!(unreadable("error: no\n\n  try  this\n").next.as_deref(), Some("try this"));
    }
}
