//! Switches between screens, and reads again what they show.

use super::{requests, with_page};
use crate::tui::app::App;
use crate::tui::component::Destination;
use crate::tui::effect::Effect;
use crate::tui::layer::Layer;
use crate::tui::screen::Workspace;
use crate::verbs::accounts::WhoAmI;
use crate::verbs::catalogue::ListCatalogues;

/// Shows another screen, or something on it.
pub(super) fn go(app: &mut App, destination: &Destination) -> Vec<Effect> {
    let Some(screen) = destination.screen() else {
        app.modals.clear();
        return vec![Effect::Redraw];
    };
    let layer = Layer::Workspace(screen);
    let Some(workspace) = app.workspace_mut() else { return Vec::new() };
    workspace.switch_to(screen);
    app.modals.clear();
    // The notice was about the previous screen; the message list keeps it.
    app.model.notice = None;
    let mut effects = with_page(app, layer, None, |page, ctx| page.on_open(ctx));
    effects.extend(with_page(app, layer, None, |page, ctx| page.on_go(destination, ctx)));
    effects
}

/// Reads again what is on screen, as well as the signed-in account, the policy and the catalogues.
pub(super) fn refresh(app: &mut App) -> Vec<Effect> {
    app.model.usernames = None;
    // The rows come first. Keys that open dialogs wait for the account, which is read last.
    let mut effects = refresh_pages(app);
    effects.extend(requests::read(app, ListCatalogues));
    effects.extend(requests::read(app, WhoAmI));
    effects
}

/// Reads again what the screens and dialogs show.
pub(super) fn refresh_pages(app: &mut App) -> Vec<Effect> {
    let layers = app.layers().into_iter();
    layers.flat_map(|layer| with_page(app, layer, None, |page, ctx| page.on_store_changed(ctx))).collect()
}

/// Reads the current screen again if it shows the ledger, which may have new entries.
pub(super) fn on_ledger_changed(app: &mut App) -> Vec<Effect> {
    match app.workspace().map(Workspace::current) {
        Some(screen) => with_page(app, Layer::Workspace(screen), None, |page, ctx| page.on_ledger_changed(ctx)),
        None => Vec::new(),
    }
}

/// Lets the current screen take note of the time.
pub(super) fn on_time(app: &mut App) -> Vec<Effect> {
    match app.workspace().map(Workspace::current) {
        Some(screen) => with_page(app, Layer::Workspace(screen), None, |page, ctx| page.on_time(ctx)),
        None => Vec::new(),
    }
}

/// Passes the signed-in account and the catalogues to all pages.
pub(super) fn on_context_changed(app: &mut App) {
    app.for_each_page(|page, ctx| page.on_context_changed(ctx));
}
