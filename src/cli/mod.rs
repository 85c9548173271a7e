//! The command line: parses arguments, runs one verb, prints the answer and returns an exit code.

mod accessible;
mod account;
pub mod answer_schemas;
mod args;
mod audit;
mod authentication;
mod backup;
mod catalogue;
mod change_report;
mod check;
mod completions;
mod config;
mod conversation;
mod demo;
mod doctor;
mod guide;
mod impact;
mod init;
mod interruption;
mod ledger;
mod login;
mod man;
mod new_password;
mod notify;
mod output;
mod policy;
mod progress;
mod prompt;
mod propagation;
mod restore;
mod scan;
mod screens;
mod serve;
mod short_names;
mod suggested_commands;
mod token;
mod verify;
mod whoami;

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use args::{Cli, Command, EarlyExit, GlobalArgs};
use output::Output;
use prompt::{PasswordSource, Prompt};
use serde::Serialize;

use crate::config::{CliOverrides, Settings};
use crate::domain::audit::Face;
use crate::domain::date_format::{DateFormat, Dates};
use crate::domain::name::{TokenName, Username};
use crate::domain::time::Timestamp;
use crate::error::{Error, Fault, Kind, Result};
use crate::lazy_backend::LazyLocalBackend;
use crate::platform::secret_files::InterruptibleDelivery;
use crate::remote_backend::RemoteBackend;
use crate::selected_backend::SelectedBackend;
use crate::verbs::credential::Credential;
use crate::verbs::local_backend::{Adapters, ClientInfo};
use crate::verbs::request::{RequestVerb, VERBS, call};
use crate::verbs::secret_delivery::{SecretDestination, call_with_delivery};
use crate::verbs::session::Session;
use crate::{platform, read_only_backend};

/// Maximum wait of a command for the delay after earlier failed attempts.
const BACKOFF_TIMEOUT: Duration = Duration::from_secs(60);
/// The same for the screens, where a person sees the wait and can leave.
const SCREEN_BACKOFF_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the tree of commands, as `docs/cli.md` lists it.
pub fn command() -> clap::Command {
    args::command()
}

pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    // Guess from the words, in case parsing fails. After `--` there are no options.
    let as_json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json" || arg == "--log-json");
    let line = match args::parse_args(args.into_iter()) {
        Ok(line) => line,
        Err(EarlyExit::Text { text, is_requested }) if is_requested || !as_json => {
            return ExitCode::from(match output::print_raw(&text, is_requested) {
                true if is_requested => 0,
                true => Kind::Usage.exit_code(),
                false => Kind::Failure.exit_code(),
            });
        }
        Err(exit) => {
            let error = match exit {
                EarlyExit::Refused(error) => error,
                EarlyExit::Text { .. } => Error::usage("a command is missing").next("See: jeton --help"),
            };
            output::print_error(&error, as_json);
            return ExitCode::from(error.kind.exit_code());
        }
    };
    let as_json = line.global.json || matches!(&line.command, Some(Command::Serve(args)) if args.log_json);
    let program = suggested_commands::program(&line.global);
    let token_taken = platform::own_process::move_token_out_of_environment();
    match token_taken.and_then(|()| dispatch(line)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if e.has_fault(Fault::PagerLeft) => ExitCode::SUCCESS,
        Err(e) => {
            let e = match &program {
                Some(program) => suggested_commands::begin_with(e, program),
                None => e,
            };
            output::print_error(&e, as_json);
            ExitCode::from(e.kind.exit_code())
        }
    }
}

fn dispatch(Cli { accessible, readonly, global, command }: Cli) -> Result<()> {
    let Some(command) = command else { return screens::open(global, accessible, readonly) };
    if accessible || readonly {
        let option = if accessible { "--accessible" } else { "--readonly" };
        let error = Error::usage(format!("{option} can't be used with a command"));
        return Err(error.why("the option is for the screens").next(format!("Leave out {option} or the command")));
    }
    refuse_identity(&global, &command)?;
    match command {
        Command::Demo(args) => demo::run(&global, &args),
        Command::Init(args) => init::run(&mut App::new(global)?, args),
        Command::Token(command) => token::run(&mut App::new(global)?, command),
        Command::Account(command) => account::run(&mut App::new(global)?, command),
        Command::Policy(command) => policy::run(&mut App::new(global)?, command),
        Command::Catalogue(command) => catalogue::run(&mut App::new(global)?, command),
        Command::Audit(args) => audit::run(&mut App::new(global)?, args),
        Command::Ledger(command) => ledger::run(&mut App::new(global)?, command),
        Command::Backup(args) => backup::run(&mut App::new(global)?, &args),
        Command::Restore(args) => restore::run(&mut App::new(global)?, &args),
        Command::Check(args) => check::run(&mut App::new(global)?, &args),
        Command::Doctor(args) => doctor::run(&global, &args),
        Command::Scan(args) => scan::run(&mut App::new(global)?, args),
        Command::Notify(args) => notify::run(&mut App::new(global)?, &args),
        Command::Verify { method } => verify::run(&mut App::new(global)?, method.as_deref()),
        Command::Serve(args) => serve::run(&global, args),
        Command::Guide(args) => guide::run(&mut App::new(global)?, &args),
        Command::Completions(args) => completions::print_script(args.shell),
        Command::Complete(args) => {
            completions::complete(&global, &args);
            Ok(())
        }
        Command::Man(args) => man::run(&Output::new(global.json, global.quiet), &args.folder),
        Command::Whoami => whoami::run(&mut App::new(global)?),
        Command::Login { username } => login::login(&mut App::new(global)?, username.as_deref()),
        Command::Logout => login::logout(&mut App::new(global)?),
        Command::Config(command) => config::run(&mut App::new(global)?, command),
    }
}

/// Refuses options that say who asks, for a command where it doesn't matter. A server wants to know who asks.
///
/// # Errors
/// [`Kind::Usage`] with the first such option.
fn refuse_identity(global: &GlobalArgs, command: &Command) -> Result<()> {
    let Some(option) = global.identity_option().filter(|_| command.is_proved_by_store()) else { return Ok(()) };
    if Settings::load(overrides(global))?.server.is_some() {
        return Ok(());
    }
    Err(Error::usage(format!("{option} can't be used with this command"))
        .why("the command needs no account")
        .next(format!("Leave out {option}")))
}

/// Returns the store and the identity given on the command line.
fn overrides(global: &GlobalArgs) -> CliOverrides {
    CliOverrides {
        store: global.store.clone(),
        server: global.server.clone(),
        user: global.user.clone(),
        password: global.password_stdin || global.password_file.is_some(),
        ..CliOverrides::default()
    }
}

/// Returns the server that the settings name, or else the store.
fn select_backend(settings: &Settings, world: &Adapters, face: Face) -> Result<SelectedBackend> {
    Ok(match settings.server_connection() {
        Some(connection) => {
            // Another process of this user and machine has a login of its own.
            let name = login_name(face, Some(std::process::id()))?;
            let max_wait = client_info(face).max_wait;
            SelectedBackend::Remote(Arc::new(RemoteBackend::new(connection, name, world, max_wait)))
        }
        None => {
            let store = settings.store.value.clone();
            SelectedBackend::Local(LazyLocalBackend::new(store, world.clone(), client_info(face)))
        }
    })
}

/// Returns the name of this machine's login, or of that of one process.
fn login_name(face: Face, process: Option<u32>) -> Result<TokenName> {
    let name = [Some(platform::own_process::host()), process.map(|id| id.to_string())];
    let name: String = name.into_iter().flatten().map(|part| format!("-{part}")).collect();
    TokenName::parse(&format!("{}{name}", face.as_str())).or_else(|_| TokenName::parse(face.as_str()))
}

fn client_info(face: Face) -> ClientInfo {
    let timeout = match face {
        Face::Tui => SCREEN_BACKOFF_TIMEOUT,
        Face::Cli | Face::Api => BACKOFF_TIMEOUT,
    };
    let source = format!("uid {}", platform::own_process::uid());
    ClientInfo { face, source, address: ClientInfo::LOCAL.to_owned(), max_wait: timeout }
}

/// Format of dates inside texts of schema 1. No setting changes it, because programs read these texts.
const JSON_DATES: DateFormat = DateFormat::Dmy;

/// The context of every command.
struct App {
    backend: SelectedBackend,
    adapters: Adapters,
    settings: Settings,
    username: Option<Username>,
    prompt: Prompt,
    out: Output,
    /// The session of the stored login, once it was tried.
    login: OnceCell<Option<Session>>,
}

impl App {
    fn new(global: GlobalArgs) -> Result<Self> {
        let settings = Settings::load(overrides(&global))?;
        let password = match global.password_file {
            Some(path) => PasswordSource::File(path),
            None if global.password_stdin => PasswordSource::Stdin,
            None => PasswordSource::Prompt,
        };
        let world = platform::adapters();
        Ok(App {
            backend: select_backend(&settings, &world, Face::Cli)?,
            adapters: world,
            username: settings.username.as_ref().map(|u| u.value.clone()),
            settings,
            prompt: Prompt::new(password, global.no_input),
            out: Output::new(global.json, global.quiet),
            login: OnceCell::new(),
        })
    }

    fn call<V: RequestVerb>(&self, credential: &Credential, verb: V) -> Result<V::Reply> {
        self.check_may_change::<V>()?;
        let reply = call(&self.backend, credential, verb)?;
        self.mark_changed::<V>();
        Ok(reply)
    }

    /// Carries out `verb` with its secrets at `destination`. Returns the paths of saved secrets.
    fn call_with_delivery<V: RequestVerb>(
        &self,
        credential: &Credential,
        verb: V,
        destination: SecretDestination<'_>,
    ) -> Result<(V::Reply, Vec<PathBuf>)> {
        self.check_may_change::<V>()?;
        let done = call_with_delivery(&self.backend, credential, verb, destination, &InterruptibleDelivery)?;
        self.mark_changed::<V>();
        Ok(done)
    }

    fn mark_changed<V: RequestVerb>(&self) {
        if Self::is_change::<V>() {
            self.out.mark_changed();
        }
    }

    /// Returns `true` if nothing may be changed, as on the screens. Commands don't follow the setting.
    fn is_read_only(&self) -> bool {
        self.prompt.is_accessible && self.settings.is_read_only()
    }

    fn check_may_change<V: RequestVerb>(&self) -> Result<()> {
        if self.is_read_only() && Self::is_change::<V>() { Err(read_only_backend::refusal()) } else { Ok(()) }
    }

    fn is_change<V: RequestVerb>() -> bool {
        VERBS.iter().any(|verb| verb.name == V::NAME && verb.is_change)
    }

    /// Prints an object as the command's answer in JSON.
    fn print_json(&mut self, answer: &impl Serialize) -> Result<()> {
        self.out.answer(answer, self.adapters.clock.now())
    }

    fn now(&self) -> Timestamp {
        self.adapters.clock.now()
    }

    /// Returns the format of dates in the answer. A setting changes what a person reads, never JSON.
    fn dates(&self) -> Dates<'_> {
        let format = if self.out.json { JSON_DATES } else { self.settings.dates.value };
        format.in_zone(self.adapters.clock.zone())
    }

    /// Returns the beginning of commands for the same store, as messages suggest them.
    fn program(&self) -> String {
        self.settings.program()
    }

    /// Returns the path of the store on this machine, even if commands go to a server.
    fn store_path(&self) -> &Path {
        self.settings.store.value.path()
    }
}
