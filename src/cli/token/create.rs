//! `token create`, `copy` and `regenerate`: a secret is shown only once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::App;
use super::super::args::{CopyArgs, CreateArgs, RegenerateArgs};
use super::super::json::{CreatedJson, IssuedJson, SCHEMA, SecretJson, SomeIssuedJson, TokenJson};
use super::super::output;
use super::super::propagation::PropagationCheck;
use crate::domain::expiry::{Expiry, ExpirySpec, Span};
use crate::domain::method::MethodId;
use crate::domain::name::{Description, TokenName, Username};
use crate::domain::selection::Selection;
use crate::domain::time::{Timestamp, relative};
use crate::error::{Error, Result};
use crate::platform::input::{is_standard, require_named_file};
use crate::verbs::tokens::{
    CopyToken, CreateToken, IssuedToken, RegenerateToken, SecretCallback, SecretDestination, TokenTarget,
};

pub(super) fn create(app: &mut App, args: CreateArgs) -> Result<()> {
    let verb = CreateToken {
        account: args.account.as_deref().map(Username::parse).transpose()?,
        names: args.names.iter().map(|name| TokenName::parse(name)).collect::<Result<_>>()?,
        description: args.description.as_deref().map_or_else(|| Ok(Description::none()), Description::parse)?,
        expires: expires(app, args.expires.as_deref())?,
        selection: selection(args.set, &args.method, args.inherit)?,
        destination: Some(secret_destination(SecretFormat::new(app), args.out, args.out_dir)?),
    };
    let credential = app.write_credential()?;
    let changed = app.call(&credential, verb)?;
    print_issued(app, &changed.value, "is ready")
}

pub(super) fn copy(app: &mut App, args: CopyArgs) -> Result<()> {
    let verb = CopyToken {
        token: TokenTarget::by_reference(args.token),
        name: TokenName::parse(&args.name)?,
        account: args.account.as_deref().map(Username::parse).transpose()?,
        expires: expires(app, args.expires.as_deref())?,
        destination: Some(secret_destination(SecretFormat::new(app), args.out, None)?),
    };
    let credential = app.write_credential()?;
    let changed = app.call(&credential, verb)?;
    print_issued(app, &[changed.value], "is ready")
}

pub(super) fn regenerate(app: &mut App, args: RegenerateArgs) -> Result<()> {
    let now = app.now();
    let is_opened = Arc::new(AtomicBool::new(false));
    let format = match app.out.json {
        true if args.grace.is_none() => SecretFormat::OpenJson(now, Arc::clone(&is_opened)),
        true => SecretFormat::Json(now),
        false => SecretFormat::Plain,
    };
    let verb = RegenerateToken {
        token: TokenTarget::by_reference(args.token),
        grace: args.grace.as_deref().map(Span::parse).transpose()?,
        expires: expires(app, args.expires.as_deref())?,
        destination: Some(secret_destination(format, args.out, None)?),
    };
    let has_grace = verb.grace.is_some();
    let credential = app.write_credential()?;
    let changed = app.call(&credential, verb).inspect_err(|_| {
        if is_opened.load(Ordering::Relaxed) {
            output::json_closed();
        }
    })?;
    let issued = changed.value;
    let until = issued.token.previous.as_ref().filter(|_| has_grace).map(|p| p.retires_at);
    match until {
        Some(until) => {
            let old = describe_old_secret(until, issued.token.expiry, now);
            print_issued(app, &[issued], &format!("has a new secret, {old}"))
        }
        None => print_rotated(app, &issued, changed.audit_seq, now),
    }
}

/// Reports a regeneration. The secret is already printed unless it was saved, and the service's answer follows.
fn print_rotated(app: &mut App, issued: &IssuedToken, seq: i64, now: Timestamp) -> Result<()> {
    let service = PropagationCheck::run(app, seq);
    if app.out.json {
        let answer = IssuedJson { schema: SCHEMA, issued: to_json(issued, now) };
        let printed = if issued.saved_path().is_some() { None } else { Some(&answer) };
        return output::print_json_rest(&service.attach_to(&answer), printed);
    }
    let what = format!("has a new secret{}", service.suffix("the old one", ", the old one is dead"));
    print_summary(app, slice::from_ref(issued), &what);
    service.warn_unconfirmed(app);
    Ok(())
}

/// Describes how long the old secret lives, and if the expiry makes that shorter than requested.
fn describe_old_secret(until: Timestamp, expiry: Expiry, now: Timestamp) -> String {
    let cut = if expiry.at() == Some(until) { " with the token itself" } else { "" };
    format!("the old one dies {}{cut}", relative(until, now))
}

/// Output format of secrets.
#[derive(Debug, Clone)]
enum SecretFormat {
    Plain,
    /// JSON, with statuses at that instant.
    Json(Timestamp),
    /// JSON without its end. The service's answer follows once the change is made. The flag is set once the secret is
    /// printed.
    OpenJson(Timestamp, Arc<AtomicBool>),
}

impl SecretFormat {
    fn new(app: &App) -> Self {
        if app.out.json { SecretFormat::Json(app.now()) } else { SecretFormat::Plain }
    }
}

/// Returns the destination of secrets: a file, a folder, or stdout. A file `-` also means stdout.
fn secret_destination(
    format: SecretFormat,
    file: Option<PathBuf>,
    folder: Option<PathBuf>,
) -> Result<SecretDestination> {
    if let Some(folder) = folder {
        require_named_file(&folder, "the folder for secrets")?;
        return Ok(SecretDestination::Directory(folder));
    }
    if let Some(file) = file.filter(|file| !is_standard(file)) {
        return Ok(SecretDestination::File(file));
    }
    Ok(SecretDestination::Callback(SecretCallback::new(move |issued| {
        print_secrets(&format, issued).map_err(|e| {
            let what = if issued.len() == 1 { "the secret" } else { "the secrets" };
            Error::failure(format!("{what} could not be printed; nothing was changed"))
                .why(e.why.unwrap_or(e.what))
                .next("Look where stdout goes, or save to a file: --out FILE")
        })
    })))
}

/// Parses the expiry. Refuses a past one before anyone types a password; the verb checks again at its own instant.
pub(super) fn expires(app: &App, text: Option<&str>) -> Result<Option<ExpirySpec>> {
    let Some(text) = text else { return Ok(None) };
    let spec = ExpirySpec::parse(text)?;
    spec.resolve(app.now(), app.adapters.clock.zone())?;
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

/// Reports secrets that were written to their destination.
fn print_issued(app: &mut App, issued: &[IssuedToken], what: &str) -> Result<()> {
    if !app.out.json {
        print_summary(app, issued, what);
    } else if issued.iter().any(|one| one.saved_path().is_some()) {
        print_secrets(&SecretFormat::Json(app.now()), issued)?;
    }
    if let Some((first, warning)) = issued.first().and_then(|one| Some((one, one.warning.as_ref()?))) {
        let more = if issued.len() > 1 { " and the others" } else { "" };
        app.out.note(&format!("! {}{more}: {warning}", first.token.full_name()));
    }
    Ok(())
}

fn print_summary(app: &App, issued: &[IssuedToken], what: &str) {
    let now = app.now();
    for one in issued {
        let token = &one.token;
        let end = match token.expiry {
            Expiry::Never => "it never expires".to_owned(),
            Expiry::At(at) => {
                format!("it works until {}, {}", token.expiry.day(app.adapters.clock.zone()), relative(at, now))
            }
        };
        app.out.note(&format!("✓ {} {what}; {end}", token.full_name()));
        if let Some(path) = one.saved_path() {
            app.out.note(&format!("  Its secret is saved in {}, readable by you alone", path.display()));
        }
    }
    if issued.iter().any(|i| i.saved_path().is_none()) {
        app.out.note("  This is the only time the secret is shown. Kept in T, it is used like this:");
        app.out.note("  printf 'Authorization: Bearer %s\\n' \"$T\" | curl -H @- URL");
    }
}

/// Prints secrets, or a JSON report if they were saved.
fn print_secrets(format: &SecretFormat, issued: &[IssuedToken]) -> Result<()> {
    match (format, issued) {
        (SecretFormat::Plain, [only]) => output::print_secret(&only.secret),
        (SecretFormat::Plain, several) => {
            let pairs: Vec<_> = several.iter().map(|i| (i.token.name.as_str(), &i.secret)).collect();
            output::print_named_secrets(&pairs)
        }
        (SecretFormat::Json(now), [only]) => {
            output::print_json_secrets(&IssuedJson { schema: SCHEMA, issued: to_json(only, *now) }, 1)
        }
        (SecretFormat::Json(now), several) => {
            let created = several.iter().map(|one| to_json(one, *now)).collect();
            output::print_json_secrets(&SomeIssuedJson { schema: SCHEMA, created }, several.len())
        }
        (SecretFormat::OpenJson(now, is_opened), several) => several.iter().try_for_each(|one| {
            output::print_json_open(&IssuedJson { schema: SCHEMA, issued: to_json(one, *now) })?;
            is_opened.store(true, Ordering::Relaxed);
            Ok(())
        }),
    }
}

fn to_json(issued: &IssuedToken, now: Timestamp) -> CreatedJson<'_> {
    let saved_to = issued.saved_path().map(|p| p.display().to_string());
    let secret = saved_to.is_none().then_some(SecretJson(&issued.secret));
    CreatedJson { token: TokenJson::new(&issued.token, now), secret, saved_to }
}
