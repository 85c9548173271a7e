//! Prompts for passwords, secrets and confirmations. They use the terminal itself, never stdout. With `--no-input`, or
//! without a terminal, there is no prompt.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use zeroize::Zeroizing;

use super::conversation::{Conversation, TerminalLines};
use super::output::wrap_words;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Kind, Result};
use crate::platform::bounded_read::{FirstLine, is_standard, read_private_line, read_secret_line};

/// The answer that leaves the menus, and the answer that means its letter.
const QUIT: &str = "q";
const LITERAL_QUIT: &str = "\\q";

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
    /// `true` if the person listens, and has menus instead of the screens.
    pub is_accessible: bool,
    /// `true` once the person has left the menus.
    is_quitting: Cell<bool>,
    lines: Rc<dyn Conversation>,
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
            is_accessible: false,
            is_quitting: Cell::new(false),
            lines: Rc::new(TerminalLines::default()),
            from_stdin: RefCell::default(),
        }
    }

    /// Creates the prompts of the menus, which everybody can answer by line.
    pub fn accessible(lines: Rc<dyn Conversation>) -> Self {
        Prompt { is_interactive: true, is_accessible: true, lines, ..Prompt::new(PasswordSource::Prompt, true) }
    }

    /// Returns `true` once the person has left the menus.
    pub fn is_quitting(&self) -> bool {
        self.is_quitting.get()
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
            let _ = self.lines.hide_echo();
        }
    }

    /// Turns the echo on again. Drops input that was typed unseen.
    pub fn show_echo(&self) {
        self.lines.show_echo();
    }

    /// Prompts for a hidden value.
    ///
    /// # Errors
    ///
    /// [`crate::error::Kind::Cancelled`] if the user cancels.
    pub fn read_hidden(&self, label: &str) -> Result<Zeroizing<String>> {
        self.lines.hide_echo()?;
        let answer = self.prompt_line(label)?;
        // The newline was not echoed either.
        self.lines.write("\n")?;
        match answer {
            // No password and no secret is so short.
            FirstLine::Text(text) if self.is_accessible && text.as_str() == QUIT => Err(self.quit()),
            FirstLine::Text(text) if self.is_accessible && text.is_empty() => Err(Error::cancelled()),
            FirstLine::Text(text) => Ok(text),
            FirstLine::Empty => Err(self.quit()),
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
        match self.prompt_line(label)? {
            FirstLine::Text(text) => match text.trim() {
                QUIT if self.is_accessible => Err(self.quit()),
                LITERAL_QUIT if self.is_accessible => Ok(QUIT.to_owned()),
                text => Ok(text.to_owned()),
            },
            FirstLine::Empty => {
                self.lines.write("\n")?;
                Err(self.quit())
            }
            FirstLine::TooLong | FirstLine::NotUtf8 | FirstLine::Utf16 => Err(unusable_answer()),
        }
    }

    /// Shows a line on the terminal.
    pub fn show(&self, text: &str) -> Result<()> {
        let line = format!("{}\n", escape_untrusted(text));
        if self.is_accessible { self.lines.say(&line) } else { self.lines.write(&line) }
    }

    fn quit(&self) -> Error {
        self.is_quitting.set(true);
        Error::cancelled()
    }

    fn prompt_line(&self, label: &str) -> Result<FirstLine> {
        let mut label = format!("{}: ", escape_untrusted(label));
        if self.is_accessible {
            label = wrap_words(&label, self.lines.columns());
        }
        self.lines.write(&label)?;
        self.lines.read()
    }
}

fn unusable_answer() -> Error {
    Error::usage("the answer can't be used")
        .why("the answer is too long, or not UTF-8")
        .next("Try again with a shorter answer in UTF-8")
}
