//! The confirmation of an edit: what changes, and what the token loses.

use super::confirm_change::PendingMutation;
use super::token_diff;
use crate::domain::token_diff::diff;
use crate::tui::component::{Intent, UpdateContext};
use crate::tui::widget::scroll_text::LineStyle;
use crate::verbs::impact::Removal;
use crate::verbs::tokens::{EditPreview, EditToken};

/// Opens the confirmation of `edit`, which was previewed as `edited`. `None` if the edit changes nothing.
pub fn confirm(title: String, edited: &EditPreview, edit: EditToken, ctx: &UpdateContext<'_>) -> Option<Intent> {
    let changes = diff(&edited.before, &edited.after, ctx.dates.get());
    if changes.is_empty() {
        return None;
    }
    let mut about = token_diff::lines(&changes);
    if edited.methods.is_some() {
        about = about.append(token_diff::methods_lines(edited));
    }
    about = about.blank();
    if let Some(warning) = &edited.warning {
        about = about.row(LineStyle::Warning, format!("! Then {warning}"));
    }
    let about = about.row(LineStyle::Dim, "The change takes effect on the next request. The secret stays the same.");
    let change = PendingMutation::with_text(title, about, edit);
    let selection = edited.after.selection.clone();
    let change = if selection == edited.before.selection {
        change
    } else {
        change.taking(Removal::Selection(edited.before.id, selection))
    };
    Some(change.confirm(ctx))
}
