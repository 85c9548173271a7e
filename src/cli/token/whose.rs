//! `token whose`: finds the token of a secret on stdin, with any text around it. Needs no password, only the store.

use std::io::{self, IsTerminal};

use zeroize::Zeroizing;

use super::super::App;
use super::super::json::{SCHEMA, SomeWhoseJson, TokenJson, TombstoneJson, WhoseJson};
use super::super::output::Table;
use super::super::verify::presented;
use super::status;
use crate::domain::expiry::Expiry;
use crate::domain::secret::{SecretText, find_secrets};
use crate::domain::time::{Timestamp, ago, relative};
use crate::error::{Error, Result};
use crate::platform::input::secret_bytes;
use crate::verbs::actor::Credential;
use crate::verbs::decide::{DenialReason, Found, Traced};
use crate::verbs::ports::SecretState;
use crate::verbs::tokens::Whose;

/// Maximum length of the text to search. Longer texts are refused. All secrets in the text are looked up.
const TEXT_MOST: usize = 1024 * 1024;

pub(super) fn whose(app: &mut App) -> Result<()> {
    // Check the store first: without one, nobody should type a secret.
    app.place.local()?;
    let (secrets, now) = (found(app)?, app.now());
    let are_several = secrets.len() > 1;
    let (mut any_token, mut first_refusal, mut answers) = (false, None, Vec::new());
    // One at a time, because a text may contain thousands.
    for secret in secrets {
        let hint = secret.hint().unwrap_or_default().to_owned();
        let traced = app.ask(&Credential::Store, Whose { secret })?;
        any_token |= is_token(&traced);
        first_refusal = first_refusal.or(traced.refused);
        if app.out.json {
            answers.push(answer(&traced, now));
            continue;
        }
        if are_several && !app.out.quiet {
            let known = if is_token(&traced) { "" } else { " is no token's secret" };
            app.out.line(&format!("{hint}…{known}"))?;
        }
        told(app, &traced, now)?;
    }
    if app.out.json {
        match &answers[..] {
            [only] => app.out.json(only)?,
            _ => app.out.json(&SomeWhoseJson { schema: SCHEMA, found: answers })?,
        }
    }
    match first_refusal {
        Some(reason) if !any_token => Err(Error::not_found("that is no token's secret").why(reason.describe())),
        _ => Ok(()),
    }
}

/// `true` if the secret belongs or belonged to a token.
fn is_token(traced: &Traced) -> bool {
    let unknown = [DenialReason::Malformed, DenialReason::Checksum, DenialReason::Unknown, DenialReason::WrongSecret];
    !traced.refused.is_some_and(|reason| unknown.contains(&reason))
}

/// Returns the secrets in the pasted text, or the whole text if it contains none.
fn found(app: &App) -> Result<Vec<SecretText>> {
    let text = if io::stdin().is_terminal() {
        let line = presented(app)?;
        Zeroizing::new(line.as_bytes().to_vec())
    } else {
        secret_bytes(io::stdin(), TEXT_MOST)?
    };
    let mut secrets = find_secrets(&text, usize::MAX);
    if secrets.is_empty() {
        secrets.push(SecretText::new(Zeroizing::new(String::from_utf8_lossy(&text).trim().to_owned())));
    }
    Ok(secrets)
}

/// Returns the state of a secret. `None` if only its head matches.
fn state(traced: &Traced) -> Option<&'static str> {
    if traced.refused == Some(DenialReason::WrongSecret) {
        return None;
    }
    match &traced.found {
        Found::Nothing => None,
        Found::Purged(_) => Some("purged"),
        Found::Token(_, SecretState::Current) => Some("current"),
        Found::Token(_, SecretState::Previous(_)) if traced.refused == Some(DenialReason::Retired) => Some("dead"),
        Found::Token(_, SecretState::Previous(_)) => Some("previous"),
        Found::Token(_, SecretState::Dead) => Some("dead"),
    }
}

fn answer(traced: &Traced, now: Timestamp) -> WhoseJson {
    let (token, purged) = match &traced.found {
        Found::Nothing => (None, None),
        Found::Token(token, _) => (Some(TokenJson::of(token, now)), None),
        Found::Purged(tombstone) => (None, Some(TombstoneJson::from(&**tombstone))),
    };
    WhoseJson {
        schema: SCHEMA,
        works: traced.refused.is_none(),
        reason: traced.refused.map(DenialReason::as_str),
        secret: state(traced),
        token,
        purged,
    }
}

fn told(app: &mut App, traced: &Traced, now: Timestamp) -> Result<()> {
    let name = match &traced.found {
        Found::Nothing => return Ok(()),
        Found::Token(token, _) => token.full_name(),
        Found::Purged(tombstone) => tombstone.full_name(),
    };
    if traced.refused == Some(DenialReason::WrongSecret) {
        app.out.note(&format!("Its head is that of {name}"));
        return Ok(());
    }
    if app.out.quiet {
        return app.out.line(&name);
    }
    let zone = app.world.clock.zone();
    let day = |at: Timestamp| format!("{}, {}", Expiry::At(at.plus(1)).day(zone), ago(at, now));
    let mut table = Table::pairs();
    table.pair("Token", name);
    match &traced.found {
        Found::Nothing => {}
        Found::Token(token, state) => {
            table.pair("Id", token.id.to_string());
            table.pair("Status", status(token, now));
            let secret = match state {
                SecretState::Current => format!("the current one, since {}", day(token.secret_since)),
                SecretState::Previous(until) if now < *until => format!("the old one, dies {}", relative(*until, now)),
                SecretState::Previous(until) => format!("an old one, dead since {}", day(*until)),
                SecretState::Dead => "an old one, replaced".to_owned(),
            };
            table.pair("Secret", secret);
        }
        Found::Purged(tombstone) => {
            table.pair("Id", tombstone.token.to_string());
            table.pair("Status", format!("purged {}", day(tombstone.purged_at)));
        }
    }
    table.pair("Works", traced.refused.map_or_else(|| "yes".to_owned(), |r| format!("no, {}", r.describe())));
    app.out.table(&mut table)
}
