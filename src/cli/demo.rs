//! `jeton demo`: the screens on a throw-away store.

use super::args::Global;
use super::{caller, conclude, needs_terminal, show_screens};
use crate::config::{Given, Settings};
use crate::demo::Demonstration;
use crate::domain::audit::Face;
use crate::error::{Error, Result};
use crate::place::Place;
use crate::{platform, tui};

pub(super) fn run(global: &Global) -> Result<()> {
    if global.store.is_some() {
        return Err(Error::usage("the demonstration makes a store of its own").next("Leave --store out"));
    }
    needs_terminal()?;
    let world = platform::world();
    // Holds the folder: it goes when this function returns, however the screens ended.
    let demonstration = Demonstration::make(&world)?;
    let place = Place::new(demonstration.store(), world.clone(), caller(Face::Tui));
    let demo = tui::Demo { username: demonstration.username(), password: demonstration.password() };
    let settings = Settings::load(Given { user: Some(demonstration.username().to_string()), ..Given::default() })?;
    let ended = show_screens(place, &world, &settings, Some(demo));
    drop(demonstration);
    conclude(ended?)
}
