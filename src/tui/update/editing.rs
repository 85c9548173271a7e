//! A text that is changed in the user's editor.

use super::apply_intent;
use crate::error::Result;
use crate::tui::app::App;
use crate::tui::component::Intent;
use crate::tui::effect::Effect;
use crate::tui::keymap::Action;
use crate::tui::layer::Layer;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::page_keys;

/// Opens the text of the focused field in the editor.
pub(super) fn open(app: &mut App, layer: Layer) -> Vec<Effect> {
    let Some(text) = app.page_mut(layer).and_then(|(page, _)| Some(page.focused_input()?.text().to_owned())) else {
        return Vec::new();
    };
    app.edited = Some(layer);
    vec![Effect::OpenEditor(text)]
}

/// Takes the text from the editor into the field, even below the lock. Nothing is stored by that.
pub(super) fn on_edited(app: &mut App, result: Result<String>) -> Vec<Effect> {
    let layer = app.edited.take();
    let text = match result {
        Ok(text) => text,
        Err(error) => {
            app.model.notify(Notice::error(&error));
            return Vec::new();
        }
    };
    // The field may have gone meanwhile, with its dialog.
    let is_field = |layer: &Layer| {
        app.page(*layer).is_some_and(|page| page_keys::is_enabled(page, Action::OpenEditor, &app.model))
    };
    let Some(layer) = layer.filter(is_field) else {
        let text = "The edited text was not taken, because its form is closed";
        app.model.notify(Notice::new(NoticeId::NoEffect, text));
        return Vec::new();
    };
    let Some((page, ctx)) = app.page_mut(layer) else { return Vec::new() };
    let Some(field) = page.focused_input() else { return Vec::new() };
    let before = field.text().to_owned();
    let whole = field.replace(&text);
    let is_changed = *before != *field.text();
    let intent = if is_changed { page.on_edit(&ctx) } else { Intent::Stay };
    let notice = match (whole, is_changed) {
        (false, _) => Some((
            NoticeId::TextTruncated,
            "Not all of the edited text was taken: it was too long, or had control characters. Check the field",
        )),
        (true, false) => Some((NoticeId::Unchanged, "The editor left the text unchanged")),
        (true, true) => None,
    };
    if let Some((id, text)) = notice {
        app.model.notify(Notice::new(id, text));
    }
    apply_intent(app, layer, intent)
}
