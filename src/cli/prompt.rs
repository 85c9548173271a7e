//! What the commands ask of the person: passwords, secrets, confirmations. All of it on the terminal itself, never on
//! stdout; nothing at all with `--no-input` or where there is no terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;

use zeroize::Zeroizing;

use crate::domain::text::shown;
use crate::error::{Error, Kind, Result};
use crate::platform::input::{FirstLine, SECRET_LINE_MOST, first_line, private_line, secret_line};

const TERMINAL: &str = "/dev/tty";

/// Where the password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordFrom {
    /// The person, at a prompt.
    Prompt,
    /// The first line of stdin.
    Stdin,
    /// The first line of a file.
    File(PathBuf),
}

/// How to ask.
pub struct Prompt {
    /// Where the password comes from.
    pub password: PasswordFrom,
    /// Whether somebody is there to answer.
    pub possible: bool,
}

impl Prompt {
    /// Asks on the terminal, if there is one and `no_input` doesn't forbid it.
    pub fn new(password: PasswordFrom, no_input: bool) -> Self {
        let terminal = || io::stdin().is_terminal() || io::stderr().is_terminal();
        Prompt { password, possible: !no_input && terminal() }
    }

    /// The password that was given otherwise than at a prompt; none when it is to be prompted for.
    ///
    /// # Errors
    /// [`crate::error::Kind::Denied`] when none was given; [`crate::error::Kind::Usage`] for one that can't be taken.
    pub fn given_password(&self) -> Result<Option<Zeroizing<String>>> {
        match &self.password {
            PasswordFrom::Stdin => secret_line(io::stdin(), "stdin", "the password").map(Some),
            PasswordFrom::File(path) => private_line(path, "the password").map(Some),
            PasswordFrom::Prompt if self.possible => Ok(None),
            PasswordFrom::Prompt => Err(Error::denied("no password was given")
                .why("there is no terminal to ask on, or --no-input forbids it")
                .next("Use --password-stdin or --password-file PATH")),
        }
    }

    /// A new password that was given otherwise than at a prompt: in `file`, else on the line of stdin after that of
    /// [`Prompt::given_password`]. None when it is to be prompted for.
    ///
    /// # Errors
    /// [`crate::error::Kind::Denied`] when none was given; [`crate::error::Kind::Usage`] for one that can't be taken.
    pub fn given_new_password(&self, file: Option<&Path>) -> Result<Option<Zeroizing<String>>> {
        let none = |why: &str| {
            Error::denied("no new password was given")
                .why(why)
                .next("Use --new-password-file PATH, or with --password-stdin give it on the second line")
        };
        match (file, &self.password) {
            (Some(path), _) => private_line(path, "the new password").map(Some),
            (None, PasswordFrom::Stdin) => match secret_line(io::stdin(), "stdin", "the new password") {
                Err(e) if e.kind == Kind::Denied => Err(none("stdin has no second line")),
                read => read.map(Some),
            },
            (None, PasswordFrom::Prompt | PasswordFrom::File(_)) if self.possible => Ok(None),
            (None, PasswordFrom::Prompt | PasswordFrom::File(_)) => {
                Err(none("there is no terminal to ask on, or --no-input forbids it"))
            }
        }
    }

    /// Asks for something that is not to be seen.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`] when the person leaves.
    pub fn hidden(&self, label: &str) -> Result<Zeroizing<String>> {
        restore_terminal_on_signals();
        match rpassword::prompt_password(format!("{}: ", shown(label))) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(Error::cancelled()),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                say("\n")?;
                Err(Error::cancelled())
            }
            Err(e) => Err(Error::failure("the terminal can't be asked").why(e.to_string())),
        }
    }

    /// Asks for a line that may be seen.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`] when the person leaves.
    pub fn line(&self, label: &str) -> Result<String> {
        say(&format!("{}: ", shown(label)))?;
        let terminal = File::open(TERMINAL).map_err(unusable)?;
        match first_line(&terminal, SECRET_LINE_MOST)? {
            FirstLine::Text(text) => Ok(text.trim().to_owned()),
            FirstLine::Nothing => {
                say("\n")?;
                Err(Error::cancelled())
            }
            FirstLine::TooLong | FirstLine::NotText => Err(Error::usage("that can't be taken as an answer")),
        }
    }

    /// Shows a line on the terminal.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] when there is none.
    pub fn show(&self, text: &str) -> Result<()> {
        say(&format!("{}\n", shown(text)))
    }
}

fn unusable(e: io::Error) -> Error {
    Error::failure("the terminal can't be used").why(e.to_string())
}

fn say(text: &str) -> Result<()> {
    let terminal = OpenOptions::new().write(true).open(TERMINAL);
    terminal.and_then(|mut t| t.write_all(text.as_bytes())).map_err(unusable)
}

/// What the terminal was like before we asked, put back when a signal ends us in the middle of a hidden prompt: the
/// prompt itself would leave it without echo. Once for the life of the process, because a signal handler can't be
/// taken away again; outside a prompt the signals do what they always do.
fn restore_terminal_on_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let Ok(terminal) = File::open(TERMINAL) else { return };
        let Ok(before) = rustix::termios::tcgetattr(&terminal) else { return };
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]) else { return };
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let _ = rustix::termios::tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &before);
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
    });
}
