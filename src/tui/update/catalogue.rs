//! Handles replies about catalogues: read, previewed and applied.

use super::{Layer, apply_intent, requests};
use crate::domain::catalogue::Catalogue;
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;
use crate::tui::modal::catalogue::apply::{ApplyCatalogueDialog, Field};
use crate::tui::model::{Model, RequestKind};
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::screen::tokens::Tokens;
use crate::tui::widget::form::PressResult;
use crate::verbs::Verb;
use crate::verbs::catalogue::{ApplyCatalogue, CataloguePreview, ListCatalogues};
use crate::verbs::cli_line::CliLine;
use crate::verbs::ports::TokenCursor;

/// Passes the catalogue from the named file to the form.
pub(super) fn on_catalogue(model: &mut Model, layer: Layer, read: Catalogue) -> Vec<Effect> {
    with_apply_dialog(model, layer, |form| form.on_catalogue(read))
}

/// Passes the preview of the change to the form.
pub(super) fn on_preview(model: &mut Model, layer: Option<Layer>, preview: CataloguePreview) -> Vec<Effect> {
    layer.map_or_else(Vec::new, |layer| with_apply_dialog(model, layer, |form| form.on_preview(preview)))
}

fn with_apply_dialog(
    model: &mut Model,
    layer: Layer,
    act: impl FnOnce(&mut ApplyCatalogueDialog) -> PressResult<Field>,
) -> Vec<Effect> {
    let Layer::Modal(at) = layer else { return Vec::new() };
    let Some(Modal::ApplyCatalogue(form)) = model.modals.get_mut(at) else { return Vec::new() };
    let intent = form.with_dialog(act);
    apply_intent(model, layer, intent)
}

/// Handles an applied catalogue. Reads the catalogues and the tokens' permissions again.
pub(super) fn on_applied(model: &mut Model, done: &CataloguePreview, cli: &CliLine) -> Vec<Effect> {
    let text = format!("Catalogue {} applied", done.name);
    model.notify(Notice::new(NoticeId::Done(ApplyCatalogue::NAME), text).cli(cli));
    model.modals.clear();
    let cursor = model.tokens().map_or(TokenCursor::Start, Tokens::current_cursor);
    let mut effects = requests::send_query(model, RequestKind::Catalogues, ListCatalogues.into());
    effects.extend(requests::query_tokens(model, cursor));
    effects
}
