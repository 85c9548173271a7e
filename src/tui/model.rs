//! The state of all screens.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::domain::catalogue::Catalogue;
use crate::domain::date_format::{DateFormat, Dates};
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::tui::component::{Component, UpdateContext};
use crate::tui::keymap::Context;
use crate::tui::long_work::LongWork;
use crate::tui::modal::stack::{ModalId, ModalStack};
use crate::tui::msg::{ReadKey, RequestId};
use crate::tui::notice::Notice;
use crate::tui::remembered_credentials::AuthState;
use crate::tui::screen::audit::Audit;
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::list::layout::height;
use crate::tui::screen::replace_password::ReplacePassword;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::screen::tokens::Tokens;
use crate::tui::screen::workspace::{ScreenId, Workspace};
use crate::tui::theme::Theme;
use crate::tui::widget::confirm_identity::AuthField;
use crate::tui::widget::form::Form;
use crate::tui::{Demo, TuiConfig};
use crate::verbs::accounts::CurrentUser;
use crate::verbs::ports::Clock;
use crate::verbs::session::Session;

/// Maximum number of past notices kept.
const MAX_MESSAGES: usize = 100;
/// Time after which a pending request shows a spinner, in milliseconds.
pub const SPINNER_AFTER: i64 = 100;

/// The whole state.
pub struct Model {
    /// Time of the last message.
    pub now: Timestamp,
    /// Time zone and format of dates on screen.
    pub dates: LocalDates,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    pub theme: Theme,
    /// Name of the machine.
    pub host: String,
    /// Location of the store, for display.
    pub store_path: String,
    /// The user, if known before sign-in.
    pub username: Option<Username>,
    /// The account of a demo.
    pub demo: Option<Demo>,
    pub screen: Screen,
    /// The dialogs over the screen. The top one takes all input.
    pub modals: ModalStack,
    /// The lock, which covers everything until the password is entered again.
    pub lock: Option<Form<SignIn>>,
    /// The held proofs and the lock timer.
    pub auth: AuthState,
    pub session: Option<Session>,
    /// Data about the signed-in user.
    pub me: Option<CurrentUser>,
    /// All catalogues.
    pub catalogues: Arc<[Catalogue]>,
    /// The notice about the last change.
    pub notice: Option<Notice>,
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
    /// Number of the last request.
    pub last_request: u64,
    /// Set when the program must end.
    pub exit: Option<Result<(), Error>>,
}

/// A screen that fills the terminal.
pub enum Screen {
    /// Before the first reply.
    Loading,
    /// The creation of the first owner.
    FirstRun(Box<Form<FirstRun>>),
    SignIn(Box<Form<SignIn>>),
    /// The replacement of a temporary password after sign-in.
    ReplacePassword(Box<Form<ReplacePassword>>),
    Workspace(Box<Workspace>),
}

impl Screen {
    /// Returns the page that is drawn.
    pub fn component(&self) -> Option<&dyn Component> {
        match self {
            Screen::Loading => None,
            Screen::FirstRun(page) => Some(&**page),
            Screen::SignIn(page) => Some(&**page),
            Screen::ReplacePassword(page) => Some(&**page),
            Screen::Workspace(workspace) => Some(workspace.component()),
        }
    }

    /// Returns the page that takes the keys.
    pub fn component_mut(&mut self) -> Option<&mut dyn Component> {
        match self {
            Screen::Loading => None,
            Screen::FirstRun(page) => Some(&mut **page),
            Screen::SignIn(page) => Some(&mut **page),
            Screen::ReplacePassword(page) => Some(&mut **page),
            Screen::Workspace(workspace) => Some(workspace.component_mut()),
        }
    }
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

/// A layer of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    Lock,
    Modal(ModalId),
    /// A screen before sign-in.
    Screen,
    /// A screen of the signed-in user, shown or not.
    Workspace(ScreenId),
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
    /// Creates the initial state.
    pub fn new(config: &TuiConfig, host: String, theme: Theme, size: (u16, u16)) -> Self {
        Model {
            now: config.clock.now(),
            dates: LocalDates::new(Arc::clone(&config.clock), config.dates),
            size,
            theme,
            host,
            store_path: config.store_path.clone(),
            username: config.username.clone(),
            demo: config.demo.clone(),
            screen: Screen::Loading,
            modals: ModalStack::default(),
            lock: None,
            auth: AuthState::new(config.token.clone(), config.remember_password, config.lock_after, config.clock.now()),
            session: None,
            me: None,
            catalogues: Arc::from([]),
            notice: None,
            messages: VecDeque::new(),
            damaged: BTreeSet::new(),
            pending: BTreeMap::new(),
            long_work: None,
            seen_seq: 0,
            last_request: 0,
            exit: None,
        }
    }

    /// Returns the screens of a signed-in user.
    pub fn workspace(&self) -> Option<&Workspace> {
        match &self.screen {
            Screen::Workspace(workspace) => Some(workspace),
            Screen::Loading | Screen::FirstRun(_) | Screen::SignIn(_) | Screen::ReplacePassword(_) => None,
        }
    }

    /// Returns the screens of a signed-in user, for an update.
    pub fn workspace_mut(&mut self) -> Option<&mut Workspace> {
        match &mut self.screen {
            Screen::Workspace(workspace) => Some(workspace),
            Screen::Loading | Screen::FirstRun(_) | Screen::SignIn(_) | Screen::ReplacePassword(_) => None,
        }
    }

    /// Returns the token table, shown or not.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.workspace().map(|d| &d.tokens)
    }

    /// Returns the token table, shown or not, for an update.
    pub fn tokens_mut(&mut self) -> Option<&mut Tokens> {
        self.workspace_mut().map(|d| &mut d.tokens)
    }

    /// Returns the current screen if it takes the keys; `None` if a dialog or the lock covers it.
    pub fn active_screen(&self) -> Option<ScreenId> {
        if self.lock.is_some() || !self.modals.is_empty() {
            return None;
        }
        self.workspace().map(Workspace::current)
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

    /// Returns the proof for a change; `None` before sign-in.
    pub fn auth_field(&self) -> Option<AuthField> {
        self.session.as_ref().map(|session| self.auth.auth_field(session.username(), self.now))
    }

    /// Returns the layer that takes input: the lock, else the top dialog, else the screen.
    pub fn top_layer(&self) -> Layer {
        match (&self.lock, self.modals.top_id()) {
            (Some(_), _) => Layer::Lock,
            (None, Some(id)) => Layer::Modal(id),
            (None, None) => self.workspace().map_or(Layer::Screen, |workspace| Layer::Workspace(workspace.current())),
        }
    }

    /// Returns all screens of the signed-in user and all dialogs, the top one last.
    pub fn layers(&self) -> Vec<Layer> {
        let screens = ScreenId::ALL.iter().copied().filter(|_| self.workspace().is_some());
        screens.map(Layer::Workspace).chain(self.modals.ids().into_iter().map(Layer::Modal)).collect()
    }

    /// Returns the current key context.
    pub fn context(&self) -> Context {
        self.page(self.top_layer()).map_or(Context::Anywhere, Component::context)
    }

    /// Returns the page of `layer`.
    pub fn page(&self, layer: Layer) -> Option<&dyn Component> {
        match layer {
            Layer::Lock => self.lock.as_ref().map(|lock| lock as &dyn Component),
            Layer::Modal(id) => self.modals.get(id),
            Layer::Screen => self.screen.component(),
            Layer::Workspace(screen) => self.workspace().map(|workspace| workspace.get(screen)),
        }
    }

    /// Returns the page of `layer` for an update, and the data it may read meanwhile.
    pub fn page_mut(&mut self, layer: Layer) -> Option<(&mut dyn Component, UpdateContext<'_>)> {
        let lines = self.page(layer).map_or(0, |page| page.line_count(self));
        let (top, current) = (self.top_layer(), self.workspace().map(Workspace::current));
        let ctx = UpdateContext {
            layer,
            pending: &self.pending,
            replied: None,
            is_shown: current.is_some_and(|screen| layer == Layer::Workspace(screen)),
            is_on_top: layer == top,
            now: self.now,
            dates: &self.dates,
            rows: height(self.size.1),
            size: self.size,
            lines,
            me: self.me.as_ref(),
            session: self.session.as_ref(),
            auth: &self.auth,
            catalogues: &self.catalogues,
            has_long_work: self.long_work.is_some(),
        };
        let page = match layer {
            Layer::Lock => self.lock.as_mut().map(|lock| lock as &mut dyn Component),
            Layer::Modal(id) => self.modals.get_mut(id),
            Layer::Screen => self.screen.component_mut(),
            Layer::Workspace(screen) => match &mut self.screen {
                Screen::Workspace(workspace) => Some(workspace.get_mut(screen)),
                _ => None,
            },
        };
        page.map(|page| (page, ctx))
    }

    /// Returns `true` if the page of `layer` waits for a reply. It takes no keys until then.
    pub fn is_waiting(&self, layer: Layer) -> bool {
        self.pending.values().any(|p| p.kind == RequestKind::Component && p.asker == Some(layer))
    }

    /// Returns `true` if ending the program now would lose a secret that the user has not seen.
    pub fn has_unseen_secret(&self) -> bool {
        self.modals.iter().any(|dialog| dialog.discard_question().is_some())
    }

    /// Returns the work in batches that continues in the background.
    pub fn long_work(&self) -> Option<&LongWork> {
        self.long_work.as_ref().filter(|work| work.counts.is_some())
    }

    /// Returns the pending requests whose replies the screens wait for. Work in batches is excluded: its progress is
    /// shown elsewhere.
    fn visible_requests(&self) -> impl Iterator<Item = &PendingRequest> {
        self.pending.values().filter(|pending| pending.kind != RequestKind::LongWork)
    }

    /// Returns `true` if a request takes long enough for a spinner.
    pub fn is_busy(&self) -> bool {
        self.visible_requests().any(|p| self.now.0 - p.since.0 >= SPINNER_AFTER)
    }

    /// Returns the next time at which the screen changes by itself; `None` if nothing on it depends on time.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().map(Notice::until);
        let spinner = self.visible_requests().map(|p| p.since.plus(SPINNER_AFTER)).min();
        let spinner = if self.is_busy() { Some(self.now.plus(SPINNER_AFTER)) } else { spinner };
        // "3 min ago" changes every minute.
        let minute = self.tokens().map(|_| Timestamp((self.now.0.div_euclid(60_000) + 1) * 60_000));
        // A locked screen needs no lock timer.
        let lock = self.auth.locks_at().filter(|_| self.session.is_some() && self.lock.is_none());
        [notice, spinner, minute, lock, self.auth.clears_at()].into_iter().flatten().min()
    }

    /// Returns `true` if the screen shows ledger data, so that changes of the ledger have to be noticed.
    pub fn shows_ledger(&self) -> bool {
        let screen = self.workspace().filter(|_| self.lock.is_none()).map(Workspace::component);
        screen.is_some_and(Component::shows_ledger)
    }

    /// Returns the audit log, shown or not.
    pub fn audit(&self) -> Option<&Audit> {
        self.workspace().map(|d| &d.audit)
    }

    /// Shows `notice` and adds it to the past notices.
    pub fn notify(&mut self, notice: Notice) {
        let notice = Notice { at: self.now, ..notice };
        self.messages.truncate(MAX_MESSAGES - 1);
        self.messages.push_front(notice.clone());
        self.notice = Some(notice);
    }
}
