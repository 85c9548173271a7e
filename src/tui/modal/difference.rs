//! The differences between two states of a token, line by line.

use crate::domain::token_diff::FieldChange;
use crate::tui::widget::line::width;
use crate::tui::widget::passage::{Look, Passage};

/// Columns of a field's word.
const WORD: usize = 13;
/// Maximum width of *before → after* on one line.
const SHORT: usize = 54;

/// Returns the changes: each field with its old and new value, then added (`+`) and removed (`-`) items.
pub fn lines(changes: &[FieldChange]) -> Passage {
    changes.iter().fold(Passage::default(), |passage, change| {
        let word = change.field.as_str();
        let short = format!("{} → {}", change.before, change.after);
        let passage = if width(&short) <= SHORT {
            passage.labelled(word, WORD, Look::Plain, short)
        } else {
            let before = passage.labelled(word, WORD, Look::Plain, change.before.as_str());
            before.labelled("", WORD, Look::Plain, format!("→ {}", change.after))
        };
        passage.then(moved(change, WORD))
    })
}

/// Returns added and removed items by name.
pub fn moved(change: &FieldChange, indent: usize) -> Passage {
    let came = change.added.iter().map(|name| (Look::Gain, format!("+ {name}")));
    let went = change.removed.iter().map(|name| (Look::Warning, format!("- {name}")));
    came.chain(went).fold(Passage::default(), |passage, (look, text)| passage.labelled("", indent, look, text))
}
