//! `token whose`: which token the secret on stdin is or was of. Needs no password, only the store.

use super::super::App;
use super::super::json::{SCHEMA, TokenJson, TombstoneJson, WhoseJson};
use super::super::output::Table;
use super::super::verify::presented;
use super::status;
use crate::domain::expiry::Expiry;
use crate::domain::secret::Presented;
use crate::domain::time::{Timestamp, relative};
use crate::error::{Error, Result};
use crate::verbs::actor::Credential;
use crate::verbs::decide::{Found, Reason, Traced};
use crate::verbs::ports::SecretState;
use crate::verbs::tokens::Whose;

pub(super) fn whose(app: &mut App) -> Result<()> {
    // The store first: without one nobody need type a secret.
    app.place.local()?;
    let secret = Presented::new(presented(app)?);
    let traced = app.ask(&Credential::Store, Whose { secret })?;
    let now = app.now();
    if app.out.json {
        app.out.json(&answer(&traced, now))?;
    } else {
        told(app, &traced, now)?;
    }
    match traced.refused {
        Some(reason @ (Reason::Malformed | Reason::Checksum | Reason::Unknown | Reason::WrongSecret)) => {
            Err(Error::not_found("that is no token's secret").why(reason.sentence()))
        }
        _ => Ok(()),
    }
}

/// What a secret is to its token; nothing where only its head is right.
fn state(traced: &Traced) -> Option<&'static str> {
    if traced.refused == Some(Reason::WrongSecret) {
        return None;
    }
    match &traced.found {
        Found::Nothing => None,
        Found::Purged(_) => Some("purged"),
        Found::Token(_, SecretState::Current) => Some("current"),
        Found::Token(_, SecretState::Previous(_)) if traced.refused == Some(Reason::Retired) => Some("dead"),
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
        reason: traced.refused.map(Reason::word),
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
    if traced.refused == Some(Reason::WrongSecret) {
        app.out.note(&format!("Its head is that of {name}"));
        return Ok(());
    }
    if app.out.quiet {
        return app.out.line(&name);
    }
    let zone = app.world.clock.zone();
    let day = |at: Timestamp| format!("{}, {}", Expiry::At(at.plus(1)).day(zone), relative(at, now));
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
    table.pair("Works", traced.refused.map_or_else(|| "yes".to_owned(), |r| format!("no, {}", r.sentence())));
    app.out.table(&mut table)
}
