//! The differences between two states of a token, line by line.

use crate::domain::token_diff::FieldChange;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::tui::widget::text_fit::width;

/// Columns of a field's word.
const WORD: usize = 13;
/// Maximum width of *before → after* on one line.
const SHORT: usize = 54;

/// Returns the changes: each field with its old and new value, then added (`+`) and removed (`-`) items.
pub fn lines(changes: &[FieldChange]) -> ScrollText {
    changes.iter().fold(ScrollText::default(), |passage, change| {
        let word = change.field.as_str();
        let short = format!("{} → {}", change.before, change.after);
        let passage = if width(&short) <= SHORT {
            passage.labelled(word, WORD, LineStyle::Plain, short)
        } else {
            let before = passage.labelled(word, WORD, LineStyle::Plain, change.before.as_str());
            before.labelled("", WORD, LineStyle::Plain, format!("→ {}", change.after))
        };
        passage.append(moved(change, WORD))
    })
}

/// Returns added and removed items by name.
pub fn moved(change: &FieldChange, indent: usize) -> ScrollText {
    let came = change.added.iter().map(|name| (LineStyle::Gain, format!("+ {name}")));
    let went = change.removed.iter().map(|name| (LineStyle::Warning, format!("- {name}")));
    came.chain(went).fold(ScrollText::default(), |passage, (look, text)| passage.labelled("", indent, look, text))
}
