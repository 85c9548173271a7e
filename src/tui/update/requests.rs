//! Sends requests and records the purpose of each.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Layer, page};
use crate::domain::token::TokenRef;
use crate::tui::effect::Effect;
use crate::tui::long_work::LongWork;
use crate::tui::modal::Modal;
use crate::tui::model::{Model, Pending, Purpose};
use crate::tui::msg::RequestId;
use crate::tui::screen::paged_rows;
use crate::tui::screen::tokens::marks::MAX_MARKED;
use crate::tui::screen::tokens::{ListQuery, PAGE_SIZE, Tokens};
use crate::tui::screen::workspace::{ScreenId, Workspace};
use crate::verbs::actor::Credential;
use crate::verbs::audit::{AuditRange, ListAudit, VerifyAuditChain};
use crate::verbs::audit_log::AuditCursor;
use crate::verbs::ledger::{DeniedKey, LedgerCursor, ListDenied};
use crate::verbs::ports::TokenCursor;
use crate::verbs::request::Request;
use crate::verbs::tokens::{CountTokens, GetTokens, ListTokens, PreviewPurge, ShowToken};

/// Sends a request. A newer read-only request replaces an older one for the same purpose; the reply to the older one is
/// dropped.
pub(super) fn send(model: &mut Model, purpose: Purpose, who: Credential, request: Request) -> Vec<Effect> {
    let adds_up = matches!(purpose, Purpose::Greeting | Purpose::Page);
    if !adds_up {
        model.pending.retain(|_, p| p.purpose != purpose);
    }
    let id = next_id(model);
    model.pending.insert(id, Pending { purpose, since: model.now });
    vec![Effect::Call(id, who, Box::new(request))]
}

/// Sends a request whose reply the page of `layer` waits for.
pub(super) fn send_for(model: &mut Model, layer: Layer, who: Credential, request: Request) -> Vec<Effect> {
    let id = RequestId(model.last_request + 1);
    if matches!(layer, Layer::Modal(_)) {
        model.guard.offer(id, &who);
    }
    if request.is_batched() {
        model.long_work = Some(LongWork::new(id));
    }
    let effects = send(model, Purpose::Page, who, request);
    if let Some(slot) = page(model, layer).and_then(|p| p.pending_request()) {
        *slot = Some(id);
    }
    effects
}

/// Reads a catalogue that the page of `layer` waits for.
pub(super) fn read_for(model: &mut Model, layer: Layer, path: PathBuf) -> Vec<Effect> {
    let id = next_id(model);
    model.pending.insert(id, Pending { purpose: Purpose::Page, since: model.now });
    if let Some(slot) = page(model, layer).and_then(|p| p.pending_request()) {
        *slot = Some(id);
    }
    vec![Effect::Read(id, path, Arc::clone(&model.catalogues))]
}

/// Verifies the whole hash chain of the audit log.
pub(super) fn verify(model: &mut Model) -> Vec<Effect> {
    let verb = VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart };
    look(model, Purpose::Verification, verb.into())
}

fn next_id(model: &mut Model) -> RequestId {
    model.last_request += 1;
    RequestId(model.last_request)
}

/// Sends a read-only request as the signed-in account. Does nothing before sign-in.
pub(super) fn look(model: &mut Model, purpose: Purpose, request: Request) -> Vec<Effect> {
    match model.session.clone() {
        Some(session) => send(model, purpose, Credential::Session(session), request),
        None => Vec::new(),
    }
}

/// Requests the table around `anchor`, and the counts above the table.
pub(super) fn list(model: &mut Model, anchor: TokenCursor) -> Vec<Effect> {
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    tokens.page_cursor = anchor;
    let ListQuery { owner: whose, filter, trashed } = tokens.query();
    let verb =
        ListTokens { owner: whose, filter, sort: tokens.options.sort, trashed, cursor: anchor, limit: PAGE_SIZE };
    let mut effects = look(model, Purpose::List, verb.into());
    effects.extend(look(model, Purpose::Tally, CountTokens.into()));
    effects
}

/// Requests the table again around the cursor, to update when its tokens were last seen. Only while the table is shown.
pub(super) fn refresh_uses(model: &mut Model) -> Vec<Effect> {
    let busy = model.pending.values().any(|p| matches!(p.purpose, Purpose::List | Purpose::Usage));
    match model.tokens().map(Tokens::current_cursor).filter(|_| !busy && model.in_front() == Some(ScreenId::Tokens)) {
        Some(here) => list(model, here),
        None => Vec::new(),
    }
}

/// Requests all tokens that match the filter, up to the number that can be marked.
pub(super) fn mark_shown(model: &mut Model) -> Vec<Effect> {
    let Some(tokens) = model.tokens_mut() else { return Vec::new() };
    let question = tokens.query();
    tokens.marking = Some(question.clone());
    let ListQuery { owner: whose, filter, trashed } = question;
    let sort = tokens.options.sort;
    let verb = ListTokens { owner: whose, filter, sort, trashed, cursor: TokenCursor::Start, limit: MAX_MARKED };
    look(model, Purpose::Marking, verb.into())
}

/// Requests the marked tokens again.
pub(super) fn review(model: &mut Model) -> Vec<Effect> {
    let marked: Vec<_> = model.tokens().map_or_else(Vec::new, |t| t.marks.tokens().map(|m| m.id).collect());
    if marked.is_empty() {
        return Vec::new();
    }
    look(model, Purpose::Review, GetTokens { tokens: marked }.into())
}

/// Counts the tokens that the purge being confirmed would delete.
pub(super) fn preview(model: &mut Model) -> Vec<Effect> {
    let which = model.modals.iter().rev().find_map(|modal| match modal {
        Modal::PurgeTokens(purge) => Some(purge.dialog().which()),
        _ => None,
    });
    which.map_or_else(Vec::new, |which| look(model, Purpose::Preview, PreviewPurge { which }.into()))
}

/// Handles a cursor move to another token: requests its usage, and more rows near the end of the window.
pub(super) fn moved(model: &mut Model) -> Vec<Effect> {
    let Some(tokens) = model.tokens() else { return Vec::new() };
    let (current, position, wants_more) = (tokens.current().map(|t| t.id), tokens.position(), tokens.needs_page());
    let listing = model.pending.values().any(|p| p.purpose == Purpose::List);
    let mut effects = usage(model);
    if let Some(id) = current.filter(|_| wants_more && !listing) {
        effects.extend(list(model, TokenCursor::Around(id, Some(position))));
    }
    effects
}

/// Requests the usage of the token under the cursor.
fn usage(model: &mut Model) -> Vec<Effect> {
    match model.tokens().and_then(|tokens| tokens.current()).map(|token| TokenRef::Id(token.id)) {
        Some(token) => look(model, Purpose::Usage, ShowToken { token }.into()),
        None => Vec::new(),
    }
}

/// Reads the screens that show the ledger again, because it may have new entries.
pub(super) fn recorded(model: &mut Model) -> Vec<Effect> {
    match model.desk().map(Workspace::current) {
        Some(ScreenId::Tokens) => {
            let mut effects = refresh_uses(model);
            effects.extend(usage(model));
            effects
        }
        Some(ScreenId::Denied) => refresh_denied(model),
        Some(ScreenId::Accounts | ScreenId::Audit | ScreenId::Catalogue | ScreenId::Policy) | None => Vec::new(),
    }
}

/// Requests the denied attempts from `anchor` on.
pub(super) fn denied(model: &mut Model, anchor: LedgerCursor<DeniedKey>) -> Vec<Effect> {
    let Some(desk) = model.desk_mut() else { return Vec::new() };
    desk.denied.rows_mut().set_page_cursor(anchor.clone());
    let filter = desk.denied.parsed_filter();
    let verb = ListDenied { token: None, since: None, filter, cursor: anchor, limit: paged_rows::PAGE_SIZE };
    look(model, Purpose::Denied, verb.into())
}

/// Requests the denied attempts again around the cursor.
pub(super) fn refresh_denied(model: &mut Model) -> Vec<Effect> {
    let here = model.desk().map(|desk| desk.denied.rows().current_page_cursor());
    here.map_or_else(Vec::new, |anchor| denied(model, anchor))
}

/// Requests more denied attempts if the cursor is near the end of the loaded rows.
pub(super) fn moved_in_denied(model: &mut Model) -> Vec<Effect> {
    let reading = model.pending.values().any(|p| p.purpose == Purpose::Denied);
    match model.desk().and_then(|desk| desk.denied.rows().needs_page()).filter(|_| !reading) {
        Some(anchor) => denied(model, anchor),
        None => Vec::new(),
    }
}

/// Requests the audit log from `anchor` on.
pub(super) fn audit(model: &mut Model, anchor: LedgerCursor<i64>) -> Vec<Effect> {
    let Some(audit) = model.audit_mut() else { return Vec::new() };
    audit.rows_mut().set_page_cursor(anchor.clone());
    let anchor = match anchor {
        LedgerCursor::Newest => AuditCursor::Newest,
        LedgerCursor::Oldest => AuditCursor::Oldest,
        LedgerCursor::Newer(seq) => AuditCursor::After(seq),
        LedgerCursor::Older(seq) => AuditCursor::Before(seq),
        LedgerCursor::Around(seq) => AuditCursor::Around(seq),
    };
    let verb = ListAudit {
        since: None,
        token: None,
        filter: audit.parsed_filter(),
        cursor: anchor,
        limit: paged_rows::PAGE_SIZE,
    };
    look(model, Purpose::Audit, verb.into())
}

/// Requests the audit log again around the cursor.
pub(super) fn refresh_audit(model: &mut Model) -> Vec<Effect> {
    let here = model.audit().map(|audit| audit.rows().current_page_cursor());
    here.map_or_else(Vec::new, |anchor| audit(model, anchor))
}

/// Requests more audit rows if the cursor is near the end of the loaded rows.
pub(super) fn moved_in_audit(model: &mut Model) -> Vec<Effect> {
    let reading = model.pending.values().any(|p| p.purpose == Purpose::Audit);
    match model.audit().and_then(|audit| audit.rows().needs_page()).filter(|_| !reading) {
        Some(anchor) => audit(model, anchor),
        None => Vec::new(),
    }
}
