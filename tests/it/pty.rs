//! The real program in a real pseudo-terminal: a session, every way out, other sizes, pastes.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jeton::domain::secret::Secret;
use jeton::domain::time::{Timestamp, Zone};
use jeton::error::{Error, Result};
use jeton::platform::clock::SystemClock;
use jeton::propagation::PropagationProbe;
use jeton::tui;
use jeton::verbs::Backend;
use jeton::verbs::actor::Credential;
use jeton::verbs::ports::{Clock, PendingFile, SecretFileWriter};
use jeton::verbs::request::{Request, Response};
use rustix::process::Signal;

use crate::support::cli_program::{CliHome, PASSWORD};
use crate::support::fakes::{OWNER, TestInstall, username};
use crate::support::prompt_texts::{ERROR, password_of, screens};
use crate::support::pty::{End, Terminal, program, rounds};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");
const NOTHING: &[&str] = &[];

/// Opens the screens in a home of their own.
fn open_screens(home: &CliHome) -> Terminal {
    Terminal::start(program(JETON, NOTHING, &home.path(""), &[]))
}

/// Opens the screens and signs in.
pub fn signed_in(home: &CliHome) -> Terminal {
    let mut terminal = open_screens(home);
    terminal.shows(screens::SIGN_IN);
    terminal.types(&format!("{PASSWORD}\r"));
    terminal.shows("ops@");
    terminal.shows("· owner");
    terminal
}

/// Returns the only secret on the screen, if any: `jtn_`, 8 letters and digits, `_`, 38 of them.
fn secret_in(text: &str) -> Option<String> {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let mut found = runs.filter(|run| {
        let parts: Vec<&str> = run.split('_').collect();
        matches!(parts[..], ["jtn", id, tail] if id.len() == 8 && tail.len() == 38)
    });
    let secret = found.next().map(str::to_owned);
    assert_eq!(found.next(), None, "one secret at most: {text}");
    secret
}

/// Returns a home with one token, `ops/a`.
pub fn home_with_a_token() -> CliHome {
    let home = CliHome::set_up();
    home.create(&["a"]);
    home
}

/// Opens the screens with a new secret shown, and returns the secret.
fn showing_secret(home: &CliHome) -> (Terminal, String) {
    let mut t = signed_in(home);
    t.shows("▶   a");
    regenerate(&mut t);
    t.types("v");
    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
    let secret = secret_in(&t.text()).unwrap();
    (t, secret)
}

/// Regenerates the token under the cursor: from the table to its new, masked secret.
fn regenerate(t: &mut Terminal) {
    t.types("r\r");
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
}

/// Asserts that nothing of `secret` remains outside the program's own screen.
#[track_caller]
fn is_gone(t: &Terminal, secret: &str) {
    assert!(!t.text().contains(&secret[13..]) && !t.final_output().contains(&secret[13..]), "{}", t.text());
}

#[test]
fn session_from_the_first_run_to_a_revocation() {
    let home = CliHome::new();
    let mut t = open_screens(&home);
    t.shows(screens::FIRST_RUN);
    t.types(&format!("ops\r{PASSWORD}\r{PASSWORD}\r"));
    t.types("\r\r\r");
    t.shows(screens::NO_TOKENS);
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(std::fs::metadata(home.store()).unwrap().mode() & 0o777, 0o600);

    let mut t = signed_in(&home);
    t.types("n");
    t.shows(screens::GENERATE);
    // Name, no description, 30 d instead of 90, the first API set.
    t.types("ci-deploy\r\r");
    t.types("h\r");
    t.types("l");
    t.shows("(•) ");
    t.types("\r\r");
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
    assert_eq!(secret_in(&t.text()), None, "masked at first");
    t.types("v");
    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
    let secret = secret_in(&t.text()).unwrap();
    t.types("v");
    t.lacks(&secret[13..]);
    t.types("s");
    t.shows(screens::SECRET_PATH);
    t.types("\x15ci.token\r");
    t.shows(screens::SAVED);
    let saved = home.path("ci.token");
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), format!("{secret}\n"));
    assert_eq!(std::fs::metadata(&saved).unwrap().mode() & 0o777, 0o600);
    assert_eq!(home.verify(&secret), 0);
    t.types("\x1b");
    t.lacks(screens::SECRET_READY);
    t.shows("= jeton token create ci-deploy");

    t.types("/nothing-like-it");
    t.lacks("ci-deploy  ");
    t.types("\x15ci-d");
    t.shows("▶   ci-deploy");
    t.types("\r");
    t.types("x");
    t.shows(&format!("{} ops/ci-deploy", screens::REVOKE));
    t.types(&format!("ci-depluy\r{PASSWORD}\r"));
    t.shows(screens::WRONG_NAME);
    assert_eq!(home.verify(&secret), 0, "a wrong name removes nothing");
    t.types("\x15ci-deploy\r\r");
    t.shows("--confirm ci-deploy");
    t.lacks("▶   ci-deploy");
    assert_eq!(home.verify(&secret), 4);
    t.types("\x1b");
    t.shows(screens::NO_TOKENS);
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(home.as_ops(&["token", "list", "--trash", "--quiet"]).out, "ops/ci-deploy\n");
}

#[test]
fn signal_ends_the_screens() {
    let home = home_with_a_token();
    for _ in 0..rounds() {
        for (signal, number) in [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2)] {
            let mut t = open_screens(&home);
            t.shows(screens::SIGN_IN);
            t.signal(signal);
            t.ends_restored(End::Signal(number));
            t.is_untouched();

            let (mut t, secret) = showing_secret(&home);
            t.signal(signal);
            t.ends_restored(End::Signal(number));
            t.is_untouched();
            is_gone(&t, &secret);
        }
    }
}

#[test]
fn ctrl_c_ends_the_screens() {
    let home = home_with_a_token();
    for _ in 0..rounds() {
        let mut t = signed_in(&home);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        t.shows("Ctrl-C");

        let (mut t, secret) = showing_secret(&home);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        is_gone(&t, &secret);

        let mut t = signed_in(&home);
        t.shows("▶   a");
        regenerate(&mut t);
        t.types("\x03");
        t.shows(screens::DISCARD_SECRET);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        assert_eq!(secret_in(&t.text()), None);
    }
}

#[test]
fn three_wrong_passwords_end_the_screens() {
    let fresh = CliHome::set_up();
    for _ in 0..rounds() {
        // Failed attempts are stored in the store, so each round needs its own.
        let home = CliHome::new();
        std::fs::create_dir_all(home.store().parent().unwrap()).unwrap();
        std::fs::copy(fresh.store(), home.store()).unwrap();
        let mut t = open_screens(&home);
        t.shows(screens::SIGN_IN);
        loop {
            t.types("wrong horse");
            t.shows("•••••••••••");
            t.types("\r");
            let refused = |text: &str| text.contains(screens::WRONG_SIGN_IN) || text.contains(screens::TRY_LATER);
            if t.ends_or("an answer", |s| s.alternate_screen() && refused(&s.contents()) && !s.contents().contains('•'))
            {
                break;
            }
        }
        t.ends_restored(End::Code(4));
        t.shows(ERROR);
        t.shows(screens::WRONG_SIGN_IN);
        assert!(!String::from_utf8_lossy(&t.written()).contains("wrong horse"));
    }
}

#[test]
fn lost_terminal_ends_the_screens() {
    let home = home_with_a_token();
    let within = Duration::from_secs(2);
    for _ in 0..rounds() {
        let t = signed_in(&home);
        assert_eq!(t.hang_up(within), End::Signal(1));
        let (t, _) = showing_secret(&home);
        assert_eq!(t.hang_up(within), End::Signal(1));
    }
}

/// Returns the kernel's state letter of the process `pid`.
fn state(pid: rustix::process::Pid) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    stat.rsplit(") ").next().unwrap().chars().next().unwrap()
}

fn stop(t: &mut Terminal, by_key: bool) {
    match by_key {
        true => t.types("\x1a"),
        false => t.signal(Signal::TSTP),
    }
    t.stopped();
    assert_eq!(state(t.pid()), 'T');
    t.is_restored();
    t.is_untouched();
}

#[test]
fn continued_screens_are_locked() {
    let home = home_with_a_token();
    for round in 0..rounds() {
        for by_key in [true, false] {
            let mut t = open_screens(&home);
            t.shows(screens::SIGN_IN);
            stop(&mut t, by_key);
            t.resume();
            t.shows(screens::SIGN_IN);
            t.types("\x1b");
            t.ends_restored(End::Code(0));

            let (mut t, secret) = showing_secret(&home);
            if round % 2 == 1 {
                t.types("v");
                t.lacks(&secret[13..]);
            }
            stop(&mut t, by_key);
            is_gone(&t, &secret);
            t.resume();
            t.shows(screens::LOCKED);
            assert!(!t.text().contains(screens::SECRET_READY) && !t.text().contains('▶'), "{}", t.text());
            t.types("not the password\r");
            t.shows(screens::WRONG_SIGN_IN);
            t.types(&format!("{PASSWORD}\r"));
            t.shows(screens::SECRET_READY);
            assert_eq!(secret_in(&t.text()), None, "masked again");
            t.types("v");
            t.shows(&secret);
            // A second time, while the secret is shown.
            stop(&mut t, by_key);
            is_gone(&t, &secret);
            t.resume();
            t.shows(screens::LOCKED);
            t.signal(Signal::TERM);
            t.ends_restored(End::Signal(15));
            is_gone(&t, &secret);
        }
    }
}

#[test]
fn signal_ends_an_unfinished_paste() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.types("\x1b[200~never ended");
    t.signal(Signal::TERM);
    // Unread input may appear on the main screen: the terminal echoes it, like all typed-ahead input.
    t.ends_restored(End::Signal(15));
}

#[test]
fn screens_follow_the_size_of_the_terminal() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    t.shows(screens::NEVER_USED);
    let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    let whole = lines(&t.text());
    for (columns, rows) in [(20, 5), (1, 1), (39, 24), (80, 9)] {
        t.resize(columns, rows);
        let beginning = if columns > 1 { format!("{columns}x{rows} ") } else { "…".to_owned() };
        t.wait("that it is too small", |s| s.contents().starts_with(beginning.as_str()));
        t.resize(80, 24);
        t.wait("the table", |s| lines(&s.contents()) == whole);
    }
    t.types("/");
    let sizes = [(79, 23), (200, 60), (1, 1), (40, 10), (80, 5), (132, 43)];
    for n in 0..200 {
        let (columns, rows) = sizes[n % sizes.len()];
        t.resize(columns, rows);
        match n {
            50 => t.types("a"),
            100 => t.types("b"),
            150 => t.types("c\x7f\x7f"),
            _ => {}
        }
    }
    t.resize(80, 24);
    t.wait("the filter", |s| s.rows(0, 80).nth(1).unwrap().starts_with(" / a "));
    t.types("\x1b");
    t.wait("the table", |s| lines(&s.contents()) == whole);
    t.types("q");
    // The emulator itself lost the earlier text when it became too small.
    assert_eq!(t.ends(), End::Code(0));
}

#[test]
fn pasted_text_presses_no_keys() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    t.pastes("x\ra\rq");
    t.shows(screens::PASTE_IGNORED);
    t.shows("▶   a");
    t.types("n");
    t.shows(screens::GENERATE);
    t.pastes("from-paste");
    t.shows("from-paste");
    t.types("\x15");
    t.pastes("two\nlines\x1b[2J");
    t.shows("two ");
    t.types("\x15");
    // A paste that contains the end mark presses no keys.
    t.pastes("ab\x1b[201~y");
    t.shows("aby");
    t.types("\x15");
    t.pastes(&"long ".repeat(200_000));
    t.shows("long long");
    t.types("\x15short");
    t.shows("short ");
    t.types("\x1b");
    t.shows(screens::DISCARD_DRAFT);
    t.types("d");
    t.lacks(screens::GENERATE);
    t.pastes("rm\x1b[201~y");
    t.shows(screens::PASTE_IGNORED);
    t.types("q");
    t.ends_restored(End::Code(0));
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
}

#[test]
fn dumb_terminal_is_refused() {
    let home = home_with_a_token();
    for args in [&[][..], &["demo"]] {
        let mut t = Terminal::start(program(JETON, args, &home.path(""), &[("TERM", "dumb")]));
        t.ends_restored(End::Code(2));
        assert!(t.text().contains("dumb"), "{}", t.text());
        assert!(!t.written().contains(&0x1b), "{}", t.text());
    }
}

#[test]
fn redirected_terminal_is_refused() {
    let home = home_with_a_token();
    let mut texts = std::collections::BTreeSet::new();
    for redirection in ["</dev/null", ">/dev/null", "</dev/null >/dev/null"] {
        let line = format!("{JETON} {redirection}");
        let mut t = Terminal::start(program("/bin/sh", &["-c", &line], &home.path(""), &[]));
        t.ends_restored(End::Code(2));
        assert!(!t.written().contains(&0x1b), "{}", t.text());
        texts.insert(t.text());
    }
    insta::assert_snapshot!(texts.into_iter().collect::<Vec<_>>().join("\n\n"), @"
    $ echo before
    before
    $ jeton
    error: the screens need a terminal: stdin or stdout is not a terminal
      For commands run: jeton --help
    ");
}

#[test]
fn current_row_is_marked_without_colour() {
    let home = home_with_a_token();
    home.create(&["b"]);
    let plain = |cell: &vt100::Cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default;
    for (env, colours) in [(&[("NO_COLOR", "1")][..], false), (&[], true)] {
        let mut t = Terminal::start(program(JETON, NOTHING, &home.path(""), env));
        t.shows(screens::SIGN_IN);
        t.types(&format!("{PASSWORD}\r"));
        t.shows("▶   a");
        t.types("j");
        t.shows("▶   b");
        t.look(|screen| {
            let cells = |row: u16| (0..78).map(move |column| screen.cell(row, column).unwrap());
            for row in 0..24 {
                let here = screen.rows(0, 2).nth(usize::from(row)).unwrap().starts_with('▶');
                if (4..22).contains(&row) {
                    assert!(cells(row).all(|cell| cell.inverse() == here), "row {row}:\n{}", screen.contents());
                }
            }
            assert_eq!((0..24).flat_map(cells).all(plain), !colours, "{}", screen.contents());
        });
        t.types("q");
        t.ends_restored(End::Code(0));
    }
}

/// Moments at which the program in [`child`] panics.
const MOMENTS: [(&str, i32); 5] =
    [("key", 101), ("draw", 101), ("draw with a secret", 101), ("worker", 1), ("worker with a secret", 1)];

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
    fn call(&self, who: &Credential, request: Request) -> Result<Response> {
        if matches!(request, Request::ListTokens(_)) {
            self.panic_at.panic_during(&["worker"]);
        }
        let signs_in = matches!(request, Request::SignIn(_));
        let response = self.install.backend.call(who, request);
        if signs_in && ["key", "draw", "worker"].contains(&&*self.panic_at.moment) {
            self.panic_at.armed.store(true, Ordering::SeqCst);
        }
        response
    }
}

impl Clock for PanicAt {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Called when a key is pressed and, with a wide table, when the table is drawn.
    fn zone(&self) -> &dyn Zone {
        self.panic_during(&["key", "draw", "draw with a secret"]);
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
    fn save(&self, _: &Path, _: &Secret) -> Result<Box<dyn PendingFile>> {
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
        propagation_probe: PropagationProbe::new(Path::new("nowhere")),
        store_path: "nowhere".to_owned(),
        username: Some(username(OWNER)),
        token: None,
        remember_password: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        dates: jeton::domain::dates::DateFormat::Iso,
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
    let args = ["--exact", "pty::child", "--nocapture"];
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
                "key" => {
                    t.shows("▶   a");
                    t.types("n");
                }
                "draw" | "worker" => {}
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
