//! Handles replies and updates the model.

use super::accounts::{self, AccountChange};
use super::changed_tokens::{TokensDone, show_changed_tokens, tokens_changed, tokens_revoked};
use super::{
    Layer, apply_intent, catalogue, component, damaged, dialogs, lock, long_work, navigation, policy, propagation,
    requests,
};
use crate::domain::catalogue::Catalogue;
use crate::domain::time::relative;
use crate::error::{Error, Kind, Result};
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;
use crate::tui::modal::reveal_secret::RevealSecretDialog;
use crate::tui::model::{Model, RequestKind, Screen};
use crate::tui::msg::RequestId;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::frame::height;
use crate::tui::screen::sign_in::SignIn;
use crate::tui::screen::tokens::Tokens;
use crate::verbs::Verb;
use crate::verbs::accounts::{SignIn as SignInVerb, WhoAmI};
use crate::verbs::actor::Session;
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::ports::TokenCursor;
use crate::verbs::request::Response;
use crate::verbs::tokens::{
    CopyToken, CreateToken, DisableTokens, EditToken, EnableTokens, IssuedToken, RegenerateToken, RestoreTokens,
    RetireToken,
};

/// Handles a reply. A reply that nothing waits for any more is dropped.
pub(super) fn on_reply(model: &mut Model, id: RequestId, result: Result<Response>) -> Vec<Effect> {
    let Some(pending) = model.pending.remove(&id) else { return Vec::new() };
    if model.long_work.is_some_and(|work| work.id == id) {
        model.long_work = None;
    }
    model.auth.finish_attempt(id, &result, model.now);
    let layer = waiting_layer(model, id);
    match (result, pending.kind) {
        (Ok(Response::ListTokens(window)), RequestKind::Marking) => {
            if let Some(notice) = model.tokens_mut().and_then(|tokens| tokens.mark_all(&window)) {
                model.notify(notice);
            }
            Vec::new()
        }
        (Ok(response), _) => on_response(model, layer, response),
        // About the work rather than the session of the screens: this error never locks them.
        (Err(error), RequestKind::LongWork) => long_work::failed(model, &error),
        (Err(error), RequestKind::Component) => {
            match layer.and_then(|l| component(model, l).map(|p| (l, p.on_error(error)))) {
                Some((layer, intent)) => apply_intent(model, layer, intent),
                None => Vec::new(),
            }
        }
        (Err(error), RequestKind::Setup) => {
            model.exit = Some(Err(error));
            Vec::new()
        }
        (Err(error), RequestKind::Audit) if error.kind != Kind::Unauthenticated => {
            if model.audit_mut().is_some_and(|audit| audit.set_error(&error)) {
                model.notify(Notice::error(&error));
            }
            Vec::new()
        }
        (Err(error), RequestKind::Denied) if error.kind != Kind::Unauthenticated => {
            if model.workspace_mut().is_some_and(|workspace| workspace.denied.set_error(&error)) {
                model.notify(Notice::error(&error));
            }
            Vec::new()
        }
        (Err(error), RequestKind::AuditCheck) if error.kind != Kind::Unauthenticated => {
            dialogs::with_audit_check(model, |verify, _| verify.set_error(&error));
            Vec::new()
        }
        (
            Err(error),
            RequestKind::Me
            | RequestKind::Catalogues
            | RequestKind::Tokens
            | RequestKind::Accounts
            | RequestKind::AccountDetails
            | RequestKind::Audit
            | RequestKind::Denied
            | RequestKind::AuditCheck
            | RequestKind::Policy
            | RequestKind::TokenSummary
            | RequestKind::TokenDetails
            | RequestKind::Marking
            | RequestKind::Review
            | RequestKind::Preview,
        ) => on_request_error(model, error, pending.kind),
    }
}

/// Handles the result of reading a catalogue from a file.
pub(super) fn on_catalogue_read(model: &mut Model, id: RequestId, result: Result<Catalogue>) -> Vec<Effect> {
    model.pending.remove(&id);
    let Some(layer) = waiting_layer(model, id) else { return Vec::new() };
    match result {
        Ok(read) => catalogue::on_catalogue(model, layer, read),
        Err(error) => match component(model, layer).map(|p| p.on_error(error)) {
            Some(intent) => apply_intent(model, layer, intent),
            None => Vec::new(),
        },
    }
}

/// Handles a change in the store, perhaps by another process. Reads the data on screen again, as well as the signed-in
/// account and the policy.
pub(super) fn on_store_changed(model: &mut Model) -> Vec<Effect> {
    let cursor = model.tokens().map_or(TokenCursor::Start, Tokens::current_cursor);
    let mut effects = requests::send_query(model, RequestKind::Me, WhoAmI.into());
    effects.extend(requests::send_query(model, RequestKind::Catalogues, ListCatalogues.into()));
    effects.extend(requests::query_tokens(model, cursor));
    effects.extend(requests::query_marked(model));
    effects.extend(requests::query_purge_preview(model));
    effects.extend(navigation::refresh_screen(model));
    effects
}

/// Returns the layer of the page that waits for `id`, and ends its wait.
pub(super) fn waiting_layer(model: &mut Model, id: RequestId) -> Option<Layer> {
    let layers = [Layer::Lock, Layer::Screen].into_iter().chain((0..model.modals.len()).map(Layer::Modal));
    for layer in layers {
        if let Some(slot) = component(model, layer).and_then(|p| p.pending_request()).filter(|slot| **slot == Some(id))
        {
            *slot = None;
            return Some(layer);
        }
    }
    None
}

fn on_request_error(model: &mut Model, error: Error, kind: RequestKind) -> Vec<Effect> {
    match (error.kind, kind) {
        // The session is no longer valid: the account's password, role or state has changed.
        (Kind::Unauthenticated, _) if model.lock.is_none() => lock(model, Some(&error)),
        // The lock has already shown this error.
        (Kind::Unauthenticated, _) => {}
        // The token or account is gone and has no usage.
        (_, RequestKind::TokenDetails | RequestKind::AccountDetails) => {}
        _ => model.notify(Notice::error(&error)),
    }
    Vec::new()
}

fn on_response(model: &mut Model, layer: Option<Layer>, response: Response) -> Vec<Effect> {
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
                    Ok(credential) => requests::send_for_component(model, Layer::Screen, credential, SignInVerb.into()),
                    Err(_) => Vec::new(),
                }
            }
            Screen::Loading | Screen::SignIn(_) | Screen::ReplacePassword(_) | Screen::Workspace(_) => Vec::new(),
        },
        Response::SignIn(session) => on_signed_in(model, layer, session),
        Response::WhoAmI(me) => {
            model.me = Some(me);
            navigation::refresh_catalogue(model);
            Vec::new()
        }
        Response::PreviewEdit(edited) => dialogs::on_edit_preview(model, layer, edited),
        Response::PreviewCatalogue(preview) => catalogue::on_preview(model, layer, preview),
        Response::ApplyCatalogue(done) => catalogue::on_applied(model, &done.value, &done.equivalent_command),
        Response::VerifyAuditChain(verified) => {
            dialogs::with_audit_check(model, |verify, dates| verify.set_report(&verified.report, dates));
            Vec::new()
        }
        // Screens detect changes by these, independent of all other replies.
        Response::AuditHead(_) | Response::LedgerHead(_) => Vec::new(),
        // No screen sends these requests.
        Response::ListUses(_) | Response::ListFindings(_) | Response::CanToken(_) => Vec::new(),
        Response::ListDenied(window) => {
            let height = height(model.size.1);
            damaged::notify_damaged(model, window.unreadable.iter().cloned());
            if let Some(workspace) = model.workspace_mut() {
                workspace.denied.set_rows(window, height);
            }
            requests::on_denied_cursor(model)
        }
        Response::IdentifySecret(traced) => {
            if let Some(Modal::IdentifySecret(whose)) = model.modals.last_mut() {
                whose.dialog_mut().set_result(traced);
            }
            Vec::new()
        }
        Response::ListAccounts(accounts) => accounts::on_accounts(model, accounts),
        Response::ShowAccount(shown) => {
            if let Some(workspace) = model.workspace_mut() {
                workspace.accounts.set_details(shown);
            }
            Vec::new()
        }
        Response::CreateAccount(done) => {
            accounts::on_account_changed(model, AccountChange::Created, &done.value, &done.equivalent_command)
        }
        Response::SetRole(done) => {
            accounts::on_account_changed(model, AccountChange::Role, &done.value, &done.equivalent_command)
        }
        Response::SetPassword(done) => accounts::on_password_set(model, &done.value, &done.equivalent_command),
        Response::DeleteAccount(done) => accounts::account_revoked(
            model,
            AccountChange::Deleted,
            &done.value,
            &done.equivalent_command,
            done.audit_seq,
        ),
        // The screen disables one account at a time.
        Response::DisableAccounts(done) => match done.value.first() {
            Some(counted) => accounts::account_revoked(
                model,
                AccountChange::Disabled,
                counted,
                &done.equivalent_command,
                done.audit_seq,
            ),
            None => Vec::new(),
        },
        Response::EnableAccounts(done) => match done.value.first() {
            Some(counted) => {
                accounts::on_account_changed(model, AccountChange::Enabled, counted, &done.equivalent_command)
            }
            None => Vec::new(),
        },
        Response::ListPolicy(policy) => {
            if let Some(workspace) = model.workspace_mut() {
                workspace.policy.set_policy(policy);
            }
            Vec::new()
        }
        Response::SetPolicy(done) => policy::on_policy_changed(model, done.value, &done.equivalent_command),
        Response::ListAudit(window) => {
            let height = height(model.size.1);
            damaged::notify_damaged_audit_rows(model, &window);
            if let Some(audit) = model.audit_mut() {
                audit.set_rows(window, height);
            }
            requests::on_audit_cursor(model)
        }
        Response::ListCatalogues(catalogues) => {
            if *model.catalogues != *catalogues {
                model.catalogues = catalogues.into();
                navigation::refresh_catalogue(model);
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
            damaged::notify_damaged(model, window.unreadable.iter().map(ToString::to_string));
            if let Some(tokens) = model.tokens_mut() {
                tokens.set_rows(window, tokens.page_cursor, height);
            }
            requests::on_token_cursor(model)
        }
        Response::CountTokens(tally) => {
            if let Some(tokens) = model.tokens_mut() {
                tokens.summary = tally;
            }
            Vec::new()
        }
        Response::ShowToken(shown) => dialogs::on_token_details(model, layer, shown),
        // A form creates one token at a time.
        Response::CreateToken(changed) => match changed.value.into_iter().next() {
            Some(out) => {
                let text = format!("{} generated", out.token.name);
                let notice = Notice::new(NoticeId::Done(CreateToken::NAME), text);
                on_issued(model, out, notice.cli(&changed.equivalent_command))
            }
            None => Vec::new(),
        },
        Response::CopyToken(changed) => {
            let text = format!("{} generated as a copy", changed.value.token.name);
            let notice = Notice::new(NoticeId::Done(CopyToken::NAME), text);
            on_issued(model, changed.value, notice.cli(&changed.equivalent_command))
        }
        Response::RegenerateToken(changed) => {
            let token = &changed.value.token;
            let old = match token.overlap(model.now) {
                Some(previous) => format!("the old secret ends {}", relative(previous.retires_at, model.now)),
                None => "the old secret is denied from the next request on".to_owned(),
            };
            let overlaps = token.overlap(model.now).is_some();
            let text = format!("{} has a new secret", token.name);
            let notice = Notice::new(NoticeId::Done(RegenerateToken::NAME), text).effect(old);
            let effects = on_issued(model, changed.value, notice.cli(&changed.equivalent_command));
            if overlaps {
                effects
            } else {
                propagation::check_propagation(model, effects, changed.audit_seq, "the old secret")
            }
        }
        Response::EditToken(changed) => {
            let done = TokensDone::new::<EditToken>("changed");
            show_changed_tokens(model, &[changed.value.after], done, &changed.equivalent_command)
        }
        Response::RetireToken(changed) => {
            let done = TokensDone::new::<RetireToken>("has one secret again").effect("the old secret is denied");
            let effects = show_changed_tokens(model, &[changed.value], done, &changed.equivalent_command);
            propagation::check_propagation(model, effects, changed.audit_seq, "the old secret")
        }
        Response::PurgeTokens(changed) => long_work::on_purged(model, layer, &changed),
        Response::DisableTokens(changed) => {
            let done = TokensDone::new::<DisableTokens>("disabled").effect("denied from the next request on");
            tokens_revoked(model, &changed, done)
        }
        Response::EnableTokens(changed) => {
            let done = TokensDone::new::<EnableTokens>("enabled");
            tokens_changed(model, &changed.value, done, &changed.equivalent_command)
        }
        Response::RevokeTokens(changed) => super::bulk::on_revoked(model, changed),
        Response::RestoreTokens(changed) => {
            // Moves the cursor to the restored token, if the table shows it.
            if let Some(tokens) = model.tokens_mut().filter(|tokens| !tokens.options.trashed) {
                tokens.focus = changed.value.first().map(|token| token.id);
            }
            let done = TokensDone::new::<RestoreTokens>("restored, disabled");
            tokens_changed(model, &changed.value, done, &changed.equivalent_command)
        }
    }
}

fn on_signed_in(model: &mut Model, layer: Option<Layer>, session: Session) -> Vec<Effect> {
    if session.is_temporary() {
        return accounts::begin_password_replacement(model, &session);
    }
    model.session = Some(session);
    let mut effects = vec![Effect::Redraw];
    // Requested before the rows, so that a dialog opened over them has the catalogues and the account's name.
    effects.extend(requests::send_query(model, RequestKind::Catalogues, ListCatalogues.into()));
    effects.extend(requests::send_query(model, RequestKind::Me, WhoAmI.into()));
    if layer == Some(Layer::Lock) {
        model.lock = None;
        let cursor = model.tokens().map_or(TokenCursor::Start, Tokens::current_cursor);
        effects.extend(requests::query_tokens(model, cursor));
        effects.extend(navigation::refresh_screen(model));
    } else {
        model.screen = Screen::Workspace(Box::default());
        effects.extend(requests::query_tokens(model, TokenCursor::Start));
    }
    effects
}

fn on_issued(model: &mut Model, issued: IssuedToken, notice: Notice) -> Vec<Effect> {
    let IssuedToken { token, secret, warning, .. } = issued;
    model.notify(notice);
    model.modals.clear();
    let id = token.id;
    model.modals.push(Modal::RevealSecret(Box::new(RevealSecretDialog::new(token, secret, warning))));
    if let Some(tokens) = model.tokens_mut() {
        tokens.focus = Some(id);
        tokens.just_revoked.clear();
    }
    let mut effects = requests::query_tokens(model, TokenCursor::Around(id, None));
    effects.extend(requests::query_marked(model));
    effects
}
