//! Sends requests and records the kind of each.

use std::path::PathBuf;
use std::sync::Arc;

use super::navigation;
use crate::domain::token::TokenRef;
use crate::tui::effect::{Call, Effect};
use crate::tui::long_work::LongWork;
use crate::tui::model::{Layer, Model, PendingRequest, RequestKind};
use crate::tui::msg::RequestId;
use crate::tui::screen::tokens::marks::MAX_MARKED;
use crate::tui::screen::tokens::{ListQuery, PAGE_SIZE, Tokens};
use crate::tui::screen::workspace::{ScreenId, Workspace};
use crate::verbs::actor::Credential;
use crate::verbs::ports::TokenCursor;
use crate::verbs::request::Request;
use crate::verbs::tokens::{CountTokens, GetTokens, ListTokens, ShowToken};

/// Sends a request. A newer read-only request replaces an older one for the same kind; the reply to the older one is
/// dropped.
pub(super) fn send_request(
    model: &mut Model,
    kind: RequestKind,
    credential: Credential,
    request: Request,
) -> Vec<Effect> {
    send(model, kind, None, credential, request)
}

fn send(
    model: &mut Model,
    kind: RequestKind,
    asker: Option<Layer>,
    credential: Credential,
    request: Request,
) -> Vec<Effect> {
    let repeats = |pending: &PendingRequest| match kind {
        RequestKind::Setup | RequestKind::Component => false,
        RequestKind::Page => pending.kind == kind && pending.asker == asker,
        _ => pending.kind == kind,
    };
    let replaces = model.pending.iter().find(|(_, pending)| repeats(pending)).map(|(id, _)| *id);
    model.pending.retain(|id, _| Some(*id) != replaces);
    let id = next_id(model);
    model.pending.insert(id, PendingRequest { kind, asker, since: model.now });
    vec![Effect::Call(Call { id, replaces, credential, request: Box::new(request) })]
}

/// Sends a request whose reply the page of `layer` waits for.
pub(super) fn send_for_component(
    model: &mut Model,
    layer: Layer,
    credential: Credential,
    request: Request,
) -> Vec<Effect> {
    let id = RequestId(model.last_request + 1);
    if matches!(layer, Layer::Modal(_)) {
        model.auth.begin_attempt(id, &credential);
    }
    if request.is_batched() {
        model.long_work = Some(LongWork::new(id));
    }
    send(model, RequestKind::Component, Some(layer), credential, request)
}

/// Sends a read-only request of the page of `layer`, which takes keys meanwhile.
pub(super) fn read_for_page(model: &mut Model, layer: Layer, request: Request) -> Vec<Effect> {
    let Some(session) = model.session.clone() else { return Vec::new() };
    // The reply must find the screen even if another one is shown by then.
    let layer = match (layer, model.workspace()) {
        (Layer::Screen, Some(workspace)) => Layer::Workspace(workspace.current()),
        (layer, _) => layer,
    };
    // A screen may send the same request, which then replaces this one.
    let kind = match request {
        Request::ShowToken(_) => RequestKind::TokenDetails,
        Request::GetTokens(_) => RequestKind::Review,
        Request::ListAccounts(_) => RequestKind::Accounts,
        _ => RequestKind::Page,
    };
    send(model, kind, Some(layer), Credential::Session(session), request)
}

/// Reads a catalogue that the page of `layer` waits for.
pub(super) fn read_catalogue_for(model: &mut Model, layer: Layer, path: PathBuf) -> Vec<Effect> {
    let id = next_id(model);
    model.pending.insert(id, PendingRequest { kind: RequestKind::Component, asker: Some(layer), since: model.now });
    vec![Effect::ReadCatalogue(id, path, Arc::clone(&model.catalogues))]
}

fn next_id(model: &mut Model) -> RequestId {
    model.last_request += 1;
    RequestId(model.last_request)
}

/// Sends a read-only request as the signed-in account. Does nothing before sign-in.
pub(super) fn send_query(model: &mut Model, kind: RequestKind, request: Request) -> Vec<Effect> {
    match model.session.clone() {
        Some(session) => send_request(model, kind, Credential::Session(session), request),
        None => Vec::new(),
    }
}

/// Requests the table around `anchor`, and the counts above the table.
pub(super) fn query_tokens(model: &mut Model, anchor: TokenCursor) -> Vec<Effect> {
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    tokens.page_cursor = anchor;
    let ListQuery { owner: whose, filter, trashed } = tokens.query();
    let verb =
        ListTokens { owner: whose, filter, sort: tokens.options.sort, trashed, cursor: anchor, limit: PAGE_SIZE };
    let mut effects = send_query(model, RequestKind::Tokens, verb.into());
    effects.extend(send_query(model, RequestKind::TokenSummary, CountTokens.into()));
    effects
}

/// Requests the table again around the cursor, to update when its tokens were last seen. Only while the table is shown.
pub(super) fn refresh_tokens(model: &mut Model) -> Vec<Effect> {
    let busy = model.pending.values().any(|p| matches!(p.kind, RequestKind::Tokens | RequestKind::TokenDetails));
    match model
        .tokens()
        .map(Tokens::current_cursor)
        .filter(|_| !busy && model.active_screen() == Some(ScreenId::Tokens))
    {
        Some(cursor) => query_tokens(model, cursor),
        None => Vec::new(),
    }
}

/// Requests all tokens that match the filter, up to the number that can be marked.
pub(super) fn query_all_matching(model: &mut Model) -> Vec<Effect> {
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    let question = tokens.query();
    tokens.marking = Some(question.clone());
    let ListQuery { owner: whose, filter, trashed } = question;
    let sort = tokens.options.sort;
    let verb = ListTokens { owner: whose, filter, sort, trashed, cursor: TokenCursor::Start, limit: MAX_MARKED };
    send_query(model, RequestKind::Marking, verb.into())
}

/// Requests the marked tokens again.
pub(super) fn query_marked(model: &mut Model) -> Vec<Effect> {
    let marked: Vec<_> = model.tokens().map_or_else(Vec::new, |t| t.marks.tokens().map(|m| m.id).collect());
    if marked.is_empty() {
        return Vec::new();
    }
    send_query(model, RequestKind::Review, GetTokens { tokens: marked }.into())
}

/// Handles a cursor move to another token: requests its usage, and more rows near the end of the window.
pub(super) fn on_token_cursor(model: &mut Model) -> Vec<Effect> {
    let Some(tokens) = model.tokens() else { return Vec::new() };
    let (current, position, needs_page) = (tokens.current().map(|t| t.id), tokens.position(), tokens.needs_page());
    let listing = model.pending.values().any(|p| p.kind == RequestKind::Tokens);
    let mut effects = query_token_details(model);
    if let Some(id) = current.filter(|_| needs_page && !listing) {
        effects.extend(query_tokens(model, TokenCursor::Around(id, Some(position))));
    }
    effects
}

/// Requests the usage of the token under the cursor.
fn query_token_details(model: &mut Model) -> Vec<Effect> {
    match model.tokens().and_then(|tokens| tokens.current()).map(|token| TokenRef::Id(token.id)) {
        Some(token) => send_query(model, RequestKind::TokenDetails, ShowToken { token }.into()),
        None => Vec::new(),
    }
}

/// Reads the screens that show the ledger again, because it may have new entries.
pub(super) fn on_ledger_changed(model: &mut Model) -> Vec<Effect> {
    match model.workspace().map(Workspace::current) {
        Some(ScreenId::Tokens) => {
            let mut effects = refresh_tokens(model);
            effects.extend(query_token_details(model));
            effects
        }
        Some(ScreenId::Denied) => navigation::refresh_screen(model),
        Some(ScreenId::Accounts | ScreenId::Audit | ScreenId::Catalogue | ScreenId::Policy) | None => Vec::new(),
    }
}
