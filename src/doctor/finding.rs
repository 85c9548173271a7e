use crate::domain::word_enum::word_enum;
use crate::error::Error;

word_enum! {
    /// The severity of a result.
    pub enum Status {
        /// As it should be.
        Ok = "ok",
        /// Works, but should be changed.
        Warning = "warning",
        /// Doesn't work, or isn't safe.
        Fault = "fault",
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub status: Status,
    pub what: String,
    pub why: Option<String>,
    pub next: Option<String>,
}

impl Finding {
    fn new(status: Status, what: impl Into<String>) -> Self {
        Finding { status, what: what.into(), why: None, next: None }
    }

    pub fn ok(what: impl Into<String>) -> Self {
        Self::new(Status::Ok, what)
    }

    pub fn warning(what: impl Into<String>) -> Self {
        Self::new(Status::Warning, what)
    }

    pub fn fault(what: impl Into<String>) -> Self {
        Self::new(Status::Fault, what)
    }

    /// Returns the fault that `error` reports.
    pub fn of_error(error: Error) -> Self {
        let Error { what, why, next, .. } = error;
        Finding { status: Status::Fault, what, why, next }
    }

    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Takes the reason from `error`, and the next step if the finding has none yet.
    pub fn because_of(self, error: Error) -> Self {
        Finding { why: error.why.or(self.why), next: self.next.or(error.next), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_step_of_the_check_is_kept() {
        let error = Error::failure("no").why("the reason").next("Of the error");
        let found = |finding: Finding| finding.because_of(error.clone()).next.unwrap();
        assert_eq!(found(Finding::fault("no").next("Of the check")), "Of the check");
        assert_eq!(found(Finding::fault("no")), "Of the error");
    }
}
