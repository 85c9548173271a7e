//! Switches between screens, and reads again what they show.

use super::{requests, with_page};
use crate::domain::name::Username;
use crate::domain::token::TokenId;
use crate::tui::effect::Effect;
use crate::tui::model::{Layer, Model};
use crate::tui::screen::Intent;
use crate::tui::screen::tokens::Tokens;
use crate::tui::screen::workspace::{ScreenId, Workspace};
use crate::verbs::accounts::WhoAmI;
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::ledger::TokenState;

/// Shows another screen.
pub(super) fn show_screen(model: &mut Model, screen: ScreenId) -> Vec<Effect> {
    let Some(workspace) = model.workspace_mut() else { return Vec::new() };
    workspace.switch_to(screen);
    // The notice was about the previous screen; the message list keeps it.
    model.notice = None;
    with_page(model, Layer::Workspace(screen), None, |page, ctx| page.on_open(ctx))
}

/// Reads again what is on screen, as well as the signed-in account, the policy and the catalogues.
pub(super) fn refresh(model: &mut Model) -> Vec<Effect> {
    // Requested before the rows, so that a dialog opened over them has the catalogues and the account's name.
    let mut effects = requests::read(model, None, ListCatalogues);
    effects.extend(requests::read(model, None, WhoAmI));
    effects.extend(refresh_pages(model));
    effects
}

/// Reads again what the screens and dialogs show.
pub(super) fn refresh_pages(model: &mut Model) -> Vec<Effect> {
    let layers = model.layers().into_iter();
    layers.flat_map(|layer| with_page(model, layer, None, |page, ctx| page.on_store_changed(ctx))).collect()
}

/// Reads the current screen again if it shows the ledger, which may have new entries.
pub(super) fn on_ledger_changed(model: &mut Model) -> Vec<Effect> {
    match model.workspace().map(Workspace::current) {
        Some(screen) => with_page(model, Layer::Workspace(screen), None, |page, ctx| page.on_ledger_changed(ctx)),
        None => Vec::new(),
    }
}

/// Passes the signed-in account and the catalogues to all pages.
pub(super) fn on_context_changed(model: &mut Model) {
    for layer in model.layers() {
        if let Some((page, ctx)) = model.page_mut(layer) {
            page.on_context_changed(&ctx);
        }
    }
}

/// Shows the token table after `change`.
fn show_tokens(model: &mut Model, change: impl FnOnce(&mut Tokens) -> Intent) -> Vec<Effect> {
    let Some(intent) = model.tokens_mut().map(change) else { return Vec::new() };
    let mut effects = show_screen(model, ScreenId::Tokens);
    effects.extend(super::apply_intent(model, Layer::Workspace(ScreenId::Tokens), intent));
    effects
}

/// Shows the tokens of one account.
pub(super) fn show_tokens_of(model: &mut Model, username: &Username) -> Vec<Effect> {
    show_tokens(model, |tokens| tokens.show_account(username))
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
    show_tokens(model, |tokens| tokens.show_token(id, trashed))
}
