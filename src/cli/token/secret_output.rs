//! The output of new secrets: printed or saved once, with a summary for people.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::conversation::Conversation;
use super::super::{App, output};
use crate::domain::expiry::Expiry;
use crate::domain::time::{Timestamp, relative};
use crate::domain::token::Token;
use crate::error::{Error, Result};
use crate::platform::bounded_read::is_standard;
use crate::verbs::secret_delivery::SecretDestination;
use crate::verbs::tokens::IssuedToken;

/// Output format of secrets.
#[derive(Debug, Clone)]
pub(super) enum SecretFormat {
    Plain,
    /// Lines for a person who listens.
    InWords(Rc<dyn Conversation>),
    /// JSON, with statuses at that instant.
    Json(Timestamp),
    /// JSON without its end. The service's answer follows once the change is made. The flag is set once the secret is
    /// printed.
    OpenJson(Timestamp, Arc<AtomicBool>),
}

impl SecretFormat {
    pub(super) fn new(app: &App) -> Self {
        match app.out.listener() {
            Some(listener) => SecretFormat::InWords(Rc::clone(listener)),
            None if app.out.json => SecretFormat::Json(app.now()),
            None => SecretFormat::Plain,
        }
    }
}

/// Returns the destination of secrets: a file, a folder, or stdout. A file `-` also means stdout.
pub(super) fn secret_destination(
    format: SecretFormat,
    file: Option<PathBuf>,
    folder: Option<PathBuf>,
) -> Result<SecretDestination<'static>> {
    if let Some(folder) = folder {
        if is_standard(&folder) {
            return Err(Error::usage("--out-dir can't be \"-\" (stdout)")
                .why("the secrets are saved to files in a folder")
                .next("Use the path of a folder. For a folder with the name \"-\", use ./-"));
        }
        return Ok(SecretDestination::Directory(folder));
    }
    if let Some(file) = file.filter(|file| !is_standard(file)) {
        return Ok(SecretDestination::File(file));
    }
    Ok(SecretDestination::Printed(Box::new(move |issued| {
        print_secrets(&format, issued, &[]).map_err(|e| {
            let (what, next) = match issued.len() {
                1 => ("the secret", "Check where stdout goes, or save the secret to a file: --out FILE"),
                _ => ("the secrets", "Check where stdout goes, or save the secrets to files: --out-dir DIR"),
            };
            Error::failure(format!("{what} could not be printed")).why(e.why.unwrap_or(e.what)).next(next)
        })
    })))
}

/// Reports secrets that were written to their destination.
pub(super) fn print_issued(app: &mut App, issued: &[IssuedToken], saved: &[PathBuf], what: &str) -> Result<()> {
    if !app.out.json {
        print_summary(app, issued, saved, what);
    } else if !saved.is_empty() {
        print_secrets(&SecretFormat::Json(app.now()), issued, saved)?;
    }
    if let Some((first, warning)) = issued.first().and_then(|one| Some((one, one.warning.as_ref()?))) {
        let more = match issued.len() {
            1 => "",
            2 => ". The same is true of the other token",
            _ => ". The same is true of the other tokens",
        };
        app.out.note(&format!("! {}: {warning}{more}", first.token.full_name()));
    }
    Ok(())
}

pub(super) fn print_summary(app: &App, issued: &[IssuedToken], saved: &[PathBuf], what: &str) {
    let now = app.now();
    for (at, one) in issued.iter().enumerate() {
        let token = &one.token;
        let end = match (token.denial_reason(now), token.expiry) {
            (Some(reason), _) => format!("The token can't be used now: {}", reason.describe_for_existing()),
            (None, Expiry::Never) => "The token never expires".to_owned(),
            (None, Expiry::At(at)) => {
                format!("The token expires {} (last day: {})", relative(at, now), app.dates().last_day(token.expiry))
            }
        };
        app.out.note(&format!("✓ {} {what}. {end}", token.full_name()));
        if let Some(path) = saved.get(at) {
            app.out.note(&format!("  The secret is saved in {}. Only you can read this file", path.display()));
        }
    }
    if saved.is_empty() {
        let (secrets, one) = if issued.len() == 1 { ("secret is", "the") } else { ("secrets are", "a") };
        app.out.command_note(&format!(
            "  The {secrets} shown only now. To use {one} secret, run: read -rs SECRET. Paste the secret, then run:"
        ));
        let verify = app.backend.propagation_probe().verify_endpoint();
        let to = verify.map_or_else(|| "URL".to_owned(), |verify| format!("{}/v1/verify/-", verify.curl_target()));
        app.out.command_note(&format!("  printf 'Authorization: Bearer %s\\n' \"$SECRET\" | curl -H @- {to}"));
    }
}

/// Prints secrets, or a JSON report if they were saved.
fn print_secrets(format: &SecretFormat, issued: &[IssuedToken], saved: &[PathBuf]) -> Result<()> {
    match (format, issued) {
        (SecretFormat::Plain, [only]) => output::print_secret(&only.secret),
        (SecretFormat::Plain, several) => {
            let pairs: Vec<_> = several.iter().map(|i| (i.token.name.as_str(), &i.secret)).collect();
            output::print_named_secrets(&pairs)
        }
        (SecretFormat::InWords(listener), several) => several.iter().try_for_each(|one| {
            let name = one.token.full_name();
            listener.say(&format!("The next line is the secret of {name}. The secret is shown only once."))?;
            let mut line = Zeroizing::new(String::with_capacity(128));
            one.secret.expose(|secret| line.push_str(secret));
            line.push('\n');
            listener.write(&line)
        }),
        (SecretFormat::Json(now), [only]) => output::print_json_secrets(&Created::new(only, saved.first()), *now, 1),
        (SecretFormat::Json(now), several) => {
            let created = several.iter().enumerate().map(|(at, one)| Created::new(one, saved.get(at))).collect();
            output::print_json_secrets(&SeveralCreated { created }, *now, several.len())
        }
        (SecretFormat::OpenJson(now, is_opened), several) => several.iter().try_for_each(|one| {
            output::print_json_open(&Created::new(one, None), *now)?;
            is_opened.store(true, Ordering::Relaxed);
            Ok(())
        }),
    }
}

/// A token and its new secret.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::cli) enum Created<'a> {
    Printed(&'a IssuedToken),
    Saved {
        /// The token after the change.
        token: &'a Token,
        /// `null`, because the secret was saved to a file.
        secret: (),
        /// The file that holds the secret.
        saved_to: String,
    },
}

/// The answer of `token create` for several names.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct SeveralCreated<'a> {
    /// The tokens and their secrets.
    created: Vec<Created<'a>>,
}

impl<'a> Created<'a> {
    pub(super) fn new(issued: &'a IssuedToken, saved: Option<&PathBuf>) -> Self {
        match saved {
            None => Created::Printed(issued),
            Some(path) => Created::Saved { token: &issued.token, secret: (), saved_to: path.display().to_string() },
        }
    }
}
