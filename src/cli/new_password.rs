//! New passwords: given, or typed twice at a prompt.

use std::path::Path;

use super::{App, TRIES};
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind, Result};
use crate::verbs::new_password::NewPassword;

/// Returns the first owner's password: the one given, or else the one typed.
pub(super) fn of_first_owner(app: &App, username: &Username) -> Result<NewPassword> {
    let password = match app.prompt.given_password()? {
        Some(given) => Password::new(given)?,
        None => typed(app, username)?,
    };
    Ok(NewPassword::Plain(password))
}

/// Returns a new password for `username`, once the actor has given their own. Read from `file`, or from the next line
/// of stdin, or else typed.
pub(super) fn of(app: &App, username: &Username, file: Option<&Path>) -> Result<NewPassword> {
    let password = match app.prompt.given_new_password(file)? {
        Some(given) => Password::new(given)?,
        None => typed(app, username)?,
    };
    Ok(NewPassword::Plain(password))
}

/// Asks twice, until both match and are long enough.
fn typed(app: &App, username: &Username) -> Result<Password> {
    app.prompt.show("A password has 12 bytes or more; three or four words with spaces do well.")?;
    let mut tries = 0;
    loop {
        tries += 1;
        let refused = match Password::new(app.prompt.hidden(&format!("New password of {username}"))?) {
            Ok(password) => {
                let again = Password::from_raw(app.prompt.hidden("The same again")?);
                if password.is_same_as(&again) {
                    return Ok(password);
                }
                Error::new(Kind::Denied, "the two passwords differ")
            }
            Err(short) => short,
        };
        if tries == TRIES {
            return Err(refused);
        }
        app.prompt.show(&refused.what)?;
    }
}
