//! Prompts for passwords, secrets and confirmations. They use the terminal itself, never stdout. With `--no-input`, or
//! without a terminal, nothing is asked.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::domain::text::escape_untrusted;
use crate::error::{Error, Kind, Result};
use crate::platform::echo::{EchoOff, TERMINAL};
use crate::platform::input::{
    FirstLine, MAX_SECRET_LINE, is_standard, read_first_line, read_private_line, read_secret_line,
};

/// Source of the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordFrom {
    /// Typed at a prompt.
    Prompt,
    /// The first line of stdin.
    Stdin,
    /// The first line of a file.
    File(PathBuf),
}

/// Settings of the prompts.
pub struct Prompt {
    pub password: PasswordFrom,
    /// `true` if a person can answer.
    pub possible: bool,
    echo: RefCell<Option<EchoOff>>,
}

impl Prompt {
    /// Creates prompts on the terminal, if there is one and `no_input` doesn't forbid them.
    pub fn new(password: PasswordFrom, no_input: bool) -> Self {
        let terminal = || io::stdin().is_terminal() || io::stderr().is_terminal();
        let password = match password {
            PasswordFrom::File(path) if is_standard(&path) => PasswordFrom::Stdin,
            other => other,
        };
        Prompt { password, possible: !no_input && terminal(), echo: RefCell::new(None) }
    }

    /// Refuses `-` as the path of `what` if the password already comes from stdin.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Usage`] if both would be read from stdin.
    pub fn leaves_stdin_to(&self, path: &Path, what: &str) -> Result<()> {
        if is_standard(path) && self.password == PasswordFrom::Stdin {
            return Err(Error::usage(format!("{what} and the password can't both come from stdin"))
                .next("Use --password-file PATH"));
        }
        Ok(())
    }

    /// Returns the password from a file or stdin, or `None` if the prompt must ask.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Denied`] if no password was given. [`crate::error::Kind::Usage`] if it is unusable.
    pub fn given_password(&self) -> Result<Option<Zeroizing<String>>> {
        match &self.password {
            PasswordFrom::Stdin => read_secret_line(io::stdin(), "stdin", "the password").map(Some),
            PasswordFrom::File(path) => read_private_line(path, "the password").map(Some),
            PasswordFrom::Prompt if self.possible => Ok(None),
            PasswordFrom::Prompt => Err(Error::denied("no password was given")
                .why("there is no terminal to ask on, or --no-input forbids it")
                .next("Use --password-stdin or --password-file PATH")),
        }
    }

    /// Returns a new password from `file`, or else from the line of stdin after that of [`Prompt::given_password`].
    /// `None` if the prompt must ask.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Denied`] if no password was given. [`crate::error::Kind::Usage`] if it is unusable.
    pub fn given_new_password(&self, file: Option<&Path>) -> Result<Option<Zeroizing<String>>> {
        let none = |why: &str| {
            Error::denied("no new password was given")
                .why(why)
                .next("Use --new-password-file PATH, or with --password-stdin give it on the second line")
        };
        match (file, &self.password) {
            (Some(path), _) => read_private_line(path, "the new password").map(Some),
            (None, PasswordFrom::Stdin) => match read_secret_line(io::stdin(), "stdin", "the new password") {
                Err(e) if e.kind == Kind::Denied => Err(none("stdin has no second line")),
                read => read.map(Some),
            },
            (None, PasswordFrom::Prompt | PasswordFrom::File(_)) if self.possible => Ok(None),
            (None, PasswordFrom::Prompt | PasswordFrom::File(_)) => {
                Err(none("there is no terminal to ask on, or --no-input forbids it"))
            }
        }
    }

    /// Turns the echo off until the next visible answer or the end of the command. From now on a password may be typed,
    /// also before its prompt appears.
    pub fn silence(&self) {
        if self.possible && self.password == PasswordFrom::Prompt {
            // Without a terminal, the prompt reports the error.
            let _ = self.begin_silence();
        }
    }

    fn begin_silence(&self) -> io::Result<()> {
        let mut echo = self.echo.borrow_mut();
        if echo.is_none() {
            *echo = Some(EchoOff::begin()?);
        }
        Ok(())
    }

    /// Turns the echo on again. Drops input that was typed unseen.
    pub fn end_silence(&self) {
        self.echo.take();
    }

    /// Asks for a hidden value.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Cancelled`] if the person leaves.
    pub fn hidden(&self, label: &str) -> Result<Zeroizing<String>> {
        self.begin_silence().map_err(unusable)?;
        let answer = ask(label)?;
        // The newline was not echoed either.
        say("\n")?;
        match answer {
            FirstLine::Text(text) => Ok(text),
            FirstLine::Empty => Err(Error::cancelled()),
            FirstLine::TooLong | FirstLine::NotUtf8 | FirstLine::Utf16 => Err(unfit()),
        }
    }

    /// Asks for a visible line.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Cancelled`] if the person leaves.
    pub fn line(&self, label: &str) -> Result<String> {
        self.end_silence();
        match ask(label)? {
            FirstLine::Text(text) => Ok(text.trim().to_owned()),
            FirstLine::Empty => {
                say("\n")?;
                Err(Error::cancelled())
            }
            FirstLine::TooLong | FirstLine::NotUtf8 | FirstLine::Utf16 => Err(unfit()),
        }
    }

    /// Shows a line on the terminal.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Failure`] if there is no terminal.
    pub fn show(&self, text: &str) -> Result<()> {
        say(&format!("{}\n", escape_untrusted(text)))
    }
}

fn ask(label: &str) -> Result<FirstLine> {
    say(&format!("{}: ", escape_untrusted(label)))?;
    let terminal = File::open(TERMINAL).map_err(unusable)?;
    read_first_line(&terminal, MAX_SECRET_LINE)
}

fn unfit() -> Error {
    Error::usage("that can't be taken as an answer").why("it is too long, or not UTF-8")
}

fn unusable(e: io::Error) -> Error {
    Error::failure("the terminal can't be used").why(e.to_string())
}

fn say(text: &str) -> Result<()> {
    let terminal = OpenOptions::new().write(true).open(TERMINAL);
    terminal.and_then(|mut t| t.write_all(text.as_bytes())).map_err(unusable)
}
