//! From screen to screen, and what is asked for when one is shown.

use std::sync::Arc;

use super::{people, requests};
use crate::domain::token::TokenId;
use crate::tui::effect::Effect;
use crate::tui::model::{Model, Purpose};
use crate::tui::screen::desk::{Desk, Place};
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::ledger::Whereabouts;
use crate::verbs::ports::Anchor;

/// Puts another screen in front.
pub(super) fn show(model: &mut Model, place: Place) -> Vec<Effect> {
    let Some(desk) = model.desk_mut() else { return Vec::new() };
    desk.show(place);
    // What was said was about the screen before; the messages keep it.
    model.notice = None;
    supply(model);
    match place {
        Place::Tokens => Vec::new(),
        // They may have been changed from elsewhere.
        Place::Accounts => people::list(model),
        Place::Audit => requests::refresh_audit(model),
        Place::Policy => people::rules(model),
        Place::Denied => requests::refresh_denied(model),
        Place::Catalogue => requests::look(model, Purpose::Catalogues, ListCatalogues.into()),
    }
}

/// Reads the screen in front again, where it is another than the tokens or the catalogue, which are read in any case.
/// The others are when they are shown next.
pub(super) fn refresh(model: &mut Model) -> Vec<Effect> {
    match model.desk().map(Desk::shown) {
        Some(Place::Accounts) => people::list(model),
        Some(Place::Audit) => requests::refresh_audit(model),
        Some(Place::Policy) => people::rules(model),
        Some(Place::Denied) => requests::refresh_denied(model),
        Some(Place::Tokens | Place::Catalogue) | None => Vec::new(),
    }
}

/// Hands the screen in front what it is made of.
pub(super) fn supply(model: &mut Model) {
    let (catalogues, role) = (Arc::clone(&model.catalogues), model.role());
    let Some(desk) = model.desk_mut() else { return };
    match desk.shown() {
        Place::Tokens | Place::Accounts | Place::Audit | Place::Policy | Place::Denied => {}
        Place::Catalogue => desk.catalogue.refresh(&catalogues, role),
    }
}

/// The cursor of the screen in front stands on another row.
pub(super) fn moved(model: &mut Model) -> Vec<Effect> {
    match model.desk().map(Desk::shown) {
        Some(Place::Tokens) => requests::moved(model),
        Some(Place::Accounts) => people::moved(model),
        Some(Place::Audit) => requests::moved_in_audit(model),
        Some(Place::Denied) => requests::moved_in_denied(model),
        Some(Place::Catalogue | Place::Policy) | None => Vec::new(),
    }
}

/// The table in front, or the trash, with the cursor on this token and nothing left out. What was purged is in neither.
pub(super) fn to_token(model: &mut Model, id: TokenId, whereabouts: Whereabouts) -> Vec<Effect> {
    let trashed = match whereabouts {
        Whereabouts::Kept => false,
        Whereabouts::Deleted => true,
        Whereabouts::Purged => return Vec::new(),
    };
    model.modals.clear();
    if let Some(tokens) = model.tokens_mut() {
        tokens.go_to(id, trashed);
    }
    let mut effects = show(model, Place::Tokens);
    effects.extend(requests::list(model, Anchor::Around(id, None)));
    effects
}
