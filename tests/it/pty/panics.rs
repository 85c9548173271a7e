//! Panics of the program while the screens are open.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jeton::domain::time::{Timestamp, Zone};
use jeton::error::{Error, Result};
use jeton::platform::clock::SystemClock;
use jeton::propagation::PropagationProbe;
use jeton::tui;
use jeton::verbs::Backend;
use jeton::verbs::credential::Credential;
use jeton::verbs::ports::{Clock, PendingFile, SecretFileWriter};
use jeton::verbs::request::{Request, Response};
use jeton::verbs::secret_delivery::SecretReceiver;

use super::{is_gone, regenerate, secret_in};
use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::fakes::{OWNER, TestInstall, username};
use crate::support::prompt_texts::{ERROR, screens};
use crate::support::pty::{End, Terminal, program, rounds};

/// Moments at which the program in [`child`] panics.
const MOMENTS: [(&str, i32); 5] =
    [("update", 101), ("draw", 101), ("draw with a secret", 101), ("worker", 1), ("worker with a secret", 1)];

/// A backend that panics on request. Its folder is deleted on drop.
struct PanickingBackend {
    install: TestInstall,
    panic_at: Arc<PanicAt>,
}

/// Causes the panic.
struct PanicAt {
    moment: String,
    armed: AtomicBool,
    clock: SystemClock,
}

impl PanicAt {
    /// Panics if armed for one of `moments`.
    fn panic_during(&self, moments: &[&str]) {
        if moments.contains(&&*self.moment) && self.armed.load(Ordering::SeqCst) {
            panic!("a planned panic: {}", self.moment);
        }
    }
}

impl Backend for PanickingBackend {
    fn run(&self, who: &Credential, request: Request, receive: Option<&mut SecretReceiver<'_>>) -> Result<Response> {
        if matches!(request, Request::ListTokens(_)) {
            self.panic_at.panic_during(&["worker"]);
        }
        let signs_in = matches!(request, Request::SignIn(_));
        let response = self.install.backend.run(who, request, receive);
        if signs_in && ["update", "draw", "worker"].contains(&&*self.panic_at.moment) {
            self.panic_at.armed.store(true, Ordering::SeqCst);
        }
        response
    }
}

impl Clock for PanicAt {
    /// Called before each message is handled.
    fn now(&self) -> Timestamp {
        self.panic_during(&["update"]);
        self.clock.now()
    }

    /// Called when a wide table is drawn.
    fn zone(&self) -> &dyn Zone {
        self.panic_during(&["draw", "draw with a secret"]);
        self.clock.zone()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn sleep(&self, time: Duration) {
        self.clock.sleep(time);
    }
}

impl SecretFileWriter for PanicAt {
    fn reserve(&self, _: &Path) -> Result<Box<dyn PendingFile>> {
        self.armed.store(true, Ordering::SeqCst);
        self.panic_during(&["worker with a secret"]);
        Err(Error::failure("armed"))
    }
}

/// Not a test: the program that [`panic_message_is_on_the_main_screen`] runs.
#[test]
fn child() {
    let Ok(moment) = std::env::var("JETON_IT_PANIC") else { return };
    let install = TestInstall::new();
    install.issue(OWNER, "a");
    let panic_at = Arc::new(PanicAt { moment, armed: AtomicBool::new(false), clock: SystemClock::new() });
    let jeton = Arc::new(PanickingBackend { install, panic_at: panic_at.clone() });
    let start = tui::TuiConfig {
        progress: Default::default(),
        for_long_changes: jeton.clone(),
        for_long_reads: jeton.clone(),
        backend: jeton,
        clock: panic_at.clone(),
        secret_files: panic_at,
        commands: jeton::cli::command,
        is_read_only: false,
        propagation_probe: PropagationProbe::new(Path::new("nowhere")),
        program: None,
        store_path: "nowhere".to_owned(),
        store_colour: None,
        server: None,
        places: Vec::new(),
        username: Some(username(OWNER)),
        token: None,
        login: None,
        remember_password: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        dates: jeton::domain::date_format::DateFormat::Iso,
        mouse: false,
        tips: false,
        appearance: tui::theme::appearance::Appearance::fixed(tui::theme::Theme::mono()),
        keymap: Default::default(),
        demo: None,
    };
    if let Err(error) = tui::run(start) {
        eprintln!("error: {error}");
        std::process::exit(i32::from(error.kind.exit_code()));
    }
}

#[test]
fn panic_message_is_on_the_main_screen() {
    let me = std::env::current_exe().unwrap();
    let args = ["--exact", "pty::panics::child", "--nocapture"];
    for _ in 0..rounds() {
        for (moment, code) in MOMENTS {
            let home = CliHome::new();
            let command = program(me.to_str().unwrap(), &args, &home.path(""), &[("JETON_IT_PANIC", moment)]);
            // Narrow tables have no pane with dates.
            let mut t = Terminal::sized(command, if moment == "draw" { 130 } else { 80 }, 50);
            t.shows(screens::SIGN_IN);
            t.types(&format!("{PASSWORD}\r"));
            let mut secret = None;
            match moment {
                "update" | "draw" | "worker" => {}
                _ => {
                    t.shows("▶   a");
                    regenerate(&mut t);
                    t.types("v");
                    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
                    secret = secret_in(&t.text());
                    t.types("s");
                    t.shows(screens::SECRET_PATH);
                    t.types("\r");
                    if code == 101 {
                        t.shows("armed");
                        t.resize(130, 50);
                    }
                }
            }
            t.ends_restored(End::Code(code));
            let text = t.text();
            let panic = text.find(&format!("a planned panic: {moment}"));
            assert!(panic.is_some(), "{text}");
            if code == 1 {
                // The error refers to the panic's message above it.
                assert!(text.rfind(ERROR) > panic, "{text}");
            }
            assert!(!text.contains('▶'), "{text}");
            if let Some(secret) = secret {
                is_gone(&t, &secret);
            }
            let left: Vec<_> = std::fs::read_dir(home.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert!(left.is_empty(), "{moment}: the store was not closed: {left:?}");
        }
    }
}
