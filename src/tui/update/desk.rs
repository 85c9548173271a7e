//! Switches between screens and requests the data each one needs.

use std::sync::Arc;

use super::{people, requests};
use crate::domain::token::TokenId;
use crate::tui::effect::Effect;
use crate::tui::model::{Model, Purpose};
use crate::tui::screen::workspace::{ScreenId, Workspace};
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::ledger::TokenState;
use crate::verbs::ports::TokenCursor;

/// Shows another screen.
pub(super) fn show(model: &mut Model, place: ScreenId) -> Vec<Effect> {
    let Some(desk) = model.desk_mut() else { return Vec::new() };
    desk.switch_to(place);
    // The notice was about the previous screen; the message list keeps it.
    model.notice = None;
    supply(model);
    match place {
        ScreenId::Tokens => Vec::new(),
        // Another process may have changed the accounts.
        ScreenId::Accounts => people::list(model),
        ScreenId::Audit => requests::refresh_audit(model),
        ScreenId::Policy => people::rules(model),
        ScreenId::Denied => requests::refresh_denied(model),
        ScreenId::Catalogue => requests::look(model, Purpose::Catalogues, ListCatalogues.into()),
    }
}

/// Reads the current screen again, unless it shows the tokens or the catalogue: these are read in any case. The other
/// screens are read when they are next shown.
pub(super) fn refresh(model: &mut Model) -> Vec<Effect> {
    match model.desk().map(Workspace::current) {
        Some(ScreenId::Accounts) => people::list(model),
        Some(ScreenId::Audit) => requests::refresh_audit(model),
        Some(ScreenId::Policy) => people::rules(model),
        Some(ScreenId::Denied) => requests::refresh_denied(model),
        Some(ScreenId::Tokens | ScreenId::Catalogue) | None => Vec::new(),
    }
}

/// Gives the current screen the data it draws.
pub(super) fn supply(model: &mut Model) {
    let (catalogues, role) = (Arc::clone(&model.catalogues), model.role());
    let Some(desk) = model.desk_mut() else { return };
    match desk.current() {
        ScreenId::Tokens | ScreenId::Accounts | ScreenId::Audit | ScreenId::Policy | ScreenId::Denied => {}
        ScreenId::Catalogue => desk.catalogue.refresh(&catalogues, role),
    }
}

/// Handles a cursor move to another row of the current screen.
pub(super) fn moved(model: &mut Model) -> Vec<Effect> {
    match model.desk().map(Workspace::current) {
        Some(ScreenId::Tokens) => requests::moved(model),
        Some(ScreenId::Accounts) => people::moved(model),
        Some(ScreenId::Audit) => requests::moved_in_audit(model),
        Some(ScreenId::Denied) => requests::moved_in_denied(model),
        Some(ScreenId::Catalogue | ScreenId::Policy) | None => Vec::new(),
    }
}

/// Shows the token table, or the trash, with the cursor on this token and all filters cleared. A purged token is in
/// neither, so nothing happens.
pub(super) fn to_token(model: &mut Model, id: TokenId, whereabouts: TokenState) -> Vec<Effect> {
    let trashed = match whereabouts {
        TokenState::Live => false,
        TokenState::Trashed => true,
        TokenState::Purged => return Vec::new(),
    };
    model.modals.clear();
    if let Some(tokens) = model.tokens_mut() {
        tokens.go_to(id, trashed);
    }
    let mut effects = show(model, ScreenId::Tokens);
    effects.extend(requests::list(model, TokenCursor::Around(id, None)));
    effects
}
