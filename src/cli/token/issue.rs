//! `token create`, `copy` and `regenerate`: a secret is shown once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::slice;

use super::super::App;
use super::super::args::{CopyArgs, CreateArgs, RegenerateArgs};
use super::super::json::{CreatedJson, Exposed, IssuedJson, SCHEMA, SomeIssuedJson, TokenJson};
use super::super::witness::Asked;
use crate::domain::expiry::{Expiry, ExpirySpec, Span};
use crate::domain::method::MethodId;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::selection::Selection;
use crate::domain::time::{Timestamp, relative};
use crate::error::{Error, Result};
use crate::platform::input::{is_standard, named_file};
use crate::verbs::tokens::{CopyToken, CreateToken, Issued, Pointed, RegenerateToken, SaveTo};

pub(super) fn create(app: &mut App, args: CreateArgs) -> Result<()> {
    let verb = CreateToken {
        account: args.account.as_deref().map(Username::parse).transpose()?,
        names: args.names.iter().map(|name| TokenName::parse(name)).collect::<Result<_>>()?,
        description: args.description.as_deref().map_or_else(|| Ok(Description::none()), Description::parse)?,
        expires: expires(app, args.expires.as_deref())?,
        selection: selection(args.set, &args.method, args.inherit)?,
        out: save_to(args.out, args.out_dir)?,
    };
    let who = app.to_change()?;
    let changed = app.ask(&who, verb)?;
    hand_over(app, &changed.out, "is ready")
}

pub(super) fn copy(app: &mut App, args: CopyArgs) -> Result<()> {
    let verb = CopyToken {
        token: Pointed::typed(args.token),
        name: TokenName::parse(&args.name)?,
        account: args.account.as_deref().map(Username::parse).transpose()?,
        expires: expires(app, args.expires.as_deref())?,
        out: save_to(args.out, None)?,
    };
    let who = app.to_change()?;
    let changed = app.ask(&who, verb)?;
    hand_over(app, &[changed.out], "is ready")
}

pub(super) fn regenerate(app: &mut App, args: RegenerateArgs) -> Result<()> {
    let verb = RegenerateToken {
        token: Pointed::typed(args.token),
        grace: args.grace.as_deref().map(Span::parse).transpose()?,
        expires: expires(app, args.expires.as_deref())?,
        out: save_to(args.out, None)?,
    };
    let graced = verb.grace.is_some();
    let who = app.to_change()?;
    let changed = app.ask(&who, verb)?;
    let (issued, now) = (changed.out, app.now());
    let until = issued.token.previous.as_ref().filter(|_| graced).map(|p| p.retires_at);
    match until {
        Some(until) => {
            let old = old_secret(until, issued.token.expiry, now);
            hand_over(app, &[issued], &format!("has a new secret, {old}"))
        }
        None => rotated(app, issued, changed.seq),
    }
}

/// Nobody waits for the secret while the service is asked, but where both stand in one answer.
fn rotated(app: &mut App, issued: Issued, seq: i64) -> Result<()> {
    let (what, dead) = ("has a new secret", ", the old one is dead");
    let unprinted = |e| unprinted(slice::from_ref(&issued), &format!("{what}{dead}"), e);
    if app.out.json {
        let service = Asked::about(app, seq);
        let now = app.now();
        let answer = IssuedJson { schema: SCHEMA, issued: created(&issued, now) };
        return app.out.json_secret(&service.beside(&answer), 1).map_err(unprinted);
    }
    printed(app, slice::from_ref(&issued)).map_err(unprinted)?;
    let service = Asked::about(app, seq);
    explain(app, slice::from_ref(&issued), &format!("{what}{}", service.clause("the old one", dead)));
    service.doubt(app);
    Ok(())
}

/// Until when the old secret lives, and that it is not as long as was asked for where the expiry cuts it short.
fn old_secret(until: Timestamp, expiry: Expiry, now: Timestamp) -> String {
    let cut = if expiry.at() == Some(until) { " with the token itself" } else { "" };
    format!("the old one dies {}{cut}", relative(until, now))
}

/// Where secrets are saved; `None` where they are printed, which a file `-` asks for too.
fn save_to(file: Option<PathBuf>, folder: Option<PathBuf>) -> Result<Option<SaveTo>> {
    if let Some(folder) = &folder {
        named_file(folder, "the folder for secrets")?;
    }
    let file = file.filter(|file| !is_standard(file));
    Ok(file.map(SaveTo::File).or(folder.map(SaveTo::Folder)))
}

/// The verb looks again at its own instant; here a past expiry is refused before anybody types a password.
pub(super) fn expires(app: &App, text: Option<&str>) -> Result<Option<ExpirySpec>> {
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

/// The secrets, on stdout or in the files that were asked for, and what to know about them on stderr.
fn hand_over(app: &mut App, issued: &[Issued], what: &str) -> Result<()> {
    printed(app, issued).map_err(|e| unprinted(issued, what, e))?;
    if !app.out.json {
        explain(app, issued, what);
    }
    if let Some((first, warning)) = issued.first().and_then(|one| Some((one, one.warning.as_ref()?))) {
        let more = if issued.len() > 1 { " and the others" } else { "" };
        app.out.note(&format!("! {}{more}: {warning}", first.token.full_name()));
    }
    Ok(())
}

fn unprinted(issued: &[Issued], what: &str, e: Error) -> Error {
    let names: Vec<String> = issued.iter().map(|i| i.token.full_name()).collect();
    let (secret, names) = (if names.len() == 1 { "its secret" } else { "the secrets" }, names.join(", "));
    Error::failure(format!("{names} {what}, but {secret} could not be printed")).why(e.why.unwrap_or_default()).next(
        match issued {
            [only] => format!("Make another: jeton token regenerate {}", only.token.full_name()),
            _ => "Make others: jeton token regenerate NAME".to_owned(),
        },
    )
}

fn explain(app: &App, issued: &[Issued], what: &str) {
    let now = app.now();
    for one in issued {
        let token = &one.token;
        let end = match token.expiry {
            Expiry::Never => "it never expires".to_owned(),
            Expiry::At(at) => {
                format!("it works until {}, {}", token.expiry.day(app.world.clock.zone()), relative(at, now))
            }
        };
        app.out.note(&format!("✓ {} {what}; {end}", token.full_name()));
        if let Some(path) = one.saved_to() {
            app.out.note(&format!("  Its secret is saved in {}, readable by you alone", path.display()));
        }
    }
    if issued.iter().any(|i| i.saved_to().is_none()) {
        app.out.note("  This is the only time the secret is shown. Kept in T, it is used like this:");
        app.out.note("  printf 'Authorization: Bearer %s\\n' \"$T\" | curl -H @- URL");
    }
}

fn printed(app: &mut App, issued: &[Issued]) -> Result<()> {
    let now = app.now();
    if app.out.json {
        let created = |i| created(i, now);
        return match issued {
            [only] => app.out.json_secret(&IssuedJson { schema: SCHEMA, issued: created(only) }, 1),
            several => {
                let created = several.iter().map(created).collect();
                app.out.json_secret(&SomeIssuedJson { schema: SCHEMA, created }, several.len())
            }
        };
    }
    match issued {
        _ if issued.iter().all(|i| i.saved_to().is_some()) => Ok(()),
        [only] => app.out.secret(&only.secret),
        several => {
            let pairs: Vec<_> = several.iter().map(|i| (i.token.name.as_str(), &i.secret)).collect();
            app.out.named_secrets(&pairs)
        }
    }
}

fn created(issued: &Issued, now: Timestamp) -> CreatedJson<'_> {
    let saved_to = issued.saved_to().map(|p| p.display().to_string());
    let secret = saved_to.is_none().then_some(Exposed(&issued.secret));
    CreatedJson { token: TokenJson::of(&issued.token, now), secret, saved_to }
}
