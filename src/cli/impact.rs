//! The impact of a change that takes something away, shown on the terminal before the change. A change that hits tokens
//! in use needs a typed yes.

use super::App;
use super::prompt::PasswordSource;
use super::token::show::{describe_calls, describe_client, describe_denials, describe_overlap};
use crate::domain::time::ago;
use crate::error::{Error, Fault, Result};
use crate::verbs::credential::Credential;
use crate::verbs::impact::{GetImpact, Impact, Removal, TokenImpact};
use crate::verbs::request::RequestVerb;

/// Maximum number of unused tokens shown, unless they were named one by one.
const MAX_UNUSED: usize = 20;
/// The progress of the reading of an impact.
pub(super) const CHECKED: &str = "tokens checked";

/// Shows the impact of `removal`, which `credential` may read, and returns it.
pub(super) fn show(app: &App, credential: &Credential, removal: Removal) -> Result<Impact> {
    let (is_named, is_partial) = (matches!(removal, Removal::Tokens(_)), removal.object().is_some());
    let is_of_old_secret = matches!(removal, Removal::OldSecret(_));
    let impact = app.call_with_progress(credential, GetImpact { removal }, CHECKED)?;
    let (used, unused): (Vec<&TokenImpact>, Vec<&TokenImpact>) =
        impact.tokens.iter().partition(|one| one.usage.week > 0);
    let is_single = is_named && impact.count == 1;
    if !used.is_empty() && !is_single {
        app.prompt.show(match (is_of_old_secret, is_partial) {
            (true, _) => "In the last 7 days, the old secret was used:",
            (_, true) => "In the last 7 days, these tokens used methods that this change takes away:",
            (_, false) => "Used in the last 7 days:",
        })?;
    }
    used.into_iter().try_for_each(|one| show_token(app, one, !is_of_old_secret))?;
    if !unused.is_empty() && !is_single {
        app.prompt.show("Not used in the last 7 days:")?;
    }
    let limit = if is_named { unused.len() } else { MAX_UNUSED };
    unused.iter().take(limit).try_for_each(|one| show_token(app, one, true))?;
    let rest = impact.count.saturating_sub(impact.used + limit as u64);
    if limit < unused.len() {
        app.prompt.show(&format!("    and {rest} more"))?;
    }
    if impact.is_lower_bound {
        app.prompt.show("  ! jeton didn't read all uses. There can be more tokens in use and more calls than shown")?;
    }
    if let Some(made) = impact.made.describe() {
        let tokens = if impact.count == 1 { "The token" } else { "These tokens" };
        app.prompt.show(&format!("  ! {tokens} created or regenerated {made}"))?;
    }
    let lost = impact.lost.describe(app.dates());
    lost.iter().try_for_each(|line| app.prompt.show(&format!("  ! {line}")))?;
    Ok(impact)
}

/// Returns `true` if a person can answer. A password from elsewhere means a script.
pub(super) fn is_by_person(app: &App) -> bool {
    app.prompt.is_interactive && app.prompt.password == PasswordSource::Prompt
}

/// Asks for a typed yes, in order `to` make the change.
///
/// # Errors
/// [`crate::error::Kind::Cancelled`] for any other answer.
pub(super) fn ask(app: &App, to: &str) -> Result<()> {
    match app.prompt.read_visible(&format!("Type yes to {to}"))?.as_str() {
        "yes" => Ok(()),
        _ => Err(Error::cancelled()),
    }
}

/// Returns the credential for a change of which nothing is typed but the password, and the impact that was shown: a
/// person sees that of `removal`, which may be read with the given credential, and confirms the change if it hits tokens
/// in use.
pub(super) fn write_credential(
    app: &App,
    to: &str,
    removal: impl FnOnce(&Credential) -> Result<Removal>,
) -> Result<(Credential, Impact)> {
    if !app.prompt.is_accessible && (!is_by_person(app) || app.token()?.is_some()) {
        return Ok((app.write_credential()?, Impact::default()));
    }
    let (read_credential, proof) = app.begin_change()?;
    let removal = removal(&read_credential)?;
    let seen = confirm(app, &read_credential, to, removal)?;
    Ok((app.proof(proof)?, seen))
}

/// Shows the impact of `removal`, and asks for a yes if the change hits tokens in use or deletes rows of the ledger. In the
/// menus, where one wrong number begins a change, also if no password follows.
pub(super) fn confirm(app: &App, credential: &Credential, to: &str, removal: Removal) -> Result<Impact> {
    let seen = show(app, credential, removal)?;
    // Where tokens can't be restored, their number is typed.
    let is_grave = seen.used > 0 || seen.is_lower_bound || seen.lost.ledger_before.is_some();
    if seen.lost.trashed == 0 && (is_grave || app.prompt.is_accessible && app.token()?.is_some()) {
        ask(app, to)?;
    }
    Ok(seen)
}

/// Makes sure that a confirmation is the only thing that `verb`, which has none, lacks. A refusal comes before any
/// question. Returns the error for a missing confirmation of `what` if nobody can be asked.
pub(super) fn check_unconfirmed<V: RequestVerb>(
    app: &App,
    credential: &Credential,
    verb: V,
    what: &str,
    next: &str,
) -> Result<()> {
    match app.call(credential, verb) {
        Err(error) if error.has_fault(Fault::Unconfirmed) => {}
        refused => return refused.map(drop),
    }
    match app.prompt.is_interactive {
        true => Ok(()),
        false => Err(Error::conflict(format!("{what} was not confirmed"))
            .why("jeton can't ask, because there is no terminal or --no-input was given")
            .next(next)),
    }
}

/// Shows a token, `with_overlap` of its two secrets.
fn show_token(app: &App, one: &TokenImpact, with_overlap: bool) -> Result<()> {
    let (token, usage, now) = (&one.token, &one.usage, app.now());
    let name = token.full_name();
    let head = match token.last_seen_at {
        None => format!("{name}: never used"),
        Some(at) => {
            let mark = if usage.week > 0 { "! " } else { "" };
            format!("{mark}{name}: last seen {}; calls: {}", ago(at, now), describe_calls(usage.today, usage.week))
        }
    };
    app.prompt.show(&head)?;
    usage.clients.iter().try_for_each(|origin| app.prompt.show(&format!("    from {}", describe_client(origin))))?;
    if !usage.methods.is_empty() {
        let names: Vec<&str> = usage.methods.iter().map(|(id, _)| id.as_str()).collect();
        app.prompt.show(&format!("    methods {}", names.join(", ")))?;
    }
    if let Some(overlap) = describe_overlap(token, one.previous_today, now).filter(|_| with_overlap) {
        app.prompt.show(&format!("    the change affects the old secret too: {overlap}"))?;
    }
    match describe_denials(&one.denied, now) {
        Some(denied) => app.prompt.show(&format!("    denied attempts: {denied}")),
        None => Ok(()),
    }
}
