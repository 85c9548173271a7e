//! Handles replies and updates the model.

use super::accounts::{self, AccountChange};
use super::changed_tokens::{TokensDone, on_revoked, show_changed_tokens, tokens_changed, tokens_revoked};
use super::{damaged_rows, lock, long_work, navigation, offer, open, policy, propagation, requests, with_page};
use crate::domain::catalogue::Catalogue;
use crate::domain::time::relative;
use crate::error::{Kind, Result};
use crate::tui::effect::Effect;
use crate::tui::modal::reveal_secret::RevealSecretDialog;
use crate::tui::model::{Layer, Model, PendingRequest, RequestKind, Screen};
use crate::tui::msg::{ReadKey, RequestId};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::screen::Reply;
use crate::tui::screen::first_run::FirstRun;
use crate::tui::screen::sign_in::SignIn;
use crate::verbs::Verb;
use crate::verbs::accounts::SignIn as SignInVerb;
use crate::verbs::catalogue::{ApplyCatalogue, CataloguePreview};
use crate::verbs::cli_line::CliLine;
use crate::verbs::request::Response;
use crate::verbs::session::Session;
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
    let PendingRequest { kind, asker, key, .. } = pending;
    match (result, kind, asker) {
        (Ok(response), ..) => deliver(model, asker, key, response),
        // About the work rather than the session of the screens: this error never locks them.
        (Err(error), RequestKind::LongWork, _) => long_work::failed(model, &error),
        (Err(error), RequestKind::Setup, _) => {
            model.exit = Some(Err(error));
            Vec::new()
        }
        (Err(error), RequestKind::Component, Some(layer)) => {
            with_page(model, layer, None, |page, _| page.on_error(error))
        }
        // The session is no longer valid: the account's password, role or state has changed. A lock has already shown
        // this error.
        (Err(error), RequestKind::Read, _) if error.kind == Kind::Unauthenticated => {
            if model.lock.is_none() {
                lock(model, Some(&error));
            }
            Vec::new()
        }
        (Err(error), RequestKind::Read, Some(layer)) => {
            with_page(model, layer, key, |page, ctx| page.on_read_error(error, ctx))
        }
        (Err(error), RequestKind::Read | RequestKind::Component, None) => {
            model.notify(Notice::error(&error));
            Vec::new()
        }
    }
}

/// Passes data to all pages, and then the reply to the page of `layer`, which has asked. A page may leave a reply that
/// has the same effect for every page.
fn deliver(model: &mut Model, layer: Option<Layer>, key: Option<ReadKey>, response: Response) -> Vec<Effect> {
    damaged_rows::notify_damaged(model, &response);
    for layer in model.layers() {
        if let Some((page, ctx)) = model.page_mut(layer) {
            page.on_data(&response, &ctx);
        }
    }
    let mut reply = Reply::Response(response);
    let effects = layer.and_then(|layer| offer(model, layer, key, &mut reply));
    match (effects, reply) {
        (Some(effects), _) => effects,
        (None, Reply::Response(response)) => on_response(model, layer, response),
        (None, Reply::Catalogue(_) | Reply::Copied(_) | Reply::Saved(_)) => Vec::new(),
    }
}

/// Handles the result of reading a catalogue from a file.
pub(super) fn on_catalogue(model: &mut Model, id: RequestId, result: Result<Catalogue>) -> Vec<Effect> {
    let Some(layer) = model.pending.remove(&id).and_then(|pending| pending.asker) else { return Vec::new() };
    match result {
        Ok(catalogue) => offer(model, layer, None, &mut Reply::Catalogue(catalogue)).unwrap_or_default(),
        Err(error) => with_page(model, layer, None, |page, _| page.on_error(error)),
    }
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
            navigation::on_context_changed(model);
            Vec::new()
        }
        Response::ApplyCatalogue(done) => on_catalogue_applied(model, &done.value, &done.equivalent_command),
        // Screens detect changes by these, independent of all other replies.
        Response::AuditHead(_) | Response::LedgerHead(_) => Vec::new(),
        // No screen sends these requests.
        Response::PreviewPurge(_) | Response::ListUses(_) | Response::ListFindings(_) | Response::CanToken(_) => {
            Vec::new()
        }
        // The page that has asked is closed.
        Response::ListAccounts(_)
        | Response::ShowAccount(_)
        | Response::ListTokens(_)
        | Response::CountTokens(_)
        | Response::ShowToken(_)
        | Response::GetTokens(_)
        | Response::ListAudit(_)
        | Response::ListDenied(_)
        | Response::GetImpact(_)
        | Response::ListPolicy(_)
        | Response::PreviewEdit(_)
        | Response::PreviewCatalogue(_)
        | Response::VerifyAuditChain(_)
        | Response::IdentifySecret(_) => Vec::new(),
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
        Response::SetPolicy(done) => policy::on_policy_changed(model, done.value, &done.equivalent_command),
        Response::ListCatalogues(catalogues) => {
            if *model.catalogues != *catalogues {
                model.catalogues = catalogues.into();
                navigation::on_context_changed(model);
            }
            Vec::new()
        }
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
                Some(previous) => format!("the old secret stops working {}", relative(previous.retires_at, model.now)),
                None => "the service denies the old secret from the next request on".to_owned(),
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
            let done = TokensDone::new::<RetireToken>("now works only with the new secret")
                .effect("the service denies the old secret");
            let effects = show_changed_tokens(model, &[changed.value], done, &changed.equivalent_command);
            propagation::check_propagation(model, effects, changed.audit_seq, "the old secret")
        }
        Response::PurgeTokens(changed) => long_work::on_purged(model, layer, &changed),
        Response::DisableTokens(changed) => {
            let done = TokensDone::new::<DisableTokens>("disabled").effect("the service denies any further use");
            tokens_revoked(model, &changed, done)
        }
        Response::EnableTokens(changed) => {
            let done = TokensDone::new::<EnableTokens>("enabled");
            tokens_changed(model, &changed.value, done, &changed.equivalent_command)
        }
        Response::RevokeTokens(changed) => on_revoked(model, changed),
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
    match layer {
        Some(Layer::Lock) => model.lock = None,
        _ => model.screen = Screen::Workspace(Box::default()),
    }
    let mut effects = vec![Effect::Redraw];
    effects.extend(navigation::refresh(model));
    effects
}

fn on_issued(model: &mut Model, issued: IssuedToken, notice: Notice) -> Vec<Effect> {
    let IssuedToken { token, secret, warning, .. } = issued;
    model.notify(notice);
    model.modals.clear();
    let id = token.id;
    let mut effects = open(model, Box::new(RevealSecretDialog::new(token, secret, warning)));
    if let Some(tokens) = model.tokens_mut() {
        tokens.focus = Some(id);
        tokens.just_revoked.clear();
    }
    effects.extend(navigation::refresh_pages(model));
    effects
}

/// Handles an applied catalogue. Reads the catalogues and the tokens' permissions again.
fn on_catalogue_applied(model: &mut Model, done: &CataloguePreview, cli: &CliLine) -> Vec<Effect> {
    let text = format!("Catalogue {} applied", done.name);
    model.notify(Notice::new(NoticeId::Done(ApplyCatalogue::NAME), text).cli(cli));
    model.modals.clear();
    navigation::refresh(model)
}
