//! `jeton demo`: the screens on a temporary store, or a large store to keep.

use std::path::Path;

use zeroize::Zeroizing;

use super::args::{DemoArgs, GlobalArgs};
use super::output::{Output, counted};
use super::progress::ProgressBar;
use super::screens::{exit_as, require_lines, require_terminal, run_tui};
use super::suggested_commands::program_for_store;
use super::{accessible, client_info};
use crate::config::{CliOverrides, Settings};
use crate::demo::{self, Demonstration, LargeDemo};
use crate::domain::audit::Face;
use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::lazy_backend::LazyLocalBackend;
use crate::platform::bounded_read::require_named_file;
use crate::selected_backend::SelectedBackend;
use crate::store::StoreLocation;
use crate::verbs::local_backend::Adapters;
use crate::{platform, tui};

pub(super) fn run(global: &GlobalArgs, args: &DemoArgs) -> Result<()> {
    match (&global.store, args.tokens) {
        (None, Some(_)) => Err(Error::usage("the path of the large store is missing").next("Use --store PATH")),
        (Some(store), Some(tokens)) => make_large_store(global, args, store, tokens),
        (Some(_), None) => Err(Error::usage("a demo without --tokens uses a temporary store, not --store")
            .next("Leave out --store, or add --tokens N to create a large store")),
        (None, None) => run_demo(global),
    }
}

fn run_demo(global: &GlobalArgs) -> Result<()> {
    let is_accessible = Settings::load(CliOverrides::default())?.accessible.value;
    if is_accessible {
        require_lines("the numbered menus need")?
    } else {
        require_terminal()?
    }
    let world = platform::adapters();
    // Owns the folder: it is deleted when this function returns, however the screens ended.
    let mut demonstration = Demonstration::create(&world)?;
    // If no port is available, show the screens without a service.
    let live = demonstration.start_traffic(&world).ok();
    let demo = tui::Demo {
        username: demonstration.username(),
        password: demonstration.password(),
        service: live.as_ref().map(|live| live.endpoint().clone()),
    };
    let result =
        if is_accessible { run_menus(global, &demonstration) } else { run_screens(&world, &demonstration, demo) };
    if let Some(live) = live {
        live.stop();
    }
    drop(demonstration);
    exit_as(result?)
}

fn run_screens(world: &Adapters, demonstration: &Demonstration, demo: tui::Demo) -> Result<tui::ExitReason> {
    let store = demonstration.store();
    let location = StoreLocation::file(store.clone());
    let backend = SelectedBackend::Local(LazyLocalBackend::new(location, world.clone(), client_info(Face::Tui)));
    run_tui(backend, world, &settings_for(&demo.username)?, Some(program_for_store(&store)), Some(demo))
}

fn run_menus(global: &GlobalArgs, demonstration: &Demonstration) -> Result<tui::ExitReason> {
    let username = demonstration.username();
    let place = CliOverrides {
        store: Some(demonstration.store()),
        user: Some(username.to_string()),
        ..CliOverrides::default()
    };
    let password = demonstration.password();
    Output::new(false, false).note(&format!("A demo with sample data. The password of {username} is: {}", *password));
    accessible::run(global, Settings::load(place)?).map(|()| tui::ExitReason::Quit)
}

fn make_large_store(global: &GlobalArgs, args: &DemoArgs, store: &Path, tokens: u32) -> Result<()> {
    if !args.no_open {
        require_terminal()?;
    }
    require_named_file(store, "the store")?;
    args.secrets.as_deref().map_or(Ok(()), |path| require_named_file(path, "the file for secrets"))?;
    let world = platform::adapters();
    let out = Output::new(false, global.quiet);
    let bar = ProgressBar::show(&out, &world.progress, "tokens created")?;
    let result = LargeDemo { store, tokens, secrets: args.secrets.as_deref() }.create(&world);
    drop(bar);
    let username = result?;
    if args.no_open {
        out.note(&format!("✓ created {} in {}", counted(tokens, "token"), store.display()));
        out.note(&format!("  The owner is {username}. The password of every account is: {}", demo::PASSWORD));
        return Ok(());
    }
    let backend = SelectedBackend::Local(LazyLocalBackend::new(
        StoreLocation::file(store),
        world.clone(),
        client_info(Face::Tui),
    ));
    let password = Zeroizing::new(demo::PASSWORD.to_owned());
    let demo = tui::Demo { username: username.clone(), password, service: None };
    exit_as(run_tui(backend, &world, &settings_for(&username)?, Some(program_for_store(store)), Some(demo))?)
}

/// Screen settings for the owner of a sample store. A configured account doesn't apply here.
fn settings_for(owner: &Username) -> Result<Settings> {
    Settings::load(CliOverrides { user: Some(owner.to_string()), ..CliOverrides::default() })
}
