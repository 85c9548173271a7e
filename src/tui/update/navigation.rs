//! Switches between screens and requests the data each one needs.

use std::sync::Arc;

use super::{accounts, requests, with_page};
use crate::domain::token::TokenId;
use crate::tui::effect::Effect;
use crate::tui::model::{Layer, Model, RequestKind};
use crate::tui::screen::workspace::{ScreenId, Workspace};
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::ledger::TokenState;
use crate::verbs::ports::TokenCursor;

/// Shows another screen.
pub(super) fn show_screen(model: &mut Model, screen: ScreenId) -> Vec<Effect> {
    let Some(workspace) = model.workspace_mut() else { return Vec::new() };
    workspace.switch_to(screen);
    // The notice was about the previous screen; the message list keeps it.
    model.notice = None;
    refresh_catalogue(model);
    match screen {
        ScreenId::Tokens => Vec::new(),
        // Another process may have changed the accounts.
        ScreenId::Accounts => accounts::query_accounts(model),
        ScreenId::Audit | ScreenId::Policy | ScreenId::Denied => refresh_screen(model),
        ScreenId::Catalogue => requests::send_query(model, RequestKind::Catalogues, ListCatalogues.into()),
    }
}

/// Reads the current screen again, unless it shows the tokens or the catalogue: these are read in any case. The other
/// screens are read when they are next shown.
pub(super) fn refresh_screen(model: &mut Model) -> Vec<Effect> {
    match model.workspace().map(Workspace::current) {
        Some(ScreenId::Accounts) => accounts::query_accounts(model),
        Some(screen) => with_page(model, Layer::Workspace(screen), |page| page.on_refresh()),
        None => Vec::new(),
    }
}

/// Gives the current screen the data it draws.
pub(super) fn refresh_catalogue(model: &mut Model) {
    let (catalogues, role) = (Arc::clone(&model.catalogues), model.role());
    let Some(workspace) = model.workspace_mut() else { return };
    match workspace.current() {
        ScreenId::Tokens | ScreenId::Accounts | ScreenId::Audit | ScreenId::Policy | ScreenId::Denied => {}
        ScreenId::Catalogue => workspace.catalogue.refresh(&catalogues, role),
    }
}

/// Handles a cursor move to another row of the current screen.
pub(super) fn on_cursor_moved(model: &mut Model) -> Vec<Effect> {
    match model.workspace().map(Workspace::current) {
        Some(ScreenId::Tokens) => requests::on_token_cursor(model),
        Some(ScreenId::Accounts) => accounts::on_account_cursor(model),
        Some(ScreenId::Audit | ScreenId::Denied | ScreenId::Catalogue | ScreenId::Policy) | None => Vec::new(),
    }
}

/// Shows the token table, or the trash, with the cursor on this token and all filters cleared. A purged token is in
/// neither, so nothing happens.
pub(super) fn show_token(model: &mut Model, id: TokenId, state: TokenState) -> Vec<Effect> {
    let trashed = match state {
        TokenState::Live => false,
        TokenState::Trashed => true,
        TokenState::Purged => return Vec::new(),
    };
    model.modals.clear();
    if let Some(tokens) = model.tokens_mut() {
        tokens.go_to(id, trashed);
    }
    let mut effects = show_screen(model, ScreenId::Tokens);
    effects.extend(requests::query_tokens(model, TokenCursor::Around(id, None)));
    effects
}
