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
