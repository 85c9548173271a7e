//! The limit of three tries per password prompt.

use crate::error::{Error, Kind};

/// Maximum number of tries per prompt.
const MOST: u8 = 3;

/// Counts wrong passwords.
#[derive(Debug, Default)]
pub struct Tries(u8);

impl Tries {
    /// Takes a refusal. Returns the error that ends the prompt after the last try. A refusal that asks the user to wait
    /// doesn't count as a try.
    pub fn used_up_by(&mut self, error: &Error) -> Option<Error> {
        if error.kind == Kind::Unauthenticated && error.retry_after.is_none() {
            self.0 += 1;
        }
        (self.0 >= MOST).then(|| error.clone().why(format!("{MOST} tries failed; nothing was changed")))
    }
}

/// Describes a refusal to a signed-in user, who types only a password.
pub fn wrong_password(error: &Error) -> String {
    if error.kind == Kind::Unauthenticated && error.retry_after.is_none() {
        return "That password is wrong, or the account was disabled meanwhile".to_owned();
    }
    error.to_string()
}
