//! Three tries a prompt.

use crate::error::{Error, Kind};

/// How often a password may be tried on one prompt.
const MOST: u8 = 3;

/// Counts the passwords that were wrong.
#[derive(Debug, Default)]
pub struct Tries(u8);

impl Tries {
    /// Takes a refusal. The error to end the prompt with, once the tries are used up; having to wait costs none.
    pub fn used_up_by(&mut self, error: &Error) -> Option<Error> {
        if error.kind == Kind::Unauthenticated && error.retry_after.is_none() {
            self.0 += 1;
        }
        (self.0 >= MOST).then(|| error.clone().why(format!("{MOST} tries failed; nothing was changed")))
    }
}

/// A refusal in the words of somebody who has signed in already and types only a password.
pub fn wrong_password(error: &Error) -> String {
    if error.kind == Kind::Unauthenticated && error.retry_after.is_none() {
        return "That password is wrong, or the account was disabled meanwhile".to_owned();
    }
    error.to_string()
}
