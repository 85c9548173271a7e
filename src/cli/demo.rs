//! `jeton demo`: the screens on a temporary store, or a large store to keep.

use std::path::Path;

use zeroize::Zeroizing;

use super::args::{DemoArgs, Global};
use super::output::Output;
use super::{caller, conclude, needs_terminal, show_screens};
use crate::config::{CliOverrides, Settings};
use crate::demo::{self, Demonstration, LargeDemo};
use crate::domain::audit::Face;
use crate::domain::name::Username;
use crate::error::{Error, Result};
use crate::lazy_backend::LazyLocalBackend;
use crate::platform::input::require_named_file;
use crate::{platform, tui};

pub(super) fn run(global: &Global, args: &DemoArgs) -> Result<()> {
    match (&global.store, args.tokens) {
        (None, Some(_)) => Err(Error::usage("it isn't known where the large store will be").next("Say --store PATH")),
        (Some(store), Some(tokens)) => large(global, args, store, tokens),
        (Some(_), None) => {
            Err(Error::usage("the demonstration makes a store of its own").next("Leave --store out, or say --tokens N"))
        }
        (None, None) => small(),
    }
}

fn small() -> Result<()> {
    needs_terminal()?;
    let world = platform::adapters();
    // Owns the folder: it is deleted when this function returns, however the screens ended.
    let mut demonstration = Demonstration::create(&world)?;
    let settings = settings_of(&demonstration.username())?;
    let place = LazyLocalBackend::new(demonstration.store(), world.clone(), caller(Face::Tui));
    // If no port is available, show the screens without a service.
    let live = demonstration.start_traffic(&world).ok();
    let demo = tui::Demo {
        username: demonstration.username(),
        password: demonstration.password(),
        service: live.as_ref().map(|live| live.endpoint().clone()),
    };
    let ended = show_screens(place, &world, &settings, Some(demo));
    if let Some(live) = live {
        live.stop();
    }
    drop(demonstration);
    conclude(ended?)
}

fn large(global: &Global, args: &DemoArgs, store: &Path, tokens: u32) -> Result<()> {
    if !args.no_open {
        needs_terminal()?;
    }
    require_named_file(store, "the store")?;
    args.secrets.as_deref().map_or(Ok(()), |path| require_named_file(path, "the file for secrets"))?;
    let world = platform::adapters();
    let out = Output::new(false, global.quiet);
    let made = LargeDemo { store, tokens, secrets: args.secrets.as_deref() }
        .create(&world, &|made| out.progress(&format!("{made} of {tokens} tokens")));
    out.progress("");
    let username = made?;
    if args.no_open {
        out.note(&format!("✓ {tokens} tokens are at {}; their owner is {username}", store.display()));
        out.note(&format!("  His password: {}", demo::PASSWORD));
        return Ok(());
    }
    let place = LazyLocalBackend::new(store.to_owned(), world.clone(), caller(Face::Tui));
    let password = Zeroizing::new(demo::PASSWORD.to_owned());
    let demo = tui::Demo { username: username.clone(), password, service: None };
    conclude(show_screens(place, &world, &settings_of(&username)?, Some(demo))?)
}

/// Screen settings for the owner of a sample store. A configured account doesn't apply here.
fn settings_of(owner: &Username) -> Result<Settings> {
    Settings::load(CliOverrides { user: Some(owner.to_string()), ..CliOverrides::default() })
}
