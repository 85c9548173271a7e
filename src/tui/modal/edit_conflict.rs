//! An edit conflict: the stored changes of someone else, next to the user's own changes.

use super::token_diff::added_and_removed;
use crate::domain::date_format::Dates;
use crate::domain::token::Token;
use crate::domain::token_diff::{FieldChange, diff};
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};

/// Columns of the label before each side.
const LABEL_COLUMNS: usize = 18;

/// The two sides of a conflict.
pub struct Conflict {
    /// The token as stored now.
    pub stored: Token,
    /// Both sides as text.
    pub text: ScrollText,
}

impl Conflict {
    /// Compares both sides: `stored` has replaced `seen` in the meantime, `yours` is the wanted state.
    pub fn new(seen: &Token, stored: Token, yours: &Token, dates: Dates<'_>) -> Self {
        let (theirs, wanted) = (diff(seen, &stored, dates), diff(seen, yours, dates));
        let text = theirs.iter().fold(ScrollText::default(), |text, change| {
            text.append(field_text(change, wanted.iter().find(|w| w.field == change.field)))
        });
        let text = if theirs.is_empty() {
            ScrollText::paragraph("The token was changed, but has the same values as when you opened the form.")
        } else {
            text
        };
        let rest = wanted.iter().filter(|w| theirs.iter().all(|t| t.field != w.field));
        let rest: Vec<&str> = rest.map(|w| w.field.as_str()).collect();
        let text = match rest.as_slice() {
            [] => text,
            rest => text.row(LineStyle::Dim, format!("Fields that only you changed: {}.", rest.join(", "))),
        };
        let text = text.blank().row(
            LineStyle::Dim,
            "Keep mine: apply your changes to the stored token. Use theirs: discard your changes.",
        );
        Conflict { stored, text }
    }
}

/// Returns a field with its two sides below each other.
fn field_text(theirs: &FieldChange, yours: Option<&FieldChange>) -> ScrollText {
    let side = |passage: ScrollText, label, text: &str| passage.labelled(label, LABEL_COLUMNS, LineStyle::Plain, text);
    let text = ScrollText::default().row(LineStyle::Strong, theirs.field.as_str());
    let text = side(text, "  before", &theirs.before);
    let text = side(text, "  stored now", &theirs.after).append(added_and_removed(theirs, LABEL_COLUMNS));
    match yours {
        Some(yours) => side(text, "  yours", &yours.after).append(added_and_removed(yours, LABEL_COLUMNS)),
        None => text.labelled("  yours", LABEL_COLUMNS, LineStyle::Dim, "unchanged by you"),
    }
}
