//! A store, and a person who uses the menus on it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::super::*;
use crate::config::{Setting, Source, TokenSource};
use crate::domain::api_selection::Selection;
use crate::domain::catalogue::Catalogue;
use crate::domain::name::{Description, Prefix, TokenName};
use crate::domain::password::{Password, PasswordHash};
use crate::domain::time::{Timestamp, Zone, utc_zone};
use crate::domain::token::{Token, TokenRef};
use crate::lazy_backend::LazyLocalBackend;
use crate::platform::bounded_read::FirstLine;
use crate::platform::secret_files::InterruptibleDelivery;
use crate::selected_backend::SelectedBackend;
use crate::store::StoreLocation;
use crate::verbs::credential::Credential;
use crate::verbs::init::Init;
use crate::verbs::local_backend::Adapters;
use crate::verbs::new_password::NewPassword;
use crate::verbs::ports::{Clock, PasswordHasher, PasswordMatch};
use crate::verbs::request::call;
use crate::verbs::secret_delivery::{SecretDestination, call_with_delivery};
use crate::verbs::tokens::{CreateToken, ShowToken};

pub(super) const PASSWORD: &str = "correct horse battery";
pub(super) const WRONG: &str = "wrong horse battery";

/// A clock that moves only while somebody waits.
struct WaitingClock {
    waited: AtomicU64,
    zone: Box<dyn Zone>,
}

impl Clock for WaitingClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000 + self.waited.load(Ordering::Relaxed).cast_signed())
    }

    fn zone(&self) -> &dyn Zone {
        &*self.zone
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.waited.load(Ordering::Relaxed))
    }

    fn sleep(&self, time: Duration) {
        self.waited.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }
}

struct PlainHasher;

impl PasswordHasher for PlainHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash> {
        Ok(PasswordHash(password.expose(|bytes| format!("plain${}", bytes.escape_ascii()))))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<PasswordMatch> {
        let same = hash == Some(&self.hash(password)?);
        Ok(if same { PasswordMatch::Yes } else { PasswordMatch::No })
    }
}

/// A person with prepared answers, who hears everything.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// Called before each visible answer.
    think: Option<Thinking>,
    answers: RefCell<VecDeque<String>>,
    heard: RefCell<String>,
    is_hidden: Cell<bool>,
}

impl Conversation for Listener {
    fn write(&self, text: &str) -> Result<()> {
        self.heard.borrow_mut().push_str(text);
        Ok(())
    }

    fn read(&self) -> Result<FirstLine> {
        let Some(answer) = self.answers.borrow_mut().pop_front() else { return Ok(FirstLine::Empty) };
        let is_password = [PASSWORD, WRONG].contains(&answer.as_str());
        if let Some(Thinking(clock, time)) = self.think.as_ref().filter(|_| !is_password) {
            clock.sleep(*time);
        }
        assert_eq!(is_password, self.is_hidden.get(), "{answer:?} after {}", self.heard.borrow());
        self.heard.borrow_mut().push_str(if is_password { "" } else { "\n" });
        Ok(FirstLine::Text(Zeroizing::new(answer)))
    }

    fn hide_echo(&self) -> Result<()> {
        self.is_hidden.set(true);
        Ok(())
    }

    fn show_echo(&self) {
        self.is_hidden.set(false);
    }

    fn columns(&self) -> usize {
        usize::MAX
    }
}

/// The time that a person needs for an answer.
struct Thinking(Arc<dyn Clock>, Duration);

impl std::fmt::Debug for Thinking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.1.fmt(f)
    }
}

/// A store with the owner `ops`.
pub(super) struct Machine {
    pub folder: TempDir,
    adapters: Adapters,
    pub backend: SelectedBackend,
    pub settings: Settings,
    /// The time before each answer.
    pub thinking_time: Option<Duration>,
}

impl Machine {
    pub fn set_up() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(WaitingClock { waited: AtomicU64::new(0), zone: Box::new(utc_zone()) });
        let adapters = Adapters { clock, hasher: Arc::new(PlainHasher), ..platform::adapters() };
        let backend = backend(&folder, &adapters);
        let init = Init {
            username: Username::parse("ops").unwrap(),
            password: NewPassword::Plain(password()),
            prefix: Prefix::default(),
            self_service: true,
            catalogue: Some(Catalogue::shipped("cloud-platform").unwrap()),
        };
        call(&backend, &Credential::Store, init).unwrap();
        let settings = Settings::of_store(folder.path().join("jeton.db"));
        Machine { folder, adapters, backend, settings, thinking_time: None }
    }

    pub fn credential(&self) -> Credential {
        Credential::from_password(Username::parse("ops").unwrap(), password())
    }

    pub fn create(&self, names: &[&str]) {
        let names = names.iter().map(|name| TokenName::parse(name).unwrap()).collect();
        let verb = CreateToken {
            account: None,
            names,
            description: Description::none(),
            expires: None,
            selection: Selection::nothing(),
            expected_unused: false,
        };
        let unread = SecretDestination::Printed(Box::new(|_| Ok(())));
        call_with_delivery(&self.backend, &self.credential(), verb, unread, &InterruptibleDelivery).unwrap();
    }

    pub fn token(&self, name: &str) -> Token {
        call(&self.backend, &self.credential(), ShowToken { token: TokenRef::Text(name.to_owned()) }).unwrap().token
    }

    /// Lets the person use `secret` instead of a password.
    pub fn present(&mut self, secret: &str) {
        let path = self.folder.path().join("presented");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        writeln!(file, "{secret}").unwrap();
        self.settings.token =
            Some(Setting { value: TokenSource::File(path), source: Source::Environment("JETON_TOKEN_FILE") });
    }

    /// Signs in, gives `answers`, and returns what was heard. The person leaves at the end of the answers.
    pub fn hears(&self, answers: &[&str]) -> String {
        let all: Vec<&str> = [PASSWORD].iter().chain(answers).copied().collect();
        self.hears_from(Username::parse("ops").ok(), &all)
    }

    pub fn app(&self, lines: Rc<dyn Conversation>, username: Option<Username>) -> App {
        App {
            backend: backend(&self.folder, &self.adapters),
            adapters: self.adapters.clone(),
            settings: self.settings.clone(),
            username,
            prompt: Prompt::accessible(Rc::clone(&lines)),
            out: Output::in_words(lines),
            login: OnceCell::new(),
        }
    }

    /// Gives `answers`, which begin with those for the sign-in of `username`.
    pub fn hears_from(&self, username: Option<Username>, answers: &[&str]) -> String {
        let think = self.thinking_time.map(|time| Thinking(Arc::clone(&self.adapters.clock), time));
        let listener = Rc::new(Listener { think, ..Listener::default() });
        listener.answers.borrow_mut().extend(answers.iter().map(|answer| (*answer).to_owned()));
        converse(&mut self.app(listener.clone(), username)).unwrap();
        let heard = listener.heard.take();
        assert!(listener.answers.borrow().is_empty(), "all answers are read: {heard}");
        assert!(!heard.contains(PASSWORD), "{heard}");
        let is_drawn = |c: char| matches!(c, '\u{2190}'..='\u{2bff}' | '…' | '·');
        let bad = heard.chars().find(|c| (c.is_control() && *c != '\n') || is_drawn(*c));
        assert_eq!(bad, None, "{heard}");
        assert!(heard.ends_with("jeton has ended.\n"), "{heard}");
        heard
    }
}

fn password() -> Password {
    Password::from_raw(Zeroizing::new(PASSWORD.to_owned()))
}

fn backend(folder: &TempDir, adapters: &Adapters) -> SelectedBackend {
    let location = StoreLocation::file(folder.path().join("jeton.db"));
    let client = crate::cli::client_info(Face::Cli);
    SelectedBackend::Local(LazyLocalBackend::new(location, adapters.clone(), client))
}
