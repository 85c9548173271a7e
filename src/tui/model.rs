//! The state of all screens.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ratatui::style::Style;

use crate::domain::catalogue::Catalogue;
use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::domain::time::{SECOND, Timestamp, Zone};
use crate::error::Error;
use crate::tui::guard::Guard;
use crate::tui::keymap::Context;
use crate::tui::long_work::LongWork;
use crate::tui::modal::Modal;
use crate::tui::msg::RequestId;
use crate::tui::screen::Component;
use crate::tui::screen::audit::Audit;
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::replace_password::ReplacePassword;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::screen::tokens::Tokens;
use crate::tui::screen::workspace::{ScreenId, Workspace};
use crate::tui::theme::Theme;
use crate::tui::widget::auth_field::AuthField;
use crate::tui::widget::form::Form;
use crate::tui::{Demo, Start};
use crate::verbs::accounts::CurrentUser;
use crate::verbs::actor::Session;
use crate::verbs::ports::Clock;

/// Time for which a notice is shown, in milliseconds.
pub const NOTICE_TIME: i64 = 8 * SECOND;
/// Maximum number of past notices kept.
const MESSAGES: usize = 100;
/// Time after which a pending request shows a spinner, in milliseconds.
pub const SPINNER_AFTER: i64 = 100;

/// The whole state.
pub struct Model {
    /// Time of the last message.
    pub now: Timestamp,
    /// Time zone of dates on screen.
    pub zone: LocalZone,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The styles.
    pub theme: Theme,
    /// Name of the machine.
    pub host: String,
    /// Location of the store, for display.
    pub place: String,
    /// The user, if known before sign-in.
    pub username: Option<Username>,
    /// The account of a demo.
    pub demo: Option<Demo>,
    /// The current screen.
    pub screen: Screen,
    /// The dialogs over the screen. The last one is on top and takes all input.
    pub modals: Vec<Modal>,
    /// The lock, which covers everything until the password is entered again.
    pub lock: Option<Form<SignIn>>,
    /// The held proofs and the lock timer.
    pub guard: Guard,
    /// The session of the signed-in user.
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
    pub pending: BTreeMap<RequestId, Pending>,
    /// The work in batches sent last, until its reply.
    pub long_work: Option<LongWork>,
    /// Number of the last request.
    pub last_request: u64,
    /// Set when the program must end.
    pub exit: Option<Result<(), Error>>,
}

/// A screen that fills the terminal.
pub enum Screen {
    /// Before the first reply.
    Opening,
    /// The creation of the first owner.
    FirstRun(Box<Form<FirstRun>>),
    /// The sign-in.
    SignIn(Box<Form<SignIn>>),
    /// The replacement of a temporary password after sign-in.
    ReplacePassword(Box<Form<ReplacePassword>>),
    /// The screens of a signed-in user.
    Desk(Box<Workspace>),
}

impl Screen {
    /// Returns the page that is drawn.
    pub fn page(&self) -> Option<&dyn Component> {
        match self {
            Screen::Opening => None,
            Screen::FirstRun(page) => Some(&**page),
            Screen::SignIn(page) => Some(&**page),
            Screen::ReplacePassword(page) => Some(&**page),
            Screen::Desk(desk) => Some(desk.component()),
        }
    }

    /// Returns the page that takes the keys.
    pub fn page_mut(&mut self) -> Option<&mut dyn Component> {
        match self {
            Screen::Opening => None,
            Screen::FirstRun(page) => Some(&mut **page),
            Screen::SignIn(page) => Some(&mut **page),
            Screen::ReplacePassword(page) => Some(&mut **page),
            Screen::Desk(desk) => Some(desk.component_mut()),
        }
    }
}

/// The time zone of the system clock, without the clock.
#[derive(Clone)]
pub struct LocalZone(Arc<dyn Clock>);

impl LocalZone {
    /// Returns the zone of `clock`.
    pub fn of(clock: Arc<dyn Clock>) -> Self {
        LocalZone(clock)
    }

    /// Returns the zone.
    pub fn get(&self) -> &dyn Zone {
        self.0.zone()
    }
}

/// A line shown for a limited time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The tone.
    pub tone: Tone,
    /// The text.
    pub text: String,
    /// The equivalent command.
    pub cli: Option<String>,
    /// Time at which the notice was created.
    pub at: Timestamp,
    /// The question to the running service that is not answered yet.
    pub awaited: Option<Awaited>,
}

/// A question to the running service about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// Number of the change in the audit log.
    pub seq: i64,
    /// Words for the tokens that the service must deny.
    pub whom: &'static str,
}

impl Notice {
    /// Returns the time at which the notice disappears.
    pub fn until(&self) -> Timestamp {
        self.at.plus(NOTICE_TIME)
    }
}

/// The tone of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Success.
    Good,
    /// Failure.
    Bad,
}

impl Tone {
    /// Returns the glyph of the tone, and its style.
    pub fn mark(self, theme: &Theme) -> (&'static str, Style) {
        match self {
            Tone::Good => ("✓", theme.good),
            Tone::Bad => ("!", theme.danger),
        }
    }
}

/// A request without a reply yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Purpose of the reply.
    pub purpose: Purpose,
    /// Time at which the request was sent.
    pub since: Timestamp,
}

/// The purpose of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Checking if there is an owner yet.
    Greeting,
    /// For the top page, which waits for the reply.
    Page,
    /// Data about the signed-in user.
    Me,
    /// The catalogues.
    Catalogues,
    /// The rows of the table.
    List,
    /// The accounts.
    Accounts,
    /// More data about the account under the cursor.
    Account,
    /// The rows of the audit log.
    Audit,
    /// The rows of the denied attempts.
    Denied,
    /// Verification of the audit log.
    Verification,
    /// The policy.
    Policy,
    /// The counts above the table.
    Tally,
    /// Usage of the token under the cursor.
    Usage,
    /// All tokens to be marked.
    Marking,
    /// The current state of the marked tokens.
    Review,
    /// The preview of a purge.
    Preview,
    /// Work in batches whose dialog is closed.
    LongWork,
}

impl Model {
    /// Creates the initial state.
    pub fn new(start: &Start, host: String, theme: Theme, size: (u16, u16)) -> Self {
        Model {
            now: start.clock.now(),
            zone: LocalZone::of(Arc::clone(&start.clock)),
            size,
            theme,
            host,
            place: start.place.clone(),
            username: start.username.clone(),
            demo: start.demo.clone(),
            screen: Screen::Opening,
            modals: Vec::new(),
            lock: None,
            guard: Guard::new(start.token.clone(), start.remember, start.lock_after, start.clock.now()),
            session: None,
            me: None,
            catalogues: Arc::from([]),
            notice: None,
            messages: VecDeque::new(),
            damaged: BTreeSet::new(),
            pending: BTreeMap::new(),
            long_work: None,
            last_request: 0,
            exit: None,
        }
    }

    /// Returns the screens of a signed-in user.
    pub fn desk(&self) -> Option<&Workspace> {
        match &self.screen {
            Screen::Desk(desk) => Some(desk),
            Screen::Opening | Screen::FirstRun(_) | Screen::SignIn(_) | Screen::ReplacePassword(_) => None,
        }
    }

    /// Returns the screens of a signed-in user, for an update.
    pub fn desk_mut(&mut self) -> Option<&mut Workspace> {
        match &mut self.screen {
            Screen::Desk(desk) => Some(desk),
            Screen::Opening | Screen::FirstRun(_) | Screen::SignIn(_) | Screen::ReplacePassword(_) => None,
        }
    }

    /// Returns the token table, shown or not.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.desk().map(|d| &d.tokens)
    }

    /// Returns the token table, shown or not, for an update.
    pub fn tokens_mut(&mut self) -> Option<&mut Tokens> {
        self.desk_mut().map(|d| &mut d.tokens)
    }

    /// Returns the current screen if it takes the keys; `None` if a dialog or the lock covers it.
    pub fn in_front(&self) -> Option<ScreenId> {
        if self.lock.is_some() || !self.modals.is_empty() {
            return None;
        }
        self.desk().map(Workspace::current)
    }

    /// Returns the role of the signed-in user. Until it is known, nothing is shown as forbidden.
    pub fn role(&self) -> Role {
        self.me.as_ref().map_or(Role::Owner, |me| me.account.role)
    }

    /// `true` if a person signed in, not a token.
    pub fn is_by_person(&self) -> bool {
        !self.session.as_ref().is_some_and(Session::is_token)
    }

    /// Returns the proof for a change; `None` before sign-in.
    pub fn proof(&self) -> Option<AuthField> {
        self.session.as_ref().map(|session| self.guard.proof(session.username(), self.now))
    }

    /// Returns the current key context.
    pub fn context(&self) -> Context {
        match (&self.lock, self.modals.last()) {
            (Some(lock), _) => lock.context(),
            (None, Some(modal)) => modal.page().context(),
            (None, None) => self.screen.page().map_or(Context::Anywhere, Component::context),
        }
    }

    /// `true` if ending the program now would lose a secret that nobody has seen.
    pub fn holds_unseen_secret(&self) -> bool {
        self.modals.iter().any(|m| matches!(m, Modal::RevealSecret(reveal) if !reveal.is_received()))
    }

    /// Returns the work in batches that continues in the background.
    pub fn long_work(&self) -> Option<&LongWork> {
        self.long_work.as_ref().filter(|work| work.counts.is_some())
    }

    /// Returns the pending requests whose replies the screens wait for. Work in batches is excluded: its progress is
    /// shown elsewhere.
    fn awaited(&self) -> impl Iterator<Item = &Pending> {
        self.pending.values().filter(|pending| pending.purpose != Purpose::LongWork)
    }

    /// `true` if a request takes long enough for a spinner.
    pub fn is_busy(&self) -> bool {
        self.awaited().any(|p| self.now.0 - p.since.0 >= SPINNER_AFTER)
    }

    /// Returns the next time at which the screen changes by itself; `None` if nothing on it depends on time.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().map(Notice::until);
        let spinner = self.awaited().map(|p| p.since.plus(SPINNER_AFTER)).min();
        let spinner = if self.is_busy() { Some(self.now.plus(SPINNER_AFTER)) } else { spinner };
        // "3 min ago" changes every minute.
        let minute = self.tokens().map(|_| Timestamp((self.now.0.div_euclid(60_000) + 1) * 60_000));
        // A locked screen needs no lock timer.
        let lock = self.guard.locks_at().filter(|_| self.session.is_some() && self.lock.is_none());
        [notice, spinner, minute, lock, self.guard.forgets_at()].into_iter().flatten().min()
    }

    /// `true` if the screen shows ledger data, so that changes of the ledger have to be noticed.
    pub fn shows_ledger(&self) -> bool {
        let place = self.desk().filter(|_| self.lock.is_none()).map(Workspace::current);
        matches!(place, Some(ScreenId::Tokens | ScreenId::Denied))
    }

    /// Returns the audit log, shown or not.
    pub fn audit(&self) -> Option<&Audit> {
        self.desk().map(|d| &d.audit)
    }

    /// Returns the audit log, shown or not, for an update.
    pub fn audit_mut(&mut self) -> Option<&mut Audit> {
        self.desk_mut().map(|d| &mut d.audit)
    }

    /// Shows a notice and adds it to the past notices. The text must never contain a secret.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>, cli: Option<String>) {
        let notice = Notice { tone, text: text.into(), cli, at: self.now, awaited: None };
        self.messages.truncate(MESSAGES - 1);
        self.messages.push_front(notice.clone());
        self.notice = Some(notice);
    }
}
