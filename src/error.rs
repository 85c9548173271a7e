//! The crate's one error type: the failure, the reason, and the next step.

use std::fmt;
use std::time::Duration;

/// The result of every fallible function in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// All exit codes with their meaning, for `docs/cli.md`.
pub const EXIT_CODES: [(u8, &str); 8] = [
    (0, "done; for `verify`: allowed"),
    (1, "something outside the command failed: a file, the disk, the store"),
    (2, "usage error: a misspelled option or a malformed value"),
    (3, "nothing with this name"),
    (4, "not authenticated, not permitted, or denied"),
    (5, "conflict: name taken, limit reached, changed meanwhile, or confirmation missing or wrong"),
    (6, "findings: a check found something that needs attention"),
    (130, "interrupted"),
];

/// The sort of failure. Decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something other than the input went wrong: disk, terminal, store.
    Failure,
    /// The input can't be accepted.
    Usage,
    /// Nothing has the given name.
    NotFound,
    /// No proof was given, or the proof failed.
    Unauthenticated,
    /// The actor is not permitted.
    Denied,
    /// Name taken, limit reached, changed meanwhile, or a wrong confirmation.
    Conflict,
    /// A check found something that needs attention.
    Findings,
    /// The user cancelled.
    Cancelled,
}

impl Kind {
    /// Returns the process's exit code for this kind.
    pub const fn exit_code(self) -> u8 {
        match self {
            Kind::Failure => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::Unauthenticated | Kind::Denied => 4,
            Kind::Conflict => 5,
            Kind::Findings => 6,
            Kind::Cancelled => 130,
        }
    }

    /// Returns the kind's name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Failure => "failure",
            Kind::Usage => "usage",
            Kind::NotFound => "not-found",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Denied => "denied",
            Kind::Conflict => "conflict",
            Kind::Findings => "findings",
            Kind::Cancelled => "cancelled",
        }
    }
}

/// A failure that the program itself handles, independent of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One stored value can't be decoded. Others may be readable.
    DamagedValue,
    /// Another change was committed between a read of the store and the transaction that follows it.
    ChangedMeanwhile,
}

/// A reference to a missing token, for a later search of similar names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The reference as it was typed.
    pub typed: String,
    /// `true` if it was searched in the trash.
    pub trashed: bool,
    /// `true` if the token was to be changed, not only seen.
    pub to_write: bool,
}

/// An error with text for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    /// The kind; decides the exit code.
    pub kind: Kind,
    /// The failure in words.
    pub what: String,
    /// The reason, if known.
    pub why: Option<String>,
    /// The next step, if there is one.
    pub next: Option<String>,
    /// Time to wait before the same call can succeed, if waiting helps.
    pub retry_after: Option<Duration>,
    /// The failure that the program can handle itself, if it is one.
    pub fault: Option<Fault>,
    /// The reference that means no token, if that is the error and similar names may be suggested.
    pub unknown: Option<Box<Unknown>>,
}

impl Error {
    /// Creates an error of `kind` with the message `what`.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Error { kind, what: what.into(), why: None, next: None, retry_after: None, fault: None, unknown: None }
    }

    /// Creates a [`Kind::Failure`].
    pub fn failure(what: impl Into<String>) -> Self {
        Self::new(Kind::Failure, what)
    }

    /// Creates a [`Kind::Usage`].
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    /// Creates a [`Kind::NotFound`].
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, what)
    }

    /// Creates a [`Kind::Unauthenticated`].
    pub fn unauthenticated(what: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, what)
    }

    /// Creates a [`Kind::Denied`].
    pub fn denied(what: impl Into<String>) -> Self {
        Self::new(Kind::Denied, what)
    }

    /// Creates a [`Kind::Conflict`].
    pub fn conflict(what: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, what)
    }

    /// Creates a [`Kind::Findings`].
    pub fn findings(what: impl Into<String>) -> Self {
        Self::new(Kind::Findings, what)
    }

    /// Creates a [`Kind::Findings`] whose text has been printed already. Nothing is left to print.
    pub fn silent_findings() -> Self {
        Self::new(Kind::Findings, "")
    }

    /// Returns `true` if everything has been printed already.
    pub fn is_silent(&self) -> bool {
        self.what.is_empty()
    }

    /// Creates a [`Kind::Cancelled`].
    pub fn cancelled() -> Self {
        Self::new(Kind::Cancelled, "cancelled; nothing was changed")
    }

    /// Adds the reason. The number of a system error, such as `(os error 2)`, is left out.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        let why = why.into();
        self.why = Some(match why.split_once(" (os error ") {
            Some((text, number)) if number.strip_suffix(')').is_some_and(|n| n.parse::<i32>().is_ok()) => {
                text.to_owned()
            }
            _ => why,
        });
        self
    }

    /// Marks the error with a fault that callers check for.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Returns `true` if the error has this fault.
    pub fn has_fault(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Adds the reference to which similar names may be suggested.
    pub fn unknown(mut self, unknown: Unknown) -> Self {
        self.unknown = Some(Box::new(unknown));
        self
    }

    /// Adds the next step.
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

/// One line: `what: why. next`. Callers print it through [`crate::domain::text::escape_untrusted`].
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(why) = &self.why {
            write!(f, ": {why}")?;
        }
        if let Some(next) = &self.next {
            write!(f, ". {next}")?;
        }
        Ok(())
    }
}
