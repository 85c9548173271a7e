//! `jeton init`: the store and its first owner.

use zeroize::Zeroizing;

use super::args::InitArgs;
use super::catalogue::apply::source;
use super::json::{AccountJson, InitJson, SCHEMA};
use super::{App, TRIES};
use crate::domain::name::{Prefix, Username};
use crate::domain::password::Password;
use crate::error::{Error, Kind, Result};
use crate::verbs::accounts::Greet;
use crate::verbs::actor::Credential;
use crate::verbs::init::{Init, NewPassword};

pub(super) fn run(app: &mut App, args: InitArgs) -> Result<()> {
    let prefix = args.prefix.as_deref().map_or_else(|| Ok(Prefix::default()), Prefix::parse)?;
    let catalogue = args.catalogue.as_deref().map(|from| source(app, from)).transpose()?;
    let named = args.username.as_deref().map(Username::parse).transpose()?;
    // The verb says so too; here nobody is asked for a password first.
    if !app.ask(&Credential::Store, Greet)?.first_run {
        return Err(Error::conflict(format!("the store {} is set up already", app.store_path().display()))
            .next("Sign in with jeton, or choose another place with --store"));
    }
    let username = match named.or_else(|| app.username.clone()) {
        Some(username) => username,
        None if app.prompt.possible => Username::parse(&app.prompt.line("Username of the first owner")?)?,
        None => return Err(Error::denied("the first owner has no name yet").next("Say --username U")),
    };
    let password = new_password(app, &username)?;
    let changed = app.ask(
        &Credential::Store,
        Init {
            username,
            password: NewPassword::Plain(password),
            prefix,
            self_service: !args.no_self_service,
            catalogue,
        },
    )?;
    let store = app.store_path().display().to_string();
    if app.out.json {
        return app.out.json(&InitJson { schema: SCHEMA, account: AccountJson::from(&changed.out), store });
    }
    app.out.note(&format!("✓ the store is at {store}; its owner is {}", changed.out.username));
    app.out.note("  Next: jeton token create NAME, or jeton for the screens");
    Ok(())
}

/// Asked for twice at a prompt, until both are alike and long enough.
fn new_password(app: &App, username: &Username) -> Result<Password> {
    if let Some(given) = app.prompt.given_password()? {
        return Password::new(given);
    }
    app.prompt.show("A password has 12 bytes or more; three or four words with spaces do well.")?;
    let mut tries = 0;
    loop {
        tries += 1;
        let refused = match Password::new(app.prompt.hidden(&format!("New password of {username}"))?) {
            Ok(password) => {
                let again: Zeroizing<String> = app.prompt.hidden("The same again")?;
                if password.expose(|p| p == again.as_bytes()) {
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
