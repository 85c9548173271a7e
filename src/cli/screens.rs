//! `jeton` without a command: the screens, or the numbered menus in their place.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use super::args::GlobalArgs;
use super::suggested_commands::program;
use super::{accessible, command, overrides, select_backend};
use crate::config::{CliOverrides, ServerField, Settings};
use crate::domain::audit::Face;
use crate::error::{Error, Result};
use crate::platform::secret_files::InterruptibleDelivery;
use crate::platform::terminal_facts::TerminalFacts;
use crate::read_only_backend::backend_for_screens;
use crate::selected_backend::SelectedBackend;
use crate::tui::keymap::Keymap;
use crate::tui::theme::appearance::Appearance;
use crate::verbs::credential::TokenCredential;
use crate::verbs::local_backend::Adapters;
use crate::{platform, tui};

/// Runs `jeton` without a command.
pub(super) fn open(global: GlobalArgs, accessible: bool, readonly: bool) -> Result<()> {
    let settings = Settings::load(CliOverrides { readonly, ..overrides(&global) })?;
    if accessible || settings.accessible.value {
        require_lines("the numbered menus need")?;
        return accessible::run(&global, settings);
    }
    if global.no_input && settings.token.is_none() && settings.login.is_none() {
        return Err(Error::unauthenticated("the screens can't be opened with --no-input")
            .why("the screens ask for a password")
            .next("Leave out --no-input. To see the commands, run: jeton --help"));
    }
    require_terminal()?;
    let world = platform::adapters();
    let backend = select_backend(&settings, &world, Face::Tui)?;
    match run_tui(backend, &world, &settings, program(&global), None)? {
        tui::ExitReason::Switch(place) => match places(&settings).get(place) {
            Some((_, arguments)) => {
                let again = arguments.iter().cloned().chain(readonly.then(|| "--readonly".to_owned()));
                Err(platform::own_process::restart(&again.collect::<Vec<_>>()))
            }
            None => Ok(()),
        },
        ended => exit_as(ended),
    }
}

/// Returns the servers with names and the store of this machine, each with the arguments that select it.
fn places(settings: &Settings) -> Vec<(tui::Place, [String; 2])> {
    let store = settings.store.value.path().display().to_string();
    let local = tui::Place {
        label: tui::ServerLabel { name: "this machine".to_owned(), colour: None },
        is_current: settings.server.is_none(),
        address: store.clone(),
    };
    let has_store = local.is_current || settings.store.value.path().exists();
    let servers = settings.servers.iter().filter_map(|server| {
        let place = tui::Place {
            label: tui::ServerLabel { name: server.name.clone(), colour: server.colour },
            address: server.value(ServerField::Address)?.0,
            is_current: settings.server_name.as_ref() == Some(&server.name),
        };
        Some((place, ["--server".to_owned(), server.name.clone()]))
    });
    let local = has_store.then(|| (local, ["--store".to_owned(), store]));
    local.into_iter().chain(servers).collect()
}

/// Opens the screens on the store at `place`. Commands that are copied there begin with `program`.
pub(super) fn run_tui(
    place: SelectedBackend,
    world: &Adapters,
    settings: &Settings,
    program: Option<String>,
    demo: Option<tui::Demo>,
) -> Result<tui::ExitReason> {
    let terminal = TerminalFacts::of_this_process();
    tui::run(tui::TuiConfig {
        progress: Arc::clone(&world.progress),
        propagation_probe: place.propagation_probe(),
        commands: command,
        program,
        store_path: place.location(),
        store_colour: settings.store_colour.as_ref().map(|colour| colour.value),
        server: settings.server.as_ref().map(|server| tui::ServerLabel {
            name: settings.server_name.clone().unwrap_or_else(|| server.value.to_string()),
            colour: settings.server_colour,
        }),
        places: if demo.is_some() {
            Vec::new()
        } else {
            places(settings).into_iter().map(|(place, _)| place).collect()
        },
        for_long_changes: backend_for_screens(place.with_own_connection(), settings.is_read_only()),
        for_long_reads: backend_for_screens(place.with_own_connection(), settings.is_read_only()),
        backend: backend_for_screens(place, settings.is_read_only()),
        is_read_only: settings.is_read_only(),
        clock: Arc::clone(&world.clock),
        secret_files: Arc::new(InterruptibleDelivery),
        username: settings.username.as_ref().map(|u| u.value.clone()),
        token: settings.token_credential()?,
        login: settings.login.as_ref().map(|login| TokenCredential::of_any(Arc::clone(&login.value.token))),
        remember_password: settings.confirm_remember.value,
        lock_after: settings.lock_after.value,
        dates: settings.dates.value,
        mouse: settings.takes_mouse(&terminal),
        tips: settings.tips.value,
        appearance: Appearance::configured(settings, &terminal),
        keymap: Keymap::of_user(),
        demo,
    })
}

/// Ends the program with the result of the screens.
pub(super) fn exit_as(reason: tui::ExitReason) -> Result<()> {
    match reason {
        tui::ExitReason::Quit | tui::ExitReason::Switch(_) => Ok(()),
        tui::ExitReason::Signal(signal) => platform::signals::end_by_signal(signal),
    }
}

pub(super) fn require_terminal() -> Result<()> {
    require_lines("the screens need")?;
    if !platform::own_process::is_dumb_terminal() {
        return Ok(());
    }
    Err(Error::usage("the screens need a terminal")
        .why("the variable TERM is set to dumb")
        .next("For numbered menus, run: jeton --accessible. To see the commands, run: jeton --help"))
}

/// Refuses anything but a terminal, even one that only prints and reads lines. `subject` begins the error.
pub(super) fn require_lines(subject: &str) -> Result<()> {
    match io::stdin().is_terminal() && io::stdout().is_terminal() {
        true => Ok(()),
        false => Err(Error::usage(format!("{subject} a terminal"))
            .why("stdin or stdout is not a terminal")
            .next("To see the commands, run: jeton --help")),
    }
}
