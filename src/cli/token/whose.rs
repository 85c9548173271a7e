//! `token whose`: finds the token of a secret on stdin, with any text around it. Needs no password, only the store; or who asks a
//! server needs an account there.

use std::io::{self, IsTerminal};

use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::App;
use super::super::output::{Table, Versioned, versioned};
use super::super::verify::read_secret;
use super::status_text;
use crate::domain::secret::{SecretText, find_secrets};
use crate::domain::time::{Timestamp, ago, relative};
use crate::error::{Error, Result};
use crate::platform::bounded_read::read_secret_bytes;
use crate::selected_backend::SelectedBackend;
use crate::verbs::credential::Credential;
use crate::verbs::ports::SecretState;
use crate::verbs::tokens::IdentifySecret;
use crate::verbs::verify::{DenialReason, SecretLookup, SecretOwner};

/// Maximum length of the text to search. Longer texts are refused. All secrets in the text are looked up.
const MAX_TEXT: usize = 1024 * 1024;

/// The answer of `token whose` for input with several secrets.
#[derive(Serialize, JsonSchema)]
pub(in crate::cli) struct FoundSecrets<'a> {
    /// The secrets in the order of the input.
    #[schemars(with = "Vec<SecretLookup>")]
    found: Vec<Versioned<'a, SecretLookup>>,
}

pub(super) fn whose(app: &mut App) -> Result<()> {
    // Check the store first, so that nobody types a secret without one.
    let credential = match &app.backend {
        SelectedBackend::Local(local) => local.backend().map(|_| Credential::Store)?,
        SelectedBackend::Remote(_) => app.read_credential()?,
    };
    let (secrets, now) = (read_secrets(app)?, app.now());
    let are_several = secrets.len() > 1;
    let (mut any_token, mut first_refusal, mut answers) = (false, None, Vec::new());
    // One at a time, because a text may contain thousands.
    for secret in secrets {
        let hint = secret.hint().unwrap_or_default().to_owned();
        let lookup = app.call(&credential, IdentifySecret { secret })?;
        any_token |= is_token(&lookup);
        first_refusal = first_refusal.or(lookup.denial_reason);
        if app.out.json {
            answers.push(lookup);
            continue;
        }
        if are_several && !app.out.quiet {
            let known = if is_token(&lookup) { "" } else { " belongs to no token" };
            app.out.line(&format!("{hint}…{known}"))?;
        }
        print_result(app, &lookup, now)?;
    }
    if app.out.json {
        match &answers[..] {
            [only] => app.out.answer(only, now)?,
            several => app.out.answer(&FoundSecrets { found: several.iter().map(versioned).collect() }, now)?,
        }
    }
    match first_refusal {
        Some(_) if !any_token && are_several => Err(Error::not_found("none of the secrets belongs to a token")),
        Some(DenialReason::Malformed) if !any_token => {
            Err(Error::not_found("the input contains no complete jeton secret").next("Pass the whole secret on stdin"))
        }
        Some(reason) if !any_token => Err(Error::not_found("the secret belongs to no token").why(reason.describe())),
        _ => Ok(()),
    }
}

/// Returns `true` if the secret belongs or belonged to a token.
fn is_token(lookup: &SecretLookup) -> bool {
    let unknown = [DenialReason::Malformed, DenialReason::Checksum, DenialReason::Unknown, DenialReason::WrongSecret];
    !lookup.denial_reason.is_some_and(|reason| unknown.contains(&reason))
}

/// Returns the secrets in the pasted text, or the whole text if it contains none.
pub(super) fn read_secrets(app: &App) -> Result<Vec<SecretText>> {
    let text = if io::stdin().is_terminal() {
        let line = read_secret(app)?;
        Zeroizing::new(line.as_bytes().to_vec())
    } else {
        read_secret_bytes(io::stdin(), MAX_TEXT)?
    };
    let mut secrets = find_secrets(&text, usize::MAX);
    if secrets.is_empty() {
        secrets.push(SecretText::new(Zeroizing::new(String::from_utf8_lossy(&text).trim().to_owned())));
    }
    Ok(secrets)
}

fn print_result(app: &mut App, lookup: &SecretLookup, now: Timestamp) -> Result<()> {
    let name = match &lookup.owner {
        SecretOwner::Unknown => return Ok(()),
        SecretOwner::Token(token, _) => token.full_name(),
        SecretOwner::Purged(tombstone) => tombstone.full_name(),
        SecretOwner::Login(login) => login.full_name(),
    };
    if lookup.denial_reason == Some(DenialReason::WrongSecret) {
        app.out.note(&format!("The secret does not belong to {name}: only the first characters match"));
        return Ok(());
    }
    if app.out.quiet {
        return app.out.line(&name);
    }
    let dates = app.dates();
    let day = |at: Timestamp| format!("{}, {}", dates.day(at), ago(at, now));
    let mut table = Table::pairs();
    table.pair(if matches!(lookup.owner, SecretOwner::Login(_)) { "Login" } else { "Token" }, name);
    match &lookup.owner {
        SecretOwner::Unknown => {}
        SecretOwner::Login(login) => table.pair("Expires", relative(login.expires_at, now)),
        SecretOwner::Token(token, state) => {
            table.pair("Id", token.id.to_string());
            table.pair("Status", status_text(token, now));
            let secret = match state {
                SecretState::Current => format!("current, since {}", day(token.secret_since)),
                SecretState::Previous(until) if now < *until => {
                    format!("old, ends {}", relative(*until, now))
                }
                SecretState::Previous(until) => format!("old, stopped working {}", day(*until)),
                SecretState::Dead => "replaced".to_owned(),
            };
            table.pair("Secret", secret);
        }
        SecretOwner::Purged(tombstone) => {
            table.pair("Id", tombstone.token.to_string());
            table.pair("Status", format!("purged {}", day(tombstone.purged_at)));
        }
    }
    table.pair("Works", lookup.denial_reason.map_or_else(|| "yes".to_owned(), |r| format!("no, {}", r.describe())));
    app.out.table(&mut table)
}
