//! Requests sent, and what each is for.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Layer, page};
use crate::domain::token::TokenRef;
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;
use crate::tui::model::{Model, Pending, Purpose};
use crate::tui::msg::RequestId;
use crate::tui::screen::audit::{self, Audit};
use crate::tui::screen::desk::Place;
use crate::tui::screen::tokens::marks::MARKED_MAX;
use crate::tui::screen::tokens::{Question, Tokens, WINDOW};
use crate::verbs::actor::Credential;
use crate::verbs::audit::{ListAudit, Reach, VerifyAudit};
use crate::verbs::audit_log::AuditAnchor;
use crate::verbs::ports::Anchor;
use crate::verbs::request::Request;
use crate::verbs::tokens::{ListTokens, PreviewPurge, ReviewTokens, ShowToken, TallyTokens};

/// Sends a request. A newer one that only looks takes the place of an older one for the same purpose, whose reply is
/// then nobody's.
pub(super) fn send(model: &mut Model, purpose: Purpose, who: Credential, request: Request) -> Vec<Effect> {
    let adds_up = matches!(purpose, Purpose::Greeting | Purpose::Page);
    if !adds_up {
        model.pending.retain(|_, p| p.purpose != purpose);
    }
    let id = next_id(model);
    model.pending.insert(id, Pending { purpose, since: model.now });
    vec![Effect::Call(id, who, Box::new(request))]
}

/// Sends a request that the page of `layer` waits for.
pub(super) fn send_for(model: &mut Model, layer: Layer, who: Credential, request: Request) -> Vec<Effect> {
    let id = RequestId(model.last_request + 1);
    if matches!(layer, Layer::Modal(_)) {
        model.guard.offer(id, &who);
    }
    let effects = send(model, Purpose::Page, who, request);
    if let Some(slot) = page(model, layer).and_then(|p| p.waiting()) {
        *slot = Some(id);
    }
    effects
}

/// Has a catalogue read that the page of `layer` waits for.
pub(super) fn read_for(model: &mut Model, layer: Layer, path: PathBuf) -> Vec<Effect> {
    let id = next_id(model);
    model.pending.insert(id, Pending { purpose: Purpose::Page, since: model.now });
    if let Some(slot) = page(model, layer).and_then(|p| p.waiting()) {
        *slot = Some(id);
    }
    vec![Effect::Read(id, path, Arc::clone(&model.catalogues))]
}

/// Follows the whole chain of the audit log.
pub(super) fn verify(model: &mut Model) -> Vec<Effect> {
    let verb = VerifyAudit { checkpoints: Vec::new(), reach: Reach::Whole };
    look(model, Purpose::Verification, verb.into())
}

fn next_id(model: &mut Model) -> RequestId {
    model.last_request += 1;
    RequestId(model.last_request)
}

/// Sends a request on behalf of who signed in; nothing before anybody has.
pub(super) fn look(model: &mut Model, purpose: Purpose, request: Request) -> Vec<Effect> {
    match model.session.clone() {
        Some(session) => send(model, purpose, Credential::Session(session), request),
        None => Vec::new(),
    }
}

/// Reads the table around `anchor`, and the counts above it.
pub(super) fn list(model: &mut Model, anchor: Anchor) -> Vec<Effect> {
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    tokens.anchor = anchor;
    let Question { whose, filter, trashed } = tokens.question();
    let verb = ListTokens { whose, filter, sort: tokens.shape.sort, trashed, anchor, limit: WINDOW };
    let mut effects = look(model, Purpose::List, verb.into());
    effects.extend(look(model, Purpose::Tally, TallyTokens.into()));
    effects
}

/// Reads the table again where it stands, while it is in front: when each of its tokens was last seen.
pub(super) fn refresh_uses(model: &mut Model) -> Vec<Effect> {
    let busy = model.pending.values().any(|p| matches!(p.purpose, Purpose::List | Purpose::Usage));
    match model.tokens().map(Tokens::here).filter(|_| !busy && model.in_front() == Some(Place::Tokens)) {
        Some(here) => list(model, here),
        None => Vec::new(),
    }
}

/// Reads all that the table shows, as far as that many can be marked.
pub(super) fn mark_shown(model: &mut Model) -> Vec<Effect> {
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    let question = tokens.question();
    tokens.marking = Some(question.clone());
    let Question { whose, filter, trashed } = question;
    let sort = tokens.shape.sort;
    let verb = ListTokens { whose, filter, sort, trashed, anchor: Anchor::Start, limit: MARKED_MAX };
    look(model, Purpose::Marking, verb.into())
}

/// Reads the marked tokens again.
pub(super) fn review(model: &mut Model) -> Vec<Effect> {
    let marked: Vec<_> = model.tokens().map_or_else(Vec::new, |t| t.marks.tokens().map(|m| m.id).collect());
    if marked.is_empty() {
        return Vec::new();
    }
    look(model, Purpose::Review, ReviewTokens { tokens: marked }.into())
}

/// Counts what the purge being confirmed would take.
pub(super) fn preview(model: &mut Model) -> Vec<Effect> {
    let which = model.modals.iter().rev().find_map(|modal| match modal {
        Modal::Purge(purge) => Some(purge.dialog().which()),
        _ => None,
    });
    which.map_or_else(Vec::new, |which| look(model, Purpose::Preview, PreviewPurge { which }.into()))
}

/// The cursor stands on another token: its usage, and more rows where they run out.
pub(super) fn moved(model: &mut Model) -> Vec<Effect> {
    let Some(tokens) = model.tokens() else { return Vec::new() };
    let (current, position, wants_more) = (tokens.current().map(|t| t.id), tokens.position(), tokens.wants_more());
    let listing = model.pending.values().any(|p| p.purpose == Purpose::List);
    let mut effects = Vec::new();
    if let Some(id) = current {
        let verb = ShowToken { token: TokenRef::Id(id) };
        effects.extend(look(model, Purpose::Usage, verb.into()));
        if wants_more && !listing {
            effects.extend(list(model, Anchor::Around(id, Some(position))));
        }
    }
    effects
}

/// Reads the audit log from `anchor` on.
pub(super) fn audit(model: &mut Model, anchor: AuditAnchor) -> Vec<Effect> {
    let Some(audit) = model.audit_mut() else { return Vec::new() };
    audit.asked(anchor);
    let verb = ListAudit { since: None, token: None, filter: audit.parsed_filter(), anchor, limit: audit::WINDOW };
    look(model, Purpose::Audit, verb.into())
}

/// Reads the audit log again where it stands.
pub(super) fn refresh_audit(model: &mut Model) -> Vec<Effect> {
    let here = model.audit().map(Audit::refresh);
    here.map_or_else(Vec::new, |anchor| audit(model, anchor))
}

/// The cursor stands on another row of the audit log: more rows where they run out.
pub(super) fn moved_in_audit(model: &mut Model) -> Vec<Effect> {
    let reading = model.pending.values().any(|p| p.purpose == Purpose::Audit);
    match model.audit().and_then(Audit::wants_more).filter(|_| !reading) {
        Some(anchor) => audit(model, anchor),
        None => Vec::new(),
    }
}
