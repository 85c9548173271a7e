//! Known passwords and secrets go through every verb, on the command line and on the screens. Then no byte of them may
//! be anywhere except where they were requested.

mod commands;
mod debug;
mod screens;
mod service;

use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64Unpadded, Encoding};
use jeton::domain::secret::Secret;
use rustix::process::Pid;

use crate::support::cli_program::{CliHome, CliOutput, run_to_end};
use crate::support::fakes::{OWNER, TestInstall};
use crate::support::pty::{Terminal, program};

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
