//! The differences between two states of a token, line by line.

use crate::domain::token_diff::FieldChange;
use crate::tui::text_fit::width;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};

/// Columns of a field's label.
const LABEL_COLUMNS: usize = 13;
/// Maximum width of *before → after* on one line.
const MAX_ONE_LINE: usize = 54;

/// Returns the changes: each field with its old and new value, then added (`+`) and removed (`-`) items.
pub fn lines(changes: &[FieldChange]) -> ScrollText {
    changes.iter().fold(ScrollText::default(), |passage, change| {
        let word = change.field.as_str();
        let short = format!("{} → {}", change.before, change.after);
        let passage = if width(&short) <= MAX_ONE_LINE {
            passage.labelled(word, LABEL_COLUMNS, LineStyle::Plain, short)
        } else {
            let before = passage.labelled(word, LABEL_COLUMNS, LineStyle::Plain, change.before.as_str());
            before.labelled("", LABEL_COLUMNS, LineStyle::Plain, format!("→ {}", change.after))
        };
        passage.append(added_and_removed(change, LABEL_COLUMNS))
    })
}

/// Returns added and removed items by name.
pub fn added_and_removed(change: &FieldChange, indent: usize) -> ScrollText {
    let added = change.added.iter().map(|name| (LineStyle::Gain, format!("+ {name}")));
    let removed = change.removed.iter().map(|name| (LineStyle::Warning, format!("- {name}")));
    added.chain(removed).fold(ScrollText::default(), |passage, (look, text)| passage.labelled("", indent, look, text))
}
