//! An edit conflict: the stored changes of someone else, next to the user's own changes.

use super::difference::moved;
use crate::domain::time::Zone;
use crate::domain::token::Token;
use crate::domain::token_diff::{FieldChange, diff};
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};

/// Columns of the words before each side.
const SIDE: usize = 18;

/// The two sides of a conflict.
pub struct Conflict {
    /// The token as it is stored now.
    pub stored: Token,
    /// Both sides in words.
    pub told: ScrollText,
}

impl Conflict {
    /// Compares both sides: `stored` has replaced `seen` meanwhile, `yours` is the wanted state.
    pub fn new(seen: &Token, stored: Token, yours: &Token, zone: &dyn Zone) -> Self {
        let (theirs, wanted) = (diff(seen, &stored, zone), diff(seen, yours, zone));
        let told = theirs.iter().fold(ScrollText::default(), |told, change| {
            told.append(field(change, wanted.iter().find(|w| w.field == change.field)))
        });
        let told =
            if theirs.is_empty() { ScrollText::paragraph("What you see of it is the same again.") } else { told };
        let rest = wanted.iter().filter(|w| theirs.iter().all(|t| t.field != w.field));
        let rest: Vec<&str> = rest.map(|w| w.field.as_str()).collect();
        let told = match rest.as_slice() {
            [] => told,
            rest => told.row(LineStyle::Dim, format!("Only you changed: {}.", rest.join(", "))),
        };
        let told =
            told.blank().row(LineStyle::Dim, "Keeping takes the rest as stored. Taking over drops what you changed.");
        Conflict { stored, told }
    }
}

/// Returns a field with its two sides below each other.
fn field(theirs: &FieldChange, yours: Option<&FieldChange>) -> ScrollText {
    let side = |passage: ScrollText, label, text: &str| passage.labelled(label, SIDE, LineStyle::Plain, text);
    let told = ScrollText::default().row(LineStyle::Strong, theirs.field.as_str());
    let told = side(told, "  as you saw it", &theirs.before);
    let told = side(told, "  stored now", &theirs.after).append(moved(theirs, SIDE));
    match yours {
        Some(yours) => side(told, "  yours", &yours.after).append(moved(yours, SIDE)),
        None => told.labelled("  yours", SIDE, LineStyle::Dim, "you leave it"),
    }
}
