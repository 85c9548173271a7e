//! `token show`: everything about a token but its secret, with usage.

use super::super::App;
use super::super::args::OneToken;
use super::super::json::{LineageJson, RightsJson, SCHEMA, ShownJson, TokenJson, UsageJson};
use super::super::output::Table;
use super::status;
use crate::domain::catalogue::effective::EffectiveRights;
use crate::domain::expiry::Expiry;
use crate::domain::selection::{Selection, set_label};
use crate::domain::time::{Timestamp, ago, relative};
use crate::domain::token::{Token, TokenRef};
use crate::error::Result;
use crate::verbs::ledger::caller;
use crate::verbs::ports::{DeniedEvidence, Origin, Usage};
use crate::verbs::tokens::{ShowToken, Shown};

/// Behind what no catalogue knows any more.
const UNKNOWN: &str = " (unknown, grants nothing)";
/// How many permitted methods are listed; `--json` has all.
const LISTED: usize = 100;

pub(super) fn show(app: &mut App, one: OneToken) -> Result<()> {
    let who = app.to_look()?;
    let shown = app.ask(&who, ShowToken { token: TokenRef::Typed(one.token) })?;
    let Shown { token, usage, .. } = &shown;
    let now = app.now();
    if app.out.json {
        let rights = RightsJson::of(&shown.rights, shown.previous_rights.as_ref());
        let (token, usage) = (TokenJson::of(token, now), UsageJson::from(usage));
        let lineage = LineageJson::of(shown.made_by.as_ref(), &shown.made);
        return app.out.json(&ShownJson { schema: SCHEMA, token, usage, rights, lineage });
    }
    if app.out.quiet {
        return app.out.line(&token.full_name());
    }
    let mut table = Table::pairs();
    about(app, &mut table, &shown, now);
    may_call(&mut table, &shown);
    used(&mut table, &shown, now);
    app.out.table(&mut table)
}

fn about(app: &App, table: &mut Table, shown: &Shown, now: Timestamp) {
    let Shown { token, usage, rights, .. } = shown;
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
    if token.role() != token.owner.role {
        table.pair("Role", format!("{}: its secret was issued under it; regenerate lifts it", token.role()));
    }
    table.pair("API", api(&token.selection, rights));
    let expires = match token.expiry {
        Expiry::Never => "never".to_owned(),
        Expiry::At(at) => format!("{}, {}", token.expiry.day(zone), relative(at, now)),
    };
    table.pair("Expires", expires);
    table.pair("Created", moment(token.created_at));
    if let Some(maker) = &shown.made_by {
        let name = maker.name.clone().unwrap_or_else(|| format!("{}, purged or not yours to see", maker.id));
        table.pair("Made by", format!("the token {name}"));
    }
    if let Some(made) = shown.made.words() {
        table.pair("Made", made);
    }
    if let Some(at) = token.deleted_at {
        table.pair("Deleted", moment(at));
    }
    let secret = format!("{} since {}", token.hint, moment(token.secret_since));
    let Some(overlap) = overlap(token, usage, now) else { return table.pair("Secret", secret) };
    table.pair("Secret", format!("{secret}, {}", seen(usage.current_seen_at, now)));
    table.pair("Rotating", overlap);
}

fn seen(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "never seen".to_owned(), |at| format!("last seen {}", ago(at, now)))
}

fn counted(methods: usize) -> String {
    if methods == 1 { "1 method".to_owned() } else { format!("{methods} methods") }
}

/// The methods that it may call and, each with the reason, those that are withheld.
fn may_call(table: &mut Table, shown: &Shown) {
    let Shown { token, rights, previous_rights, .. } = shown;
    let count = rights.permitted.len();
    match rights.refused {
        None => table.pair("May call", if count == 0 { "nothing".to_owned() } else { counted(count) }),
        Some(reason) if count == 0 => table.pair("May call", format!("nothing: {}", reason.sentence())),
        Some(reason) => table.pair("May call", format!("nothing: {}; else {}", reason.sentence(), counted(count))),
    }
    for id in rights.permitted.iter().take(LISTED) {
        table.pair("", id.as_str());
    }
    if count > LISTED {
        table.pair("", format!("and {} more: --json lists them all", count - LISTED));
    }
    if !rights.withheld.is_empty() {
        table.pair("Withheld", counted(rights.withheld.len()));
    }
    for (id, reason) in rights.withheld.iter().take(LISTED) {
        table.pair("", format!("{id} ({})", reason.short()));
    }
    if rights.withheld.len() > LISTED {
        table.pair("", format!("and {} more: --json lists them all", rights.withheld.len() - LISTED));
    }
    let differs = |previous: &&EffectiveRights| previous.permitted != rights.permitted;
    if let Some((previous, old)) = previous_rights.as_ref().filter(differs).zip(token.previous.as_ref()) {
        table
            .pair("", format!("{}, issued under {}: {}", old.hint, old.issued_role, counted(previous.permitted.len())));
    }
}

fn api(selection: &Selection, rights: &EffectiveRights) -> String {
    match selection {
        Selection::Inherit => "Inherit: whatever the account's role permits".to_owned(),
        Selection::Sets(sets) => {
            let unknown = |set: &String| if rights.unknown_sets.contains(set) { UNKNOWN } else { "" };
            sets.iter().map(|set| format!("{}{}", set_label(set), unknown(set))).collect::<Vec<_>>().join(", ")
        }
        Selection::Custom(_) => selection.summary(),
    }
}

fn used(table: &mut Table, shown: &Shown, now: Timestamp) {
    let usage = &shown.usage;
    table.pair("Last seen", usage.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)));
    table.pair("Calls", format!("{}, {} in {} days", calls(usage), usage.days.iter().sum::<u64>(), usage.days.len()));
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
    if !usage.methods_kept.is_empty() {
        let least = if usage.methods_cut { "more than " } else { "" };
        let (used, permitted) = (shown.used, counted(shown.rights.permitted.len()));
        table.pair("Used", format!("{least}{used} of {permitted}, as far back as the ledger goes"));
    }
    if let Some(denied) = denied(usage, now) {
        table.pair("Denied", denied);
    }
}

/// `3 today, 40 in 7 days`.
pub(super) fn calls(usage: &Usage) -> String {
    format!("{} today, {} in 7 days", usage.today, usage.week)
}

/// `10.0.0.5  curl/8.5  12`.
pub(super) fn from(origin: &Origin) -> String {
    let (address, client) = caller(&origin.address, &origin.client);
    format!("{address}  {client}  {}", origin.uses)
}

/// `14 since disabled, last 3 min ago from 10.0.0.4  curl/8.5 (disabled)`; none where nobody was denied.
pub(super) fn denied(usage: &Usage, now: Timestamp) -> Option<String> {
    let DeniedEvidence { since, attempts, is_least, last } = &usage.denied;
    let last = last.as_ref()?;
    let least = if *is_least { "more than " } else { "" };
    let (address, client) = caller(&last.address, &last.client);
    let when = ago(last.at, now);
    Some(format!("{least}{attempts} {}, last {when} from {address}  {client} ({})", since.words(), last.reason))
}

/// `jtn_Ab12Cd34 dies in 22 h, last seen 1 h ago, 12 calls today`; none without an overlap.
pub(super) fn overlap(token: &Token, usage: &Usage, now: Timestamp) -> Option<String> {
    let previous = token.overlap(now)?;
    let uses = match usage.previous.map(|uses| uses.today) {
        None | Some(0) => String::new(),
        Some(1) => ", 1 call today".to_owned(),
        Some(today) => format!(", {today} calls today"),
    };
    let dies = relative(previous.retires_at, now);
    Some(format!("{} dies {dies}, {}{uses}", previous.hint, seen(previous.last_seen_at, now)))
}
