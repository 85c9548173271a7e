//! The real program in its own home folder, with a cleared environment.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use jeton::error::Kind;
use tempfile::TempDir;

use super::service_process::{ServiceProcess, command_at_sockets};

/// The password of the owner created by [`CliHome::set_up`].
pub const PASSWORD: &str = "correct horse battery";

/// A home folder for runs of the program.
pub struct CliHome {
    /// The service of [`CliHome::server`]. It ends before its folder is removed.
    service: OnceLock<ServiceProcess>,
    folder: TempDir,
}

/// The result of a run.
#[derive(Debug)]
pub struct CliOutput {
    pub code: i32,
    pub out: String,
    pub err: String,
    /// `true` if the run was made with `--json`.
    json: bool,
    /// The run's working directory, left out of snapshots.
    folder: Option<PathBuf>,
}

impl CliHome {
    /// Creates an empty home.
    pub fn new() -> Self {
        CliHome { service: OnceLock::new(), folder: tempfile::tempdir().unwrap() }
    }

    /// Creates a home with a store whose only account is the owner `ops`.
    pub fn set_up() -> Self {
        let home = CliHome::new();
        home.as_ops(&["init", "--username", "ops"]).assert_success();
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path(".local/share/jeton/jeton.db")
    }

    /// Returns the address of a service on the home's store, which runs from now on.
    pub fn server(&self) -> String {
        let service = self.service.get_or_init(|| ServiceProcess::spawn(command_at_sockets(&self.store())));
        format!("unix:{}", service.manage.display())
    }

    /// Returns the program's command, not yet started.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jeton"));
        command.env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path()).args(args);
        command
    }

    /// Runs the program with `input` on stdin.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S], input: impl AsRef<[u8]>) -> CliOutput {
        run_to_end(self.command(args), input.as_ref())
    }

    /// Runs the program with the owner's password on stdin.
    pub fn as_ops(&self, args: &[&str]) -> CliOutput {
        let args: Vec<&str> = args.iter().copied().chain(["--password-stdin"]).collect();
        self.run(&args, format!("{PASSWORD}\n"))
    }

    /// Creates a token and returns its secret.
    pub fn create(&self, args: &[&str]) -> String {
        let args: Vec<&str> = ["token", "create", "--quiet"].iter().chain(args).copied().collect();
        self.as_ops(&args).assert_success().out.trim_end().to_owned()
    }

    /// Returns the exit code of `verify` with `secret`.
    pub fn verify(&self, secret: &str) -> i32 {
        self.run(&["verify"], format!("{secret}\n")).code
    }

    /// Writes a file with `text` and `mode`.
    pub fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

/// Runs `command` to its end. The command may leave its input unread.
pub fn run_to_end(mut command: Command, input: &[u8]) -> CliOutput {
    let json = command.get_args().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    let folder = command.get_current_dir().map(Path::to_owned);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    CliOutput {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        json,
        folder,
    }
}

impl CliOutput {
    /// Asserts exit code 0.
    #[track_caller]
    pub fn assert_success(self) -> Self {
        self.assert_code(0)
    }

    /// Asserts an exit code, and that neither stream contains terminal control characters.
    #[track_caller]
    pub fn assert_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        for text in [&self.out, &self.err] {
            // The ends of lines and the tabs of formats for programs.
            let text = text.replace("\r\n", "").replace(['\n', '\t'], "");
            let raw = text.chars().find(|c| jeton::domain::untrusted_text::is_control_or_bidi(*c));
            assert_eq!(raw, None, "{self:?}");
        }
        self
    }

    /// Asserts an error of `kind` by its exit code and, in a run with `--json`, by the error on stderr.
    #[track_caller]
    pub fn assert_error(self, kind: Kind) -> Self {
        let ran = self.assert_code(i32::from(kind.exit_code()));
        if ran.json {
            assert_eq!(ran.error()["kind"], kind.as_str(), "{ran:?}");
        }
        ran
    }

    /// Asserts that stderr doesn't contain `word`.
    #[track_caller]
    pub fn assert_hides(self, word: &str) -> Self {
        assert!(!self.err.contains(word), "{self:?}");
        self
    }

    /// Asserts that stderr contains each of `words`: names, options and other data. Sentences belong into a snapshot of
    /// [`CliOutput::message`].
    #[track_caller]
    pub fn assert_says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in {}", self.err);
        }
        self
    }

    /// Asserts an empty stdout.
    #[track_caller]
    pub fn assert_silent(self) -> Self {
        assert_eq!(self.out, "");
        self
    }

    /// Returns stderr for a snapshot.
    pub fn message(&self) -> String {
        self.normalized(&self.err)
    }

    /// Returns stdout for a snapshot.
    pub fn text(&self) -> String {
        self.normalized(&self.out)
    }

    /// Replaces what differs between runs: the folder, times, and the random part of secrets and hints.
    fn normalized(&self, text: &str) -> String {
        let folder = self.folder.as_ref().map(|folder| folder.display().to_string());
        let text = folder.map_or_else(|| text.to_owned(), |folder| text.replace(&folder, "[folder]"));
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
        let (mut normalized, mut rest) = (String::new(), text.as_str());
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            match word.strip_prefix("jtn_") {
                Some(random) => normalized += &format!("jtn_{}", "x".repeat(random.len())),
                None if is_time(word) => normalized += "[time]",
                None => normalized += word,
            }
        }
        normalized
    }

    /// Parses the error that a run with `--json` printed on stderr.
    #[track_caller]
    pub fn error(&self) -> serde_json::Value {
        let line = self.err.lines().last().unwrap_or_default();
        let mut json: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        json["error"].take()
    }

    /// Parses stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Returns `true` for a date in either format, a time of day (`07:59`) or an instant (`2027-02-26T07:59:00Z`).
fn is_time(word: &str) -> bool {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    ["0000-00-00", "00-00-0000", "00:00", "00:00:00", "0000-00-00T00:00:00Z"].contains(&shape.as_str())
}

/// Returns `true` if anything exists at `path`.
pub fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
