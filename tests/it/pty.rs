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
use crate::support::pty::{End, Terminal, program, rounds};

const JETON: &str = env!("CARGO_BIN_EXE_jeton");
const NOTHING: &[&str] = &[];

/// Opens the screens in a home of their own.
fn screens(home: &CliHome) -> Terminal {
    Terminal::start(program(JETON, NOTHING, &home.path(""), &[]))
}

/// Opens the screens and signs in.
pub fn signed_in(home: &CliHome) -> Terminal {
    let mut terminal = screens(home);
    terminal.shows("Sign in to jeton");
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
fn showing_a_secret(home: &CliHome) -> (Terminal, String) {
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
    t.shows("Password of ops");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("is ready");
}

/// Asserts that nothing of `secret` remains outside the program's own screen.
#[track_caller]
fn is_gone(t: &Terminal, secret: &str) {
    assert!(!t.text().contains(&secret[13..]) && !t.last_words().contains(&secret[13..]), "{}", t.text());
}

#[test]
fn the_main_job_from_the_first_run_to_the_end() {
    let home = CliHome::new();
    let mut t = screens(&home);
    t.shows("Welcome to jeton");
    t.types(&format!("ops\r{PASSWORD}\r{PASSWORD}\r"));
    t.types("\r\r\r");
    t.shows("NAME");
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(std::fs::metadata(home.store()).unwrap().mode() & 0o777, 0o600);

    let mut t = signed_in(&home);
    t.types("n");
    t.shows("Generate a token");
    // Name, no description, 30 d instead of 90, the first API set.
    t.types("ci-deploy\r\r");
    t.types("h\r");
    t.types("l");
    t.shows("(•) ");
    t.types("\r\r");
    t.shows("Password of ops");
    t.types(&format!("{PASSWORD}\r"));
    t.shows("Token ci-deploy is ready");
    assert_eq!(secret_in(&t.text()), None, "masked at first");
    t.types("v");
    t.wait("the secret", |screen| secret_in(&screen.contents()).is_some());
    let secret = secret_in(&t.text()).unwrap();
    t.types("v");
    t.lacks(&secret[13..]);
    t.types("s");
    t.shows("New file");
    t.types("\x15ci.token\r");
    t.shows("saved to");
    let saved = home.path("ci.token");
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), format!("{secret}\n"));
    assert_eq!(std::fs::metadata(&saved).unwrap().mode() & 0o777, 0o600);
    assert_eq!(home.verify(&secret), 0);
    t.types("\x1b");
    t.lacks("is ready");
    t.shows("token create");

    t.types("/nothing-like-it");
    t.lacks("ci-deploy  ");
    t.types("\x15ci-d");
    t.shows("▶   ci-deploy");
    t.types("\r");
    t.types("x");
    t.shows("Remove ops/ci-deploy");
    t.types(&format!("ci-depluy\r{PASSWORD}\r"));
    t.shows("Type the name exactly");
    assert_eq!(home.verify(&secret), 0, "a wrong name removes nothing");
    t.types("\x15ci-deploy\r\r");
    t.shows("ci-deploy revoked");
    t.lacks("▶   ci-deploy");
    assert_eq!(home.verify(&secret), 4);
    t.types("\x1b");
    t.shows("No tokens yet");
    t.types("q");
    t.ends_restored(End::Code(0));
    t.is_untouched();
    assert_eq!(home.as_ops(&["token", "list", "--trash", "--quiet"]).out, "ops/ci-deploy\n");
}

#[test]
fn ended_by_a_signal() {
    let home = home_with_a_token();
    for _ in 0..rounds() {
        for (signal, number) in [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2)] {
            let mut t = screens(&home);
            t.shows("Sign in to jeton");
            t.signal(signal);
            t.ends_restored(End::Signal(number));
            t.is_untouched();

            let (mut t, secret) = showing_a_secret(&home);
            t.signal(signal);
            t.ends_restored(End::Signal(number));
            t.is_untouched();
            is_gone(&t, &secret);
        }
    }
}

#[test]
fn ended_by_ctrl_c() {
    let home = home_with_a_token();
    for _ in 0..rounds() {
        let mut t = signed_in(&home);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        t.shows("ended by Ctrl-C");

        let (mut t, secret) = showing_a_secret(&home);
        t.types("\x03");
        t.ends_restored(End::Code(130));
        is_gone(&t, &secret);

        let mut t = signed_in(&home);
        t.shows("▶   a");
        regenerate(&mut t);
        t.types("\x03");
        t.shows("Leave the secret behind?");
        t.types("\x03");
        t.ends_restored(End::Code(130));
        assert_eq!(secret_in(&t.text()), None);
    }
}

#[test]
fn ended_by_three_wrong_passwords() {
    let fresh = CliHome::set_up();
    for _ in 0..rounds() {
        // Failed attempts are stored in the store, so each round needs its own.
        let home = CliHome::new();
        std::fs::create_dir_all(home.store().parent().unwrap()).unwrap();
        std::fs::copy(fresh.store(), home.store()).unwrap();
        let mut t = screens(&home);
        t.shows("Sign in to jeton");
        loop {
            t.types("wrong horse");
            t.shows("•••••••••••");
            t.types("\r");
            let refused = |text: &str| text.contains("go together") || text.contains("next try");
            if t.ends_or("an answer", |s| s.alternate_screen() && refused(&s.contents()) && !s.contents().contains('•'))
            {
                break;
            }
        }
        t.ends_restored(End::Code(4));
        t.shows("error: that username and password don't go together");
        assert!(!String::from_utf8_lossy(&t.written()).contains("wrong horse"));
    }
}

#[test]
fn a_lost_terminal_ends_it() {
    let home = home_with_a_token();
    let within = Duration::from_secs(2);
    for _ in 0..rounds() {
        let t = signed_in(&home);
        assert_eq!(t.hang_up(within), End::Signal(1));
        let (t, _) = showing_a_secret(&home);
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
fn stopped_and_continued() {
    let home = home_with_a_token();
    for round in 0..rounds() {
        for by_key in [true, false] {
            let mut t = screens(&home);
            t.shows("Sign in to jeton");
            stop(&mut t, by_key);
            t.resume();
            t.shows("Sign in to jeton");
            t.types("\x1b");
            t.ends_restored(End::Code(0));

            let (mut t, secret) = showing_a_secret(&home);
            if round % 2 == 1 {
                t.types("v");
                t.lacks(&secret[13..]);
            }
            stop(&mut t, by_key);
            is_gone(&t, &secret);
            t.resume();
            t.shows("jeton is locked");
            assert!(!t.text().contains("is ready") && !t.text().contains("NAME"), "{}", t.text());
            t.types("not the password\r");
            t.shows("go together");
            t.types(&format!("{PASSWORD}\r"));
            t.shows("is ready");
            assert_eq!(secret_in(&t.text()), None, "masked again");
            t.types("v");
            t.shows(&secret);
            // A second time, while the secret is shown.
            stop(&mut t, by_key);
            is_gone(&t, &secret);
            t.resume();
            t.shows("jeton is locked");
            t.signal(Signal::TERM);
            t.ends_restored(End::Signal(15));
            is_gone(&t, &secret);
        }
    }
}

#[test]
fn unfinished_paste_does_not_hold_off_a_signal() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.types("\x1b[200~never ended");
    t.signal(Signal::TERM);
    // Unread input may appear on the main screen: the terminal echoes it, like all typed-ahead input.
    t.ends_restored(End::Signal(15));
}

#[test]
fn other_sizes() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    t.shows("never used");
    let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    let whole = lines(&t.text());
    for (columns, rows) in [(20, 5), (1, 1), (39, 24), (80, 9)] {
        t.resize(columns, rows);
        let complaint = if columns > 1 { format!("{columns}x{rows} is too small") } else { "…".to_owned() };
        t.wait("that it is too small", |s| s.contents().starts_with(complaint.as_str()));
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
fn pasted_text() {
    let home = home_with_a_token();
    let mut t = signed_in(&home);
    t.shows("▶   a");
    t.pastes("x\ra\rq");
    t.shows("Pasted text was ignored");
    t.shows("▶   a");
    t.types("n");
    t.shows("Generate a token");
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
    t.shows("Discard this draft?");
    t.types("d");
    t.lacks("Generate a token");
    t.pastes("rm\x1b[201~y");
    t.shows("Pasted text was ignored");
    t.types("q");
    t.ends_restored(End::Code(0));
    assert_eq!(home.as_ops(&["token", "list", "--quiet"]).out, "ops/a\n");
}

#[test]
fn a_terminal_that_can_only_print() {
    let home = home_with_a_token();
    for args in [&[][..], &["demo"]] {
        let mut t = Terminal::start(program(JETON, args, &home.path(""), &[("TERM", "dumb")]));
        t.ends_restored(End::Code(2));
        assert!(t.text().contains("dumb"), "{}", t.text());
        assert!(!t.written().contains(&0x1b), "{}", t.text());
    }
}

#[test]
fn half_a_terminal() {
    let home = home_with_a_token();
    for redirection in ["</dev/null", ">/dev/null", "</dev/null >/dev/null"] {
        let line = format!("{JETON} {redirection}");
        let mut t = Terminal::start(program("/bin/sh", &["-c", &line], &home.path(""), &[]));
        t.ends_restored(End::Code(2));
        assert!(t.text().contains("need a terminal"), "{}", t.text());
        assert!(!t.written().contains(&0x1b), "{}", t.text());
    }
}

#[test]
fn without_colour_the_row_is_marked() {
    let home = home_with_a_token();
    home.create(&["b"]);
    let plain = |cell: &vt100::Cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default;
    for (env, colours) in [(&[("NO_COLOR", "1")][..], false), (&[], true)] {
        let mut t = Terminal::start(program(JETON, NOTHING, &home.path(""), env));
        t.shows("Sign in to jeton");
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

/// An installation with a clock that panics on request. Its folder is deleted on drop.
struct PanickingClock {
    install: TestInstall,
    trap: Arc<PanicAt>,
}

/// Causes the panic.
struct PanicAt {
    moment: String,
    armed: AtomicBool,
    clock: SystemClock,
}

impl PanicAt {
    fn springs(&self, moments: &[&str]) {
        if moments.contains(&&*self.moment) && self.armed.load(Ordering::SeqCst) {
            panic!("a planned panic: {}", self.moment);
        }
    }
}

impl Backend for PanickingClock {
    fn call(&self, who: &Credential, request: Request) -> Result<Response> {
        if matches!(request, Request::ListTokens(_)) {
            self.trap.springs(&["worker"]);
        }
        let signs_in = matches!(request, Request::SignIn(_));
        let response = self.install.backend.call(who, request);
        if signs_in && ["key", "draw", "worker"].contains(&&*self.trap.moment) {
            self.trap.armed.store(true, Ordering::SeqCst);
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
        self.springs(&["key", "draw", "draw with a secret"]);
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
        self.springs(&["worker with a secret"]);
        Err(Error::failure("armed"))
    }
}

/// Not a test: the program that [`a_panic_is_read_on_the_main_screen`] runs.
#[test]
fn child() {
    let Ok(moment) = std::env::var("JETON_IT_PANIC") else { return };
    let install = TestInstall::new();
    install.issue(OWNER, "a");
    let trap = Arc::new(PanicAt { moment, armed: AtomicBool::new(false), clock: SystemClock::new() });
    let jeton = Arc::new(PanickingClock { install, trap: trap.clone() });
    let start = tui::TuiConfig {
        progress: Default::default(),
        for_long_changes: jeton.clone(),
        for_long_reads: jeton.clone(),
        backend: jeton,
        clock: trap.clone(),
        secret_files: trap,
        propagation_probe: PropagationProbe::new(Path::new("nowhere")),
        store_path: "nowhere".to_owned(),
        username: Some(username(OWNER)),
        token: None,
        remember_password: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        demo: None,
    };
    if let Err(error) = tui::run(start) {
        eprintln!("error: {error}");
        std::process::exit(i32::from(error.kind.exit_code()));
    }
}

#[test]
fn a_panic_is_read_on_the_main_screen() {
    let me = std::env::current_exe().unwrap();
    let args = ["--exact", "pty::child", "--nocapture"];
    for _ in 0..rounds() {
        for (moment, code) in MOMENTS {
            let home = CliHome::new();
            let command = program(me.to_str().unwrap(), &args, &home.path(""), &[("JETON_IT_PANIC", moment)]);
            // Narrow tables have no pane with dates.
            let mut t = Terminal::sized(command, if moment == "draw" { 130 } else { 80 }, 50);
            t.shows("Sign in to jeton");
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
                    t.shows("New file");
                    t.types("\r");
                    if code == 101 {
                        t.shows("armed");
                        t.resize(130, 50);
                    }
                }
            }
            t.ends_restored(End::Code(code));
            let text = t.text();
            assert!(text.contains(&format!("a planned panic: {moment}")), "{text}");
            if code == 1 {
                assert!(text.contains("a part of jeton has failed; its message stands above"), "{text}");
            }
            assert!(!text.contains("NAME") && !text.contains("▶"), "{text}");
            if let Some(secret) = secret {
                is_gone(&t, &secret);
            }
            let left: Vec<_> = std::fs::read_dir(home.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert!(left.is_empty(), "{moment}: the store was not closed: {left:?}");
        }
    }
}
