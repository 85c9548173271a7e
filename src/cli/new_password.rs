//! New passwords: given, or typed twice at a prompt.

use zeroize::Zeroizing;

use super::App;
use super::authentication::MAX_ATTEMPTS;
use crate::domain::name::Username;
use crate::domain::password::Password;
use crate::error::{Error, Kind, Result};
use crate::verbs::new_password::NewPassword;

/// Returns the new password of `username`: the `given` one, or else one typed at a prompt.
pub(super) fn new_password(app: &App, username: &Username, given: Option<Zeroizing<String>>) -> Result<NewPassword> {
    let password = given.map_or_else(|| prompt_twice(app, username), Password::new)?;
    Ok(NewPassword::Plain(password))
}

/// Prompts twice, until both inputs match and are long enough.
fn prompt_twice(app: &App, username: &Username) -> Result<Password> {
    app.prompt.show("Use at least 12 characters. Three or four words with spaces work well.")?;
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
            return Err(error.next("Nothing was changed. Run the command again"));
        }
        app.prompt.show(&error.what)?;
    }
}
