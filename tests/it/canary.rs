//! Known passwords and secrets go through every verb, on the command line and on the screens. Then no byte of them may
//! be anywhere except where they were requested.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64ct::{Base64Unpadded, Encoding};
use jeton::domain::password::Password;
use jeton::domain::role::Role;
use jeton::domain::secret::{Secret, SecretText};
use jeton::tui::effect::Effect;
use jeton::tui::modal::confirm::PendingMutation;
use jeton::tui::msg::{Msg, RequestId};
use jeton::tui::widget::text_input::TextInput;
use jeton::verbs::accounts::{CreateAccount, SetPassword, SignIn};
use jeton::verbs::actor::Credential;
use jeton::verbs::new_password::NewPassword;
use jeton::verbs::ports::PasswordHasher;
use jeton::verbs::ports::Store;
use jeton::verbs::request::{Request, Response};
use jeton::verbs::tokens::IdentifySecret;
use rustix::process::Pid;
use zeroize::Zeroizing;

use crate::support::cli_program::{CliHome, CliOutput, run_to_end};
use crate::support::fakes::{CountingHasher, OWNER, TestInstall, create, init, username};
use crate::support::http::bearer;
use crate::support::prompt_texts::{REPEAT_PASSWORD, SECRET, new_password_of, password_of, screens};
use crate::support::pty::{End, Terminal, program};
use crate::support::service_process::ServiceProcess;

const JETON: &str = env!("CARGO_BIN_EXE_jeton");
/// The password, and a mistyped form of it.
const PASSWORD: &str = "Zq7-violet-quartz-heron";
const MISTYPED: &str = "Zq7-violet-quartz-herom";
/// The password of a new account.
const NEW_PASSWORD: &str = "Kx3-amber-basalt-otter";

/// Values that must not be found, in every encoding they could have.
struct Canaries {
    shapes: Vec<(String, Vec<u8>)>,
    secrets: Vec<String>,
}

impl Canaries {
    fn new() -> Self {
        let mut canaries = Canaries { shapes: Vec::new(), secrets: Vec::new() };
        canaries.add("password", PASSWORD);
        canaries.add("mistyped password", MISTYPED);
        canaries.add("new password", NEW_PASSWORD);
        canaries.shapes.push(("password's head".into(), PASSWORD.as_bytes()[..16].to_vec()));
        canaries
    }

    /// Adds `secret` to the values that must not be found.
    fn secret(&mut self, secret: &str) {
        assert!(Secret::parse(secret).is_ok(), "{secret:?}");
        let (name, random) = (format!("secret {}", &secret[..12]), &secret[13..45]);
        self.add(&name, random);
        self.shapes.push((format!("{name}, its first half"), random.as_bytes()[..16].to_vec()));
        self.shapes.push((format!("{name}, its tail"), secret.as_bytes()[39..].to_vec()));
        self.secrets.push(secret.to_owned());
    }

    fn add(&mut self, name: &str, text: &str) {
        let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
        self.shapes.push((format!("{name}, raw"), text.as_bytes().to_vec()));
        self.shapes.push((format!("{name}, upper case"), text.to_uppercase().into_bytes()));
        self.shapes.push((format!("{name}, hex"), hex.clone().into_bytes()));
        self.shapes.push((format!("{name}, HEX"), hex.to_uppercase().into_bytes()));
        self.shapes.push((format!("{name}, UTF-16"), text.bytes().flat_map(|b| [b, 0]).collect()));
        for before in 0..3 {
            // Only the base64 groups that don't depend on the surrounding text.
            let coded = Base64Unpadded::encode_string(&[&vec![0; before][..], text.as_bytes()].concat());
            let groups = coded.len() / 4 * 4;
            let part = &coded[if before == 0 { 0 } else { 4 }..groups - 4];
            self.shapes.push((format!("{name}, base64"), part.as_bytes().to_vec()));
        }
    }

    fn find(&self, place: &[u8]) -> Option<&str> {
        // Indexed by first byte, so that each place is searched once, not once per encoding.
        let mut by_first: Vec<Vec<usize>> = vec![Vec::new(); 256];
        for (index, (_, shape)) in self.shapes.iter().enumerate() {
            by_first[usize::from(shape[0])].push(index);
        }
        let at =
            |i: usize| by_first[usize::from(place[i])].iter().find(|n| place[i..].starts_with(&self.shapes[**n].1));
        (0..place.len()).find_map(at).map(|n| self.shapes[*n].0.as_str())
    }

    #[track_caller]
    fn not_in(&self, what: &str, place: &[u8]) {
        assert_eq!(self.find(place), None, "in {what}: {}", String::from_utf8_lossy(place));
    }

    /// Asserts that no file under `folder` contains a value, except the files in `but`. Returns the number of files
    /// read.
    #[track_caller]
    fn not_under(&self, folder: &Path, but: &[PathBuf]) -> usize {
        let mut read = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read += self.not_under(&path, but);
            } else if !but.contains(&path) {
                // The file may be gone meanwhile: the store's `-wal` and `-shm` files come and go.
                let Ok(bytes) = fs::read(&path) else { continue };
                assert_eq!(self.find(&bytes), None, "in {}", path.display());
                read += 1;
            }
        }
        read
    }

    /// Asserts that nothing is visible to others in a running program's `/proc` files.
    #[track_caller]
    fn not_shown_by_the_system(&self, pid: Pid) {
        let of = |name: &str| fs::read(format!("/proc/{}/{name}", pid.as_raw_nonzero()));
        let line = of("cmdline").unwrap();
        assert!(line.ends_with(b"\0"), "it runs");
        self.not_in("the command line", &line);
        // Readable only by root if we aren't root, which is even better.
        if let Ok(environment) = of("environ") {
            self.not_in("the environment", &environment);
        }
    }
}

/// The commands, in a home with a folder for temporary files.
struct CommandRuns {
    home: CliHome,
    canaries: Canaries,
    asked_for: Vec<PathBuf>,
}

impl CommandRuns {
    fn new() -> Self {
        let home = CliHome::new();
        fs::create_dir(home.path("tmp")).unwrap();
        CommandRuns { home, canaries: Canaries::new(), asked_for: Vec::new() }
    }

    fn run(&self, args: &[&str], input: &str) -> CliOutput {
        let mut command = self.home.command(args);
        command.env("TMPDIR", self.home.path("tmp")).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
        let ran = run_to_end(command, input.as_bytes());
        self.canaries.not_in("stderr", ran.err.as_bytes());
        ran
    }

    fn with(&self, password: &str, args: &[&str]) -> CliOutput {
        let args: Vec<&str> = args.iter().copied().chain(["--password-stdin"]).collect();
        self.run(&args, &format!("{password}\n"))
    }

    /// Runs a command whose answer contains no secret.
    #[track_caller]
    fn shows_no_secret(&self, args: &[&str], code: i32) {
        let ran = self.with(PASSWORD, args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        self.canaries.not_in("stdout", ran.out.as_bytes());
        self.all_files();
    }

    /// Runs a command whose answer contains a new secret, on stdout or in the file `out`.
    #[track_caller]
    fn answers(&mut self, args: &[&str], out: Option<&str>) -> String {
        let args: Vec<&str> = args.iter().copied().chain(out.iter().flat_map(|o| ["--out", o])).collect();
        let ran = self.with(PASSWORD, &args);
        assert_eq!(ran.code, 0, "{ran:?}");
        let text = match out {
            None => ran.out,
            Some(name) => {
                self.asked_for.push(self.home.path(name));
                fs::read_to_string(self.home.path(name)).unwrap()
            }
        };
        let word = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).find(|w| Secret::parse(w).is_ok());
        let secret = word.unwrap_or_else(|| panic!("no secret: {text}")).to_owned();
        self.canaries.not_in("stdout apart from the secret", text.replacen(&secret, "", 1).as_bytes());
        self.canaries.secret(&secret);
        self.canaries.not_in("stdout apart from the secret", text.replacen(&secret, "", 1).as_bytes());
        self.canaries.not_in("stderr", ran.err.as_bytes());
        self.all_files();
        secret
    }

    #[track_caller]
    fn all_files(&self) {
        assert!(self.canaries.not_under(&self.home.path(""), &self.asked_for) > 0, "the store at least was read");
    }

    fn terminal(&self, args: &[&str]) -> Terminal {
        Terminal::start(program(JETON, args, &self.home.path(""), &[("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1")]))
    }
}

#[test]
fn commands_show_a_secret_once_and_a_password_never() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops", "--catalogue", "cloud-platform"], 0);
    let printed = runs.answers(&["token", "create", "a"], None);
    let quiet = runs.answers(&["token", "create", "b", "--quiet", "--inherit"], None);
    runs.answers(&["token", "create", "c", "--json", "--expires", "never"], None);
    let saved = runs.answers(&["token", "create", "d"], Some("d.secret"));
    for args in [&["token", "list"][..], &["token", "show", "a"], &["whoami"]] {
        for more in [&[][..], &["--json"], &["--quiet"]] {
            runs.shows_no_secret(&[args, more].concat(), 0);
        }
    }
    let copied = runs.answers(&["token", "copy", "a", "copied"], None);
    for secret in [&printed, &quiet, &saved, &copied] {
        for args in [&["token", "whose"][..], &["token", "whose", "--json"], &["token", "whose", "--quiet"]] {
            let known = runs.run(args, &format!("{secret}\n")).assert_code(0);
            let wrong = runs.run(args, &secret[..50]).assert_code(3);
            let mistyped = runs
                .run(args, &format!("{}{}", &secret[..50], if secret.ends_with('a') { 'b' } else { 'a' }))
                .assert_code(3);
            for ran in [known, wrong, mistyped] {
                runs.canaries.not_in("stdout", ran.out.as_bytes());
            }
        }
        for args in [&["verify"][..], &["verify", "--json"], &["verify", "--quiet"], &["verify", "--method", "no.such"]]
        {
            let ran = runs.run(args, &format!("{secret}\n"));
            runs.canaries.not_in("stdout", ran.out.as_bytes());
            // Truncated, and with an extra blank.
            for wrong in [&secret[..50], &format!("{secret} "), &format!("Bearer {secret}")] {
                let ran = runs.run(args, wrong).assert_code(4);
                runs.canaries.not_in("stdout", ran.out.as_bytes());
            }
        }
    }
    runs.shows_no_secret(&["token", "disable", "a", "b", "--json"], 0);
    runs.shows_no_secret(&["token", "enable", "a"], 0);
    let again = runs.answers(&["token", "regenerate", "a"], None);
    runs.answers(&["token", "regenerate", "b", "--json"], None);
    runs.answers(&["token", "regenerate", "c", "--quiet", "--expires", "1y"], None);
    runs.answers(&["token", "regenerate", "d", "--expires", "never"], Some("d.again"));
    runs.shows_no_secret(&["token", "edit", "copied", "--description", "edited", "--json"], 0);
    let rotated = runs.answers(&["token", "regenerate", "copied", "--grace", "1h"], None);
    runs.shows_no_secret(&["token", "show", "copied", "--json"], 0);
    runs.shows_no_secret(&["token", "retire", "copied"], 0);
    runs.shows_no_secret(&["token", "delete", "copied", "--confirm", "copied"], 0);
    runs.shows_no_secret(&["token", "purge", "--trashed", "--confirm", "1"], 0);
    for purged in [&copied, &rotated] {
        let named = runs.run(&["token", "whose"], &format!("{purged}\n")).assert_code(0);
        runs.canaries.not_in("stdout", named.out.as_bytes());
    }
    // Refusals: a taken name, an existing file, a wrong confirmation, an unknown token, a wrong password.
    runs.shows_no_secret(&["token", "create", "a"], 5);
    runs.shows_no_secret(&["token", "create", "e", "--out", "d.secret"], 1);
    runs.shows_no_secret(&["token", "regenerate", "a", "--out", "no/such/folder"], 1);
    runs.shows_no_secret(&["token", "delete", "a", "--confirm", "b"], 5);
    runs.shows_no_secret(&["token", "delete", "a", "--confirm", "a", "--json"], 0);
    runs.shows_no_secret(&["token", "restore", "a", "--as", "a-again"], 0);
    runs.shows_no_secret(&["token", "show", "nobody"], 3);
    runs.shows_no_secret(&["init", "--username", "two"], 5);
    assert_eq!(runs.home.verify(&again), 4);
    let refused = runs.with(MISTYPED, &["token", "list"]).assert_code(4);
    runs.canaries.not_in("stdout", refused.out.as_bytes());
    // A line that is no valid password, and a password that is too long.
    runs.with(&PASSWORD.repeat(300), &["whoami"]).assert_code(2);
    runs.all_files();
    assert_eq!(runs.canaries.secrets.len(), 10);
}

/// Answers, metrics, log and files of the service contain no presented secret, from any place of a request.
#[test]
fn service_shows_no_secret() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops", "--catalogue", "cloud-platform"], 0);
    let live = runs.answers(&["token", "create", "live", "--inherit"], None);
    let asker = runs.answers(&["token", "create", "asker", "--method", "jeton.introspect"], None);
    let gone = runs.answers(&["token", "create", "gone"], None);
    runs.shows_no_secret(&["token", "disable", "gone"], 0);
    let configuration = "[serve]\naccept = \"header:X-Authentication, query:session\"\n";
    runs.home.file("config.toml", configuration, 0o600);
    for log in [&["--log", "trace"][..], &["--log", "trace", "--log-json"]] {
        let mut command = runs.home.command(&["serve", "--verify", "127.0.0.1:0"]);
        command.args(log).env("JETON_CONFIG", runs.home.path("config.toml")).env("JETON_TOKEN", &asker);
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1").env("TMPDIR", runs.home.path("tmp"));
        let service = ServiceProcess::spawn(command);
        let (mut client, mut manager) = (service.client(), service.management_client());
        let cut = live[..50].to_owned();
        for secret in [&live, &gone, &cut, &format!("{live}x"), &format!("{live} {gone}")] {
            let in_query = format!("/v1/verify/-?session={}", secret.replace(' ', "%20"));
            let places: [(&str, &[&str]); 6] = [
                ("/v1/verify/-", &[&bearer(secret)]),
                ("/v1/verify/environment.control.StopEnv", &[&bearer(secret), "User-Agent: it"]),
                ("/v1/verify/-", &[&format!("X-Authentication: {secret}")]),
                ("/v1/verify/-", &[&format!("X-Forwarded-Uri: {in_query}"), &format!("X-Forwarded-For: {secret}")]),
                (&in_query, &[]),
                (&format!("/v1/verify/{}", secret.replace(' ', "")), &[&bearer(secret)]),
            ];
            for (path, headers) in places {
                let answer = client.request("GET", path, headers);
                runs.canaries.not_in("an answer", format!("{answer:?}").as_bytes());
            }
            let kind = "Content-Type: application/x-www-form-urlencoded";
            for form in [format!("token={secret}"), format!("token=x&{secret}"), secret.clone()] {
                let answer = manager.post("/v1/introspect", &[kind, &bearer(&asker)], &form);
                runs.canaries.not_in("an answer", format!("{answer:?}").as_bytes());
            }
            // Invalid HTTP: the answer to it contains nothing of the request.
            let mut broken = service.client();
            broken.send(format!("GET /v1/verify/- HTTP/1.1\r\n{}\0\r\n\r\n", bearer(secret)));
            let answer = broken.read_reply();
            runs.canaries.not_in("an answer", format!("{answer:?}").as_bytes());
        }
        runs.canaries.not_in("the metrics", manager.request("GET", "/metrics", &[]).body.as_bytes());
        runs.canaries.not_shown_by_the_system(service.pid());
        runs.all_files();
        let said = service.stop();
        runs.canaries.not_in("what it says", said.as_bytes());
        runs.all_files();
    }
    runs.shows_no_secret(&["ledger", "denied", "--json"], 0);
    runs.shows_no_secret(&["ledger", "uses", "--json"], 0);
}

#[test]
fn commands_show_no_new_password() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops"], 0);
    let both = format!("{PASSWORD}\n{NEW_PASSWORD}\n");
    let shows_no_secret = |args: &[&str], input: &str, code: i32| {
        let ran = runs.run(&[args, &["--user", "ops", "--password-stdin"]].concat(), input).assert_code(code);
        runs.canaries.not_in("stdout", ran.out.as_bytes());
        runs.all_files();
    };
    shows_no_secret(&["account", "create", "ci", "--json"], &both, 0);
    shows_no_secret(&["account", "create", "ci"], &both, 5);
    shows_no_secret(&["account", "create", "CI"], &both, 2);
    shows_no_secret(&["account", "create", "long"], &format!("{PASSWORD}\n{}\n", NEW_PASSWORD.repeat(100)), 2);
    shows_no_secret(&["account", "passwd", "nobody"], &both, 3);
    shows_no_secret(&["account", "passwd", "ci", "--quiet"], &both, 0);
    for args in [&["account", "show", "ci"][..], &["account", "list", "--json"], &["policy", "set", "trash", "7d"]] {
        shows_no_secret(args, &format!("{PASSWORD}\n"), 0);
    }
    let given = runs.home.file("new", NEW_PASSWORD, 0o600);
    runs.asked_for.push(given);
    let ran = runs.with(PASSWORD, &["account", "passwd", "--user", "ops", "--new-password-file", "new"]).assert_code(0);
    runs.canaries.not_in("stdout", ran.out.as_bytes());
    runs.all_files();

    let mut t = runs.terminal(&["account", "create", "eve", "--user", "ops"]);
    t.shows(&password_of("ops"));
    hidden(&t);
    t.types(&format!("{NEW_PASSWORD}\r"));
    for prompt in [&*new_password_of("eve"), REPEAT_PASSWORD.trim_end()] {
        t.shows(prompt);
        hidden(&t);
        runs.canaries.not_shown_by_the_system(t.pid());
        t.types(&format!("{NEW_PASSWORD}\r"));
    }
    assert_eq!(t.ends(), End::Code(0));
    runs.canaries.not_in("the terminal", &t.written());
    runs.all_files();
}

#[test]
fn prompted_commands_show_no_secret() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops"], 0);
    let secret = runs.answers(&["token", "create", "a"], None);
    let mut t = runs.terminal(&["token", "list"]);
    t.shows(&password_of("ops"));
    runs.canaries.not_shown_by_the_system(t.pid());
    hidden(&t);
    t.types(&format!("{PASSWORD}\r"));
    assert_eq!(t.ends(), End::Code(0));
    runs.canaries.not_in("the terminal", &t.written());

    for args in [&["verify"][..], &["token", "whose"]] {
        let mut t = runs.terminal(args);
        t.shows(SECRET);
        hidden(&t);
        runs.canaries.not_shown_by_the_system(t.pid());
        t.types(&format!("{secret}\r"));
        assert_eq!(t.ends(), End::Code(0));
        runs.canaries.not_in("the terminal", &t.written());
        runs.all_files();
    }
}

/// Waits until the terminal no longer echoes: the prompt appears before that.
fn hidden(t: &Terminal) {
    while t.echoes() {
        std::thread::yield_now();
    }
}

#[test]
fn screens_show_a_secret_only_on_request() {
    let mut runs = CommandRuns::new();
    runs.shows_no_secret(&["init", "--username", "ops", "--catalogue", "cloud-platform"], 0);
    let old = runs.answers(&["token", "create", "old"], None);
    let mut t = runs.terminal(&[]);
    t.shows(screens::SIGN_IN);
    t.types(&format!("{MISTYPED}\r"));
    t.shows(screens::WRONG_SIGN_IN);
    t.types(&format!("{PASSWORD}\r"));
    t.shows("· owner");
    t.shows("▶   old");

    t.types("n");
    t.shows(screens::GENERATE);
    t.types("new\r\r\r\r\r");
    let generated = reveal(&mut runs, &mut t, Some("new.secret"));
    t.shows("▶   new");
    t.types("r\r");
    reveal(&mut runs, &mut t, None);
    t.shows("▶   new");

    let before = t.written().len();
    for (act, done) in [(screens::DISABLE, "new disabled"), (screens::ENABLE, "new enabled")] {
        t.types("d");
        t.shows(&format!("{act} ops/new"));
        t.types(&format!("{MISTYPED}\r"));
        t.shows(screens::WRONG_PASSWORD);
        t.types(&format!("{PASSWORD}\r"));
        t.shows(done);
    }
    t.types("x");
    t.shows(&format!("{} ops/new", screens::REVOKE));
    t.types(&format!("new\r{PASSWORD}\r"));
    t.shows("new revoked");
    t.pastes(PASSWORD);
    t.shows(screens::PASTE_IGNORED);
    runs.canaries.not_in("the screens after that", &t.written()[before..]);
    runs.all_files();
    t.types("q");
    t.ends_restored(End::Code(0));
    runs.all_files();
    let log = runs.with(PASSWORD, &["token", "list", "--trash", "--json"]).out;
    assert!(log.contains(&generated[..4]) && log.contains("\"new\""), "{log}");
    assert_eq!(runs.home.verify(&old), 0);
}

/// From the password prompt back to the table: the secret is masked, shown, masked, saved and left.
fn reveal(runs: &mut CommandRuns, t: &mut Terminal, save: Option<&str>) -> String {
    let asked = t.written().len();
    t.shows(&password_of("ops"));
    t.types(&format!("{PASSWORD}\r"));
    t.shows(screens::SECRET_READY);
    let masked = t.written().len();
    t.types("v");
    t.wait("a secret", |screen| on_screen(&screen.contents()).is_some());
    let secret = on_screen(&t.text()).unwrap();
    runs.canaries.secret(&secret);
    runs.canaries.not_in("the screens while it was masked", &t.written()[asked..masked]);
    runs.canaries.not_shown_by_the_system(t.pid());
    runs.all_files();
    assert!(["jeton.db-wal", "jeton.db-shm"].iter().any(|n| runs.home.store().with_file_name(n).exists()));
    t.types("v");
    t.lacks(&secret[13..]);
    t.shows("•••");
    let hidden = t.written().len();
    if let Some(name) = save {
        t.types(&format!("s\x15{name}\r"));
        t.shows(screens::SAVED);
        runs.asked_for.push(runs.home.path(name));
    }
    t.types("\x1b");
    t.lacks(screens::SECRET_READY);
    runs.canaries.not_in("the screens after it was hidden", &t.written()[hidden..]);
    runs.canaries.not_in("the screen after it was hidden", t.text().as_bytes());
    runs.all_files();
    secret
}

fn on_screen(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.find(|word| Secret::parse(word).is_ok()).map(str::to_owned)
}

#[test]
fn debug_shows_no_secret() {
    let install = TestInstall::new();
    let mut canaries = Canaries::new();
    let issued = install.issue(OWNER, "a");
    issued.secret.expose(|s| canaries.secret(s));
    let debugged = |what: &dyn std::fmt::Debug| format!("{what:?} {what:#?}");
    let typed = || Zeroizing::new(PASSWORD.to_owned());
    let password = || Password::from_raw(typed());
    let credential = || Credential::from_password(username(OWNER), password());
    let mut first = init(true);
    first.password = NewPassword::Plain(password());
    let new = || NewPassword::Plain(password());
    let (named, role) = (username("x"), Role::Viewer);
    let create_account = CreateAccount { username: named.clone(), role, password: new() };
    let hash = CountingHasher::new().hash(&password()).unwrap();
    let mut changed = install.call(OWNER, create("b")).unwrap();
    changed.value[0].secret.expose(|s| canaries.secret(s));
    changed.value = vec![issued];
    let reply = Msg::Reply(RequestId(1), Box::new(Ok(Response::CreateToken(changed))));
    let secret = Arc::new(install.issue(OWNER, "c").secret);
    secret.expose(|s| canaries.secret(s));
    let digest = secret.digest();
    let all: Vec<String> = vec![
        debugged(&password()),
        debugged(&credential()),
        debugged(&Request::from(first)),
        debugged(&Request::from(create_account)),
        debugged(&Request::from(SetPassword { username: named, password: new() })),
        debugged(&NewPassword::Hashed(CountingHasher::new().hash(&password()).unwrap())),
        debugged(&hash),
        debugged(&reply),
        debugged(&digest),
        debugged(&secret),
        debugged(&Msg::Paste(typed())),
        debugged(&Msg::Paste(secret.expose(|s| Zeroizing::new(s.to_owned())))),
        debugged(&Effect::Call(RequestId(1), credential(), Box::new(SignIn.into()))),
        debugged(&Effect::CopySecret(Arc::clone(&secret))),
        debugged(&Effect::Save("x".into(), Arc::clone(&secret))),
        debugged(&PendingMutation::new("d", "d", create("d"))),
        debugged(&Request::from(IdentifySecret {
            secret: SecretText::new(secret.expose(|s| Zeroizing::new(s.to_owned()))),
        })),
        debugged(&SecretText::new(secret.expose(|s| Zeroizing::new(s.to_owned()))).parse()),
        debugged(&install.store().read(|s| s.secret(secret.public_id())).unwrap()),
        debugged(&TextInput::masked(100).with(PASSWORD)),
    ];
    for text in all {
        canaries.not_in("Debug", text.as_bytes());
        let digest: String = digest.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert!(!text.contains(&digest) && !text.contains(&hash.0), "{text}");
    }
}

/// Checks the search itself: planted values are found in every place and encoding.
#[test]
fn search_finds_planted_values() {
    let mut canaries = Canaries::new();
    let install = TestInstall::new();
    let secret = install.issue(OWNER, "a").secret.expose(str::to_owned);
    canaries.secret(&secret);
    for text in [PASSWORD, MISTYPED, &secret] {
        let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
        for before in ["", "x", "xy", "xyz"] {
            let around = format!("{before}{text}{before}");
            let coded = Base64Unpadded::encode_string(around.as_bytes());
            for planted in [around, coded, format!("{before}{hex}"), hex.to_uppercase()] {
                assert!(canaries.find(planted.as_bytes()).is_some(), "{planted}");
                let folder = tempfile::tempdir().unwrap();
                fs::create_dir(folder.path().join("deep")).unwrap();
                fs::write(folder.path().join("deep/log"), &planted).unwrap();
                let search = || canaries.not_under(folder.path(), &[]);
                assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(search)).is_err(), "{planted}");
            }
        }
    }
    assert_eq!(canaries.find(&secret.as_bytes()[..12]), None, "the hint is public");
}
