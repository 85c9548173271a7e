//! The terminal screens.
//!
//! ```text
//!   keyboard, resize, signals          workers (store and hashing · clipboard)
//!              │ Msg                        ▲ Effect            │ Msg
//!              ▼                            │                   ▼
//!          runtime ── update(&mut App, Msg) -> Vec<Effect> ── runtime
//!              └───── view(&App, &mut Frame): reads only
//!
//!   App = Model (the data that all pages read) + screen + dialogs + lock
//! ```
//!
//! A new screen is a [`component::Component`] in `screen/` and a line in [`screen::Workspace`]. A new dialog is a file in
//! `modal/`, and a screen pushes it. A dialog with fields is a [`widget::form::Dialog`], and the form handles the rest.
//! Replies go to the page that has asked; a finished change goes to all pages as an [`outcome::Outcome`]. Changes are
//! authenticated in one place, [`modal::confirm_change`]. All keys are in `keymap/`, which knows contexts and actions;
//! the pages know which actions can be used.

pub mod app;
pub mod ascii;
mod background_query;
mod clipboard_worker;
pub mod component;
pub mod effect;
mod frame_output;
pub mod input_parser;
pub mod intent;
pub mod keymap;
pub mod layer;
pub mod long_work;
pub mod modal;
pub mod model;
pub mod msg;
pub mod notice;
pub mod outcome;
pub mod page_keys;
pub mod remembered_credentials;
mod runtime;
pub mod screen;
mod terminal;
pub mod text_fit;
pub mod theme;
pub mod tips;
pub mod update;
pub mod view;
pub mod view_state;
mod watcher;
pub mod widget;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::date_format::DateFormat;
use crate::domain::name::Username;
use crate::error::Result;
use crate::propagation::PropagationProbe;
use crate::service::endpoint::Endpoint;
use crate::service::server_colour::ServerColour;
use crate::tui::keymap::Keymap;
use crate::tui::theme::appearance::Appearance;
use crate::verbs::Backend;
use crate::verbs::batches::Progress;
use crate::verbs::credential::TokenCredential;
use crate::verbs::ports::{Clock, SecretFileWriter};

/// The resources of the screens.
pub struct TuiConfig {
    pub backend: Arc<dyn Backend>,
    /// The verbs over another connection, for changes in batches.
    pub for_long_changes: Arc<dyn Backend>,
    /// The verbs over a third connection, for slow reads. A purge must not wait for them.
    pub for_long_reads: Arc<dyn Backend>,
    pub clock: Arc<dyn Clock>,
    /// The destination for saved secrets.
    pub secret_files: Arc<dyn SecretFileWriter>,
    /// Progress of work in batches.
    pub progress: Arc<Progress>,
    /// Returns the tree of commands of the command line, for the palette.
    pub commands: fn() -> clap::Command,
    /// Checks if the running service has read a change.
    pub propagation_probe: PropagationProbe,
    /// The beginning of commands for this store or server, if `jeton` alone would use another one.
    pub program: Option<String>,
    /// Location of the store, for display.
    pub store_path: String,
    /// The colour of the host while no server is used.
    pub store_colour: Option<ServerColour>,
    /// The server that is used instead of a store.
    pub server: Option<ServerLabel>,
    /// The servers with names and the store, to switch to.
    pub places: Vec<Place>,
    /// The user, if known.
    pub username: Option<Username>,
    /// The token that signs in automatically.
    pub token: Option<TokenCredential>,
    /// The stored login, which signs in automatically as a person. Each change needs the password.
    pub login: Option<TokenCredential>,
    /// Time for which a password is remembered after a change; zero = prompt each time.
    pub remember_password: Duration,
    /// Time without a key after which everything is hidden; zero = never.
    pub lock_after: Duration,
    pub dates: DateFormat,
    /// `true` if clicks and the wheel act on the screens.
    pub mouse: bool,
    /// `true` if tips are shown.
    pub tips: bool,
    pub appearance: Appearance,
    pub keymap: Keymap,
    /// `true` if keys for changes don't work. The backend refuses changes in any case.
    pub is_read_only: bool,
    /// The account that signs in automatically, in a demo.
    pub demo: Option<Demo>,
}

/// A server or a store to switch to.
#[derive(Clone)]
pub struct Place {
    pub label: ServerLabel,
    pub address: String,
    pub is_current: bool,
}

/// A server as the screens show it.
#[derive(Clone)]
pub struct ServerLabel {
    /// The name in the configuration, or else the address.
    pub name: String,
    pub colour: Option<ServerColour>,
}

/// The account of a demo. Its password is shown on the screen.
#[derive(Clone)]
pub struct Demo {
    pub username: Username,
    pub password: Zeroizing<String>,
    /// Address at which the demo's service checks tokens; `None` if there is no service.
    pub service: Option<Endpoint>,
}

/// The way the screens ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    Quit,
    /// The user switches to the place with this index. Nothing of these screens may be used there.
    Switch(usize),
    /// A signal ended the screens. The terminal is restored. The caller must clean up its own resources and then end by
    /// the same signal ([`crate::platform::signals::end_by_signal`]).
    Signal(i32),
}

/// Runs the screens until the user quits or a signal ends them, and restores the terminal.
///
/// # Errors
/// The reason for an early end: [`crate::error::Kind::Denied`] after three failed sign-ins,
/// [`crate::error::Kind::Cancelled`] after Ctrl-C, [`crate::error::Kind::Failure`] if the terminal fails.
pub fn run(config: TuiConfig) -> Result<ExitReason> {
    runtime::run(config)
}
