//! Prompts for passwords, secrets and confirmations. They use the terminal itself, never stdout. With `--no-input`, or
//! without a terminal, there is no prompt.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Kind, Result};
use crate::platform::bounded_read::{
    FirstLine, MAX_SECRET_LINE, is_standard, read_first_line, read_private_line, read_secret_line,
};
use crate::platform::terminal_echo::{EchoOff, TERMINAL};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// Typed at a prompt.
    Prompt,
    /// The first line of stdin.
    Stdin,
    /// The first line of a file.
    File(PathBuf),
}

pub struct Prompt {
    pub password: PasswordSource,
    /// `true` if a person can answer.
    pub is_interactive: bool,
    echo: RefCell<Option<EchoOff>>,
    /// The password from stdin, which can be read only once.
    from_stdin: RefCell<Option<Zeroizing<String>>>,
}

impl Prompt {
    /// Creates prompts on the terminal, if there is one and `no_input` doesn't forbid them.
    pub fn new(password: PasswordSource, no_input: bool) -> Self {
        let terminal = || io::stdin().is_terminal() || io::stderr().is_terminal();
        let password = match password {
            PasswordSource::File(path) if is_standard(&path) => PasswordSource::Stdin,
            other => other,
        };
        Prompt {
            password,
            is_interactive: !no_input && terminal(),
            echo: RefCell::new(None),
            from_stdin: RefCell::default(),
        }
    }

    /// Refuses `-` as the path of `what` if the password already comes from stdin.
    pub fn check_stdin_is_free(&self, path: &Path, what: &str) -> Result<()> {
        if is_standard(path) && self.password == PasswordSource::Stdin {
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
            PasswordSource::Stdin => {
                let mut known = self.from_stdin.borrow_mut();
                if known.is_none() {
                    *known = Some(read_secret_line(io::stdin(), "stdin", "the password")?);
                }
                Ok(known.clone())
            }
            PasswordSource::File(path) => read_private_line(path, "the password").map(Some),
            PasswordSource::Prompt if self.is_interactive => Ok(None),
            PasswordSource::Prompt => Err(Error::denied("no password was given")
                .why("jeton can't ask, because there is no terminal or --no-input was given")
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
            Error::denied("no new password was given").why(why).next(
                "Use --new-password-file PATH. With --password-stdin, the second line of stdin can be the \
                     new password",
            )
        };
        match (file, &self.password) {
            (Some(path), _) => read_private_line(path, "the new password").map(Some),
            (None, PasswordSource::Stdin) => match read_secret_line(io::stdin(), "stdin", "the new password") {
                Err(e) if e.kind == Kind::Denied => Err(none("stdin has no second line")),
                read => read.map(Some),
            },
            (None, PasswordSource::Prompt | PasswordSource::File(_)) if self.is_interactive => Ok(None),
            (None, PasswordSource::Prompt | PasswordSource::File(_)) => {
                Err(none("jeton can't ask, because there is no terminal or --no-input was given"))
            }
        }
    }

    /// Turns the echo off until the next visible answer or the end of the command. From now on a password may be typed,
    /// also before its prompt appears.
    pub fn hide_echo(&self) {
        if self.is_interactive && self.password == PasswordSource::Prompt {
            // Without a terminal, the prompt reports the error.
            let _ = self.begin_hiding();
        }
    }

    fn begin_hiding(&self) -> io::Result<()> {
        let mut echo = self.echo.borrow_mut();
        if echo.is_none() {
            *echo = Some(EchoOff::begin()?);
        }
        Ok(())
    }

    /// Turns the echo on again. Drops input that was typed unseen.
    pub fn show_echo(&self) {
        self.echo.take();
    }

    /// Prompts for a hidden value.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Cancelled`] if the user cancels.
    pub fn read_hidden(&self, label: &str) -> Result<Zeroizing<String>> {
        self.begin_hiding().map_err(terminal_error)?;
        let answer = prompt_line(label)?;
        // The newline was not echoed either.
        write_terminal("\n")?;
        match answer {
            FirstLine::Text(text) => Ok(text),
            FirstLine::Empty => Err(Error::cancelled()),
            FirstLine::TooLong | FirstLine::NotUtf8 | FirstLine::Utf16 => Err(unusable_answer()),
        }
    }

    /// Prompts for a visible line.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Cancelled`] if the user cancels.
    pub fn read_visible(&self, label: &str) -> Result<String> {
        self.show_echo();
        match prompt_line(label)? {
            FirstLine::Text(text) => Ok(text.trim().to_owned()),
            FirstLine::Empty => {
                write_terminal("\n")?;
                Err(Error::cancelled())
            }
            FirstLine::TooLong | FirstLine::NotUtf8 | FirstLine::Utf16 => Err(unusable_answer()),
        }
    }

    /// Shows a line on the terminal.
    pub fn show(&self, text: &str) -> Result<()> {
        write_terminal(&format!("{}\n", escape_untrusted(text)))
    }
}

fn prompt_line(label: &str) -> Result<FirstLine> {
    write_terminal(&format!("{}: ", escape_untrusted(label)))?;
    let terminal = File::open(TERMINAL).map_err(terminal_error)?;
    read_first_line(&terminal, MAX_SECRET_LINE)
}

fn unusable_answer() -> Error {
    Error::usage("the answer can't be used").why("the answer is too long, or not UTF-8").next("Run the command again")
}

fn terminal_error(e: io::Error) -> Error {
    Error::failure("the terminal can't be used")
        .why(e.to_string())
        .next("Run the command in another terminal. In a script, use --no-input and --password-file FILE")
}

fn write_terminal(text: &str) -> Result<()> {
    let terminal = OpenOptions::new().write(true).open(TERMINAL);
    terminal.and_then(|mut t| t.write_all(text.as_bytes())).map_err(terminal_error)
}
