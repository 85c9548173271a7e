//! The differences between two states of a token, line by line.

use crate::domain::token_diff::FieldChange;
use crate::tui::text_fit::width;
use crate::tui::widget::scroll_text::{LineStyle, ScrollText};
use crate::verbs::tokens::EditPreview;

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

/// Returns the methods that the token gains and loses.
pub fn methods_lines(edited: &EditPreview) -> ScrollText {
    let counts = edited.methods.as_ref().map_or_else(String::new, |m| format!("{} → {}", m.before, m.after));
    let counts = ScrollText::default().labelled("methods", LABEL_COLUMNS, LineStyle::Plain, counts);
    edited.describe_methods().into_iter().fold(counts, |text, (is_gain, line)| {
        let (style, sign) = if is_gain { (LineStyle::Gain, '+') } else { (LineStyle::Warning, '-') };
        text.item(LABEL_COLUMNS, style, format!("{sign} {line}"))
    })
}

/// Returns added and removed items by name.
pub fn added_and_removed(change: &FieldChange, indent: usize) -> ScrollText {
    let added = change.added.iter().map(|name| (LineStyle::Gain, format!("+ {name}")));
    let removed = change.removed.iter().map(|name| (LineStyle::Warning, format!("- {name}")));
    added.chain(removed).fold(ScrollText::default(), |passage, (look, text)| passage.labelled("", indent, look, text))
}
