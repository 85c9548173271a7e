//! Sends requests and records who waits for each.

use std::sync::Arc;

use crate::tui::app::App;
use crate::tui::component::{Ask, AskSubject};
use crate::tui::effect::{Call, CatalogueSource, Effect};
use crate::tui::layer::Layer;
use crate::tui::long_work::LongWork;
use crate::tui::model::{PendingRequest, RequestKind};
use crate::tui::msg::{ReadKey, RequestId};
use crate::verbs::credential::Credential;
use crate::verbs::request::Request;

/// Sends a request for the page of `asker`. A later read of the same page, or of a page that is gone, replaces an
/// earlier one of the same subject; the reply to the earlier one is dropped.
pub(super) fn send(
    app: &mut App,
    kind: RequestKind,
    asker: Option<Layer>,
    credential: Credential,
    request: Request,
) -> Vec<Effect> {
    let key = Some(ReadKey::from(&request));
    let is_gone = |layer: Option<Layer>| layer.is_some_and(|layer| app.page(layer).is_none());
    let is_repeated = |pending: &PendingRequest| {
        let both_read = kind == RequestKind::Read && pending.kind == RequestKind::Read;
        both_read && pending.key == key && (pending.asker == asker || is_gone(pending.asker))
    };
    let replaces = app.model.pending.iter().find(|(_, pending)| is_repeated(pending)).map(|(id, _)| *id);
    app.model.pending.retain(|id, _| Some(*id) != replaces);
    let id = next_id(app);
    app.model.pending.insert(id, PendingRequest { kind, asker, key, since: app.model.now });
    vec![Effect::Call(Call { id, replaces, credential, request: Box::new(request) })]
}

/// Sends what the page of `layer` asks for. Nothing is asked as the signed-in account before sign-in.
pub(super) fn ask(app: &mut App, layer: Layer, Ask { subject, credential, waits }: Ask) -> Vec<Effect> {
    let request = match subject {
        AskSubject::Request(request) => *request,
        AskSubject::Catalogue(source) => return read_catalogue_for(app, layer, source),
    };
    let Some(credential) = credential.or_else(|| app.model.session.clone().map(Credential::Session)) else {
        return Vec::new();
    };
    if waits {
        send_for_component(app, layer, credential, request)
    } else {
        send(app, RequestKind::Read, Some(layer), credential, request)
    }
}

/// Sends a request whose reply the page of `layer` waits for.
pub(super) fn send_for_component(app: &mut App, layer: Layer, credential: Credential, request: Request) -> Vec<Effect> {
    let id = RequestId(app.model.last_request + 1);
    if matches!(layer, Layer::Modal(_)) {
        app.model.auth.begin_attempt(id, &credential);
    }
    if request.is_batched() {
        app.model.long_work = Some(LongWork::new(id, &request));
    }
    send(app, RequestKind::Component, Some(layer), credential, request)
}

/// Sends a read-only request for all pages as the signed-in account. Does nothing before sign-in.
pub(super) fn read(app: &mut App, request: impl Into<Request>) -> Vec<Effect> {
    let Some(session) = app.model.session.clone() else { return Vec::new() };
    send(app, RequestKind::Read, None, Credential::Session(session), request.into())
}

/// Reads a catalogue that the page of `layer` waits for.
fn read_catalogue_for(app: &mut App, layer: Layer, source: CatalogueSource) -> Vec<Effect> {
    let id = next_id(app);
    let pending = PendingRequest { kind: RequestKind::Component, asker: Some(layer), key: None, since: app.model.now };
    app.model.pending.insert(id, pending);
    vec![Effect::ReadCatalogue(id, source, Arc::clone(&app.model.catalogues))]
}

fn next_id(app: &mut App) -> RequestId {
    app.model.last_request += 1;
    RequestId(app.model.last_request)
}
