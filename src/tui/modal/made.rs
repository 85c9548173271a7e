//! What tokens made, in the dialogs that remove them: told, and taken along on request.

use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form::Kind;
use crate::tui::widget::line::counted;
use crate::tui::widget::sheet::Sheet;

/// What the tokens made that are to be removed, and whether it goes along.
pub(super) struct MadeChoice {
    /// How many tokens that are; 0 until it is known.
    count: usize,
    /// The same in words.
    words: Option<String>,
    along: OneOf<bool>,
}

impl MadeChoice {
    /// Nothing is known to be made, and nothing goes along.
    pub fn new() -> Self {
        MadeChoice { count: 0, words: None, along: OneOf::new(vec![false, true], &false) }
    }

    /// What was made has come: `words` begins with its number.
    pub fn know(&mut self, count: usize, words: Option<String>) {
        if count != self.count {
            // What goes along now is not what somebody agreed to.
            self.along.take(0);
        }
        self.count = count;
        self.words = words;
    }

    /// Whether it goes along.
    pub fn is_along(&self) -> bool {
        self.count > 0 && self.along.get() == Some(&true)
    }

    /// How many tokens go along.
    pub fn along(&self) -> usize {
        if self.is_along() { self.count } else { 0 }
    }

    /// Its part in a form: none where nothing was made.
    pub fn slot<S>(&self, slot: S) -> Option<(S, Kind)> {
        (self.count > 0).then_some((slot, Kind::Choice))
    }

    /// Its list.
    pub fn choices(&mut self) -> &mut dyn Choices {
        &mut self.along
    }

    /// A line about what was made, and the choice below it; a blank line where nothing was.
    pub fn rows<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, slot: S, who: &str) {
        let Some(words) = &self.words else { return sheet.blank() };
        sheet.text(&format!("! {who} made {words}"), sheet.theme.warning);
        let all =
            format!("revoke {} too", if self.count == 1 { "it".to_owned() } else { format!("all {}", self.count) });
        let leave = if self.count == 1 { "leave it" } else { "leave them" };
        sheet.choice(slot, &format!("Its {}", counted(self.count as u64, "token")), &[leave, &all], self.along.taken());
    }
}
