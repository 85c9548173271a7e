//! `jeton demo`: the screens on a temporary store, or a large store to keep.

use std::path::Path;

use zeroize::Zeroizing;

use super::args::{DemoArgs, GlobalArgs};
use super::client_info;
use super::output::{Output, counted};
use super::progress::ProgressBar;
use super::screens::{exit_as, require_terminal, run_tui};
use super::suggested_commands::program_for_store;
use crate::config::{CliOverrides, Settings};
use crate::demo::{self, Demonstration, LargeDemo};
use crate::domain::audit::Face;
use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::lazy_backend::LazyLocalBackend;
use crate::platform::bounded_read::require_named_file;
use crate::selected_backend::SelectedBackend;
use crate::store::StoreLocation;
use crate::{platform, tui};

pub(super) fn run(global: &GlobalArgs, args: &DemoArgs) -> Result<()> {
    match (&global.store, args.tokens) {
        (None, Some(_)) => Err(Error::usage("the path of the large store is missing").next("Use --store PATH")),
        (Some(store), Some(tokens)) => make_large_store(global, args, store, tokens),
        (Some(_), None) => Err(Error::usage("a demo without --tokens uses a temporary store, not --store")
            .next("Leave out --store, or add --tokens N to create a large store")),
        (None, None) => run_demo(),
    }
}

fn run_demo() -> Result<()> {
    require_terminal()?;
    let world = platform::adapters();
    // Owns the folder: it is deleted when this function returns, however the screens ended.
    let mut demonstration = Demonstration::create(&world)?;
    let settings = settings_for(&demonstration.username())?;
    let backend = SelectedBackend::Local(LazyLocalBackend::new(
        StoreLocation::file(demonstration.store()),
        world.clone(),
        client_info(Face::Tui),
    ));
    // If no port is available, show the screens without a service.
    let live = demonstration.start_traffic(&world).ok();
    let demo = tui::Demo {
        username: demonstration.username(),
        password: demonstration.password(),
        service: live.as_ref().map(|live| live.endpoint().clone()),
    };
    let result = run_tui(backend, &world, &settings, Some(program_for_store(&demonstration.store())), Some(demo));
    if let Some(live) = live {
        live.stop();
    }
    drop(demonstration);
    exit_as(result?)
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
