//! Handles replies and updates the model.

use super::{damaged_rows, lock, long_work, navigation, offer, outcomes, session, with_page};
use crate::error::{Kind, Result};
use crate::import::openapi::ImportResult;
use crate::tui::app::App;
use crate::tui::component::Reply;
use crate::tui::effect::Effect;
use crate::tui::layer::Layer;
use crate::tui::model::{PendingRequest, RequestKind};
use crate::tui::msg::{ReadKey, RequestId};
use crate::tui::notice::Notice;
use crate::tui::outcome::Outcome;
use crate::verbs::request::Response;

/// Handles a reply. A reply that nothing waits for any more is dropped.
pub(super) fn on_reply(app: &mut App, id: RequestId, result: Result<Response>) -> Vec<Effect> {
    let Some(pending) = app.model.pending.remove(&id) else { return Vec::new() };
    if app.model.long_work.is_some_and(|work| work.id == id) {
        app.model.long_work = None;
    }
    app.model.auth.finish_attempt(id, &result, app.model.now);
    let PendingRequest { kind, asker, key, .. } = pending;
    match (result, kind, asker) {
        (Ok(response), ..) => deliver(app, asker, key, response),
        // About the work rather than the session of the screens: this error never locks them.
        (Err(error), RequestKind::LongWork, _) => long_work::failed(app, &error),
        (Err(error), RequestKind::Setup, _) => {
            app.model.exit = Some(Err(error));
            Vec::new()
        }
        (Err(error), RequestKind::Component, Some(layer)) => {
            with_page(app, layer, None, |page, _| page.on_error(error))
        }
        // The session is no longer valid: the account's password, role or state has changed. A lock has already shown
        // this error.
        (Err(error), RequestKind::Read, _) if error.kind == Kind::Unauthenticated => {
            if app.lock.is_none() {
                lock(app, Some(&error));
            }
            Vec::new()
        }
        (Err(error), RequestKind::Read, Some(layer)) => {
            with_page(app, layer, key, |page, ctx| page.on_read_error(error, ctx))
        }
        (Err(error), RequestKind::Read | RequestKind::Component, None) => {
            app.model.notify(Notice::error(&error));
            Vec::new()
        }
    }
}

/// Passes data to all pages, and then the reply to the page of `layer`, which has asked. A page may leave a reply that
/// has the same effect for every page.
fn deliver(app: &mut App, layer: Option<Layer>, key: Option<ReadKey>, response: Response) -> Vec<Effect> {
    damaged_rows::notify_damaged(app, &response);
    if let Response::CountTokens(counts) = &response {
        app.model.denied_now = counts.denied_now;
    }
    if let Response::ListAccounts(list) = &response {
        app.model.usernames = Some(list.accounts.iter().map(|row| row.account.username.to_string()).collect());
    }
    app.for_each_page(|page, ctx| page.on_data(&response, ctx));
    let mut reply = Reply::Response(response);
    let effects = layer.and_then(|layer| offer(app, layer, key, &mut reply));
    match (effects, reply) {
        (Some(effects), _) => effects,
        (None, Reply::Response(response)) => on_response(app, layer, response),
        (None, Reply::Catalogue(_) | Reply::Copied(_) | Reply::Saved(_)) => Vec::new(),
    }
}

/// Handles the result of reading a catalogue from a file.
pub(super) fn on_catalogue(app: &mut App, id: RequestId, result: Result<ImportResult>) -> Vec<Effect> {
    let Some(layer) = app.model.pending.remove(&id).and_then(|pending| pending.asker) else { return Vec::new() };
    match result {
        Ok(catalogue) => offer(app, layer, None, &mut Reply::Catalogue(catalogue)).unwrap_or_default(),
        Err(error) => with_page(app, layer, None, |page, _| page.on_error(error)),
    }
}

/// Handles a reply that has the same effect for every page.
fn on_response(app: &mut App, layer: Option<Layer>, response: Response) -> Vec<Effect> {
    let read = match Outcome::new(response, app.model.now) {
        Ok(outcome) => return outcomes::on_change(app, layer, outcome),
        Err(read) => *read,
    };
    match read {
        Response::GetSetup(setup) => app.show_entry(setup),
        Response::SignIn(signed_in) => return session::on_signed_in(app, layer, signed_in),
        Response::WhoAmI(me) => {
            app.model.me = Some(me);
            navigation::on_context_changed(app);
        }
        Response::ListCatalogues(catalogues) if *app.model.catalogues != *catalogues => {
            app.model.catalogues = catalogues.into();
            navigation::on_context_changed(app);
        }
        // The page that has asked is closed.
        _ => {}
    }
    Vec::new()
}
