//! Switches between screens, and reads again what they show.

use super::{requests, with_page};
use crate::tui::component::Destination;
use crate::tui::effect::Effect;
use crate::tui::model::{Layer, Model};
use crate::tui::screen::workspace::Workspace;
use crate::verbs::accounts::WhoAmI;
use crate::verbs::catalogue::ListCatalogues;

/// Shows another screen, or something on it.
pub(super) fn go(model: &mut Model, destination: &Destination) -> Vec<Effect> {
    let Some(screen) = destination.screen() else {
        model.modals.clear();
        return vec![Effect::Redraw];
    };
    let layer = Layer::Workspace(screen);
    let Some(workspace) = model.workspace_mut() else { return Vec::new() };
    workspace.switch_to(screen);
    model.modals.clear();
    // The notice was about the previous screen; the message list keeps it.
    model.notice = None;
    let mut effects = with_page(model, layer, None, |page, ctx| page.on_open(ctx));
    effects.extend(with_page(model, layer, None, |page, _| page.on_go(destination)));
    effects
}

/// Reads again what is on screen, as well as the signed-in account, the policy and the catalogues.
pub(super) fn refresh(model: &mut Model) -> Vec<Effect> {
    // Requested before the rows, so that a dialog opened over them has the catalogues and the account's name.
    let mut effects = requests::read(model, ListCatalogues);
    effects.extend(requests::read(model, WhoAmI));
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
