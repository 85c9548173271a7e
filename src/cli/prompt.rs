//! What the commands ask of the person: passwords, secrets, confirmations. All of it on the terminal itself, never on
//! stdout; nothing at all with `--no-input` or where there is no terminal.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::domain::text::shown;
use crate::error::{Error, Kind, Result};
use crate::platform::echo::{EchoOff, TERMINAL};
use crate::platform::input::{FirstLine, SECRET_LINE_MOST, first_line, is_standard, private_line, secret_line};

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
    echo: RefCell<Option<EchoOff>>,
}

impl Prompt {
    /// Asks on the terminal, if there is one and `no_input` doesn't forbid it.
    pub fn new(password: PasswordFrom, no_input: bool) -> Self {
        let terminal = || io::stdin().is_terminal() || io::stderr().is_terminal();
        let password = match password {
            PasswordFrom::File(path) if is_standard(&path) => PasswordFrom::Stdin,
            other => other,
        };
        Prompt { password, possible: !no_input && terminal(), echo: RefCell::new(None) }
    }

    /// Refuses `-` as the path of `what`, where the password comes from stdin already.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] where both would be read from stdin.
    pub fn leaves_stdin_to(&self, path: &Path, what: &str) -> Result<()> {
        if is_standard(path) && self.password == PasswordFrom::Stdin {
            return Err(Error::usage(format!("{what} and the password can't both come from stdin"))
                .next("Use --password-file PATH"));
        }
        Ok(())
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

    /// Turns the terminal's echo off until the next visible answer, or the end of the command: from now on a password
    /// may be typed, also ahead of its prompt.
    pub fn silence(&self) {
        if self.possible && self.password == PasswordFrom::Prompt {
            // Where there is no terminal, the prompt says so.
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

    /// Turns the echo on again. What was typed ahead unseen is dropped.
    pub fn end_silence(&self) {
        self.echo.take();
    }

    /// Asks for something that is not to be seen.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`] when the person leaves.
    pub fn hidden(&self, label: &str) -> Result<Zeroizing<String>> {
        self.begin_silence().map_err(unusable)?;
        let answer = ask(label)?;
        // The end of the line was not shown either.
        say("\n")?;
        match answer {
            FirstLine::Text(text) => Ok(text),
            FirstLine::Nothing => Err(Error::cancelled()),
            FirstLine::TooLong | FirstLine::NotText | FirstLine::Utf16 => Err(unfit()),
        }
    }

    /// Asks for a line that may be seen.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`] when the person leaves.
    pub fn line(&self, label: &str) -> Result<String> {
        self.end_silence();
        match ask(label)? {
            FirstLine::Text(text) => Ok(text.trim().to_owned()),
            FirstLine::Nothing => {
                say("\n")?;
                Err(Error::cancelled())
            }
            FirstLine::TooLong | FirstLine::NotText | FirstLine::Utf16 => Err(unfit()),
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

fn ask(label: &str) -> Result<FirstLine> {
    say(&format!("{}: ", shown(label)))?;
    let terminal = File::open(TERMINAL).map_err(unusable)?;
    first_line(&terminal, SECRET_LINE_MOST)
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
