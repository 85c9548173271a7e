//! New passwords: asked for twice at a prompt, or given.

use std::path::Path;

use super::{App, TRIES};
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind, Result};
use crate::verbs::new_password::NewPassword;

/// The password of the first owner: the one given, else the one typed.
pub(super) fn of_first_owner(app: &App, username: &Username) -> Result<NewPassword> {
    let password = match app.prompt.given_password()? {
        Some(given) => Password::new(given)?,
        None => typed(app, username)?,
    };
    Ok(NewPassword::Plain(password))
}

/// A new password of `username`, once whoever asks has given their own: from `file`, from the next line of stdin, else
/// typed.
pub(super) fn of(app: &App, username: &Username, file: Option<&Path>) -> Result<NewPassword> {
    let password = match app.prompt.given_new_password(file)? {
        Some(given) => Password::new(given)?,
        None => typed(app, username)?,
    };
    Ok(NewPassword::Plain(password))
}

/// Asked for twice, until both are alike and long enough.
fn typed(app: &App, username: &Username) -> Result<Password> {
    app.prompt.show("A password has 12 bytes or more; three or four words with spaces do well.")?;
    let mut tries = 0;
    loop {
        tries += 1;
        let refused = match Password::new(app.prompt.hidden(&format!("New password of {username}"))?) {
            Ok(password) => {
                let again = Password::typed(app.prompt.hidden("The same again")?);
                if password.is_same(&again) {
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
