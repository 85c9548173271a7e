//! The terminal screens.
//!
//! ```text
//!   keyboard, resize, signals          workers (store and hashing · clipboard)
//!              │ Msg                        ▲ Effect            │ Msg
//!              ▼                            │                   ▼
//!         runtime ── update(&mut Model, Msg) -> Vec<Effect> ── runtime
//!              └───── view(&Model, &mut Frame): reads only
//! ```
//!
//! A new screen is a [`screen::Page`] in `screen/`, a [`screen::desk::Place`] and a line in each match over places. A new
//! dialog is a page in `modal/` and a line in each match over modals; one with fields is a [`widget::form::Dialog`], and
//! the rest is done for it. A change leaves either as [`screen::Outcome::Confirm`], and is proved in one place. All keys
//! stand in `keymap/`.

pub mod effect;
pub mod guard;
pub mod input;
pub mod keymap;
pub mod long_work;
pub mod modal;
pub mod model;
pub mod msg;
pub mod picker;
mod runtime;
pub mod screen;
mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod widget;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::endpoint::Endpoint;
use crate::domain::name::Username;
use crate::error::Result;
use crate::verbs::Jeton;
use crate::verbs::actor::Presented;
use crate::verbs::batches::Progress;
use crate::verbs::ports::{Clock, Delivery};
use crate::witness::Witness;

/// What the screens work on.
pub struct Start {
    /// The verbs.
    pub jeton: Arc<dyn Jeton>,
    /// The same over another connection, for what takes long.
    pub for_long_work: Arc<dyn Jeton>,
    /// The clock on the wall.
    pub clock: Arc<dyn Clock>,
    /// Where secrets are saved.
    pub delivery: Arc<dyn Delivery>,
    /// Progress of what goes in batches.
    pub progress: Arc<Progress>,
    /// Asks the running service after a change.
    pub witness: Witness,
    /// Where the store is, for people.
    pub place: String,
    /// Who is asking, where that is known.
    pub username: Option<Username>,
    /// The token that signs in by itself.
    pub token: Option<Presented>,
    /// For how long a password that made a change is kept for the next; zero = asked each time.
    pub remember: Duration,
    /// After how long without a key everything is hidden; zero = never.
    pub lock_after: Duration,
    /// The account to sign in by itself, in a demonstration.
    pub demo: Option<Demo>,
}

/// The account of a demonstration. Its password is shown on the screen.
#[derive(Clone)]
pub struct Demo {
    /// Its name.
    pub username: Username,
    /// Its password.
    pub password: Zeroizing<String>,
    /// Where its service checks tokens; none where there is none.
    pub service: Option<Endpoint>,
}

/// How the screens ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The person quit.
    Quit,
    /// A signal said to. The terminal is given back; what else the caller holds is the caller's to clean up before it
    /// ends by the same signal ([`crate::platform::signals::end_by`]).
    Signal(i32),
}

/// Runs the screens until the person quits or a signal says to end, and leaves the terminal as it was found.
///
/// # Errors
/// What ended them early: [`crate::error::Kind::Denied`] after three failed sign-ins,
/// [`crate::error::Kind::Cancelled`] after Ctrl-C, [`crate::error::Kind::Failure`] when the terminal fails.
pub fn run(start: Start) -> Result<Ended> {
    runtime::run(start)
}
