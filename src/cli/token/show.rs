//! `token show`: everything about a token but its secret, with usage.

use super::super::App;
use super::super::args::OneToken;
use super::super::json::{SCHEMA, ShownJson, TokenJson, UsageJson};
use super::super::output::Table;
use super::status;
use crate::domain::expiry::Expiry;
use crate::domain::selection::Selection;
use crate::domain::time::{Timestamp, relative};
use crate::domain::token::{Token, TokenRef};
use crate::error::Result;
use crate::verbs::ports::{Origin, Usage};
use crate::verbs::tokens::{Reach, ShowToken, Shown};

/// Behind what no catalogue knows any more.
const UNKNOWN: &str = " (unknown, grants nothing)";

pub(super) fn show(app: &mut App, one: OneToken) -> Result<()> {
    let who = app.to_look()?;
    let Shown { token, usage, reach } = app.ask(&who, ShowToken { token: TokenRef::Typed(one.token) })?;
    let now = app.now();
    if app.out.json {
        let (token, usage) = (TokenJson::of(&token, now), UsageJson::from(&usage));
        return app.out.json(&ShownJson { schema: SCHEMA, token, usage });
    }
    if app.out.quiet {
        return app.out.line(&token.full_name());
    }
    let mut table = Table::pairs();
    about(app, &mut table, &token, &reach, usage.current_seen_at, now);
    used(&mut table, &usage, now);
    app.out.table(&mut table)
}

fn about(
    app: &App,
    table: &mut Table,
    token: &Token,
    reach: &Reach,
    current_seen_at: Option<Timestamp>,
    now: Timestamp,
) {
    let zone = app.world.clock.zone();
    let moment = |at: Timestamp| format!("{}, {}", Expiry::At(at.plus(1)).day(zone), relative(at, now));
    table.pair("Name", token.full_name());
    table.pair("Id", token.id.to_string());
    if !token.description.as_str().is_empty() {
        table.pair("Description", token.description.as_str());
    }
    table.pair("Status", status(token, now));
    let off = if token.owner.enabled { "" } else { ", off" };
    table.pair("Account", format!("{} ({}{off})", token.owner.username, token.owner.role));
    table.pair("API", api(&token.selection, reach));
    match &token.selection {
        Selection::Inherit => {}
        Selection::Sets(_) => table.pair("", format!("{} now", counted(reach.permitted))),
        Selection::Custom(methods) => {
            for method in methods {
                let unknown = if reach.unknown_methods.contains(method) { UNKNOWN } else { "" };
                table.pair("", format!("{method}{unknown}"));
            }
        }
    }
    let expires = match token.expiry {
        Expiry::Never => "never".to_owned(),
        Expiry::At(at) => format!("{}, {}", token.expiry.day(zone), relative(at, now)),
    };
    table.pair("Expires", expires);
    table.pair("Created", moment(token.created_at));
    if let Some(at) = token.deleted_at {
        table.pair("Deleted", moment(at));
    }
    let secret = format!("{} since {}", token.hint, moment(token.secret_since));
    let Some(previous) = token.overlap(now) else { return table.pair("Secret", secret) };
    table.pair("Secret", format!("{secret}, {}", seen(current_seen_at, now)));
    let dies = relative(previous.retires_at, now);
    table.pair("Rotating", format!("{} dies {dies}, {}", previous.hint, seen(previous.last_seen_at, now)));
}

fn seen(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", relative(at, now)))
}

fn counted(methods: usize) -> String {
    if methods == 1 { "1 method".to_owned() } else { format!("{methods} methods") }
}

fn api(selection: &Selection, reach: &Reach) -> String {
    match selection {
        Selection::Inherit => "Inherit: whatever the account's role permits".to_owned(),
        Selection::Sets(sets) => {
            let unknown = |set: &String| if reach.unknown_sets.contains(set) { UNKNOWN } else { "" };
            sets.iter().map(|set| format!("{set}{}", unknown(set))).collect::<Vec<_>>().join(", ")
        }
        Selection::Custom(_) => selection.summary(),
    }
}

fn used(table: &mut Table, usage: &Usage, now: Timestamp) {
    table.pair("Last seen", usage.last_seen_at.map_or_else(|| "never".to_owned(), |at| relative(at, now)));
    table.pair("Calls", calls(usage));
    let mut name = "From";
    for origin in &usage.origins {
        table.pair(name, from(origin));
        name = "";
    }
    let mut name = "Methods";
    for (method, uses) in &usage.methods {
        table.pair(name, format!("{method}  {uses}"));
        name = "";
    }
    if usage.denied_week > 0 {
        table.pair("Denied", format!("{} in 7 days", usage.denied_week));
    }
}

/// `3 today, 40 in 7 days`.
pub(super) fn calls(usage: &Usage) -> String {
    format!("{} today, {} in 7 days", usage.today, usage.week)
}

/// `10.0.0.5  curl/8.5  12`.
pub(super) fn from(origin: &Origin) -> String {
    format!("{}  {}  {}", origin.address, origin.client, origin.uses)
}
