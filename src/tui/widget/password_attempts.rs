//! The limit of three attempts per password prompt.

use crate::error::{Error, Kind};

/// Maximum number of attempts per prompt.
const MAX_ATTEMPTS: u8 = 3;

/// Counts wrong passwords.
#[derive(Debug, Default)]
pub struct Attempts(u8);

impl Attempts {
    /// Records a refusal. Returns the error that ends the prompt after the last attempt. A refusal with a time to wait
    /// doesn't count as an attempt.
    pub fn record_failure(&mut self, error: &Error) -> Option<Error> {
        if error.kind == Kind::Unauthenticated && error.retry_after.is_none() {
            self.0 += 1;
        }
        (self.0 >= MAX_ATTEMPTS)
            .then(|| error.clone().why(format!("{MAX_ATTEMPTS} attempts failed; nothing was changed")))
    }
}

/// Describes a refusal to a signed-in user, who types only a password.
pub fn describe_refusal(error: &Error) -> String {
    if error.kind == Kind::Unauthenticated && error.retry_after.is_none() {
        return "Wrong password, or the account was disabled".to_owned();
    }
    error.to_string()
}
