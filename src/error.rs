//! The one error of the house: what happened, why, and what to do next.

use std::fmt;
use std::time::Duration;

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Every exit code with its meaning, for `docs/cli.md`.
pub const EXIT_CODES: [(u8, &str); 8] = [
    (0, "done; for `verify`: allowed"),
    (1, "something outside the command failed: a file, the disk, the store"),
    (2, "the command can't be read: a misspelled option, a malformed value"),
    (3, "nothing has that name"),
    (4, "not authenticated, not permitted, or denied"),
    (5, "conflict: the name is taken, a limit is reached, it changed meanwhile, the confirmation is missing or wrong"),
    (6, "findings: what was checked needs attention"),
    (130, "interrupted"),
];

/// What sort of failure it is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something outside the caller's words went wrong: disk, terminal, store.
    Failure,
    /// The caller's words can't be taken as they are.
    Usage,
    /// Nothing of that name is there.
    NotFound,
    /// Nobody proved who asks, or the proof failed.
    Unauthenticated,
    /// Whoever asks may not.
    Denied,
    /// Name taken, limit reached, changed meanwhile, or a confirmation that differs.
    Conflict,
    /// What was checked is not as it should be.
    Findings,
    /// The person changed their mind.
    Cancelled,
}

impl Kind {
    /// The process's exit code for this kind.
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

    /// The kind's name in JSON.
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

/// A failure that the program itself acts on, whatever is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One stored value doesn't read back. Others may.
    DamagedValue,
    /// Another change came between a look at the store and the transaction that was to follow it.
    Outrun,
}

/// An error that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What happened.
    pub what: String,
    /// Why it happened, where that is known.
    pub why: Option<String>,
    /// What to do next, where there is something to do.
    pub next: Option<String>,
    /// How long to wait before the same call can succeed, where waiting helps.
    pub retry_after: Option<Duration>,
    /// What the program itself can do about it, where that is something.
    pub fault: Option<Fault>,
}

impl Error {
    /// An error of `kind` that says `what` happened.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Error { kind, what: what.into(), why: None, next: None, retry_after: None, fault: None }
    }

    /// A [`Kind::Failure`].
    pub fn failure(what: impl Into<String>) -> Self {
        Self::new(Kind::Failure, what)
    }

    /// A [`Kind::Usage`].
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    /// A [`Kind::NotFound`].
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, what)
    }

    /// A [`Kind::Unauthenticated`].
    pub fn unauthenticated(what: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, what)
    }

    /// A [`Kind::Denied`].
    pub fn denied(what: impl Into<String>) -> Self {
        Self::new(Kind::Denied, what)
    }

    /// A [`Kind::Conflict`].
    pub fn conflict(what: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, what)
    }

    /// A [`Kind::Findings`].
    pub fn findings(what: impl Into<String>) -> Self {
        Self::new(Kind::Findings, what)
    }

    /// Findings of which all has been said already: there is nothing to print.
    pub fn found() -> Self {
        Self::new(Kind::Findings, "")
    }

    /// Whether all of it has been said already.
    pub fn is_said(&self) -> bool {
        self.what.is_empty()
    }

    /// A [`Kind::Cancelled`].
    pub fn cancelled() -> Self {
        Self::new(Kind::Cancelled, "cancelled; nothing was changed")
    }

    /// Adds the reason.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Marks it as a fault that callers look for.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Whether it is that fault.
    pub fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Adds what to do next.
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

/// One line: `what: why. next`. Callers print it through [`crate::domain::text::shown`].
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
