//! Handles replies and updates the model.

use super::people::{self, Change};
use super::{Layer, apply, catalogue, damaged, desk, dialogs, lock, long_work, page, requests, witness};
use crate::domain::catalogue::Catalogue;
use crate::domain::time::{Zone, relative};
use crate::domain::token::Token;
use crate::error::{Error, Kind, Result};
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;
use crate::tui::modal::audit_check::AuditCheckDialog;
use crate::tui::modal::reveal_secret::RevealSecretDialog;
use crate::tui::model::{Model, Purpose, Screen, Tone};
use crate::tui::msg::RequestId;
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::frame::height;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::screen::tokens::Tokens;
use crate::verbs::Committed;
use crate::verbs::accounts::{SignIn as SignInVerb, WhoAmI};
use crate::verbs::actor::Session;
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::cli_line::CliLine;
use crate::verbs::ports::TokenCursor;
use crate::verbs::request::Response;
use crate::verbs::tokens::IssuedToken;

/// Handles a reply. A reply that nothing waits for any more is dropped.
pub(super) fn reply(model: &mut Model, id: RequestId, result: Result<Response>) -> Vec<Effect> {
    let Some(pending) = model.pending.remove(&id) else { return Vec::new() };
    if model.long_work.is_some_and(|work| work.id == id) {
        model.long_work = None;
    }
    model.guard.answered(id, &result, model.now);
    let layer = waiting_layer(model, id);
    match (result, pending.purpose) {
        (Ok(Response::ListTokens(window)), Purpose::Marking) => {
            if let Some((tone, text)) = model.tokens_mut().and_then(|tokens| tokens.mark_all(&window)) {
                model.say(tone, text, None);
            }
            Vec::new()
        }
        (Ok(response), _) => answered(model, layer, response),
        // About the work rather than the session of the screens: this error never locks them.
        (Err(error), Purpose::LongWork) => long_work::failed(model, &error),
        (Err(error), Purpose::Page) => match layer.and_then(|l| page(model, l).map(|p| (l, p.on_error(error)))) {
            Some((layer, outcome)) => apply(model, layer, outcome),
            None => Vec::new(),
        },
        (Err(error), Purpose::Greeting) => {
            model.exit = Some(Err(error));
            Vec::new()
        }
        (Err(error), Purpose::Audit) if error.kind != Kind::Unauthenticated => {
            if model.audit_mut().is_some_and(|audit| audit.set_error(&error)) {
                model.say(Tone::Bad, error.to_string(), None);
            }
            Vec::new()
        }
        (Err(error), Purpose::Denied) if error.kind != Kind::Unauthenticated => {
            if model.desk_mut().is_some_and(|desk| desk.denied.set_error(&error)) {
                model.say(Tone::Bad, error.to_string(), None);
            }
            Vec::new()
        }
        (Err(error), Purpose::Verification) if error.kind != Kind::Unauthenticated => {
            tell_verify(model, |verify, _| verify.set_error(&error));
            Vec::new()
        }
        (
            Err(error),
            Purpose::Me
            | Purpose::Catalogues
            | Purpose::List
            | Purpose::Accounts
            | Purpose::Account
            | Purpose::Audit
            | Purpose::Denied
            | Purpose::Verification
            | Purpose::Policy
            | Purpose::Tally
            | Purpose::Usage
            | Purpose::Marking
            | Purpose::Review
            | Purpose::Preview,
        ) => not_read(model, error, pending.purpose),
    }
}

/// Handles the result of reading a catalogue from a file.
pub(super) fn read(model: &mut Model, id: RequestId, result: Result<Catalogue>) -> Vec<Effect> {
    model.pending.remove(&id);
    let Some(layer) = waiting_layer(model, id) else { return Vec::new() };
    match result {
        Ok(read) => catalogue::read(model, layer, read),
        Err(error) => match page(model, layer).map(|p| p.on_error(error)) {
            Some(outcome) => apply(model, layer, outcome),
            None => Vec::new(),
        },
    }
}

fn tell_verify(model: &mut Model, tell: impl Fn(&mut AuditCheckDialog, &dyn Zone)) {
    let zone = model.zone.clone();
    for modal in &mut model.modals {
        if let Modal::AuditCheck(verify) = modal {
            tell(verify.dialog_mut(), zone.get());
        }
    }
}

/// Handles a change in the store, perhaps by another process. Reads the data on screen again, as well as the signed-in
/// account and the policy.
pub(super) fn changed_elsewhere(model: &mut Model) -> Vec<Effect> {
    let here = model.tokens().map_or(TokenCursor::Start, Tokens::current_cursor);
    let mut effects = requests::look(model, Purpose::Me, WhoAmI.into());
    effects.extend(requests::look(model, Purpose::Catalogues, ListCatalogues.into()));
    effects.extend(requests::list(model, here));
    effects.extend(requests::review(model));
    effects.extend(requests::preview(model));
    effects.extend(desk::refresh(model));
    effects
}

/// Returns the layer of the page that waits for `id`, and ends its wait.
pub(super) fn waiting_layer(model: &mut Model, id: RequestId) -> Option<Layer> {
    let layers = [Layer::Lock, Layer::Screen].into_iter().chain((0..model.modals.len()).map(Layer::Modal));
    for layer in layers {
        if let Some(slot) = page(model, layer).and_then(|p| p.pending_request()).filter(|slot| **slot == Some(id)) {
            *slot = None;
            return Some(layer);
        }
    }
    None
}

fn not_read(model: &mut Model, error: Error, purpose: Purpose) -> Vec<Effect> {
    match (error.kind, purpose) {
        // The session is no longer valid: the account's password, role or state has changed.
        (Kind::Unauthenticated, _) if model.lock.is_none() => lock(model, Some(&error)),
        // The lock has already shown this error.
        (Kind::Unauthenticated, _) => {}
        // The token or account is gone and has no usage.
        (_, Purpose::Usage | Purpose::Account) => {}
        _ => model.say(Tone::Bad, error.to_string(), None),
    }
    Vec::new()
}

fn answered(model: &mut Model, layer: Option<Layer>, response: Response) -> Vec<Effect> {
    match response {
        Response::GetSetup(greeting) => {
            let name = model.username.clone().or(greeting.sole_account);
            model.screen = if greeting.first_run {
                Screen::FirstRun(Box::new(FirstRun::new(name.as_ref())))
            } else {
                Screen::SignIn(Box::new(SignIn::new(name.as_ref())))
            };
            Vec::new()
        }
        Response::Init(_) => match &mut model.screen {
            Screen::FirstRun(form) => {
                let credential = form.dialog_mut().credential();
                match credential {
                    Ok(credential) => requests::send_for(model, Layer::Screen, credential, SignInVerb.into()),
                    Err(_) => Vec::new(),
                }
            }
            Screen::Opening | Screen::SignIn(_) | Screen::ReplacePassword(_) | Screen::Desk(_) => Vec::new(),
        },
        Response::SignIn(session) => signed_in(model, layer, session),
        Response::WhoAmI(me) => {
            model.me = Some(me);
            desk::supply(model);
            Vec::new()
        }
        Response::PreviewEdit(edited) => dialogs::previewed(model, layer, edited),
        Response::PreviewCatalogue(preview) => catalogue::previewed(model, layer, preview),
        Response::ApplyCatalogue(done) => catalogue::applied(model, &done.value, &done.equivalent_command),
        Response::VerifyAuditChain(verified) => {
            tell_verify(model, |verify, zone| verify.set_report(&verified.report, zone));
            Vec::new()
        }
        // Screens detect changes by these, independent of all other replies.
        Response::AuditHead(_) | Response::LedgerHead(_) => Vec::new(),
        // No screen sends these requests.
        Response::ListUses(_) | Response::ListFindings(_) | Response::CanToken(_) => Vec::new(),
        Response::ListDenied(window) => {
            let height = height(model.size.1);
            damaged::say(model, window.unreadable.iter().cloned());
            if let Some(desk) = model.desk_mut() {
                desk.denied.set_rows(window, height);
            }
            requests::moved_in_denied(model)
        }
        Response::IdentifySecret(traced) => {
            if let Some(Modal::IdentifySecret(whose)) = model.modals.last_mut() {
                whose.dialog_mut().set_result(traced);
            }
            Vec::new()
        }
        Response::ListAccounts(accounts) => people::listed(model, accounts),
        Response::ShowAccount(shown) => {
            if let Some(desk) = model.desk_mut() {
                desk.accounts.set_details(shown);
            }
            Vec::new()
        }
        Response::CreateAccount(done) => people::changed(model, Change::Created, &done.value, &done.equivalent_command),
        Response::SetRole(done) => people::changed(model, Change::Role, &done.value, &done.equivalent_command),
        Response::SetPassword(done) => people::password_set(model, &done.value, &done.equivalent_command),
        Response::DeleteAccount(done) => {
            people::shut_out(model, Change::Deleted, &done.value, &done.equivalent_command, done.audit_seq)
        }
        // The screen disables one account at a time.
        Response::DisableAccounts(done) => match done.value.first() {
            Some(counted) => {
                people::shut_out(model, Change::Disabled, counted, &done.equivalent_command, done.audit_seq)
            }
            None => Vec::new(),
        },
        Response::EnableAccounts(done) => match done.value.first() {
            Some(counted) => people::changed(model, Change::Enabled, counted, &done.equivalent_command),
            None => Vec::new(),
        },
        Response::ListPolicy(policy) => {
            if let Some(desk) = model.desk_mut() {
                desk.policy.set_policy(policy);
            }
            Vec::new()
        }
        Response::SetPolicy(done) => people::rules_changed(model, done.value, &done.equivalent_command),
        Response::ListAudit(window) => {
            let height = height(model.size.1);
            damaged::say_of_audit(model, &window);
            if let Some(audit) = model.audit_mut() {
                audit.set_rows(window, height);
            }
            requests::moved_in_audit(model)
        }
        Response::ListCatalogues(catalogues) => {
            if *model.catalogues != *catalogues {
                model.catalogues = catalogues.into();
                desk::supply(model);
            }
            Vec::new()
        }
        Response::PreviewPurge(preview) => {
            for modal in &mut model.modals {
                if let Modal::PurgeTokens(purge) = modal {
                    purge.dialog_mut().set_preview(preview.clone());
                }
            }
            Vec::new()
        }
        Response::GetTokens(reviewed) => {
            for modal in &mut model.modals {
                if let Modal::RevokeTokens(remove) = modal {
                    remove.dialog_mut().set_snapshots(&reviewed);
                }
            }
            if let Some(tokens) = model.tokens_mut() {
                let trashed = tokens.options.trashed;
                tokens.marks.retain_existing(&reviewed, trashed);
            }
            Vec::new()
        }
        Response::ListTokens(window) => {
            let height = height(model.size.1);
            damaged::say(model, window.unreadable.iter().map(ToString::to_string));
            if let Some(tokens) = model.tokens_mut() {
                tokens.set_rows(window, tokens.page_cursor, height);
            }
            requests::moved(model)
        }
        Response::CountTokens(tally) => {
            if let Some(tokens) = model.tokens_mut() {
                tokens.summary = tally;
            }
            Vec::new()
        }
        Response::ShowToken(shown) => dialogs::shown(model, layer, shown),
        // A form creates one token at a time.
        Response::CreateToken(changed) => match changed.value.into_iter().next() {
            Some(out) => {
                let text = format!("{} generated", out.token.name);
                issued(model, out, text, &changed.equivalent_command)
            }
            None => Vec::new(),
        },
        Response::CopyToken(changed) => {
            let text = format!("{} generated as a copy", changed.value.token.name);
            issued(model, changed.value, text, &changed.equivalent_command)
        }
        Response::RegenerateToken(changed) => {
            let token = &changed.value.token;
            let old = match token.overlap(model.now) {
                Some(previous) => format!("the old one dies {}", relative(previous.retires_at, model.now)),
                None => "the old one is denied from now on".to_owned(),
            };
            let overlaps = token.overlap(model.now).is_some();
            let text = format!("{} has a new secret; {old}", token.name);
            let effects = issued(model, changed.value, text, &changed.equivalent_command);
            if overlaps { effects } else { witness::ask(model, effects, changed.audit_seq, "the old one") }
        }
        Response::EditToken(changed) => {
            changed_tokens(model, &[changed.value.after], "changed", &changed.equivalent_command)
        }
        Response::RetireToken(changed) => {
            let what = "has one secret again; the old one is denied";
            let effects = changed_tokens(model, &[changed.value], what, &changed.equivalent_command);
            witness::ask(model, effects, changed.audit_seq, "the old one")
        }
        Response::PurgeTokens(changed) => long_work::purged(model, layer, &changed),
        Response::DisableTokens(changed) => lost(model, &changed, "disabled; denied from the next request on"),
        Response::EnableTokens(changed) => acted_on(model, &changed.value, "enabled", &changed.equivalent_command),
        Response::DeleteTokens(changed) => super::several::deleted(model, changed),
        Response::RestoreTokens(changed) => {
            // Moves the cursor to the restored token, if the table shows it.
            if let Some(tokens) = model.tokens_mut().filter(|tokens| !tokens.options.trashed) {
                tokens.focus = changed.value.first().map(|token| token.id);
            }
            acted_on(model, &changed.value, "restored, disabled", &changed.equivalent_command)
        }
    }
}

fn signed_in(model: &mut Model, layer: Option<Layer>, session: Session) -> Vec<Effect> {
    if session.is_temporary() {
        return people::replace_password(model, &session);
    }
    model.session = Some(session);
    let mut effects = vec![Effect::Clear];
    // Requested before the rows, so that a dialog opened over them has the catalogues and the account's name.
    effects.extend(requests::look(model, Purpose::Catalogues, ListCatalogues.into()));
    effects.extend(requests::look(model, Purpose::Me, WhoAmI.into()));
    if layer == Some(Layer::Lock) {
        model.lock = None;
        let here = model.tokens().map_or(TokenCursor::Start, Tokens::current_cursor);
        effects.extend(requests::list(model, here));
        effects.extend(desk::refresh(model));
    } else {
        model.screen = Screen::Desk(Box::default());
        effects.extend(requests::list(model, TokenCursor::Start));
    }
    effects
}

fn issued(model: &mut Model, issued: IssuedToken, text: String, cli: &CliLine) -> Vec<Effect> {
    let IssuedToken { token, secret, warning, .. } = issued;
    model.say(Tone::Good, text, Some(cli.to_string()));
    model.modals.clear();
    let id = token.id;
    model.modals.push(Modal::RevealSecret(Box::new(RevealSecretDialog::new(token, secret, warning))));
    if let Some(tokens) = model.tokens_mut() {
        tokens.focus = Some(id);
        tokens.just_deleted.clear();
    }
    let mut effects = requests::list(model, TokenCursor::Around(id, None));
    effects.extend(requests::review(model));
    effects
}

/// Handles a change to the marked tokens, and clears the marks.
fn acted_on(model: &mut Model, changed: &[Token], what: &str, cli: &CliLine) -> Vec<Effect> {
    if let Some(tokens) = model.tokens_mut() {
        tokens.marks.clear();
    }
    changed_tokens(model, changed, what, cli)
}

/// Like [`acted_on`], and also asks the running service whether it denies the tokens.
pub(super) fn lost(model: &mut Model, changed: &Committed<Vec<Token>>, what: &str) -> Vec<Effect> {
    let whom = if changed.value.len() == 1 { "it" } else { "them" };
    let effects = acted_on(model, &changed.value, what, &changed.equivalent_command);
    witness::ask(model, effects, changed.audit_seq, whom)
}

fn changed_tokens(model: &mut Model, changed: &[Token], what: &str, cli: &CliLine) -> Vec<Effect> {
    let text = match changed {
        [only] => format!("{} {what}", only.name),
        several => format!("{} tokens {what}", several.len()),
    };
    model.say(Tone::Good, text, Some(cli.to_string()));
    model.modals.clear();
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    tokens.just_deleted.clear();
    tokens.show_changed(changed);
    let here = tokens.focus.map_or_else(|| tokens.current_cursor(), |id| TokenCursor::Around(id, None));
    let mut effects = requests::list(model, here);
    effects.extend(requests::review(model));
    effects
}
