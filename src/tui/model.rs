//! The data that all pages read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::domain::catalogue::Catalogue;
use crate::domain::date_format::{DateFormat, Dates};
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::service::endpoint::Endpoint;
use crate::service::server_colour::ServerColour;
use crate::tui::keymap::Keymap;
use crate::tui::layer::{Layer, ScreenId};
use crate::tui::long_work::LongWork;
use crate::tui::msg::{ReadKey, RequestId};
use crate::tui::notice::Notice;
use crate::tui::remembered_credentials::AuthState;
use crate::tui::theme::Theme;
use crate::tui::theme::appearance::Appearance;
use crate::tui::view_state::ViewState;
use crate::tui::{Demo, Place, ServerLabel, TuiConfig};
use crate::verbs::accounts::CurrentUser;
use crate::verbs::ports::Clock;
use crate::verbs::session::Session;

/// Maximum number of past notices kept.
const MAX_MESSAGES: usize = 100;
/// Minimum size of the terminal, in columns and rows.
pub const MIN_SIZE: (u16, u16) = (40, 10);
/// Time after which a pending request shows a spinner, in milliseconds.
pub const SPINNER_AFTER: i64 = 100;

/// Returns `true` if pages fit in a terminal of this size.
pub fn has_room((columns, rows): (u16, u16)) -> bool {
    columns >= MIN_SIZE.0 && rows >= MIN_SIZE.1
}

/// The data that all pages read. Only `update` changes it.
pub struct Model {
    /// Time of the last message.
    pub now: Timestamp,
    /// Time zone and format of dates on screen.
    pub dates: LocalDates,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The theme in use.
    pub theme: Theme,
    /// `true` while clicks and the wheel act on the screens.
    pub takes_mouse: bool,
    pub appearance: Appearance,
    pub keymap: Keymap,
    /// Returns the tree of commands of the command line.
    pub commands: fn() -> clap::Command,
    /// The remembered look of the screens.
    pub view_state: ViewState,
    /// `true` if nothing can be changed.
    pub is_read_only: bool,
    pub host: String,
    /// The beginning of commands for this store or server, if `jeton` alone would use another one.
    pub program: Option<String>,
    /// Location of the store, for display.
    pub store_path: String,
    /// The colour of the host while no server is used.
    pub store_colour: Option<ServerColour>,
    /// The server that is used instead of a store.
    pub server: Option<ServerLabel>,
    /// The servers and the store that the user can switch to.
    pub places: Vec<Place>,
    /// The place to begin at after the end.
    pub switch_to: Option<usize>,
    /// The user, if known before sign-in.
    pub username: Option<Username>,
    /// The account of a demo.
    pub demo: Option<Demo>,
    /// The layer that takes the keys, as of the last message.
    pub top: Layer,
    /// The held proofs and the lock timer.
    pub auth: AuthState,
    pub session: Option<Session>,
    /// Data about the signed-in user.
    pub me: Option<CurrentUser>,
    pub catalogues: Arc<[Catalogue]>,
    /// The names of the accounts, for completion. `None` until they are read, and after each change of the store.
    pub usernames: Option<Vec<String>>,
    /// The notice about the last change.
    pub notice: Option<Notice>,
    /// Number of tokens that are denied now, as last read.
    pub denied_now: u64,
    /// The address at which the running service verifies tokens. `None` until it was looked for.
    pub verify_endpoint: Option<Option<Endpoint>>,
    /// `true` while the server can't be reached.
    pub is_offline: bool,
    /// The past notices, newest first.
    pub messages: VecDeque<Notice>,
    /// Damaged rows already reported.
    pub damaged: BTreeSet<String>,
    /// Requests without a reply yet.
    pub pending: BTreeMap<RequestId, PendingRequest>,
    /// The work in batches sent last, until its reply.
    pub long_work: Option<LongWork>,
    /// Number in the audit log of the last change made here and read again since.
    pub seen_seq: i64,
    pub last_request: u64,
    /// Set when the program must end.
    pub exit: Option<Result<(), Error>>,
}

/// The format of dates, in the time zone of the system clock.
#[derive(Clone)]
pub struct LocalDates {
    clock: Arc<dyn Clock>,
    format: DateFormat,
}

impl LocalDates {
    /// Returns the dates of the zone of `clock`, in `format`.
    pub fn new(clock: Arc<dyn Clock>, format: DateFormat) -> Self {
        LocalDates { clock, format }
    }

    /// Returns the format with its zone.
    pub fn get(&self) -> Dates<'_> {
        self.format.in_zone(self.clock.zone())
    }
}

/// A request without a reply yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingRequest {
    /// Purpose of the reply.
    pub kind: RequestKind,
    /// The layer whose page takes the reply.
    pub asker: Option<Layer>,
    /// Subject of the request; `None` for a file.
    pub key: Option<ReadKey>,
    /// Time at which the request was sent.
    pub since: Timestamp,
}

/// The purpose of a request, which decides how its reply is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Checking if there is an owner yet.
    Setup,
    /// For a page that waits for the reply and takes no keys until then.
    Component,
    /// A read during which all pages take keys.
    Read,
    /// Work in batches whose dialog is closed.
    LongWork,
}

impl Model {
    /// Returns `command`, which begins with `jeton`, for the store or server of these screens.
    pub fn command_here(&self, command: &str) -> String {
        let names_place = [" --store", " --server"].iter().any(|option| command.contains(option));
        match (&self.program, command.strip_prefix("jeton ")) {
            (Some(program), Some(rest)) if !names_place => format!("{program} {rest}"),
            _ => command.to_owned(),
        }
    }

    /// Creates the initial state.
    pub fn new(config: &TuiConfig, host: String, size: (u16, u16)) -> Self {
        Model {
            now: config.clock.now(),
            dates: LocalDates::new(Arc::clone(&config.clock), config.dates),
            size,
            takes_mouse: config.mouse,
            theme: config.appearance.theme.clone(),
            appearance: config.appearance.clone(),
            keymap: config.keymap.clone(),
            commands: config.commands,
            view_state: ViewState::default(),
            is_read_only: config.is_read_only,
            host,
            program: config.program.clone(),
            store_path: config.store_path.clone(),
            store_colour: config.store_colour,
            server: config.server.clone(),
            places: config.places.clone(),
            switch_to: None,
            username: config.username.clone(),
            demo: config.demo.clone(),
            top: Layer::Screen,
            auth: AuthState::new(config),
            session: None,
            me: None,
            catalogues: Arc::from([]),
            usernames: None,
            notice: None,
            denied_now: 0,
            verify_endpoint: None,
            is_offline: false,
            messages: VecDeque::new(),
            damaged: BTreeSet::new(),
            pending: BTreeMap::new(),
            long_work: None,
            seen_seq: 0,
            last_request: 0,
            exit: None,
        }
    }

    /// Returns the current screen if it takes the keys; `None` if a dialog or the lock covers it.
    pub fn active_screen(&self) -> Option<ScreenId> {
        match self.top {
            Layer::Workspace(screen) => Some(screen),
            Layer::Lock | Layer::Modal(_) | Layer::Screen => None,
        }
    }

    /// Returns the role of the signed-in user. Until it is known, nothing is shown as forbidden.
    pub fn role(&self) -> Role {
        self.me.as_ref().map_or(Role::Owner, |me| me.account.role)
    }

    /// Returns `true` if a person signed in, not a token.
    pub fn is_by_person(&self) -> bool {
        !self.session.as_ref().is_some_and(Session::is_token)
    }

    /// Returns `true` if the signed-in user manages tokens of other accounts.
    pub fn manages_others(&self) -> bool {
        let role = self.role();
        Role::ALL.into_iter().any(|other| role.manages(other))
    }

    /// Returns `true` if a person signed in whose role is `role` or a higher one. `false` until the role is known.
    pub fn is_by_person_with(&self, role: Role) -> bool {
        self.is_by_person() && self.me.as_ref().is_some_and(|me| me.account.role >= role)
    }

    /// Returns `true` if the page of `layer` waits for a reply. It takes no keys until then.
    pub fn is_waiting(&self, layer: Layer) -> bool {
        self.pending.values().any(|p| p.kind == RequestKind::Component && p.asker == Some(layer))
    }

    /// Returns the work in batches that continues in the background.
    pub fn long_work(&self) -> Option<&LongWork> {
        self.long_work.as_ref().filter(|work| work.counts.is_some())
    }

    /// Returns the pending requests whose replies the screens wait for. Work in batches is excluded: its progress is
    /// shown elsewhere.
    pub fn visible_requests(&self) -> impl Iterator<Item = &PendingRequest> {
        self.pending.values().filter(|pending| pending.kind != RequestKind::LongWork)
    }

    /// Returns `true` if a request takes long enough for a spinner.
    pub fn is_busy(&self) -> bool {
        self.visible_requests().any(|p| self.now.0 - p.since.0 >= SPINNER_AFTER)
    }

    /// Shows `notice` and adds it to the past notices.
    pub fn notify(&mut self, notice: Notice) {
        let notice = Notice { at: self.now, ..notice };
        self.messages.truncate(MAX_MESSAGES - 1);
        self.messages.push_front(notice.clone());
        self.notice = Some(notice);
    }
}
