//! `jeton init`: the store and its first owner.

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use super::args::InitArgs;
use super::catalogue::apply::{show_import, source};
use super::new_password::new_password;
use super::output::counted;
use crate::domain::account::Account;
use crate::domain::catalogue::Catalogue;
use crate::domain::method::Access;
use crate::domain::name::{Prefix, Username};
use crate::error::{Error, Result};
use crate::verbs::accounts::GetSetup;
use crate::verbs::credential::Credential;
use crate::verbs::init::Init;

/// The answer of `init`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Initialized {
    /// The first owner.
    account: Account,
    /// The store's file.
    store: String,
}

pub(super) fn run(app: &mut App, args: InitArgs) -> Result<()> {
    let prefix = args.prefix.as_deref().map_or_else(|| Ok(Prefix::default()), Prefix::parse)?;
    let source = args.catalogue.as_deref().map(|from| source(app, from)).transpose()?;
    let named = args.username.as_deref().map(Username::parse).transpose()?;
    app.backend.local()?;
    // The verb checks this too. Checking here fails before anyone is asked for a password.
    if !app.call(&Credential::Store, GetSetup)?.first_run {
        return Err(Error::conflict(format!("the store {} is already set up", app.store_path().display())).next(
            format!("To sign in, run: {}. To set up another store, use --store with another path", app.program()),
        ));
    }
    let username = match named.or_else(|| app.username.clone()) {
        Some(username) => username,
        None if app.prompt.is_interactive => Username::parse(
            &app.prompt.read_visible("Use 1-32 characters (a-z 0-9 . _ -). Username of the first owner")?,
        )?,
        None => return Err(Error::denied("the first owner needs a username").next("Use --username NAME")),
    };
    if let Some(source) = &source {
        show_import(app, source, None);
    }
    let catalogue = source.map(|source| source.catalogue);
    let public = catalogue.iter().flat_map(Catalogue::methods).filter(|m| m.access == Access::Public).count();
    let password = new_password(app, &username, app.prompt.given_password()?)?;
    let changed = app.call(
        &Credential::Store,
        Init { username, password, prefix, self_service: !args.no_self_service, catalogue },
    )?;
    let store = app.store_path().display().to_string();
    if app.out.json {
        return app.print_json(&Initialized { account: changed.value, store });
    }
    app.out.note(&format!("✓ created the store {store} with the first owner {}", changed.value.username));
    if public > 0 {
        let methods = counted(public, "public method");
        app.out.note(&format!("! Anyone can call {methods} of the catalogue without a token"));
    }
    let program = app.program();
    app.out.note(&format!("  Create a token: {program} token create NAME. Open the screens: {program}"));
    Ok(())
}
