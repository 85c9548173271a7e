//! Everything the screens know.

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
use crate::tui::screen::Page;
use crate::tui::screen::audit::Audit;
use crate::tui::screen::desk::{Desk, Place};
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::replace_password::ReplacePassword;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::screen::tokens::Tokens;
use crate::tui::theme::Theme;
use crate::tui::widget::form::Form;
use crate::tui::widget::proof::Proof;
use crate::tui::{Demo, Start};
use crate::verbs::accounts::Me;
use crate::verbs::actor::Session;
use crate::verbs::ports::Clock;

/// How long a line about a change stays.
pub const NOTICE_TIME: i64 = 8 * SECOND;
/// How many of them are kept.
const MESSAGES: usize = 100;
/// How long a request may take before a spinner says so, in milliseconds.
pub const SPINNER_AFTER: i64 = 100;

/// The whole state.
pub struct Model {
    /// The instant of the last message.
    pub now: Timestamp,
    /// The zone in which days end.
    pub zone: LocalZone,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// How things look.
    pub theme: Theme,
    /// The machine's name.
    pub host: String,
    /// Where the store is, for people.
    pub place: String,
    /// Who is asking, where that is known before anybody signs in.
    pub username: Option<Username>,
    /// The account of a demonstration.
    pub demo: Option<Demo>,
    /// What fills the terminal.
    pub screen: Screen,
    /// What lies over it; the last is on top and takes all input.
    pub modals: Vec<Modal>,
    /// Covers everything until the password is given again.
    pub lock: Option<Form<SignIn>>,
    /// What proves changes, and when everything is hidden.
    pub guard: Guard,
    /// Who signed in.
    pub session: Option<Session>,
    /// What is known of them.
    pub me: Option<Me>,
    /// Everything that tokens can be given.
    pub catalogues: Arc<[Catalogue]>,
    /// The line about the last change.
    pub notice: Option<Notice>,
    /// The last such lines, the newest first.
    pub messages: VecDeque<Notice>,
    /// Damaged rows that were named already.
    pub damaged: BTreeSet<String>,
    /// Requests under way.
    pub pending: BTreeMap<RequestId, Pending>,
    /// The work in batches that was sent last and not answered yet.
    pub long_work: Option<LongWork>,
    /// The last request's number.
    pub last_request: u64,
    /// Set when the program shall end.
    pub exit: Option<Result<(), Error>>,
}

/// What fills the terminal.
pub enum Screen {
    /// Before the first answer.
    Opening,
    /// The first owner is made.
    FirstRun(Box<Form<FirstRun>>),
    /// Somebody signs in.
    SignIn(Box<Form<SignIn>>),
    /// Somebody signed in with a temporary password, and replaces it.
    ReplacePassword(Box<Form<ReplacePassword>>),
    /// Somebody has signed in.
    Desk(Box<Desk>),
}

impl Screen {
    /// What is drawn.
    pub fn page(&self) -> Option<&dyn Page> {
        match self {
            Screen::Opening => None,
            Screen::FirstRun(page) => Some(&**page),
            Screen::SignIn(page) => Some(&**page),
            Screen::ReplacePassword(page) => Some(&**page),
            Screen::Desk(desk) => Some(desk.page()),
        }
    }

    /// What takes the keys.
    pub fn page_mut(&mut self) -> Option<&mut dyn Page> {
        match self {
            Screen::Opening => None,
            Screen::FirstRun(page) => Some(&mut **page),
            Screen::SignIn(page) => Some(&mut **page),
            Screen::ReplacePassword(page) => Some(&mut **page),
            Screen::Desk(desk) => Some(desk.page_mut()),
        }
    }
}

/// The zone of the clock on the wall, without the clock.
#[derive(Clone)]
pub struct LocalZone(Arc<dyn Clock>);

impl LocalZone {
    /// The zone of `clock`.
    pub fn of(clock: Arc<dyn Clock>) -> Self {
        LocalZone(clock)
    }

    /// The zone itself.
    pub fn get(&self) -> &dyn Zone {
        self.0.zone()
    }
}

/// A line that goes after a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// What happened.
    pub text: String,
    /// The command that does the same.
    pub cli: Option<String>,
    /// When it was said.
    pub at: Timestamp,
    /// What the running service is asked about it meanwhile.
    pub awaited: Option<Awaited>,
}

/// What the running service is asked about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// The change's number in the audit log.
    pub seq: i64,
    /// Whom it is to deny.
    pub whom: &'static str,
}

impl Notice {
    /// When it goes.
    pub fn until(&self) -> Timestamp {
        self.at.plus(NOTICE_TIME)
    }
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Done.
    Good,
    /// Not done.
    Bad,
}

impl Tone {
    /// The glyph that stands for it, and its style.
    pub fn mark(self, theme: &Theme) -> (&'static str, Style) {
        match self {
            Tone::Good => ("✓", theme.good),
            Tone::Bad => ("!", theme.danger),
        }
    }
}

/// A request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// What its reply is for.
    pub purpose: Purpose,
    /// When it was sent.
    pub since: Timestamp,
}

/// What a reply is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Whether there is an owner yet.
    Greeting,
    /// The page on top waits for it.
    Page,
    /// Who signed in.
    Me,
    /// The catalogues.
    Catalogues,
    /// The rows of the table.
    List,
    /// The accounts.
    Accounts,
    /// What else is known of the account under the cursor.
    Account,
    /// The rows of the audit log.
    Audit,
    /// The rows of the denied attempts.
    Denied,
    /// Whether the audit log is whole.
    Verification,
    /// The rules.
    Policy,
    /// The counts above the table.
    Tally,
    /// How the token under the cursor was used.
    Usage,
    /// All tokens that are to be marked.
    Marking,
    /// The marked tokens as they are now.
    Review,
    /// What a purge would take.
    Preview,
    /// Work in batches whose dialog is closed.
    LongWork,
}

impl Model {
    /// The state before anything has happened.
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

    /// The screens of who signed in.
    pub fn desk(&self) -> Option<&Desk> {
        match &self.screen {
            Screen::Desk(desk) => Some(desk),
            Screen::Opening | Screen::FirstRun(_) | Screen::SignIn(_) | Screen::ReplacePassword(_) => None,
        }
    }

    /// The screens of who signed in.
    pub fn desk_mut(&mut self) -> Option<&mut Desk> {
        match &mut self.screen {
            Screen::Desk(desk) => Some(desk),
            Screen::Opening | Screen::FirstRun(_) | Screen::SignIn(_) | Screen::ReplacePassword(_) => None,
        }
    }

    /// The token table, shown or not.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.desk().map(|d| &d.tokens)
    }

    /// The token table, shown or not.
    pub fn tokens_mut(&mut self) -> Option<&mut Tokens> {
        self.desk_mut().map(|d| &mut d.tokens)
    }

    /// The screen of the desk that takes the keys; none while something lies over it.
    pub fn in_front(&self) -> Option<Place> {
        if self.lock.is_some() || !self.modals.is_empty() {
            return None;
        }
        self.desk().map(Desk::shown)
    }

    /// The role of who signed in. Until that is known nothing is shown as out of reach.
    pub fn role(&self) -> Role {
        self.me.as_ref().map_or(Role::Owner, |me| me.account.role)
    }

    /// Whether a person signed in, not a token.
    pub fn is_by_person(&self) -> bool {
        !self.session.as_ref().is_some_and(Session::is_by_token)
    }

    /// What a change is to be proved with; none before anybody has signed in.
    pub fn proof(&self) -> Option<Proof> {
        self.session.as_ref().map(|session| self.guard.proof(session.username(), self.now))
    }

    /// Where keys are looked up now.
    pub fn context(&self) -> Context {
        match (&self.lock, self.modals.last()) {
            (Some(lock), _) => lock.context(),
            (None, Some(modal)) => modal.page().context(),
            (None, None) => self.screen.page().map_or(Context::Anywhere, Page::context),
        }
    }

    /// Whether a secret that nobody has seen would be lost if the program ended now.
    pub fn holds_unseen_secret(&self) -> bool {
        self.modals.iter().any(|m| matches!(m, Modal::Reveal(reveal) if !reveal.is_used()))
    }

    /// The work in batches that goes on beside everything else.
    pub fn long_work(&self) -> Option<&LongWork> {
        self.long_work.as_ref().filter(|work| work.counts.is_some())
    }

    /// Whose replies the screens wait for. How far long work is has a place of its own.
    fn awaited(&self) -> impl Iterator<Item = &Pending> {
        self.pending.values().filter(|pending| pending.purpose != Purpose::LongWork)
    }

    /// Whether something takes long enough to say so.
    pub fn is_busy(&self) -> bool {
        self.awaited().any(|p| self.now.0 - p.since.0 >= SPINNER_AFTER)
    }

    /// The next instant at which the screen changes by itself; none while nothing on it depends on time.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().map(Notice::until);
        let spinner = self.awaited().map(|p| p.since.plus(SPINNER_AFTER)).min();
        let spinner = if self.is_busy() { Some(self.now.plus(SPINNER_AFTER)) } else { spinner };
        // "3 min ago" grows old by the minute.
        let minute = self.tokens().map(|_| Timestamp((self.now.0.div_euclid(60_000) + 1) * 60_000));
        // What is hidden already waits for a key.
        let lock = self.guard.locks_at().filter(|_| self.session.is_some() && self.lock.is_none());
        [notice, spinner, minute, lock, self.guard.forgets_at()].into_iter().flatten().min()
    }

    /// Whether something on the screen tells what is in the ledger, so that what comes into it has to be noticed.
    pub fn shows_ledger(&self) -> bool {
        let place = self.desk().filter(|_| self.lock.is_none()).map(Desk::shown);
        matches!(place, Some(Place::Tokens | Place::Denied))
    }

    /// The audit log, shown or not.
    pub fn audit(&self) -> Option<&Audit> {
        self.desk().map(|d| &d.audit)
    }

    /// The audit log, shown or not.
    pub fn audit_mut(&mut self) -> Option<&mut Audit> {
        self.desk_mut().map(|d| &mut d.audit)
    }

    /// Says something for a while, and keeps it among the messages. No secret is ever a part of it.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>, cli: Option<String>) {
        let notice = Notice { tone, text: text.into(), cli, at: self.now, awaited: None };
        self.messages.truncate(MESSAGES - 1);
        self.messages.push_front(notice.clone());
        self.notice = Some(notice);
    }
}
