//! The crate's one error type: the failure, the reason, and the next step.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of every fallible function in this crate. A text that can't be parsed gives [`Kind::Usage`] with the rule,
/// a missing permission [`Kind::Denied`] with the reason, and a refusal of the system or the store [`Kind::Failure`].
/// A function documents its errors if they differ.
pub type Result<T> = std::result::Result<T, Error>;

/// All exit codes with their meaning, for `docs/cli.md`.
pub const EXIT_CODES: [(u8, &str); 8] = [
    (0, "success; for `jeton verify`: the request is allowed"),
    (1, "failure of a file, the terminal, the store, the network or another program"),
    (2, "usage error: a misspelled option or a malformed value"),
    (3, "not found: nothing has this name or path"),
    (4, "not authenticated, not permitted, or denied"),
    (5, "conflict: name taken, limit reached, changed meanwhile, or confirmation missing or wrong"),
    (6, "findings: a check found something that needs attention"),
    (130, "interrupted"),
];

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $exit_code:literal $http_status:literal,)*) => {
        /// The sort of failure. Decides the exit code and the HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum Kind { $($(#[$doc])* #[serde(rename = $name)] $kind),* }

        impl Kind {
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$kind => $name),* }
            }

            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Kind::$kind),)* _ => None }
            }

            pub const fn exit_code(self) -> u8 {
                match self { $(Kind::$kind => $exit_code),* }
            }

            /// Returns the HTTP status for this kind. [`Error::http_status`] is more precise.
            pub const fn http_status(self) -> u16 {
                match self { $(Kind::$kind => $http_status),* }
            }
        }
    };
}

// Columns: kind, name in JSON, exit code, HTTP status. The last two arise only at the client, never in a verb.
kinds! {
    /// Something other than the input went wrong: disk, terminal, store.
    Failure "failure" 1 500,
    /// The input can't be accepted.
    Usage "usage" 2 400,
    /// Nothing has the given name.
    NotFound "not-found" 3 404,
    /// No proof was given, or the proof failed.
    Unauthenticated "unauthenticated" 4 401,
    /// The actor is not permitted.
    Denied "denied" 4 403,
    /// Name taken, limit reached, changed meanwhile, or a wrong confirmation.
    Conflict "conflict" 5 409,
    /// A check found something that needs attention.
    Findings "findings" 6 500,
    /// The user cancelled.
    Cancelled "cancelled" 130 500,
}

/// A failure that the program itself handles, independent of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// One stored value can't be decoded. Others may be readable.
    DamagedValue,
    /// The content of the file is not that of a usable store.
    UnusableFile,
    /// Another change was committed between a read of the store and the transaction that follows it.
    ChangedMeanwhile,
    /// Only the typed confirmation is missing, or is another one.
    Unconfirmed,
    /// The server can't be reached, or the connection ended before its answer. Nothing was changed.
    Unreachable,
    /// The connection ended before the server's answer: nobody here knows if the change was made.
    Unanswered,
    /// Nobody has signed in at the server yet.
    NotSignedIn,
    /// The user has left the pager before the end of the output.
    PagerLeft,
    /// The server has no such endpoint.
    UnknownEndpoint,
}

/// A reference to a missing token, for a later search of similar names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub typed: String,
    /// `true` if it was searched in the trash.
    pub trashed: bool,
    /// `true` if the token was to be changed, not only seen.
    pub to_write: bool,
}

/// An error with text for a person. In JSON, members that a reader doesn't know are ignored, as RFC 9457 asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
pub struct Error {
    pub kind: Kind,
    /// The failure in words.
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Time to wait before the same call can succeed, if waiting helps. In JSON: `{"secs":…,"nanos":…}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// The failure that the program can handle itself, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The reference that means no token, if that is the error and similar names may be suggested. Used before the
    /// error leaves the backend.
    #[serde(skip)]
    pub unknown: Option<Box<Unknown>>,
}

impl Error {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Error { kind, what: what.into(), why: None, next: None, retry_after: None, fault: None, unknown: None }
    }

    pub fn failure(what: impl Into<String>) -> Self {
        Self::new(Kind::Failure, what)
    }

    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, what)
    }

    pub fn unauthenticated(what: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, what)
    }

    pub fn denied(what: impl Into<String>) -> Self {
        Self::new(Kind::Denied, what)
    }

    pub fn conflict(what: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, what)
    }

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

    /// Creates the end of a command whose output nobody reads any more, by choice. Not a failure.
    pub fn pager_left() -> Self {
        Self::new(Kind::Failure, "").fault(Fault::PagerLeft)
    }

    pub fn cancelled() -> Self {
        Self::new(Kind::Cancelled, "cancelled; nothing was changed")
    }

    /// Adds the reason. The number of a system error, such as `(os error 2)`, is left out.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        let mut why = why.into();
        why.truncate(without_error_number(&why).len());
        self.why = Some(why);
        self
    }

    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    pub fn has_fault(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub fn unknown(mut self, unknown: Unknown) -> Self {
        self.unknown = Some(Box::new(unknown));
        self
    }

    /// Returns the HTTP status. A fault or a time to wait says more than the kind.
    pub const fn http_status(&self) -> u16 {
        match (self.kind, self.fault, self.retry_after) {
            (Kind::Conflict, Some(Fault::ChangedMeanwhile), _) => 412,
            (Kind::Unauthenticated, _, Some(_)) => 429,
            (Kind::Failure, _, Some(_)) => 503,
            (kind, ..) => kind.http_status(),
        }
    }

    /// Returns the failure and its reason, for the reason of another error.
    pub fn what_and_why(&self) -> String {
        self.why.as_ref().map_or_else(|| self.what.clone(), |why| format!("{}: {why}", self.what))
    }

    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

/// One line: `what: why. next`. Callers print it through [`crate::domain::untrusted_text::escape_untrusted`].
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

/// Returns the text of a system error without its number at the end, such as ` (os error 2)`.
pub fn without_error_number(text: &str) -> &str {
    match text.rsplit_once(" (os error ") {
        Some((text, number)) if number.strip_suffix(')').is_some_and(|n| n.parse::<i32>().is_ok()) => text,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_kind_has_a_name_an_exit_code_and_a_status() {
        let rows = Kind::ALL.iter().map(|k| format!("{} {} {}", k.as_str(), k.exit_code(), k.http_status()));
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @"
        failure 1 500
        usage 2 400
        not-found 3 404
        unauthenticated 4 401
        denied 4 403
        conflict 5 409
        findings 6 500
        cancelled 130 500
        ");
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert!(EXIT_CODES.iter().any(|(code, _)| *code == kind.exit_code()));
        }
        assert_eq!(Kind::parse("Failure"), None);
    }

    #[test]
    fn fault_and_wait_make_the_status_precise() {
        let wait = |error: Error| Error { retry_after: Some(Duration::from_secs(1)), ..error };
        assert_eq!(Error::conflict("x").fault(Fault::ChangedMeanwhile).http_status(), 412);
        assert_eq!(wait(Error::unauthenticated("x")).http_status(), 429);
        assert_eq!(wait(Error::failure("x")).http_status(), 503);
        assert_eq!(Error::failure("x").fault(Fault::DamagedValue).http_status(), 500);
        assert_eq!(wait(Error::conflict("x")).http_status(), 409);
    }

    proptest! {
        #[test]
        fn error_survives_json(
            kind in prop::sample::select(Kind::ALL),
            what in any::<String>(),
            why in any::<Option<String>>(),
            next in any::<Option<String>>(),
            retry_after in any::<Option<Duration>>(),
            fault in prop::sample::select(vec![None, Some(Fault::DamagedValue), Some(Fault::ChangedMeanwhile)]),
        ) {
            let error = Error { kind, what, why, next, retry_after, fault, unknown: None };
            let json = serde_json::to_string(&error).unwrap();
            prop_assert_eq!(serde_json::from_str::<Error>(&json).unwrap(), error);
        }
    }
}
