//! `token create` and `token regenerate`: a secret is shown once.

use std::collections::BTreeSet;

use super::super::App;
use super::super::args::{CreateArgs, RegenerateArgs};
use super::super::json::{IssuedJson, SCHEMA, TokenJson};
use crate::domain::expiry::{Expiry, ExpirySpec};
use crate::domain::method::MethodId;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::selection::Selection;
use crate::domain::time::relative;
use crate::error::{Error, Result};
use crate::verbs::tokens::{CreateToken, Issued, Pointed, RegenerateToken};

pub(super) fn create(app: &mut App, args: CreateArgs) -> Result<()> {
    let verb = CreateToken {
        account: args.account.as_deref().map(Username::parse).transpose()?,
        name: TokenName::parse(&args.name)?,
        description: args.description.as_deref().map_or_else(|| Ok(Description::none()), Description::parse)?,
        expires: expires(app, args.expires.as_deref())?,
        selection: selection(args.set, &args.method, args.inherit)?,
        out: args.out,
    };
    let who = app.to_change()?;
    let changed = app.ask(&who, verb)?;
    hand_over(app, &changed.out, "is ready")
}

pub(super) fn regenerate(app: &mut App, args: RegenerateArgs) -> Result<()> {
    let verb = RegenerateToken {
        token: Pointed::typed(args.token),
        expires: expires(app, args.expires.as_deref())?,
        out: args.out,
    };
    let who = app.to_change()?;
    let changed = app.ask(&who, verb)?;
    hand_over(app, &changed.out, "has a new secret, the old one is dead")
}

/// The verb looks again at its own instant; here a past expiry is refused before anybody types a password.
fn expires(app: &App, text: Option<&str>) -> Result<Option<ExpirySpec>> {
    let Some(text) = text else { return Ok(None) };
    let spec = ExpirySpec::parse(text)?;
    spec.resolve(app.now(), app.world.clock.zone())?;
    Ok(Some(spec))
}

fn selection(sets: Vec<String>, methods: &[String], inherit: bool) -> Result<Selection> {
    if inherit {
        Ok(Selection::Inherit)
    } else if sets.is_empty() {
        let methods = methods.iter().map(|m| MethodId::parse(m)).collect::<Result<BTreeSet<_>>>()?;
        Ok(Selection::Custom(methods))
    } else {
        Ok(Selection::Sets(sets.into_iter().collect()))
    }
}

/// The secret, on stdout or in the file that was asked for, and what to know about it on stderr.
fn hand_over(app: &mut App, issued: &Issued, what: &str) -> Result<()> {
    printed(app, issued).map_err(|e| {
        let name = issued.token.full_name();
        let why = e.why.unwrap_or_default();
        Error::failure(format!("{name} {what}, but its secret could not be printed"))
            .why(why)
            .next(format!("Make another: jeton token regenerate {name}"))
    })?;
    if app.out.json {
        return Ok(());
    }
    let (token, now) = (&issued.token, app.now());
    let end = match token.expiry {
        Expiry::Never => "it never expires".to_owned(),
        Expiry::At(at) => format!("it works until {}, {}", token.expiry.day(app.world.clock.zone()), relative(at, now)),
    };
    app.out.note(&format!("✓ {} {what}; {end}", token.full_name()));
    if let Some(path) = issued.saved_to() {
        app.out.note(&format!("  Its secret is saved in {}, readable by you alone", path.display()));
        return Ok(());
    }
    app.out.note("  This is the only time the secret is shown. Kept in T, it is used like this:");
    app.out.note("  printf 'Authorization: Bearer %s\\n' \"$T\" | curl -H @- URL");
    Ok(())
}

fn printed(app: &mut App, issued: &Issued) -> Result<()> {
    let saved_to = issued.saved_to().map(|p| p.display().to_string());
    if app.out.json {
        let token = TokenJson::of(&issued.token, app.now());
        return issued.secret.expose(|s| {
            let secret = saved_to.is_none().then_some(s);
            app.out.json_secret(&IssuedJson { schema: SCHEMA, token, secret, saved_to })
        });
    }
    if saved_to.is_some() { Ok(()) } else { app.out.secret(&issued.secret) }
}
