//! New passwords: given, or typed twice at a prompt.

use std::path::Path;

use super::{App, MAX_ATTEMPTS};
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind, Result};
use crate::verbs::new_password::NewPassword;

/// Returns the first owner's password: the one given, or else the one typed.
pub(super) fn for_first_owner(app: &App, username: &Username) -> Result<NewPassword> {
    let password = match app.prompt.given_password()? {
        Some(password) => Password::new(password)?,
        None => prompt_twice(app, username)?,
    };
    Ok(NewPassword::Plain(password))
}

/// Returns a new password for `username`, once the actor has given their own. Read from `file`, or from the next line
/// of stdin, or else typed.
pub(super) fn for_account(app: &App, username: &Username, file: Option<&Path>) -> Result<NewPassword> {
    let password = match app.prompt.given_new_password(file)? {
        Some(password) => Password::new(password)?,
        None => prompt_twice(app, username)?,
    };
    Ok(NewPassword::Plain(password))
}

/// Prompts twice, until both inputs match and are long enough.
fn prompt_twice(app: &App, username: &Username) -> Result<Password> {
    app.prompt.show("Use at least 12 characters; three or four words with spaces work well.")?;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let error = match Password::new(app.prompt.read_hidden(&format!("New password of {username}"))?) {
            Ok(password) => {
                let again = Password::from_raw(app.prompt.read_hidden("Repeat the password")?);
                if password.is_same_as(&again) {
                    return Ok(password);
                }
                Error::new(Kind::Denied, "the passwords don't match")
            }
            Err(short) => short,
        };
        if attempts == MAX_ATTEMPTS {
            return Err(error);
        }
        app.prompt.show(&error.what)?;
    }
}
